// What callers pass: wrong things, and bytes that change, go away or belong to several threads.
import fs from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { platformIO, type WriteFileOptions } from '../../src/index.js'
import { node, scratch } from '../support/child.js'

const dir = scratch()
const path = join(dir, 'file')
fs.writeFileSync(path, 'untouched')

const detached = new Uint8Array(4)
structuredClone(detached.buffer, { transfer: [detached.buffer] })

/** Arguments that the types forbid. */
function given(value: unknown): never {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- that they are wrong is the test
  return value as never
}

const WRITES: readonly (readonly [what: string, code: string, args: readonly unknown[]])[] = [
  ['no path', 'ERR_INVALID_ARG_TYPE', [undefined, 'x']],
  ['a descriptor as path', 'ERR_INVALID_ARG_TYPE', [1, 'x']],
  ['a path with a NUL', 'ERR_INVALID_ARG_VALUE', ['a\0b', 'x']],
  ['a path with a lone surrogate', 'ERR_INVALID_ARG_VALUE', ['\uD800', 'x']],
  ['a detached path', 'ERR_INVALID_ARG_VALUE', [detached, 'x']],
  ['no data', 'ERR_INVALID_ARG_TYPE', [path, undefined]],
  ['null as data', 'ERR_INVALID_ARG_TYPE', [path, null]],
  ['a number as data', 'ERR_INVALID_ARG_TYPE', [path, 1]],
  ['an array as data', 'ERR_INVALID_ARG_TYPE', [path, [1]]],
  ['an ArrayBuffer as data', 'ERR_INVALID_ARG_TYPE', [path, new ArrayBuffer(1)]],
  ['a String object as data', 'ERR_INVALID_ARG_TYPE', [path, Object('x')]],
  ['detached data', 'ERR_INVALID_ARG_VALUE', [path, detached]],
  ['data with a lone surrogate', 'ERR_INVALID_ARG_VALUE', [path, '\uDC00']],
  ['null as options', 'ERR_INVALID_ARG_TYPE', [path, 'x', null]],
  ['an encoding as options', 'ERR_INVALID_ARG_TYPE', [path, 'x', 'utf8']],
  ['an atomic that is neither', 'ERR_INVALID_ARG_TYPE', [path, 'x', { atomic: 1 }]],
  ['a durable that is neither', 'ERR_INVALID_ARG_TYPE', [path, 'x', { durable: 'yes' }]],
  ['a direct that is null', 'ERR_INVALID_ARG_TYPE', [path, 'x', { direct: null }]],
]

test.each(WRITES)('%s is %s, thrown by the sync form and rejected by the other', async (_, code, args) => {
  const [to, data, options] = args
  const call = [given(to), given(data), given(options)] as const
  expect(() => platformIO.writeFileOptimizedSync(...call)).toThrow(expect.objectContaining({ code }))
  await expect(platformIO.writeFileOptimized(...call)).rejects.toMatchObject({ code })
  expect(fs.readFileSync(path, 'utf8')).toBe('untouched')
})

test.each([
  ['no path', 'ERR_INVALID_ARG_TYPE', undefined, undefined],
  ['null as options', 'ERR_INVALID_ARG_TYPE', path, null],
  ['an encoding as options', 'ERR_INVALID_ARG_TYPE', path, 'utf8'],
  ['a direct that is neither', 'ERR_INVALID_ARG_TYPE', path, { direct: 'yes' }],
])('reading with %s is %s', async (_, code, from, options) => {
  const call = [given(from), given(options)] as const
  expect(() => platformIO.readFileOptimizedSync(...call)).toThrow(expect.objectContaining({ code }))
  await expect(platformIO.readFileOptimized(...call)).rejects.toMatchObject({ code })
  if (from !== undefined) return
  expect(() => platformIO.optimalChunkSizeSync(call[0])).toThrow(expect.objectContaining({ code }))
  await expect(platformIO.optimalChunkSize(call[0])).rejects.toMatchObject({ code })
  expect(() => platformIO.copyFileOptimizedSync(call[0], 'x')).toThrow(expect.objectContaining({ code }))
  await expect(platformIO.copyFileOptimized('x', call[0])).rejects.toMatchObject({ code })
})

