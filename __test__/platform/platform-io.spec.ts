// Whole files read and written: content, rights, names, whatever a file says of its size.
import { constants as bufferConstants } from 'node:buffer'
import fs from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, expectTypeOf, test } from 'vitest'
import { PLATFORM_IO, PlatformIO, platformIO, type DirectBuffer, type WriteResult } from '../../src/index.js'
import { hollowFile, node, scratch } from '../support/child.js'
import { failure } from '../support/attributes.js'
import { expectContent, expectNothingTemporary, modeOf, ownerOf, statOf } from '../support/compare.js'
import { runUnder } from '../support/faults.js'
import { bytePath, KIB, makeSpecial, MIB, randomBytes, SPECIAL_KINDS, writeRandom } from '../support/files.js'
import { LONG, onEveryFilesystem, onFilesystems } from '../support/filesystems.js'

const SIZES = [0, 1, 511, 4096, 64 * KIB, 64 * KIB + 1, MIB, 3 * MIB + 77]
/** Where the kernel lets direct I/O be. */
const DIRECT = new Set(['ext4', 'xfs', 'btrfs', 'tmpfs'])

onEveryFilesystem('a whole file', [], (on, { name }) => {
  on('is read as it was written, by the cache and past it', async ({ dir }) => {
    const path = join(dir, 'file')
    for (const size of SIZES) {
      const data = randomBytes(size, size)
      for (const direct of [false, true]) {
        for (const atomic of [false, true]) {
          const options = { atomic, direct, durable: atomic }
          const written = await platformIO.writeFileOptimized(path, data, options)
          expect(platformIO.writeFileOptimizedSync(path, data, options)).toEqual(written)
          expect(written.bytes).toBe(size)
          expectContent(path, data)
          if (!direct) expect(written.direct).toBe(false)
          else if (DIRECT.has(name)) expect(written.direct).toBe(true)
        }
      }
      const contents = [await platformIO.readFileOptimized(path), platformIO.readFileOptimizedSync(path)]
      for (const content of contents) expect(content.equals(data)).toBe(true)
      const direct = [
        await platformIO.readFileOptimized(path, { direct: true }),
        platformIO.readFileOptimizedSync(path, { direct: true }),
      ]
      for (const content of direct) {
        expect(content.equals(data)).toBe(true)
        if (DIRECT.has(name)) expect(content.direct).toBe(true)
      }
    }
    expect(fs.readdirSync(dir)).toEqual(['file'])
  })

  on('replaced by default keeps its rights; other names keep the old content', async ({ dir }) => {
    const [path, link, hard] = [join(dir, 'file'), join(dir, 'link'), join(dir, 'hard')]
    for (const write of [
      platformIO.writeFileOptimized,
      (...args: Parameters<typeof platformIO.writeFileOptimizedSync>) =>
        platformIO.writeFileOptimizedSync(...args),
    ]) {
      fs.writeFileSync(path, 'old')
      fs.chmodSync(path, 0o640)
      if (process.getuid?.() === 0) fs.chownSync(path, 1234, 4321)
      const owner = ownerOf(path)
      fs.linkSync(path, hard)
      fs.symlinkSync('file', link)
      await write(link, 'new')
      expect(fs.readlinkSync(link)).toBe('file')
      expect([fs.readFileSync(path, 'utf8'), fs.readFileSync(hard, 'utf8')]).toEqual(['new', 'old'])
      expect([modeOf(path), ownerOf(path)]).toEqual([modeOf(hard), owner])
      expect(fs.readdirSync(dir).toSorted()).toEqual(['file', 'hard', 'link'])
      for (const made of [path, link, hard]) fs.rmSync(made)
    }
  })

  on('written over in place keeps its inode and its other names', async ({ dir }) => {
    const [path, hard] = [join(dir, 'file'), join(dir, 'hard')]
    fs.writeFileSync(path, 'old and longer')
    fs.linkSync(path, hard)
    const before = statOf(path).ino
    await platformIO.writeFileOptimized(path, 'new', { atomic: false })
    expect(statOf(path).ino).toBe(before)
    expect(fs.readFileSync(hard, 'utf8')).toBe('new')
  })

  on('may have any name, and a file URL is one', async ({ dir }) => {
    const bytes = name8bit(dir)
    await platformIO.writeFileOptimized(bytes, 'bytes')
    expect(platformIO.readFileOptimizedSync(bytes).toString()).toBe('bytes')
    const url = pathToFileURL(join(dir, 'a name'))
    platformIO.writeFileOptimizedSync(url, 'url')
    expect((await platformIO.readFileOptimized(url)).toString()).toBe('url')
    expect(await platformIO.copyFileOptimized(url, join(dir, 'copy'))).toBe(3)
    expect(platformIO.copyFileOptimizedSync(bytes, url)).toBe(5)
    expect(fs.readFileSync(join(dir, 'a name'), 'utf8')).toBe('bytes')
  })

  on('is what a new file becomes, by the umask', async ({ dir }) => {
    const path = join(dir, 'new')
    const expected = join(dir, 'expected')
    fs.writeFileSync(expected, '')
    for (const atomic of [true, false]) {
      await platformIO.writeFileOptimized(path, 'x', { atomic })
      expect(modeOf(path)).toBe(modeOf(expected))
      fs.rmSync(path)
    }
  })

  on('has chunks of whole blocks', async ({ dir }) => {
    const { blksize } = fs.statSync(dir)
    const size = await platformIO.optimalChunkSize(dir)
    expect(platformIO.optimalChunkSizeSync(dir)).toBe(size)
    expect(size % blksize).toBe(0)
    expect(size).toBeGreaterThanOrEqual(256 * KIB)
    expect(size).toBeLessThanOrEqual(16 * MIB)
  })

  on('that is none is refused and left alone', async ({ dir, skip }) => {
    if (process.getuid?.() !== 0) skip('devices need root')
    for (const kind of SPECIAL_KINDS) {
      const path = makeSpecial(dir, kind.replace(' ', '-'), kind)
      const before = statOf(path).ino
      for (const error of [
        await failure(
          () => platformIO.readFileOptimizedSync(path),
          () => platformIO.readFileOptimized(path),
        ),
        await failure(
          () => platformIO.writeFileOptimizedSync(path, 'x'),
          () => platformIO.writeFileOptimized(path, 'x'),
        ),
      ]) {
        expect(error).toMatchObject({ code: 'EINVAL', path })
      }
      expect(statOf(path).ino).toBe(before)
    }
    const error = await failure(
      () => platformIO.writeFileOptimizedSync(dir, 'x'),
      () => platformIO.writeFileOptimized(dir, 'x'),
    )
    expect(error).toMatchObject({ code: 'EISDIR', path: dir })
    expect(fs.readdirSync(dir)).toHaveLength(SPECIAL_KINDS.length)
    expectNothingTemporary(dir)
  })
})

