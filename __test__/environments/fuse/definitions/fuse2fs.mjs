// @ts-check
// fuse2fs: ext4 in a program.
import { join } from 'node:path'
import { makeImage } from '../scratch.mjs'

/** @type {readonly import('../run-suite.mjs').Filesystem[]} */
export const fuse2fs = [
  {
    name: 'fuse2fs',
    version: ['mkfs.ext4', '-V'],
    prepare: ({ directory }) => {
      makeImage(join(directory, 'image'), 256, ['mkfs.ext4', '-q', '-F'])
    },
    server: ({ directory, point }) => ['fuse2fs', '-f', '-o', 'rw', join(directory, 'image'), point],
    limits: [],
  },
]
