// onProgress: polled, bounded, and harmless.
import fs from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { copyFile, copyFileSync, cp, type CopyFileOptions, type Progress } from '../../src/index.js'
import { hollowFile, names, scratchInMemory } from '../support/child.js'

const directory = scratchInMemory()
const at = (name: string): string => join(directory, name)
const SIZE = 512 * 2 ** 20
const large = hollowFile(at('large'), SIZE)
fs.writeFileSync(at('small'), 'content')
const slow: CopyFileOptions = { sparse: 'never', reflink: 'never' }

afterEach(() => {
  for (const name of names(directory)) {
    if (name !== 'large' && name !== 'small') fs.unlinkSync(at(name))
  }
})

function checkReports(reports: readonly Progress[], bytes: number, path: string): void {
  const last = reports.at(-1)
  expect(last).toEqual({ bytes, files: 1, directories: 0, totalBytes: bytes, totalFiles: 1, path })
  for (const [index, report] of reports.entries()) {
    expect(report.path).toBe(path)
    expect(report.bytes).toBeGreaterThanOrEqual(reports[index - 1]?.bytes ?? 0)
    expect(report.bytes).toBeLessThanOrEqual(report.totalBytes ?? bytes)
  }
}

describe('of a copy that takes a while', () => {
  test('grows to what the result says', async () => {
    const reports: Progress[] = []
    const result = await copyFile(large, at('copy'), {
      ...slow,
      onProgress: (report) => reports.push(report),
    })
    expect(result.bytes).toBe(SIZE)
    checkReports(reports, SIZE, large)
  })

  test('in the sync form, too', () => {
    const reports: Progress[] = []
    const result = copyFileSync(large, at('copy'), { ...slow, onProgress: (report) => reports.push(report) })
    expect(result.bytes).toBe(SIZE)
    checkReports(reports, SIZE, large)
  })
})

describe('of a copy that is over at once', () => {
  test('comes once, at the end', async () => {
    const reports: Progress[] = []
    await copyFile(at('small'), at('copy'), { onProgress: (report) => reports.push(report) })
    checkReports(reports, 7, at('small'))
    expect(reports).toHaveLength(1)
  })

  test('does not change how the file is copied', async () => {
    const plain = await copyFile(at('small'), at('copy'))
    const watched = await copyFile(at('small'), at('copy'), { onProgress: () => {} })
    expect(watched).toEqual(plain)
  })

  test('does not come where there is no result', async () => {
    let calls = 0
    const options = { onProgress: (): void => void (calls += 1) }
    await expect(copyFile(at('absent'), at('copy'), options)).rejects.toMatchObject({ code: 'ENOENT' })
    expect(calls).toBe(0)
  })
})

describe('what onProgress throws', () => {
  const reason = new Error('from onProgress')
  const onProgress = (): never => {
    throw reason
  }

  test('cancels and is the rejection', async () => {
    const huge = hollowFile(at('huge'), 8 * 2 ** 30)
    await expect(copyFile(huge, at('copy'), { ...slow, onProgress })).rejects.toBe(reason)
    expect(names(directory)).not.toContain('copy')
    expect(() => copyFileSync(huge, at('copy'), { ...slow, onProgress })).toThrow(reason)
    expect(names(directory)).toEqual(['huge', 'large', 'small'])
  })

  test('is the rejection at the last call, too', async () => {
    await expect(copyFile(at('small'), at('copy'), { onProgress })).rejects.toBe(reason)
    expect(() => copyFileSync(at('small'), at('copy'), { onProgress })).toThrow(reason)
  })

  test('after a synchronous copy does not stop the copy that it has just begun', async () => {
    let other: Promise<unknown> | undefined
    const begin = (): never => {
      other ??= copyFile(at('small'), at('other'))
      throw reason
    }
    expect(() => copyFileSync(at('small'), at('copy'), { onProgress: begin })).toThrow(reason)
    await expect(other).resolves.toMatchObject({ files: 1 })
  })
})

test('onProgress may itself copy', async () => {
  let inner = 0
  const onProgress = (): void => {
    inner += copyFileSync(at('small'), at('inner')).bytes
  }
  const copies = Array.from({ length: 20 }, (_, index) =>
    copyFile(at('small'), at(`copy-${index}`), { onProgress }),
  )
  const results = await Promise.all(copies)
  expect(results.map(({ bytes }) => bytes)).toEqual(Array.from({ length: 20 }, () => 7))
  expect(inner).toBe(140)
})

describe('with the timers of a test in the place of Node’s', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  test('progress is told, a filter is asked, an abort is heard', async () => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'performance', 'Date'],
    })
    const reports: Progress[] = []
    await copyFile(large, at('copy'), { ...slow, onProgress: (report) => reports.push(report) })
    checkReports(reports, SIZE, large)
    const asked: string[] = []
    await cp(at('small'), at('other'), { filter: (source) => asked.push(source) > 0 })
    expect(asked).toEqual([at('small')])
    const controller = new AbortController()
    const copy = copyFile(large, at('third'), { ...slow, signal: controller.signal })
    controller.abort()
    await expect(copy).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('timers that are numbers, as those of jsdom, are not used', async () => {
    vi.stubGlobal('setInterval', () => 1)
    vi.stubGlobal('clearImmediate', undefined)
    try {
      const { signal } = new AbortController()
      const { bytes } = await copyFile(at('small'), at('copy'), { signal, onProgress: () => {} })
      expect(bytes).toBe(7)
    } finally {
      vi.unstubAllGlobals()
    }
  })
})
