// onProgress of cp, move and rm: what it says of a tree, and that it is harmless.
import fs from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  copyFileSync,
  cp,
  cpSync,
  move,
  moveSync,
  rm,
  rmSync,
  type CopyResult,
  type CpSyncOptions,
  type Progress,
} from '../../src/index.js'
import { hollowFile, names, scratchInMemory } from '../support/child.js'
import { below, manyFiles } from '../support/many-files.js'

const place = scratchInMemory()
const src = join(place, 'from')
const dest = join(place, 'to')
const MIB = 2 ** 20

beforeEach(() => void manyFiles(src, 5, 40))
afterEach(() => {
  for (const name of names(place)) fs.rmSync(join(place, name), { recursive: true })
})

type Copy = (options: CpSyncOptions) => Promise<CopyResult>
const FORMS: readonly (readonly [string, Copy])[] = [
  ['cp', (options) => cp(src, dest, { recursive: true, ...options })],
  ['cpSync', async (options) => Promise.resolve(cpSync(src, dest, { recursive: true, ...options }))],
]

describe.each(FORMS)('of %s', (_, copy) => {
  test('the last report is what the result says', async () => {
    const reports: Progress[] = []
    const { bytes, files, directories } = await copy({ onProgress: (report) => reports.push(report) })
    expect({ files, directories }).toEqual({ files: 200, directories: 6 })
    const last = { bytes, files, directories, totalBytes: bytes, totalFiles: files, path: src }
    expect(reports.at(-1)).toEqual(last)
  })

  test('numbers only grow, about ten times a second', async () => {
    for (let index = 0; index < 6; index += 1) hollowFile(join(src, `large${index}`), 96 * MIB)
    const reports: Progress[] = []
    const start = performance.now()
    const result = await copy({
      sparse: 'never',
      reflink: 'never',
      onProgress: (report) => reports.push(report),
    })
    expect(reports.length).toBeLessThanOrEqual((performance.now() - start) / 90 + 2)
    expect(reports.at(-1)).toMatchObject({ bytes: result.bytes, files: 206 })
    for (const [index, report] of reports.entries()) {
      const before = reports[index - 1]
      expect(report.bytes).toBeGreaterThanOrEqual(before?.bytes ?? 0)
      expect(report.files).toBeGreaterThanOrEqual(before?.files ?? 0)
      expect(report.directories).toBeGreaterThanOrEqual(before?.directories ?? 0)
      if (report.totalBytes !== undefined) expect(report.bytes).toBeLessThanOrEqual(report.totalBytes)
      if (report.totalFiles !== undefined) expect(report.files).toBeLessThanOrEqual(report.totalFiles)
    }
  })

  test('names the large file that is being copied, not the root, nor a file that is done', async () => {
    const large = hollowFile(join(src, 'large'), 1024 * MIB)
    const reports: Progress[] = []
    const result = await copy({
      sparse: 'never',
      reflink: 'never',
      onProgress: (report) => reports.push(report),
    })
    const small = result.bytes - 1024 * MIB
    // More than all others have: it has been begun. Less than it has: it is not done.
    const during = reports.filter(({ bytes }) => bytes > small && bytes < 1024 * MIB)
    expect(during.length).toBeGreaterThan(0)
    expect(new Set(during.map(({ path }) => path))).toEqual(new Set([large]))
  })

  test('names small files while they are copied', async () => {
    fs.rmSync(src, { recursive: true })
    // A third of a second and more, so that there are reports on the way.
    manyFiles(src, 40, 1000)
    const entries = new Set(below(src).map((name) => join(src, name)))
    const named: string[] = []
    const onProgress = ({ path }: Progress): void => void named.push(path)
    const isBelow = (path: string): boolean => path !== src
    // Until it has been seen: a copy may be over before the first report, which may come before the first entry.
    for (let round = 0; round < 50 && named.filter(isBelow).length < 2; round += 1) {
      named.length = 0
      fs.rmSync(dest, { recursive: true, force: true })
      await copy({ durable: round > 0, onProgress })
    }
    expect(named.filter(isBelow).length).toBeGreaterThan(1)
    expect(named.filter((path) => isBelow(path) && !entries.has(path))).toEqual([])
    expect(named.at(-1)).toBe(src)
  })

  test('changes nothing about the copy', async () => {
    const plain = await copy({})
    fs.rmSync(dest, { recursive: true })
    expect(await copy({ onProgress: () => undefined })).toEqual(plain)
    expect(below(dest)).toEqual(below(src))
  })

  test('a throw cancels, is what is thrown then, and leaves no temporary', async () => {
    const reason = new Error('from onProgress')
    hollowFile(join(src, 'large'), 1024 * MIB)
    const onProgress = (): never => {
      throw reason
    }
    await expect(copy({ sparse: 'never', reflink: 'never', onProgress })).rejects.toBe(reason)
    expect(below(place).filter((name) => name.includes('.palfs-'))).toEqual([])
  })

  test('a throw at the last call counts, too', async () => {
    const reason = new Error('from onProgress')
    const onProgress = (): never => {
      throw reason
    }
    await expect(copy({ onProgress })).rejects.toBe(reason)
  })

  test('does not come where there is no result', async () => {
    let calls = 0
    fs.mkdirSync(dest)
    fs.writeFileSync(join(dest, 'd0'), 'in the way')
    await expect(copy({ onProgress: () => void (calls += 1) })).rejects.toMatchObject({
      code: 'ERR_FS_CP_DIR_TO_NON_DIR',
    })
    expect(calls).toBeLessThanOrEqual(1)
  })

  test('may itself copy', async () => {
    const result = await copy({
      onProgress: () => void copyFileSync(join(src, 'd0/f0'), join(place, 'extra')),
    })
    expect(result).toMatchObject({ files: 200, directories: 6 })
    expect(fs.readFileSync(join(place, 'extra'), 'utf8')).toBe('0.0')
  })
})

test('a filter and a progress together', async () => {
  const reports: Progress[] = []
  const result = await cp(src, dest, {
    recursive: true,
    filter: (from) => !from.endsWith('d3'),
    onProgress: (report) => reports.push(report),
  })
  expect(reports.at(-1)).toMatchObject({ files: 160, directories: 5 })
  expect(result).toMatchObject({ files: 160, directories: 5, skipped: 1 })
})

test('of a removal: what was removed', async () => {
  const reports: Progress[] = []
  const onProgress = (report: Progress): void => void reports.push(report)
  expect(await rm(src, { recursive: true, onProgress })).toEqual({ files: 200, directories: 6 })
  expect(reports.at(-1)).toMatchObject({ files: 200, directories: 6, path: src })
  manyFiles(src, 2, 2)
  expect(rmSync(src, { recursive: true, onProgress })).toEqual({ files: 4, directories: 3 })
  expect(reports.at(-1)).toMatchObject({ files: 4, directories: 3, path: src })
})

test('of a move: what the result says', async () => {
  const reports: Progress[] = []
  const onProgress = (report: Progress): void => void reports.push(report)
  const { bytes, files, directories } = await move(src, dest, { onProgress })
  expect(reports.at(-1)).toMatchObject({ bytes, files, directories })
  expect(moveSync(dest, src, { onProgress }).method).toBe('rename')
})
