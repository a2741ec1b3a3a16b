// Times of PlatformFileSystem: nanoseconds, before 1970, after 2038, "now" and "leave".
import fs from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { createPlatformFilesystem, type TimeLike } from '../../src/index.js'
import { onEveryFilesystem } from '../support/filesystems.js'

const palfs = createPlatformFilesystem()
const SECOND = 1_000_000_000n

/** Each in a unit that utimes takes, and what it is in nanoseconds. */
const TIMES: Readonly<Record<string, readonly [TimeLike, bigint]>> = {
  'whole milliseconds': [1_700_000_000_123, 1_700_000_000_123_000_000n],
  'a fraction of a millisecond': [1_000_000_000_000.5, 1_000_000_000_000_500_000n],
  'the epoch': [0, 0n],
  'half a second before 1970': [-500, -500_000_000n],
  'a nanosecond before 1970': [-1n, -1n],
  'a nanosecond before a second': [1_999_999_999n, 1_999_999_999n],
  'a year before 1970': [-31_536_000_000, -31_536_000n * SECOND],
  'the year 2100': [4_102_444_800_001n * 1_000_000n + 7n, 4_102_444_800_001n * 1_000_000n + 7n],
  'a Date': [new Date(981_173_106_789), 981_173_106_789_000_000n],
  'a Date before 1970': [new Date(-1), -1_000_000n],
}

onEveryFilesystem('times', [], (test) => {
  test.for(Object.entries(TIMES))('%s', async ([, [given, expected]], { dir }) => {
    const path = join(dir, 'file')
    fs.writeFileSync(path, '')
    palfs.utimesSync(path, given, 0)
    await palfs.utimes(path, null, given)
    const { atime, mtime } = await palfs.stat(path, { bigint: true })
    expect([atime, mtime]).toEqual([expected, expected])
    const { atimeNs, mtimeNs } = fs.statSync(path, { bigint: true })
    expect([atimeNs, mtimeNs]).toEqual([expected, expected])
    expect(palfs.statSync(path).mtime).toBe(fs.statSync(path).mtimeMs)
  })

  test('are now, or left alone', async ({ dir }) => {
    const path = join(dir, 'file')
    fs.writeFileSync(path, '')
    palfs.utimesSync(path, 1000, 2000)
    palfs.utimesSync(path, null, null)
    expect(palfs.statSync(path)).toMatchObject({ atime: 1000, mtime: 2000 })
    const before = Date.now() - 1000
    await palfs.utimes(path, 'now', null)
    const { atime, mtime } = palfs.statSync(path)
    expect(mtime).toBe(2000)
    expect(atime).toBeGreaterThan(before)
    palfs.utimesSync(path, null, 'now')
    expect(palfs.statSync(path).mtime).toBeGreaterThan(before)
    expect(palfs.statSync(path).atime).toBe(atime)
  })
})
