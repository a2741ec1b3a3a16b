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
function mounted(name, program, options, limits = []) {
  return {
    name,
    version: ['ntfs-3g', '--version'],
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

/** @type {readonly import('../run-suite.mjs').Filesystem[]} */
export const ntfs = [
  mounted('ntfs-3g', 'ntfs-3g', []),
  mounted('ntfs-3g permissions,acl', 'ntfs-3g', ['permissions', 'acl']),
  mounted('lowntfs-3g', 'lowntfs-3g', []),
]
