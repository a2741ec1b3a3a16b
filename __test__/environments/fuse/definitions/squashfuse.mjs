// @ts-check
// squashfuse: a read-only image in a program, as AppImages and Snaps have them. It shows the tree of the suite.
import { join } from 'node:path'
import { command } from '../scratch.mjs'

const SUITE = join(import.meta.dirname, '../../suite/main.mjs')

/** @type {readonly import('../run-suite.mjs').Filesystem[]} */
export const squashfuse = [
  {
    name: 'squashfuse',
    debianPackage: 'squashfuse',
    readOnly: true,
    prepare: ({ directory }) => {
      command([process.execPath, SUITE, '--build', join(directory, 'tree')])
      command(['mksquashfs', join(directory, 'tree'), join(directory, 'image'), '-quiet', '-no-progress'])
    },
    server: ({ directory, point }) => ['squashfuse', '-f', join(directory, 'image'), point],
    limits: [],
  },
]
