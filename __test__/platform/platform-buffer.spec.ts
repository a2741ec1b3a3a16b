// Memory for direct I/O: where it lies, and that the kernel takes it.
import { constants as bufferConstants } from 'node:buffer'
import fs from 'node:fs'
import { join } from 'node:path'
import { expect, expectTypeOf, test } from 'vitest'
import { PlatformBuffer } from '../../src/index.js'
import { node } from '../support/child.js'
import { available } from '../support/broken-installs.js'
import { randomBytes } from '../support/files.js'
import { onFilesystems } from '../support/filesystems.js'

const MIB = 1024 ** 2

test('is a zeroed Buffer of that size at such an address', () => {
  for (const alignment of [1, 2, 512, 4096, 65_536, 2 ** 20]) {
    for (const size of [0, 1, 511, 4096, 100_000]) {
      const memory = new PlatformBuffer(size, { alignment })
      expect(memory).toMatchObject({ alignment, length: size, isAligned: true })
      expect(memory.buffer).toBeInstanceOf(Buffer)
      expect(memory.buffer.equals(Buffer.alloc(size))).toBe(true)
    }
  }
  expect(new PlatformBuffer(10)).toMatchObject({ alignment: 4096, length: 10 })
  expect(new PlatformBuffer(10, { alignment: undefined }).alignment).toBe(4096)
  expectTypeOf<PlatformBuffer['buffer']>().toEqualTypeOf<Buffer>()
})

test('of another alignment is told apart: half of it is not aligned', () => {
  const memory = new PlatformBuffer(8192, { alignment: 8192 })
  Object.defineProperty(memory, 'buffer', { value: memory.buffer.subarray(4096), writable: true })
  expect(memory.isAligned).toBe(false)
})

test('is not aligned any more once its memory is somebody else’s', () => {
  const memory = new PlatformBuffer(4096)
  structuredClone(memory.buffer.buffer, { transfer: [memory.buffer.buffer as ArrayBuffer] })
  expect(memory).toMatchObject({ isAligned: false, length: 4096 })
})

const REFUSED: readonly (readonly [what: string, code: string, args: readonly unknown[]])[] = [
  ['no size', 'ERR_INVALID_ARG_TYPE', []],
  ['a string as size', 'ERR_INVALID_ARG_TYPE', ['4096']],
  ['a BigInt as size', 'ERR_INVALID_ARG_TYPE', [4096n]],
  ['a negative size', 'ERR_OUT_OF_RANGE', [-1]],
  ['a fraction', 'ERR_OUT_OF_RANGE', [1.5]],
  ['NaN', 'ERR_OUT_OF_RANGE', [Number.NaN]],
  ['infinity', 'ERR_OUT_OF_RANGE', [Number.POSITIVE_INFINITY]],
  ['more than a Buffer can hold', 'ERR_OUT_OF_RANGE', [bufferConstants.MAX_LENGTH]],
  ['null as options', 'ERR_INVALID_ARG_TYPE', [1, null]],
  ['a number as options', 'ERR_INVALID_ARG_TYPE', [1, 512]],
  ['a string as alignment', 'ERR_INVALID_ARG_TYPE', [1, { alignment: '512' }]],
  ['no alignment at all', 'ERR_OUT_OF_RANGE', [1, { alignment: 0 }]],
  ['half a byte of alignment', 'ERR_OUT_OF_RANGE', [1, { alignment: 0.5 }]],
  ['more alignment than 1 GiB', 'ERR_OUT_OF_RANGE', [1, { alignment: 2 ** 31 }]],
  ['an alignment that is no power of two', 'ERR_INVALID_ARG_VALUE', [1, { alignment: 4095 }]],
]

test.each(REFUSED)('%s is %s', (_, code, args) => {
  expect(() => Reflect.construct(PlatformBuffer, args)).toThrow(expect.objectContaining({ code }))
})

test('without memory for it is an error, not the end of the process', ({ skip }) => {
  if (!available('prlimit')) skip('limits are set by prlimit(1)')
  const { status, stdout, stderr } = node(
    `const { execFileSync } = await import('node:child_process')
     execFileSync('prlimit', ['--pid', String(process.pid), '--data=1073741824'])
     try { new palfs.PlatformBuffer(2 ** 31) } catch (error) {
       console.log(error.code, error instanceof RangeError, error.cause instanceof Error)
     }`,
  )
  expect({ status, stdout, stderr }).toEqual({
    status: 0,
    stdout: 'ERR_MEMORY_ALLOCATION_FAILED true true\n',
    stderr: '',
  })
})

onFilesystems(['ext4', 'xfs', 'btrfs', 'tmpfs'], 'direct I/O by node:fs', ['linux'], (on, { name }) => {
  on('takes this memory', ({ dir }) => {
    const path = join(dir, 'file')
    const content = randomBytes(MIB)
    const { buffer } = new PlatformBuffer(MIB)
    content.copy(buffer)
    const flags = fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_DIRECT
    const fd = fs.openSync(path, flags, 0o600)
    try {
      expect(fs.writeSync(fd, buffer, 0, MIB, 0)).toBe(MIB)
      buffer.fill(0)
      expect(fs.readSync(fd, buffer, 0, MIB, 0)).toBe(MIB)
      expect(buffer.equals(content)).toBe(true)
    } finally {
      fs.closeSync(fd)
    }
  })

  if (name !== 'ext4' && name !== 'xfs') return
  on('refuses memory one byte beside it with EINVAL', ({ dir }) => {
    const path = join(dir, 'file')
    fs.writeFileSync(path, randomBytes(8192))
    const { buffer } = new PlatformBuffer(8192)
    const fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_DIRECT)
    try {
      expect(fs.readSync(fd, buffer, 0, 4096, 0)).toBe(4096)
      expect(() => fs.readSync(fd, buffer.subarray(1), 0, 4096, 0)).toThrow(
        expect.objectContaining({ code: 'EINVAL' }),
      )
    } finally {
      fs.closeSync(fd)
    }
  })
})
