// @ts-check
// gocryptfs: a directory whose names and contents are encrypted in another one.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { command } from '../scratch.mjs'

/** @type {readonly import('../run-suite.mjs').Filesystem[]} */
export const encrypted = [
  {
    name: 'gocryptfs',
    debianPackage: 'gocryptfs',
    prepare: ({ directory }) => {
      mkdirSync(join(directory, 'encrypted'))
      writeFileSync(join(directory, 'password'), 'password')
      // A key that is derived at once.
      command([...gocryptfs(directory), '-init', '-scryptn', '10', join(directory, 'encrypted')])
    },
    server: ({ directory, point }) => [...gocryptfs(directory), '-fg', join(directory, 'encrypted'), point],
    limits: [
      {
        line: /^tree-in: \w+: no entry fails: symlinks\/very-long: .*ENAMETOOLONG/,
        reason: 'the text of a link is stored encrypted and in base64: 4,000 bytes do not fit',
      },
    ],
  },
]

/** @param {string} directory */
function gocryptfs(directory) {
  return ['gocryptfs', '-q', '-passfile', join(directory, 'password')]
}
