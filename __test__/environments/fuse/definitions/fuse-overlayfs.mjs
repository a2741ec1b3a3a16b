// @ts-check
// fuse-overlayfs: what rootless containers have their layers on.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

/** @type {readonly import('../run-suite.mjs').Filesystem[]} */
export const overlay = [
  {
    name: 'fuse-overlayfs',
    debianPackage: 'fuse-overlayfs',
    prepare: ({ directory }) =>
      ['lower', 'upper', 'work'].forEach((name) => mkdirSync(join(directory, name))),
    server: ({ directory, point }) => {
      const [lower, upper, work] = ['lower', 'upper', 'work'].map((name) => join(directory, name))
      return ['fuse-overlayfs', '-f', '-o', `lowerdir=${lower},upperdir=${upper},workdir=${work}`, point]
    },
    limits: [
      {
        line: /^tree-in: \w+: no entry fails: names\/.*ENAMETOOLONG/,
        reason: 'names have 251 bytes: room for the prefix of a removed name is kept',
      },
    ],
  },
]
