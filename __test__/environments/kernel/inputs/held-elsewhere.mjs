// @ts-check
// Another process has the old file open. Linux 6.1's cifs removes such a file when a rename over it is refused, and the server
// keeps it until the close. After an error that says nothing of the destination the old content is there; where the new file
// replaced it, the new one.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { contentOf } from './content.mjs'
import { outcome } from './outcome.mjs'

const OLD = 'the old content'
const NEW = 'new'
/** Until the server has removed what waited for the close, and the client has heard of it. */
const CLOSED_AFTER = 3000

/** @typedef {import('./inputs.mjs').Place} Place */

/**
 * @param {Place['palfs']} palfs
 * @returns {Record<string, (from: string, to: string) => unknown>}
 */
function waysOf({ copyFile, cp, move }) {
  return {
    copyFile: (from, to) => copyFile(from, to),
    "copyFile, replace: 'atomic'": (from, to) => copyFile(from, to, { replace: 'atomic' }),
    "copyFile, replace: 'in-place'": (from, to) => copyFile(from, to, { replace: 'in-place' }),
    cp: (from, to) => cp(from, to),
    'move across filesystems': (from, to) => move(from, to, { overwrite: true, metadataErrors: 'ignore' }),
    'move within': (_, to) => {
      writeFileSync(`${to}.near`, NEW)
      return move(`${to}.near`, to, { overwrite: true })
    },
  }
}

/**
 * @param {Place} place
 * @param {import('./inputs.mjs').Report} report
 */
export async function heldElsewhere({ on, local, server, palfs }, report) {
  for (const [number, [way, replace]] of Object.entries(waysOf(palfs)).entries()) {
    for (const [how, redirection] of /** @type {const} */ ([
      ['reading', '<'],
      ['writing', '<>'],
    ])) {
      const what = `${way}, held for ${how}`
      const name = `f${number}-${how}`
      const [from, to] = [join(local, name), join(on, name)]
      writeFileSync(from, NEW)
      writeFileSync(to, OLD)
      const holder = spawn('bash', ['-c', `exec 5${redirection}"$0"; echo; exec sleep 600`, to], {
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      await once(holder.stdout, 'data')
      const { line, destination } = await outcome(() => replace(from, to))
      holder.kill('SIGKILL')
      await once(holder, 'exit')
      await delay(CLOSED_AFTER)
      const seen = contentOf(join(server, name))
      const where = `${what} (${line})`
      if (line === 'done') report.expect('the new content is there', where, NEW, seen)
      else if (destination === undefined)
        report.expect('an error that says nothing of it leaves the old content', where, OLD, seen)
      else report.expect('what is gone is still at the source', where, NEW, contentOf(from))
      const isThere = seen === NEW || existsSync(from) || existsSync(`${to}.near`)
      report.expect('the new content is at one of the two places', where, true, isThere)
    }
  }
}
