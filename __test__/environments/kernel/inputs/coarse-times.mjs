// @ts-check
// `update` after a copy with times copies nothing, though the filesystem keeps times more coarsely than the source's.
import { mkdirSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** For a few seconds after close(2), cifs shows the time of the last write instead of the one that was set (Linux 6.1). */
const TIMES_ARE_TRUE_AFTER = 4000

/**
 * @param {import('./inputs.mjs').Place} place
 * @param {import('./inputs.mjs').Report} report
 */
export async function coarseTimes({ on, local, palfs }, report) {
  for (const [way, source, dest] of /** @type {const} */ ([
    ['in', join(local, 'in'), join(on, 'in')],
    ['out', join(on, 'out'), join(local, 'out')],
    ['within', join(on, 'from'), join(on, 'to')],
  ])) {
    mkdirSync(source)
    for (let number = 0; number < 12; number += 1) {
      const file = join(source, `f${number}`)
      writeFileSync(file, `${number}`)
      // Whole, odd and even seconds, each with a different fraction.
      const fraction = String((number * 123_456_789) % 1_000_000_000).padStart(9, '0')
      execFileSync('touch', ['-d', `@${1_600_000_000 + number}.${fraction}`, file])
    }
    await palfs.cp(source, dest, { recursive: true, preserve: 'all' })
    await delay(TIMES_ARE_TRUE_AFTER)
    for (const time of ['second', 'third']) {
      const { files } = await palfs.cp(source, dest, { recursive: true, preserve: 'all', update: true })
      report.expect('an update of what is the same copies nothing', `${way}, ${time} time`, 0, files)
    }
    writeFileSync(join(source, 'f7'), 'changed')
    execFileSync('touch', ['-d', '@1700000000.5', join(source, 'f7')])
    const { files } = await palfs.cp(source, dest, { recursive: true, preserve: 'all', update: true })
    report.expect('an update copies what is newer', way, 1, files)
  }
}
