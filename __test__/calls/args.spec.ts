// Wrong arguments: node:fs is the oracle wherever it takes the same argument.
import fs from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { copyFile, copyFileSync } from '../../src/index.js'
import { names, scratch } from '../support/child.js'
import { rejectionOf, thrownBy, wrong } from '../support/wrong-arguments.js'

const directory = scratch()
const src = join(directory, 'source')
const dest = join(directory, 'dest')
fs.writeFileSync(src, 'content')

const detached = new Uint8Array(8)
structuredClone(detached, { transfer: [detached.buffer] })

function otherRealm(text: string): Uint8Array {
  return runInNewContext('Uint8Array.from(bytes)', { bytes: Buffer.from(text) }) as Uint8Array
}

const badPaths: unknown[] = [
  undefined,
  null,
  true,
  0,
  -0,
  1.5,
  Number.NaN,
  10n,
  Symbol('path'),
  {},
  [],
  Object.create(null),
  new Date(0),
  new String('boxed'),
  () => 'arrow',
  function named() {},
  class Path {},
  new (class Path {})(),
  new Uint16Array(2),
  new ArrayBuffer(2),
  'a\0b',
  `${'long'.repeat(50)}\0`,
  Buffer.from('a\0b'),
  new Uint8Array(3),
  new URL('http://example.org/x'),
  new URL('file://host/x'),
  new URL('file:///a%2Fb'),
  new URL('file:///a%00b'),
]

describe('a path that is none', () => {
  test.each(badPaths.map((value) => [inspect(value), value]))('%s', async (_, value) => {
    const oracle = thrownBy(() => fs.copyFileSync(wrong(value), dest))
    expect(oracle).not.toBe('nothing thrown')
    expect(thrownBy(() => copyFileSync(wrong(value), dest))).toEqual(oracle)
    expect(await rejectionOf(() => copyFile(wrong(value), dest))).toEqual(oracle)
    const asDest = thrownBy(() => fs.copyFileSync(src, wrong(value)))
    expect(thrownBy(() => copyFileSync(src, wrong(value)))).toEqual(asDest)
  })

  test('a lone surrogate, which Node would turn into another name', () => {
    const error = thrownBy(() => copyFileSync(`${src}\ud800`, dest))
    expect(error).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' })
  })

  test('a buffer that was transferred away', () => {
    const error = thrownBy(() => copyFileSync(detached, dest))
    expect(error).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' })
  })

  test('the first line of the stack has the code, as in Node', () => {
    const stack = expect.stringMatching(/^TypeError \[ERR_INVALID_ARG_TYPE\]: The "src"/)
    expect(() => copyFileSync(wrong(1), dest)).toThrow(expect.objectContaining({ stack }))
  })
})

describe('every form of path', () => {
  test.each([
    ['a string', src],
    ['a Buffer', Buffer.from(src)],
    ['a Uint8Array', new Uint8Array(Buffer.from(src))],
    ['a Uint8Array of another realm, such as jsdom', otherRealm(src)],
    ['a part of a larger buffer', Buffer.from(`xx${src}yy`).subarray(2, 2 + Buffer.byteLength(src))],
    ['a URL', pathToFileURL(src)],
  ])('%s', async (_, path) => {
    expect(copyFileSync(path, dest).bytes).toBe(7)
    expect((await copyFile(src, typeof path === 'string' ? dest : Buffer.from(dest))).bytes).toBe(7)
    expect(fs.readFileSync(dest, 'utf8')).toBe('content')
    fs.unlinkSync(dest)
  })

  test('a path longer than any guess at a buffer', () => {
    expect(copyFileSync(`${directory}/${'./'.repeat(1500)}source`, dest).bytes).toBe(7)
    fs.unlinkSync(dest)
  })

  test.each([505, 506, 507, 508, 509, 510, 511, 512, 513])(
    'a path of %d bytes, some of two bytes each',
    (length) => {
      const missing = `/é${'é'.repeat(length)}`.slice(0, length)
      const oracle = thrownBy(() => fs.copyFileSync(missing, dest))
      expect(thrownBy(() => copyFileSync(missing, dest))).toMatchObject({ message: Object(oracle).message })
    },
  )
})

describe('the mode', () => {
  const modes: unknown[] = [
    8,
    -1,
    2 ** 31,
    2 ** 53,
    Number.NaN,
    Infinity,
    '1',
    '',
    true,
    2n,
    Symbol('mode'),
    () => 1,
    [],
  ]

  test.each(modes.map((mode) => [inspect(mode), mode]))('%s', async (_, mode) => {
    const oracle = thrownBy(() => fs.copyFileSync(src, dest, wrong(mode)))
    expect(oracle).not.toBe('nothing thrown')
    expect(thrownBy(() => copyFileSync(src, dest, wrong(mode)))).toEqual(oracle)
    expect(await rejectionOf(() => copyFile(src, dest, wrong(mode)))).toEqual(oracle)
    expect(thrownBy(() => copyFileSync(src, dest, { mode: wrong(mode) }))).toEqual(oracle)
  })

  test('a fraction, which Node cuts off without a word', () => {
    const expected = { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' }
    expect(thrownBy(() => copyFileSync(src, dest, 1.5))).toMatchObject(expected)
  })

  test.each([undefined, null, 0, fs.constants.COPYFILE_FICLONE])('%s is no restriction', (mode) => {
    expect(copyFileSync(src, dest, mode).files).toBe(1)
    expect(copyFileSync(src, dest, mode).files).toBe(1)
    fs.unlinkSync(dest)
  })

  test('COPYFILE_EXCL as a number, as an option, and beside options', () => {
    fs.writeFileSync(dest, 'old')
    const { COPYFILE_EXCL } = fs.constants
    for (const mode of [
      COPYFILE_EXCL,
      { mode: COPYFILE_EXCL },
      { mode: COPYFILE_EXCL, reflink: 'never' },
    ] as const) {
      expect(thrownBy(() => copyFileSync(src, dest, mode))).toMatchObject({ code: 'EEXIST' })
    }
    expect(fs.readFileSync(dest, 'utf8')).toBe('old')
    fs.unlinkSync(dest)
  })
})

test('no wrong argument has left anything behind', () => {
  expect(names(directory)).toEqual(['source'])
})
