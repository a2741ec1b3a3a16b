// Buffers of every kind, and what becomes of them while an operation runs.
import fs from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createPlatformFilesystem } from '../../src/index.js'
import { node, scratch, scratchInMemory } from '../support/child.js'
import { MIB, randomBytes } from '../support/files.js'

const palfs = createPlatformFilesystem()
const path = join(scratch(), 'file')
const content = randomBytes(4 * MIB)
fs.writeFileSync(path, content)

/** Younger than the types of this TypeScript target. */
function resizable(size: number, maxByteLength: number): ArrayBuffer & { resize: (size: number) => void } {
  return Reflect.construct(ArrayBuffer, [size, { maxByteLength }]) as ReturnType<typeof resizable>
}

/** `use` with a file that is open for reading and writing. */
async function withFile(use: (fd: number) => Promise<void>): Promise<void> {
  const fd = await palfs.open(path, 'r+')
  try {
    await use(fd)
  } finally {
    await palfs.close(fd)
  }
}

const shared = new SharedArrayBuffer(24)
const growing = resizable(24, 4096)

const VIEWS: Readonly<Record<string, NodeJS.ArrayBufferView>> = {
  'a Buffer': Buffer.alloc(16),
  'a slice of a Uint8Array': new Uint8Array(64).subarray(8, 24),
  'a Float64Array': new Float64Array(2),
  'a DataView': new DataView(new ArrayBuffer(32), 8, 16),
  'memory that is shared with other threads': new Uint8Array(shared, 8, 16),
  'memory that can grow': new Uint8Array(growing, 4, 16),
  'a view that grows with its memory': new Uint8Array(growing, 8),
}

test.for(Object.entries(VIEWS))(
  '%s is read into and written from, and nothing beside it',
  async ([, view]) => {
    await withFile(async (fd) => {
      const bytes = Buffer.from(view.buffer as ArrayBuffer)
      const here = bytes.subarray(view.byteOffset, view.byteOffset + view.byteLength)
      for (const form of ['sync', 'promise']) {
        bytes.fill(0xaa)
        const got = form === 'sync' ? palfs.readSync(fd, view, 1) : await palfs.read(fd, view, 1)
        expect(got).toBe(16)
        expect(here.equals(content.subarray(1, 17))).toBe(true)
        const rest = [...bytes.subarray(0, view.byteOffset), ...bytes.subarray(view.byteOffset + 16)]
        expect(rest.every((byte) => byte === 0xaa)).toBe(true)
        here.fill(7)
        const put = form === 'sync' ? palfs.writeSync(fd, view, 100) : await palfs.write(fd, view, 100)
        expect(put).toBe(16)
        expect(fs.readFileSync(path).subarray(100, 116).equals(Buffer.alloc(16, 7))).toBe(true)
        fs.writeFileSync(path, content)
      }
    })
  },
)

test('an empty buffer moves nothing', async () => {
  await withFile(async (fd) => {
    expect(palfs.readSync(fd, new Uint8Array())).toBe(0)
    expect(await palfs.read(fd, Buffer.alloc(0))).toBe(0)
    expect(palfs.writeSync(fd, new Uint8Array())).toBe(0)
    expect(await palfs.write(fd, Buffer.alloc(0), 0)).toBe(0)
  })
  expect(fs.readFileSync(path).equals(content)).toBe(true)
})

test('what is written is what the buffer held when write was called', async () => {
  await withFile(async (fd) => {
    const bytes = Buffer.alloc(MIB, 1)
    const writing = palfs.write(fd, bytes, 0)
    bytes.fill(2)
    expect(await writing).toBe(MIB)
    expect(fs.readFileSync(path).subarray(0, MIB).equals(Buffer.alloc(MIB, 1))).toBe(true)
  })
  fs.writeFileSync(path, content)
})

test('a buffer that is taken away or cut while it is read into is an error, and its memory is not touched', async () => {
  await withFile(async (fd) => {
    const bytes = new Uint8Array(MIB)
    const reading = palfs.read(fd, bytes, 0)
    const moved = structuredClone(bytes, { transfer: [bytes.buffer] })
    await expect(reading).rejects.toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' })
    expect(moved.every((byte) => byte === 0)).toBe(true)

    const memory = resizable(MIB, MIB)
    const cut = palfs.read(fd, new Uint8Array(memory), 0)
    memory.resize(10)
    await expect(cut).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' })
    expect(new Uint8Array(memory).every((byte) => byte === 0)).toBe(true)
  })
})

test('buffers that come and go by thousands while others are collected', () => {
  const { status, signal, stdout } = node(
    `const fs_ = palfs.createPlatformFilesystem()
     const fd = fs_.openSync(args[0], 'r')
     const expected = fs.readFileSync(args[0]).subarray(0, 65536)
     let wrong = 0
     for (let round = 0; round < 20; round += 1) {
       await Promise.all(Array.from({ length: 50 }, async () => {
         const bytes = new Uint8Array(65536)
         await fs_.read(fd, bytes, 0)
         if (Buffer.compare(bytes, expected) !== 0) wrong += 1
       }))
       gc()
     }
     fs_.closeSync(fd)
     console.log(wrong)`,
    { args: [path], flags: ['--expose-gc'] },
  )
  expect({ status, signal, stdout }).toEqual({ status: 0, signal: null, stdout: '0\n' })
})

test('what is still to be done with a FileHandle when it is closed does not meet the file that gets its number', () => {
  const { status, stdout, stderr } = node(
    `import { availableParallelism } from 'node:os'
     const fs_ = palfs.createPlatformFilesystem()
     const at = (name) => args[0] + '/' + name
     fs.writeFileSync(at('large'), '')
     fs.truncateSync(at('large'), 2 ** 26)
     const slow = { sparse: 'never', reflink: 'never' }
     const busy = Array.from({ length: 2 * Math.min(8, availableParallelism()) }, (_, index) =>
       copyFile(at('large'), at('copy' + index), slow))
     const handle = await fs.promises.open(at('first'), 'w')
     const steps = [fs_.write(handle, Buffer.from('content')), fs_.fsync(handle)]
     await handle.close()
     const other = await fs.promises.open(at('other'), 'w')
     const [written] = await Promise.all(steps)
     await Promise.all(busy)
     await other.close()
     console.log(written, fs.readFileSync(at('first'), 'utf8'), fs.statSync(at('other')).size)`,
    { args: [scratchInMemory()] },
  )
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '7 content 0\n', stderr: '' })
})

test('a FileHandle that nobody else holds stays open until the operation has ended', () => {
  const { status, stdout, stderr } = node(
    `const fs_ = palfs.createPlatformFilesystem()
     const expected = fs.statSync(args[0]).size
     // What later versions of Node make of a handle that is closed as garbage.
     process.on('uncaughtException', () => {})
     const sizes = []
     for (let round = 0; round < 20; round += 1) {
       const steps = []
       await (async () => {
         const handle = await fs.promises.open(args[0])
         steps.push(fs_.fstat(handle), fs_.read(handle, Buffer.alloc(65536)))
       })()
       gc()
       const [{ size }, got] = await Promise.all(steps)
       sizes.push(size === expected && got === 65536)
     }
     console.log(sizes.every(Boolean))
     process.exit(0)`,
    { args: [path], flags: ['--expose-gc', '--no-warnings'] },
  )
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'true\n', stderr: '' })
})