function name8bit(dir: string): Buffer {
  return process.platform === 'darwin'
    ? Buffer.from(join(dir, 'ß'))
    : bytePath(dir, Buffer.from([0xff, 0x01, 0xfe]))
}

test.each([
  '/proc/version',
  '/proc/self/mountinfo',
  '/proc/cpuinfo',
  '/sys/kernel/mm/transparent_hugepage/enabled',
])('%s lies about its size and is read to its end; direct I/O falls back and says so', async (path) => {
  if (!fs.existsSync(path)) return test.skip(`there is no ${path}`)
  const expected = fs.readFileSync(path)
  expect(expected.length).toBeGreaterThan(0)
  expect(fs.statSync(path).size).not.toBe(expected.length)
  for (const direct of [false, true]) {
    const contents = [
      await platformIO.readFileOptimized(path, { direct }),
      platformIO.readFileOptimizedSync(path, { direct }),
    ]
    for (const content of contents) {
      // The rest is the speed of a processor that changes.
      expect(content.toString().slice(0, 40)).toBe(expected.toString().slice(0, 40))
      expect(content.at(-1)).toBe(10)
      expect(Reflect.get(content, 'direct')).toBe(direct ? false : undefined)
    }
  }
})

onFilesystems(['ext4', 'xfs', 'btrfs'], 'direct I/O', ['linux', 'strace'], (on) => {
  on('that the kernel refuses after all falls back and says so', async ({ dir }) => {
    const path = join(dir, 'file')
    fs.writeFileSync(path, 'old and longer')
    const inject = [{ calls: 'pread64,pwrite64', error: 'EINVAL', when: '1' }]
    const { outcomes, hits } = await runUnder(
      { inject, paths: [path] },
      { call: 'platformIO.writeFileOptimizedSync', args: [path, 'new', { direct: true, atomic: false }] },
    )
    expect(hits).toBe(1)
    expect(outcomes).toEqual([{ result: { bytes: 3, direct: false } }])
    expect(fs.readFileSync(path, 'utf8')).toBe('new')
  })

  on('is not seen where the content is compared', ({ dir }) => {
    const path = join(dir, 'file')
    const data = writeRandom(path, 4097)
    const content = platformIO.readFileOptimizedSync(path, { direct: true })
    expect(content).toEqual(data)
    expect(Object.keys(content)).toEqual(Object.keys(data))
  })
})

