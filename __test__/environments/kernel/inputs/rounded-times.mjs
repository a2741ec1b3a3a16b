// @ts-check
// A file is moved in whatever the fraction of its time is: a filesystem may cut a time off, and samba rounds it to the nearest
// second where the root of the share has times in whole seconds (samba 4.17, conn->ts_res).
import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { outcome } from './outcome.mjs'

/**
 * @param {import('./inputs.mjs').Place} place
 * @param {import('./inputs.mjs').Report} report
 */
export async function roundedTimes({ on, local, palfs }, report) {
  for (const fraction of [
    '0',
    '000000001',
    '000000100',
    '123456789',
    '499999999',
    '5',
    '856897108',
    '999999999',
  ]) {
    for (const second of [1_600_000_000, 1_600_000_001]) {
      const time = `@${second}.${fraction}`
      const from = join(local, time)
      writeFileSync(from, 'content')
      execFileSync('touch', ['-d', time, from])
      const moved = await outcome(() =>
        palfs.move(from, join(on, `to-${time}`), { metadataErrors: 'ignore' }),
      )
      report.expect('a file is moved in, whatever its time', time, 'done', moved.line)
      report.expect('the source is gone', time, moved.line !== 'done', existsSync(from))
    }
  }
}
