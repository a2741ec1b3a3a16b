// @ts-check
// mergerfs: several directories shown as one. Two branches on one disk.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

/** @typedef {import('../run-suite.mjs').Filesystem} Filesystem */
/** @typedef {import('../run-suite.mjs').Stage} Stage */

/**
 * @param {string} name
 * @param {readonly string[]} options
 * @param {Filesystem['limits']} limits
 * @returns {Filesystem}
 */
function pool(name, options, limits = []) {
  return {
    name,
    debianPackage: 'mergerfs',
    prepare: ({ directory }) => ['one', 'two'].forEach((branch) => mkdirSync(join(directory, branch))),
    server: ({ directory, point }) => [
      'mergerfs',
      '-f',
      '-o',
      // By default a branch with less than 4 GiB of room takes no new file.
      ['allow_other', 'minfreespace=1M', ...options].join(','),
      `${join(directory, 'one')}:${join(directory, 'two')}`,
      point,
    ],
    limits,
  }
}

/** @type {readonly Filesystem[]} */
export const mergerfs = [
  pool('mergerfs', ['category.create=mfs', 'use_ino']),
  pool('mergerfs without use_ino', ['category.create=mfs']),
  pool('mergerfs path-preserving', ['category.create=epmfs', 'use_ino']),
  pool(
    'mergerfs cache.writeback',
    ['category.create=mfs', 'use_ino', 'cache.files=partial', 'cache.writeback=true'],
    [
      {
        line: /^replace: a second name keeps the file that it named: (in|within), replace: in-place/,
        reason:
          'with write-back the kernel keeps the size that it knows of each name, until that name is forgotten',
      },
    ],
  ),
  pool('mergerfs xattr=nosys', ['category.create=mfs', 'use_ino', 'xattr=nosys']),
  pool('mergerfs moveonenospc', ['category.create=ff', 'use_ino', 'moveonenospc=true']),
]