test.each([true, false])('twenty writers of one file at once get it written (atomic: %s)', async (atomic) => {
  const directory = scratch()
  const path = join(directory, 'file')
  for (let round = 0; round < 300; round += 1) {
    const writers = Array.from({ length: 20 }, () =>
      platformIO.writeFileOptimized(path, 'content', { atomic, durable: false }),
    )
    expect(await Promise.all(writers)).toHaveLength(20)
    expect(fs.readFileSync(path, 'utf8')).toBe('content')
    fs.unlinkSync(path)
  }
  expect(fs.readdirSync(directory)).toEqual([])
})

test('a file larger than a Buffer is an error before anything is read', async () => {
  const path = hollowFile(join(scratch(), 'huge'), 2 ** 42)
  const error = await failure(
    () => platformIO.readFileOptimizedSync(path),
    () => platformIO.readFileOptimized(path),
  )
  const larger = bufferConstants.MAX_LENGTH < 2 ** 42
  // Where Buffers can be larger than every memory, the allocator says it.
  expect(error).toMatchObject({ code: larger ? 'ERR_FS_FILE_TOO_LARGE' : 'ENOMEM', syscall: 'pread', path })
})

test('a file of 3 GiB is one Buffer', ({ skip }) => {
  if (!LONG) skip('it takes 3 GiB of memory: npm run test:long')
  const path = hollowFile(join(scratch(), 'large'), 3 * 2 ** 30)
  const { status, stdout, stderr } = node(
    `const content = await palfs.platformIO.readFileOptimized(args[0])
     console.log(content.length, content[0], content.at(-1))`,
    { args: [path] },
  )
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: `${3 * 2 ** 30} 0 0\n`, stderr: '' })
})

test('failures say what was called, on what, and where from', async () => {
  const path = join(scratch(), 'absent')
  const calls = [
    [() => platformIO.readFileOptimizedSync(path), () => platformIO.readFileOptimized(path)],
    [() => platformIO.optimalChunkSizeSync(path), () => platformIO.optimalChunkSize(path)],
    [
      () => platformIO.writeFileOptimizedSync(join(path, 'x'), ''),
      () => platformIO.writeFileOptimized(join(path, 'x'), ''),
    ],
  ] as const
  for (const [sync, async] of calls) {
    const error = await failure(sync, async)
    expect(error).toMatchObject({ name: 'Error', code: 'ENOENT', errno: -2 })
    expect(String(Object(error).path)).toContain(path)
    expect(String(Object(error).stack).split('\n')[1]).toContain('platform-io.spec')
  }
  await expect(platformIO.copyFileOptimized(path, 'x')).rejects.toMatchObject({
    code: 'ENOENT',
    syscall: 'copyfile',
    path,
    dest: 'x',
  })
})

test('a mistake in the addon is an error, not the end of the process', () => {
  const { status, stdout, stderr } = node(
    `const { platformIO: io } = palfs, codes = []
     for (const call of ['readFileOptimized', 'writeFileOptimized', 'optimalChunkSize']) {
       const data = call === 'writeFileOptimized' ? 'x' : undefined
       try { io[call + 'Sync'](args[0], data) } catch ({ code }) { codes.push(code) }
       await io[call](args[0], data).catch(({ code }) => codes.push(code))
     }
     console.log(codes.length, ...new Set(codes))`,
    { args: [join(scratch(), 'x')], env: { PALFS_TEST_PANIC: '1' } },
  )
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '6 ERR_INTERNAL_PANIC\n', stderr: '' })
})

test('the types', () => {
  expectTypeOf(platformIO).toEqualTypeOf<PlatformIO>()
  expectTypeOf(platformIO.copyFileOptimized).returns.resolves.toBeNumber()
  const read = (): DirectBuffer => platformIO.readFileOptimizedSync('x', { direct: true })
  const readLater = (): Promise<DirectBuffer> => platformIO.readFileOptimized('x', { direct: true })
  expectTypeOf(read).returns.toExtend<Buffer>()
  expectTypeOf(readLater).returns.resolves.toHaveProperty('direct').toBeBoolean()
  expectTypeOf(platformIO.writeFileOptimizedSync).returns.toEqualTypeOf<WriteResult>()
  expectTypeOf<{ readonly direct: 'yes' }>().not.toExtend<
    Parameters<typeof platformIO.readFileOptimized>[1]
  >()
  expect(PLATFORM_IO).toBe(platformIO)
  expect(new PlatformIO()).toEqual(platformIO)
})
