// @ts-check
// An old file is replaced, each way, beside GNU cp and mv. There is the new content afterwards, seen here and by the server; or an
// error, and the old content where the error says nothing of the destination. An SMB server refuses a rename over a file that
// is held open, and Linux 6.1's cifs removes that file all the same.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { contentOf } from './content.mjs'
import { outcome } from './outcome.mjs'

const OLD = 'the old content'
const NEW = 'new'

/** @typedef {import('./inputs.mjs').Place} Place */

/**
 * @param {Place['palfs']} palfs
 * @returns {Record<string, (from: string, to: string) => unknown>}
 */
function waysOf({ copyFile, copyFileSync, cpSync, moveSync }) {
  const tree = (/** @type {string} */ from, /** @type {string} */ to, /** @type {object} */ options) =>
    cpSync(dirname(from), dirname(to), { recursive: true, ...options })
  return {
    'GNU cp': (from, to) => execFileSync('cp', [from, to]),
    'GNU mv -f': (from, to) => execFileSync('mv', ['-f', from, to]),
    copyFileSync: (from, to) => copyFileSync(from, to),
    copyFile: async (from, to) => copyFile(from, to),
    "copyFileSync, replace: 'atomic'": (from, to) => copyFileSync(from, to, { replace: 'atomic' }),
    "copyFileSync, replace: 'in-place'": (from, to) => copyFileSync(from, to, { replace: 'in-place' }),
    "copyFileSync, preserve: 'all'": (from, to) => copyFileSync(from, to, { preserve: 'all' }),
    'copyFileSync, durable': (from, to) => copyFileSync(from, to, { durable: true }),
    'cpSync of a file': (from, to) => cpSync(from, to),
    'cpSync of a tree': (from, to) => tree(from, to, {}),
    "cpSync of a tree, preserve: 'all'": (from, to) => tree(from, to, { preserve: 'all' }),
    'cpSync of a tree, update': (from, to) => tree(from, to, { update: true }),
    'cpSync of a tree, 4 threads': (from, to) => tree(from, to, { concurrency: 4 }),
    'moveSync across filesystems': (from, to) =>
      moveSync(from, to, { overwrite: true, metadataErrors: 'ignore' }),
    'moveSync within': (_, to) => {
      const near = join(dirname(dirname(to)), 'near')
      writeFileSync(near, NEW)
      return moveSync(near, to, { overwrite: true })
    },
  }
}

/**
 * @param {Place} place
 * @param {import('./inputs.mjs').Report} report
 */
export async function replaceOld({ on, local, server, palfs }, report) {
  for (const [number, [way, replace]] of Object.entries(waysOf(palfs)).entries()) {
    const folder = `f${number}`
    for (const root of [on, local]) mkdirSync(join(root, folder))
    const [from, to] = [join(local, folder, 'f'), join(on, folder, 'f')]
    writeFileSync(from, NEW)
    writeFileSync(to, OLD)
    utimesSync(to, 1e9, 1e9)
    const { line, destination } = await outcome(() => replace(from, to))
    report.expect('an old file is replaced', way, 'done', line)
    const expected = line === 'done' || destination === 'replaced' ? NEW : OLD
    report.expect('its content is the new one, or the old one after an error', way, expected, contentOf(to))
    const there = join(server, folder)
    report.expect('the server has the same', way, expected, contentOf(join(there, 'f')))
    report.expect('nothing else is there', way, ['f'], readdirSync(there))
  }
}
