// Holes where lseek(2) does not tell them, or tells an error instead, and where the destination cannot be given its size.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { copyFile, copyFileSync, cpSync } from '../../src/index.js'
import { allocated, expectContent, statOf } from '../support/compare.js'
import { FORMS } from '../support/copying.js'
import { copyingSync, runUnder } from '../support/faults.js'
import { serve, withFaultyServers } from '../support/faulty-server.js'
import { MIB, randomBytes, writeRandom, writeSparse } from '../support/files.js'
import { betweenFilesystems, CASE_INSENSITIVE, onFilesystems } from '../support/filesystems.js'

const SIZE = 8 * MIB

/** Data at the beginning, in the middle and at the end, with holes between. Not read back: on ramfs that fills the holes. */
function writeHoles(path: string): Buffer {
  const extents = [0, 3 * MIB, SIZE - 65_536].map((offset) => ({ offset, length: 65_536 }))
  writeSparse(path, SIZE, extents)
  const content = Buffer.alloc(SIZE)
  extents.forEach(({ offset, length }, index) => randomBytes(length, index + 1).copy(content, offset))
  return content
}

/** As many bytes as it takes, and no more than twice the data. */
function expectHoles(path: string): void {
  expect(allocated(path)).toBeLessThan(2 * 3 * 65_536)
}

betweenFilesystems(
  [
    [CASE_INSENSITIVE, 'ext4'],
    [CASE_INSENSITIVE, 'tmpfs'],
    ['ramfs', 'xfs'],
  ],
  'a file whose holes SEEK_HOLE does not tell',
  [],
  (test) => {
    for (const [form, copy] of FORMS) {
      test(`keeps them (${form})`, async ({ from, to }) => {
        const content = writeHoles(join(from, 'file'))
        expect(statOf(join(from, 'file')).blocks * 512n).toBeLessThan(BigInt(SIZE))
        expect(await copy(join(from, 'file'), join(to, 'file'))).toMatchObject({ method: 'read_write' })
        expectContent(join(to, 'file'), content)
        expectHoles(join(to, 'file'))
      })
    }

    test('keeps them in a tree', ({ from, to }) => {
      const content = writeHoles(join(from, 'file'))
      cpSync(from, join(to, 'tree'), { recursive: true, preserve: 'all' })
      expectContent(join(to, 'tree/file'), content)
      expectHoles(join(to, 'tree/file'))
    })

    test('that has none is written in full', async ({ from, to }) => {
      const content = writeRandom(join(from, 'file'), MIB + 1)
      await copyFile(join(from, 'file'), join(to, 'file'))
      expectContent(join(to, 'file'), content)
      expect(allocated(join(to, 'file'))).toBeGreaterThanOrEqual(MIB)
    })
  },
)

onFilesystems([CASE_INSENSITIVE], 'a file whose holes SEEK_HOLE does not tell', [], (test) => {
  test('keeps them on the same filesystem', async ({ dir }) => {
    const content = writeHoles(join(dir, 'from'))
    await copyFile(join(dir, 'from'), join(dir, 'to'))
    expectContent(join(dir, 'to'), content)
    expectHoles(join(dir, 'to'))
  })
})

onFilesystems(['ext4', 'btrfs'], 'a file with holes', ['root', 'strace'], (test) => {
  // ENXIO at the first call says that the file ends there, which is no answer either.
  for (const [error, calls] of [
    ['EIO', ['1+', '2+', '3+', '4+']],
    ['EINVAL', ['1+', '3+']],
    ['ENXIO', ['1+']],
  ] as const) {
    for (const when of calls) {
      test(`is copied all the same where lseek fails (${error}, calls ${when})`, async ({ dir }) => {
        const [from, to] = [join(dir, 'from'), join(dir, 'to')]
        const content = writeHoles(from)
        const inject = [{ calls: 'lseek', error, when }]
        const run = await runUnder({ inject, paths: [from] }, copyingSync(from, to, { reflink: 'never' }))
        expect(run.hits).toBeGreaterThan(0)
        expect(run.outcomes[0]?.result).toMatchObject({ bytes: SIZE, files: 1 })
        expectContent(to, content)
        if (error !== 'ENXIO') expectHoles(to)
      })
    }
  }

  for (const [error, sparse] of [
    ['EPERM', 'auto'],
    ['EPERM', 'always'],
    ['EACCES', 'auto'],
    ['EOPNOTSUPP', 'always'],
  ] as const) {
    test(`is written in full where ftruncate is refused (${error}, sparse: ${sparse})`, async ({ dir }) => {
      const [from, to] = [join(dir, 'from'), join(dir, 'to')]
      const content = writeHoles(from)
      const inject = [{ calls: 'ftruncate', error }]
      const run = await runUnder({ inject, paths: [to] }, copyingSync(from, to, { reflink: 'never', sparse }))
      expect(run.hits).toBeGreaterThan(0)
      expect(run.outcomes[0]?.result).toMatchObject({ bytes: SIZE, files: 1 })
      expectContent(to, content)
    })
  }

  for (const error of ['EIO', 'ENOSPC', 'EFBIG']) {
    test(`is not copied where ftruncate says ${error}`, async ({ dir }) => {
      const [from, to] = [join(dir, 'from'), join(dir, 'to')]
      writeHoles(from)
      const inject = [{ calls: 'ftruncate', error }]
      const run = await runUnder({ inject, paths: [to] }, copyingSync(from, to, { reflink: 'never' }))
      expect(run.outcomes[0]?.error).toMatchObject({ code: error, call: 'ftruncate' })
    })
  }
})

withFaultyServers('a file with holes', (test) => {
  for (const sparse of ['auto', 'always', 'never'] as const) {
    test(`arrives in full where files grow by sequential writes only (sparse: ${sparse})`, async ({
      dir,
    }) => {
      const { mount } = await serve(dir, 'no-growth', 'sequential')
      const [from, to] = [join(dir, 'from'), join(mount, 'to')]
      const content = writeHoles(from)
      expect(copyFileSync(from, to, { sparse })).toMatchObject({ bytes: SIZE, files: 1 })
      expectContent(to, content)
    })
  }

  test('is never put together wrongly where a write must follow the one before', async ({ dir }) => {
    const { mount } = await serve(dir, 'sequential')
    const [from, to] = [join(dir, 'from'), join(mount, 'to')]
    writeSparse(from, SIZE, [{ offset: 3 * MIB, length: 65_536 }])
    writeFileSync(to, 'old')
    expect(() => copyFileSync(from, to)).toThrow(expect.objectContaining({ code: 'ESPIPE' }) as Error)
    expectContent(to, Buffer.from('old'))
  })
})
