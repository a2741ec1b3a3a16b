// @ts-check
// A file with two or more ranges of data, of which an SMB server tells, can be read: lseek(SEEK_HOLE) is EIO there.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { outcome } from './outcome.mjs'

const MIB = 1 << 20

/**
 * @param {import('./inputs.mjs').Place} place
 * @param {import('./inputs.mjs').Report} report
 */
export async function dataRanges({ on, local, palfs }, report) {
  for (const ranges of [1, 2, 3, 16]) {
    const from = join(on, `ranges-${ranges}`)
    writeFileSync(from, Buffer.alloc(2 * ranges * MIB, `ranges ${ranges}`))
    for (let range = 0; range < ranges; range += 1) {
      const hole = ['--offset', String((2 * range + 1) * MIB), '--length', String(MIB)]
      execFileSync('fallocate', ['--punch-hole', ...hole, from])
    }
    for (const sparse of /** @type {const} */ (['auto', 'always', 'never'])) {
      const what = `${ranges} ranges, sparse: ${sparse}`
      const to = join(local, `${ranges}-${sparse}`)
      const copied = await outcome(() => palfs.copyFile(from, to, { sparse }))
      report.expect('a file of several ranges is copied', what, 'done', copied.line)
      if (copied.line === 'done') {
        report.expect('the content is right', what, true, readFileSync(to).equals(readFileSync(from)))
      }
    }
  }
}
