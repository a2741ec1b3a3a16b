// Wrong arguments of PlatformFileSystem: Node's codes, before any system call, by rejection where there is a promise.
import fs from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { createPlatformFilesystem } from '../../src/index.js'
import { names, scratch } from '../support/child.js'

const palfs = createPlatformFilesystem()
type Methods = Record<string, (...args: unknown[]) => unknown>
const methods = palfs as unknown as Methods

const directory = scratch()
const file = join(directory, 'file')
fs.writeFileSync(file, 'content')

const detached = new Uint8Array(8)
structuredClone(detached, { transfer: [detached.buffer] })

const TYPE = 'ERR_INVALID_ARG_TYPE'
const VALUE = 'ERR_INVALID_ARG_VALUE'
const RANGE = 'ERR_OUT_OF_RANGE'

/** Arguments that are wrong, and how node:fs calls that; of some of them it takes others. */
const WRONG: readonly (readonly [
  method: string,
  args: readonly unknown[],
  code: string,
  asNode?: boolean,
])[] = [
  ['open', [undefined], TYPE, true],
  ['open', ['a\0b'], VALUE, true],
  ['open', [file, 'q'], VALUE, true],
  ['open', [file, 'rx'], VALUE, true],
  ['open', [file, 'ws'], VALUE, true],
  ['open', [file, 1.5], RANGE, true],
  ['open', [file, 2 ** 31], RANGE, true],
  ['open', [file, 'r', 'abc'], VALUE, true],
  ['open', [file, 'r', -1], RANGE, true],
  ['open', [file, 'r', {}], TYPE, true],
  ['close', [undefined], TYPE, true],
  ['close', [-1], RANGE, true],
  ['close', [1.5], RANGE, true],
  ['close', [2 ** 31], RANGE, true],
  ['fsync', ['1'], TYPE],
  ['fsync', [-1], RANGE, true],
  ['fstat', [Number.NaN], RANGE, true],
  ['fstat', [0, null], TYPE],
  ['fstat', [0, { bigint: 1 }], TYPE],
  ['ftruncate', [0, -1], RANGE],
  ['ftruncate', [0, 'all'], TYPE],
  ['ftruncate', [0, 2n ** 63n], RANGE],
  ['read', [0, 'buffer'], TYPE],
  ['read', [0, detached], VALUE],
  ['read', [0, new DataView(new ArrayBuffer(1)), -1], RANGE],
  ['read', [0, Buffer.alloc(1), 0.5], RANGE],
  ['read', [0, Buffer.alloc(1), '0'], TYPE],
  ['write', [0, 'text'], TYPE],
  ['write', [0, detached], VALUE],
  ['write', [0, Buffer.alloc(1), -1n], RANGE],
  ['stat', [0], TYPE, true],
  ['stat', [file, 'bigint'], TYPE],
  ['lstat', [new URL('http://example')], 'ERR_INVALID_URL_SCHEME', true],
  ['lstat', ['\ud800'], VALUE],
  ['utimes', [file, undefined, 0], TYPE],
  ['utimes', [file, 0, '1'], TYPE],
  ['utimes', [file, Number.NaN, 0], RANGE],
  ['utimes', [file, 0, Number.POSITIVE_INFINITY], RANGE],
  ['utimes', [file, new Date(Number.NaN), 0], RANGE],
  ['utimes', [file, 2n ** 100n, 0], RANGE],
  ['chmod', [file], TYPE, true],
  ['chmod', [file, '8'], VALUE, true],
  ['chmod', [file, 2 ** 32], RANGE, true],
  ['chown', [file, undefined, 0], TYPE],
  ['chown', [file, 0, -2], RANGE, true],
  ['chown', [file, 1.5, 0], RANGE, true],
  ['mkdir', [null], TYPE, true],
  ['mkdir', [join(directory, 'new'), 'x'], VALUE, true],
  ['rmdir', [{}], TYPE, true],
  ['readdir', [file, { encoding: 'klingon' }], VALUE],
  ['readdir', [file, { stats: 1 }], TYPE],
  ['readdir', [file, 'utf8'], TYPE],
  ['link', [file], TYPE, true],
  ['link', [undefined, file], TYPE, true],
  ['unlink', [true], TYPE, true],
  ['symlink', ['a\0b', file], VALUE, true],
  ['symlink', ['a', 1], TYPE, true],
  ['readlink', [file, { encoding: 1 }], TYPE],
  ['readlink', [Symbol('s')], TYPE],
  ['rename', [file, []], TYPE, true],
  ['rename', [7, file], TYPE, true],
  ['copyFileRange', [0, 'x', 1], TYPE],
  ['copyFileRange', [0, 1, -1], RANGE],
  ['copyFileRange', [0, 1, undefined], TYPE],
  ['copyFileRange', [0, 1, 1, { srcOffset: -1 }], RANGE],
  ['copyFileRange', [0, 1, 1, { destOffset: '0' }], TYPE],
  ['copyFileFast', [1, file], TYPE],
  ['getxattr', [file, 1], TYPE],
]

function thrownBy(call: () => unknown): { code?: unknown; message?: unknown } {
  try {
    call()
  } catch (error) {
    return error as { code?: unknown }
  }
  return {}
}

test.for(WRONG.map((row, index) => [`${row[0]} ${index}`, row] as const))(
  'of %s',
  async ([, [method, args, code, asNode = false]]) => {
    const thrown = thrownBy(() => methods[`${method}Sync`]?.(...args))
    expect(thrown).toMatchObject({ code })
    expect(thrown instanceof TypeError || thrown instanceof RangeError).toBe(true)
    const promise = methods[method]?.(...args) as Promise<unknown>
    const rejected = await promise.catch((error: unknown) => error)
    expect(inspect(rejected).split('\n')[0]).toBe(inspect(thrown).split('\n')[0])
    if (asNode) {
      const theirs = thrownBy(() => (fs as unknown as Methods)[`${method}Sync`]?.(...args))
      expect([thrown.code, thrown.message]).toEqual([theirs.code, theirs.message])
    }
    expect(names(directory)).toEqual(['file'])
    expect(fs.readFileSync(file, 'utf8')).toBe('content')
  },
)

test('a FileHandle cannot be closed behind its back', async () => {
  const handle = await fs.promises.open(file)
  expect(() => palfs.closeSync(handle as never)).toThrow(TypeError)
  await expect(palfs.close(handle as never)).rejects.toMatchObject({ code: TYPE })
  await handle.close()
  expect(() => palfs.fstatSync(handle)).toThrow('EBADF')
})

test('flags mean what they mean in node:fs', ({ skip }) => {
  if (!fs.existsSync('/proc/self/fdinfo')) skip('needs /proc to see the flags of an open file')
  const words = 'r rs sr r+ rs+ sr+ w wx xw w+ wx+ xw+ a ax xa as sa a+ ax+ xa+ as+ sa+'.split(' ')
  for (const word of words) {
    const path = join(scratch(), 'file')
    if (!word.includes('x')) fs.writeFileSync(path, 'content')
    const flags = [palfs.openSync(path, word), fs.openSync(word.includes('x') ? `${path}2` : path, word)].map(
      (fd) => {
        const [, bits] = /flags:\t(.*)/.exec(fs.readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')) ?? []
        fs.closeSync(fd)
        return bits
      },
    )
    expect([word, flags[0]]).toEqual([word, flags[1]])
  }
})

test('every method has its name, and works on its own', async () => {
  const { stat, statSync } = methods
  expect([stat?.name, statSync?.name]).toEqual(['stat', 'statSync'])
  expect(statSync?.(file)).toEqual(await stat?.(file))
})
