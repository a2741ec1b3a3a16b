// @ts-check
// A file with a time that the filesystem cannot hold is copied, and the loss is counted exactly; also from there, where the time
// that stat shows is one that cannot be set: cifs shows times before 1970 as large ones. What is kept is what the server has: for
// some seconds cifs shows other times.
import { execFileSync } from 'node:child_process'
import { lstatSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { outcome } from './outcome.mjs'

/** Far enough from each end that no granularity explains a difference. */
const DAY = 86_400

/**
 * @param {import('./inputs.mjs').Place} place
 * @param {import('./inputs.mjs').Report} report
 */
export async function oldTimes({ on, local, server, palfs }, report) {
  for (const seconds of [
    -2_000_000_000,
    -DAY,
    0,
    2 ** 31 + DAY,
    2 ** 32 + DAY,
    5_000_000_000,
    9_000_000_000,
  ]) {
    const what = String(seconds)
    const from = join(local, what)
    writeFileSync(from, 'content')
    execFileSync('touch', ['-d', `@${seconds}`, from])
    const to = join(on, what)
    const copied = await outcome(() => palfs.copyFile(from, to, { preserve: ['timestamps'] }))
    report.expect('a file of any time is copied in', what, 'done', copied.line)
    if (copied.line !== 'done') continue
    const isKept = difference(from, join(server, what)) < 2n * 1_000_000_000n
    const expected = isKept ? undefined : { timestamps: 1 }
    report.expect('the loss of a time is counted', what, expected, copied.result?.unpreserved)
    const back = join(local, `${what}-back`)
    const returned = await outcome(() => palfs.copyFile(to, back, { preserve: ['timestamps'] }))
    report.expect('and copied back', what, 'done', returned.line)
  }
}

/**
 * @param {string} one
 * @param {string} other
 */
function difference(one, other) {
  const between = lstatSync(one, { bigint: true }).mtimeNs - lstatSync(other, { bigint: true }).mtimeNs
  return between < 0n ? -between : between
}
