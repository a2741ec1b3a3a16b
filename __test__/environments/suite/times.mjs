// @ts-check
// Modification times to the nanosecond, and how fine a filesystem keeps them.
import { lstatSync, lutimesSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { has, run } from './programs.mjs'

const SECOND = 1_000_000_000n
/** From a nanosecond to the two seconds of FAT. */
const STEPS = [1n, 100n, 1000n, 1_000_000n, 10_000_000n, SECOND, 2n * SECOND]

/**
 * @param {string | Buffer} path
 * @returns {bigint} nanoseconds
 */
export function mtimeOf(path) {
  return lstatSync(path, { bigint: true }).mtimeNs
}

/**
 * Sets the modification time of the names below `root`; of a link itself. node:fs knows microseconds, and nothing before
 * 1970; touch(1) knows all.
 * @param {string} root
 * @param {readonly string[]} paths UTF-8
 * @param {bigint} nanoseconds
 * @returns {string[]} what was refused
 */
export function setTimes(root, paths, nanoseconds) {
  // A process for each call costs most of the time of a run.
  if (has('touch') && (nanoseconds < 0n || nanoseconds % SECOND !== 0n)) {
    const { stderr } = run('touch', ['-h', '-c', '-d', `@${decimal(nanoseconds)}`, '--', ...paths], {
      cwd: root,
    })
    return stderr.split('\n').filter((line) => line !== '')
  }
  /** @type {string[]} */
  const refused = []
  for (const path of paths) {
    try {
      lutimesSync(join(root, path), Number(nanoseconds) / 1e9, Number(nanoseconds) / 1e9)
    } catch (error) {
      refused.push(String(error))
    }
  }
  return refused
}

/** @param {bigint} nanoseconds */
function decimal(nanoseconds) {
  const sign = nanoseconds < 0n ? '-' : ''
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds
  return `${sign}${size / SECOND}.${String(size % SECOND).padStart(9, '0')}`
}

/**
 * The step in which a filesystem keeps modification times, in nanoseconds, found by setting some.
 * @param {string} directory
 */
export function granularityOf(directory) {
  const file = join(directory, 'granularity')
  writeFileSync(file, '')
  try {
    const asked = [1_600_000_001_123_456_789n, 1_600_000_003_999_999_999n, 1_600_000_006_000_000_100n]
    const kept = asked.map((time) => {
      setTimes(directory, ['granularity'], time)
      return mtimeOf(file)
    })
    const rounding = (/** @type {bigint} */ step) =>
      asked.every(
        (time, index) => isWithin(time, kept[index] ?? 0n, step) && (kept[index] ?? 0n) % step === 0n,
      )
    return STEPS.find(rounding) ?? 1n
  } finally {
    rmSync(file)
  }
}

/**
 * Whether two times are one on a filesystem that keeps them in such steps, however it rounds.
 * @param {bigint} one
 * @param {bigint} other
 * @param {bigint} step
 */
export function isWithin(one, other, step) {
  const difference = one > other ? one - other : other - one
  return step === 1n ? difference === 0n : difference < step
}
