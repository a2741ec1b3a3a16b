// @ts-check
// fuse2fs: ext4 in a program.
import { join } from 'node:path'
import { makeImage } from '../scratch.mjs'

/** @type {readonly import('../run-suite.mjs').Filesystem[]} */
export const fuse2fs = [
  {
    name: 'fuse2fs',
    debianPackage: 'fuse2fs',
    prepare: ({ directory }) => {
      makeImage(join(directory, 'image'), 1024, ['mkfs.ext4', '-q', '-F'])
    },
    server: ({ directory, point }) => ['fuse2fs', '-f', '-o', 'rw', join(directory, 'image'), point],
    // fuse2fs 1.47.0 writes a name of 256 bytes over what lies behind it in the directory, which is lost then (EIO).
    neverTry: ['too-long-name'],
    limits: [],
  },
]
