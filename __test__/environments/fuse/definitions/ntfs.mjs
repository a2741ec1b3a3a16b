// @ts-check
// ntfs-3g and lowntfs-3g: NTFS in a program. Without options it has one owner and one mode for all.
import { join } from 'node:path'
import { makeImage } from '../scratch.mjs'

/**
 * @param {string} name
 * @param {'ntfs-3g' | 'lowntfs-3g'} program
 * @param {readonly string[]} options
 * @param {import('../run-suite.mjs').Filesystem['limits']} limits
 * @returns {import('../run-suite.mjs').Filesystem}
 */
function mounted(name, program, options, limits = LIMITS) {
  return {
    name,
    debianPackage: 'ntfs-3g',
    prepare: ({ directory }) => {
      makeImage(join(directory, 'image'), 256, ['mkntfs', '-q', '-F', '-f'])
    },
    server: ({ directory, point }) => [
      program,
      '-o',
      ['no_detach', ...options].join(','),
      join(directory, 'image'),
      point,
    ],
    limits,
  }
}

/** @type {import('../run-suite.mjs').Filesystem['limits']} */
const LIMITS = [
  { line: /names\/not-utf8.*EILSEQ/, reason: 'names are Unicode' },
  {
    line: /names\/[ndf/]+: expected "nothing"/,
    reason:
      'a file that is replaced by rename(2) stays beside it where its name has more than 236 letters: the name that the ' +
      'server gives it meanwhile has 19 more, and the length of names is one byte',
  },
  {
    line: /^tree-in: \w+: .*unpreserved\.timestamps .*times\/f0.* expected 2, seen 3$/,
    reason: 'a time before 1970 is cut towards zero, which is one step of 100 ns from the other way',
  },
]

/** @type {readonly import('../run-suite.mjs').Filesystem[]} */
export const ntfs = [
  mounted('ntfs-3g', 'ntfs-3g', []),
  mounted('ntfs-3g permissions,acl', 'ntfs-3g', ['permissions', 'acl']),
  mounted('lowntfs-3g', 'lowntfs-3g', []),
]
