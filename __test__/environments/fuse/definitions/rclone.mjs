// @ts-check
// rclone mount: a remote store as a directory. The store is a local directory, so nothing but rclone's own ways is seen.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @param {'off' | 'writes'} cache
 * @param {import('../run-suite.mjs').Filesystem['limits']} limits
 * @returns {import('../run-suite.mjs').Filesystem}
 */
function mounted(cache, limits = LIMITS) {
  return {
    name: `rclone, vfs-cache-mode ${cache}`,
    debianPackage: 'rclone',
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

/** @type {import('../run-suite.mjs').Filesystem['limits']} */
const LIMITS = [
  { line: /EIO symlinkat/, reason: 'there are no symbolic links (EIO)' },
  { line: /EIO mknodat/, reason: 'there are no special files (EIO)' },
  { line: /EIO linkat/, reason: 'there are no hard links (EIO)' },
  {
    line: /^replace: an open file is the one that was opened: .*(ENOENT|EIO|EBADF|other bytes)/,
    reason: 'a file that has been replaced cannot be read any more by those who have it open',
  },
]

/** @type {readonly import('../run-suite.mjs').Filesystem[]} */
export const rclone = [mounted('off'), mounted('writes')]
