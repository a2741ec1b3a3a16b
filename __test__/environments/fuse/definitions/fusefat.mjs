// @ts-check
// fusefat: FAT in a program.
import { join } from 'node:path'
import { makeImage } from '../scratch.mjs'

/** @type {readonly import('../run-suite.mjs').Filesystem[]} */
export const fat = [
  {
    name: 'fusefat',
    version: ['dpkg-query', '-W', 'fusefat'],
    prepare: ({ directory }) => {
      makeImage(join(directory, 'image'), 256, ['mkfs.vfat'])
    },
    server: ({ directory, point }) => ['fusefat', '-f', '-o', 'rw+', join(directory, 'image'), point],
    limits: [],
  },
]
