// @ts-check
// rclone mount: a remote store as a directory. The store is a local directory, so nothing but rclone's own ways is seen.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @param {'off' | 'writes'} cache
 * @param {import('../run-suite.mjs').Filesystem['limits']} limits
 * @returns {import('../run-suite.mjs').Filesystem}
 */
function mounted(cache, limits = []) {
  return {
    name: `rclone, vfs-cache-mode ${cache}`,
    version: ['rclone', 'version'],
    prepare: ({ directory }) => ['store', 'cache'].forEach((name) => mkdirSync(join(directory, name))),
    server: ({ directory, point }) => [
      'rclone',
      'mount',
      '--config=',
      `--cache-dir=${join(directory, 'cache')}`,
      `--vfs-cache-mode=${cache}`,
      join(directory, 'store'),
      point,
    ],
    limits,
  }
}

/** @type {readonly import('../run-suite.mjs').Filesystem[]} */
export const rclone = [mounted('off'), mounted('writes')]