test('a polluted prototype changes no option, and undefined is the default', async () => {
  const { stdout, stderr } = node(
    `Object.prototype.atomic = Object.prototype.durable = false
     Object.prototype.direct = 'nonsense'
     const before = fs.statSync(args[0]).ino
     palfs.platformIO.writeFileOptimizedSync(args[0], 'new', {})
     const { direct } = await palfs.platformIO.readFileOptimized(args[0], {})
     for (const name of ['atomic', 'durable', 'direct']) delete Object.prototype[name]
     console.log(fs.statSync(args[0]).ino === before, direct)`,
    { args: [join(dir, 'polluted')].map((name) => (fs.writeFileSync(name, 'old'), name)) },
  )
  expect({ stdout, stderr }).toEqual({ stdout: 'false nonsense\n', stderr: '' })
  const inode = fs.statSync(path).ino
  await platformIO.writeFileOptimized(path, 'untouched', {
    atomic: undefined,
    durable: undefined,
    direct: undefined,
  })
  expect(fs.statSync(path).ino).not.toBe(inode)
})

test('methods need no instance', async () => {
  const { readFileOptimized, writeFileOptimizedSync } = platformIO
  writeFileOptimizedSync(join(dir, 'free'), 'x')
  expect((await readFileOptimized(join(dir, 'free'))).toString()).toBe('x')
})

test.each([
  ['text', 'grüße', Buffer.from('grüße')],
  ['no text', '', Buffer.alloc(0)],
  ['a part of an array', new Uint8Array([1, 2, 3, 4]).subarray(1, 3), Buffer.of(2, 3)],
  ['numbers of two bytes', new Uint16Array([0x0201, 0x0403]).subarray(1), Buffer.of(3, 4)],
  ['a view', new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2), Buffer.of(2, 3)],
  ['floating-point numbers', new Float64Array(1), Buffer.alloc(8)],
])('%s is written as its bytes', async (_, data, expected) => {
  const to = join(dir, 'data')
  expect(await platformIO.writeFileOptimized(to, data)).toEqual({ bytes: expected.length, direct: false })
  expect(fs.readFileSync(to)).toEqual(expected)
  fs.rmSync(to)
  expect(platformIO.writeFileOptimizedSync(to, data)).toEqual({ bytes: expected.length, direct: false })
  expect(fs.readFileSync(to)).toEqual(expected)
})

const SIZE = 300_000

test('what is written is what the data was when the call was made', async () => {
  const to = join(dir, 'owned')
  const data = new Uint8Array(SIZE).fill(1)
  const changed = platformIO.writeFileOptimized(to, data)
  data.fill(2)
  await changed
  expect(fs.readFileSync(to).equals(Buffer.alloc(SIZE, 1))).toBe(true)

  const transferred = platformIO.writeFileOptimized(to, data)
  structuredClone(data.buffer, { transfer: [data.buffer] })
  expect(await transferred).toEqual({ bytes: SIZE, direct: false })
  expect(fs.readFileSync(to).equals(Buffer.alloc(SIZE, 2))).toBe(true)
})

test('data taken away by an option’s getter is refused, not written as nothing', async () => {
  for (const write of [
    platformIO.writeFileOptimized,
    async (...args: Parameters<typeof platformIO.writeFileOptimizedSync>) =>
      platformIO.writeFileOptimizedSync(...args),
  ]) {
    const data = new Uint8Array(10)
    const options: WriteFileOptions = {
      get direct() {
        structuredClone(data.buffer, { transfer: [data.buffer] })
        return false
      },
    }
    await expect(write(path, data, options)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' })
    expect(fs.readFileSync(path, 'utf8')).toBe('untouched')
  }
})

test('shared memory is written as it was when the call was made', async () => {
  const to = join(dir, 'shared')
  const data = new Uint8Array(new SharedArrayBuffer(SIZE)).fill(3)
  const written = platformIO.writeFileOptimized(to, data)
  data.fill(4)
  await written
  expect(fs.readFileSync(to).equals(Buffer.alloc(SIZE, 3))).toBe(true)
  platformIO.writeFileOptimizedSync(to, data)
  expect(fs.readFileSync(to).equals(Buffer.alloc(SIZE, 4))).toBe(true)
})

test('memory that is resized is written as it was when the call was made', () => {
  const { stdout, stderr } = node(
    `const io = palfs.platformIO
     const memory = new ArrayBuffer(300000, { maxByteLength: 600000 })
     const data = new Uint8Array(memory).fill(5)
     const written = io.writeFileOptimized(args[0], data)
     memory.resize(10)
     const seen = [await written, fs.readFileSync(args[0]).equals(Buffer.alloc(300000, 5))]
     memory.resize(600000)
     seen.push(io.writeFileOptimizedSync(args[0], data), fs.statSync(args[0]).size)
     console.log(JSON.stringify(seen))`,
    { args: [join(dir, 'resized')] },
  )
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual([
    { bytes: 300_000, direct: false },
    true,
    { bytes: 600_000, direct: false },
    600_000,
  ])
})
