// The bytes of a copy, its holes, and how they got there, on every filesystem.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { copyFile, copyFileSync, type CopyFileOptions } from '../../src/index.js'
import { allocated, dataSegments, expectContent, expectNothingTemporary, statOf } from '../support/compare.js'
import { copied, FORMS } from '../support/copying.js'
import { MIB, TWO_CHUNKS, writeRandom, writeSparse } from '../support/files.js'
import { betweenFilesystems, LONG, onEveryFilesystem } from '../support/filesystems.js'

const SIZES = [0, 1, 4095, 4096, 4097, MIB + 1, TWO_CHUNKS, ...(LONG ? [32 * MIB, 64 * MIB + 1] : [])]
const BLOCK = 65_536
const TIB = 1024 ** 4
// Neither shares storage, which copy_file_range does where it can.
const UNSHARED = ['splice', 'sendfile', 'read_write']

onEveryFilesystem('content', [], (test, { reflink }) => {
  for (const [form, copy] of FORMS) {
    for (const size of SIZES) {
      test(`${form} copies ${size} bytes`, async ({ dir }) => {
        const [from, to] = [join(dir, 'from'), join(dir, 'to')]
        const content = writeRandom(from, size)
        const result = await copy(from, to)
        expectContent(to, content)
        expectContent(from, content)
        expect(result).toEqual(copied(size, result.method))
        expectNothingTemporary(dir)
      })
    }
  }

  test('a shorter and a longer file replace what was there', async ({ dir }) => {
    const [short, long, to] = [join(dir, 'short'), join(dir, 'long'), join(dir, 'to')]
    const contents = [writeRandom(short, 10, 1), writeRandom(long, MIB + 7, 2)]
    for (const replace of ['auto', 'atomic', 'in-place'] as const) {
      await copyFile(long, to, { replace })
      expectContent(to, contents[1] ?? Buffer.alloc(0))
      await copyFile(short, to, { replace })
      expectContent(to, contents[0] ?? Buffer.alloc(0))
    }
    expectNothingTemporary(dir)
  })

  test('every method moves the same bytes', async ({ dir }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    const content = writeRandom(from, MIB + 1)
    for (const options of [
      {},
      { reflink: 'never' },
      { sparse: 'always' },
      { sparse: 'never' },
    ] as CopyFileOptions[]) {
      await copyFile(from, to, options)
      expectContent(to, content)
    }
  })

  if (reflink) {
    test('a file of some size is cloned, by default and with reflink: always', async ({ dir }) => {
      const from = join(dir, 'from')
      const content = writeRandom(from, MIB + 1)
      for (const options of [{}, { reflink: 'always' }] as CopyFileOptions[]) {
        expect(await copyFile(from, join(dir, 'to'), options)).toEqual(copied(MIB + 1, 'clone'))
        expectContent(join(dir, 'to'), content)
      }
    })

    test('a clone replaces an old file too', async ({ dir }) => {
      const from = join(dir, 'from')
      const content = writeRandom(from, MIB)
      for (const replace of ['auto', 'atomic', 'in-place'] as const) {
        const to = join(dir, replace)
        writeRandom(to, 2 * MIB, 2)
        expect(copyFileSync(from, to, { replace, reflink: 'always' })).toEqual(copied(MIB, 'clone'))
        expectContent(to, content)
      }
    })

    for (const options of [
      { reflink: 'never' },
      { sparse: 'always' },
      { sparse: 'never' },
    ] as CopyFileOptions[]) {
      test(`${JSON.stringify(options)} shares no storage`, async ({ dir }) => {
        const from = join(dir, 'from')
        writeRandom(from, MIB)
        expect(UNSHARED).toContain((await copyFile(from, join(dir, 'to'), options)).method)
      })
    }
  } else {
    test('reflink: always fails, leaves no new file and the old one as it was', async ({ dir }) => {
      const [from, to] = [join(dir, 'from'), join(dir, 'to')]
      writeRandom(from, MIB)
      const refused = { code: 'ENOTSUP', syscall: 'copyfile', path: from, bytesCopied: 0 }
      await expect(copyFile(from, to, { reflink: 'always' })).rejects.toMatchObject({ ...refused, dest: to })
      expect(existsSync(to)).toBe(false)
      for (const replace of ['auto', 'atomic', 'in-place'] as const) {
        writeFileSync(to, 'old')
        await expect(copyFile(from, to, { reflink: 'always', replace })).rejects.toMatchObject(refused)
        expect(readFileSync(to, 'utf8')).toBe('old')
      }
      expectNothingTemporary(dir)
    })
  }
})

