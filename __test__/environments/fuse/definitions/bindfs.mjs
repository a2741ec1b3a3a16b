// @ts-check
// bindfs: a directory shown again, with other owners and modes where that is asked.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @param {string} name
 * @param {readonly string[]} options
 * @param {import('../run-suite.mjs').Filesystem['limits']} limits
 * @returns {import('../run-suite.mjs').Filesystem}
 */
function shown(name, options, limits = []) {
  return {
    name,
    debianPackage: 'bindfs',
    prepare: ({ directory }) => mkdirSync(join(directory, 'source')),
    server: ({ directory, point }) => ['bindfs', '-f', ...options, join(directory, 'source'), point],
    limits,
  }
}

/** @type {readonly import('../run-suite.mjs').Filesystem[]} */
export const bindfs = [
  shown('bindfs', []),
  shown('bindfs ignoring chown, chmod', ['--chown-ignore', '--chmod-ignore']),
]
