// @ts-check
// fusefat: FAT in a program.
import { join } from 'node:path'
import { makeImage } from '../scratch.mjs'

/** @type {readonly import('../run-suite.mjs').Filesystem[]} */
export const fat = [
  {
    name: 'fusefat',
    debianPackage: 'fusefat',
    prepare: ({ directory }) => {
      makeImage(join(directory, 'image'), 256, ['mkfs.vfat'])
    },
    server: ({ directory, point }) => ['fusefat', '-f', '-s', '-o', 'rw+', join(directory, 'image'), point],
    // fusefat 0.1a answers no more (it waits for itself in unlink) when a file is removed while another one is open, ignores
    // O_TRUNC, and takes a minute to remove a tree. What is left are the checks that it survives.
    checks: ['tree-in', 'tree-within', 'tree-back', 'move', 'failures', 'leftovers'],
    limits: [
      { line: /ENOSYS symlinkat/, reason: 'FAT has no links' },
      { line: /EIO mknodat/, reason: 'FAT has no special files' },
      { line: /names\/.*EPERM openat/, reason: 'FAT does not allow these names' },
      { line: /a name that is too long: .*EPERM/, reason: 'a name that is too long is EPERM' },
    ],
  },
]