const LAYOUTS = {
  'a hole at the start': [{ offset: 4 * MIB, length: 4 * MIB }],
  'a hole at the end': [{ offset: 0, length: BLOCK }],
  'a hole in the middle': [
    { offset: 0, length: BLOCK },
    { offset: 8 * MIB - BLOCK, length: BLOCK },
  ],
  'nothing but a hole': [],
}

onEveryFilesystem('holes', ['linux', 'xfs_io'], (test) => {
  for (const [title, extents] of Object.entries(LAYOUTS)) {
    for (const options of [{}, { reflink: 'never' }] as CopyFileOptions[]) {
      test(`${title} stays a hole with ${JSON.stringify(options)}`, async ({ dir }) => {
        const [from, to] = [join(dir, 'from'), join(dir, 'to')]
        writeSparse(from, 8 * MIB, extents)
        expect((await copyFile(from, to, options)).bytes).toBe(8 * MIB)
        expectContent(to, readFileSync(from))
        expect(dataSegments(to)).toEqual(dataSegments(from))
        expect(allocated(to)).toBeLessThanOrEqual(allocated(from) + BLOCK)
      })
    }
  }

  test('a sparse file over a dense one in place reads as zeros in its holes', async ({ dir }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    writeSparse(from, 8 * MIB, [{ offset: 4 * MIB, length: BLOCK }])
    writeRandom(to, 9 * MIB)
    await copyFile(from, to, { replace: 'in-place' })
    expectContent(to, readFileSync(from))
    expect(dataSegments(to)).toEqual(dataSegments(from))
  })

  test('a file of 1 TiB with three blocks of data is copied with its holes', async ({ dir }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    const offsets = [0, TIB / 2, TIB - BLOCK]
    writeSparse(
      from,
      TIB,
      offsets.map((offset) => ({ offset, length: BLOCK })),
    )
    for (const options of [{}, { reflink: 'never' }] as CopyFileOptions[]) {
      expect((await copyFile(from, to, options)).bytes).toBe(TIB)
      expect(dataSegments(to)).toEqual(offsets.map((offset) => [offset, offset + BLOCK]))
    }
  })

  test('sparse: always turns runs of zeros into holes', async ({ dir }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    const content = Buffer.alloc(8 * MIB)
    content.fill('data', 2 * MIB, 2 * MIB + BLOCK)
    content.write('end', 8 * MIB - 3)
    writeFileSync(from, content)
    await copyFile(from, to, { sparse: 'always' })
    expectContent(to, content)
    expect(allocated(to)).toBeLessThan(MIB)
  })

  test('sparse: never writes the holes out', async ({ dir }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    writeSparse(from, 8 * MIB, [{ offset: 4 * MIB, length: BLOCK }])
    await copyFile(from, to, { sparse: 'never' })
    expectContent(to, readFileSync(from))
    expect(dataSegments(to)).toEqual([[0, 8 * MIB]])
  })
})

const CROSSINGS = [
  ['ext4', 'second ext4'],
  ['ext4', 'xfs'],
  ['xfs', 'btrfs'],
  ['btrfs', 'ext4'],
  ['tmpfs', 'ext4'],
  ['overlay', 'tmpfs'],
] as const

betweenFilesystems(CROSSINGS, 'copies', ['linux', 'xfs_io'], (test) => {
  test('arrive byte for byte, with holes, shared with nobody', async ({ from, to }) => {
    const [source, target] = [join(from, 'file'), join(to, 'file')]
    writeSparse(source, TWO_CHUNKS, [
      { offset: 0, length: 3 * MIB },
      { offset: 16 * MIB, length: MIB },
    ])
    const result = await copyFile(source, target)
    expect(UNSHARED).toContain(result.method)
    expect(result).toEqual(copied(TWO_CHUNKS, result.method))
    expectContent(target, readFileSync(source))
    expect(dataSegments(target)).toEqual(dataSegments(source))
    expectNothingTemporary(to)
  })

  test('cannot share storage: reflink: always says EXDEV', async ({ from, to }) => {
    const [source, target] = [join(from, 'file'), join(to, 'file')]
    writeRandom(source, MIB)
    await expect(copyFile(source, target, { reflink: 'always' })).rejects.toMatchObject({
      code: expect.stringMatching(/^(EXDEV|ENOTSUP)$/),
      path: source,
      dest: target,
    })
    expect(existsSync(target)).toBe(false)
  })

  test('replace a file by a sibling: the old inode is gone', async ({ from, to }) => {
    const [source, target] = [join(from, 'file'), join(to, 'file')]
    const content = writeRandom(source, MIB)
    writeRandom(target, 10, 2)
    const before = statOf(target).ino
    await copyFile(source, target)
    expectContent(target, content)
    expect(statOf(target).ino).not.toBe(before)
  })
})
