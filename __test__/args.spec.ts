// Wrong arguments: node:fs is the oracle wherever it takes the same argument.
import fs from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { copyFile, copyFileSync, type CopyFileOptions } from '../src/index.js'
import { names, scratch } from './child.js'
import { rejectionOf, thrownBy, wrong } from './fixtures/wrong-arguments.js'

const directory = scratch()
const src = join(directory, 'source')
const dest = join(directory, 'dest')
fs.writeFileSync(src, 'content')

const detached = new Uint8Array(8)
structuredClone(detached, { transfer: [detached.buffer] })

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
    try {
      copyFileSync(wrong(1), dest)
    } catch (error) {
      expect(error).toHaveProperty(
        'stack',
        expect.stringMatching(/^TypeError \[ERR_INVALID_ARG_TYPE\]: The "src"/),
      )
    }
  })
})

describe('every form of path', () => {
  test.each([
    ['a string', src],
    ['a Buffer', Buffer.from(src)],
    ['a Uint8Array', new Uint8Array(Buffer.from(src))],
    ['a part of a larger buffer', Buffer.from(`xx${src}yy`).subarray(2, 2 + Buffer.byteLength(src))],
    ['a URL', pathToFileURL(src)],
  ])('%s', async (_, path) => {
    expect(copyFileSync(path, dest).bytes).toBe(7)
    expect((await copyFile(src, typeof path === 'string' ? dest : Buffer.from(dest))).bytes).toBe(7)
    expect(fs.readFileSync(dest, 'utf8')).toBe('content')
    fs.unlinkSync(dest)
  })

  test('a path longer than any guess at a buffer', () => {
    const long = join(
      directory,
      ...Array.from({ length: 200 }, () => '.'),
      ...Array.from({ length: 5 }, () => './'.repeat(300)),
    )
    expect(copyFileSync(`${directory}/${'./'.repeat(1500)}source`, dest).bytes).toBe(7)
    expect(long.length).toBeGreaterThan(0)
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

describe('options', () => {
  const type = 'ERR_INVALID_ARG_TYPE'
  const value = 'ERR_INVALID_ARG_VALUE'
  const range = 'ERR_OUT_OF_RANGE'
  const cases: [Record<string, unknown>, string, string][] = [
    [
      { reflink: 'sometimes' },
      value,
      "The property 'options.reflink' must be one of: 'auto', 'always', 'never'. Received 'sometimes'",
    ],
    [
      { reflink: true },
      value,
      "The property 'options.reflink' must be one of: 'auto', 'always', 'never'. Received true",
    ],
    [
      { sparse: null },
      value,
      "The property 'options.sparse' must be one of: 'auto', 'always', 'never'. Received null",
    ],
    [
      { replace: 'in place' },
      value,
      "The property 'options.replace' must be one of: 'auto', 'atomic', 'in-place'. Received 'in place'",
    ],
    [
      { metadataErrors: 1 },
      value,
      "The property 'options.metadataErrors' must be one of: 'ignore-unsupported', 'error', 'ignore'. Received 1",
    ],
    [
      { specialFiles: 'content' },
      value,
      "The property 'options.specialFiles' must be one of: 'error', 'copy', 'skip'. Received 'content'",
    ],
    [
      { onError: 'go on' },
      value,
      "The property 'options.onError' must be one of: 'stop', 'collect'. Received 'go on'",
    ],
    [{ preserve: 'mode' }, value, "The property 'options.preserve' must be one of: 'all'. Received 'mode'"],
    [
      { preserve: ['mode', 'colour'] },
      value,
      "The property 'options.preserve[1]' must be one of: 'mode', 'ownership', 'timestamps', 'xattr', 'acl', 'links', 'flags'. Received 'colour'",
    ],
    [
      { preserve: true },
      type,
      'The "options.preserve" property must be of type string or an instance of Array. Received type boolean (true)',
    ],
    [
      { preserveTimestamps: 'yes' },
      type,
      'The "options.preserveTimestamps" property must be of type boolean. Received type string (\'yes\')',
    ],
    [
      { durable: 1 },
      type,
      'The "options.durable" property must be of type boolean. Received type number (1)',
    ],
    [
      { verifySource: null },
      type,
      'The "options.verifySource" property must be of type boolean. Received null',
    ],
    [
      { update: {} },
      type,
      'The "options.update" property must be of type boolean. Received an instance of Object',
    ],
    [
      { oneFileSystem: 0 },
      type,
      'The "options.oneFileSystem" property must be of type boolean. Received type number (0)',
    ],
    [
      { concurrency: '4' },
      type,
      'The "options.concurrency" property must be of type number. Received type string (\'4\')',
    ],
    [
      { concurrency: 1.5 },
      range,
      'The value of "options.concurrency" is out of range. It must be an integer. Received 1.5',
    ],
    [
      { concurrency: 0 },
      range,
      'The value of "options.concurrency" is out of range. It must be >= 1 && <= 9007199254740991. Received 0',
    ],
    [
      { signal: {} },
      type,
      'The "options.signal" property must be an instance of AbortSignal. Received an instance of Object',
    ],
    [
      { onProgress: 'me' },
      type,
      'The "options.onProgress" property must be of type function. Received type string (\'me\')',
    ],
    [
      { reflink: 'always', sparse: 'always' },
      'ERR_INCOMPATIBLE_OPTION_PAIR',
      'Option "reflink" cannot be used in combination with option "sparse"',
    ],
    [
      { mode: fs.constants.COPYFILE_FICLONE_FORCE, sparse: 'never' },
      'ERR_INCOMPATIBLE_OPTION_PAIR',
      'Option "reflink" cannot be used in combination with option "sparse"',
    ],
    [
      { mode: fs.constants.COPYFILE_FICLONE_FORCE, reflink: 'never' },
      'ERR_INCOMPATIBLE_OPTION_PAIR',
      'Option "mode" cannot be used in combination with option "reflink"',
    ],
  ]

  test.each(cases.map(([options, ...rest]) => [inspect(options), options, ...rest] as const))(
    '%s',
    async (_, options, code, message) => {
      const expected = { name: code === range ? 'RangeError' : 'TypeError', message, code, keys: ['code'] }
      expect(thrownBy(() => copyFileSync(src, dest, options))).toEqual(expected)
      expect(await rejectionOf(() => copyFile(src, dest, options))).toEqual(expected)
    },
  )

  test('a getter that throws is the rejection', async () => {
    const reason = new Error('mine')
    const options: CopyFileOptions = {
      get durable(): boolean {
        throw reason
      },
    }
    await expect(copyFile(src, dest, options)).rejects.toBe(reason)
    expect(() => copyFileSync(src, dest, options)).toThrow(reason)
  })

  test('each is read once, unknown ones never', async () => {
    const reads: string[] = []
    const options = new Proxy<CopyFileOptions>(
      Object.assign({ mode: 0, reflink: 'auto', durable: false } as const, { colour: 'blue' }),
      {
        get(target, key, receiver): unknown {
          reads.push(String(key))
          return Reflect.get(target, key, receiver)
        },
      },
    )
    await copyFile(src, dest, options)
    expect(reads.toSorted()).toEqual(['durable', 'mode', 'reflink'])
    fs.unlinkSync(dest)
  })

  test('undefined is the default, whatever the option', () => {
    const keys = [
      'mode',
      'reflink',
      'sparse',
      'preserve',
      'preserveTimestamps',
      'metadataErrors',
      'replace',
      'durable',
    ]
    const more = [
      'verifySource',
      'specialFiles',
      'update',
      'oneFileSystem',
      'onError',
      'concurrency',
      'signal',
      'onProgress',
    ]
    const options = Object.fromEntries([...keys, ...more].map((key) => [key, undefined]))
    expect(copyFileSync(src, dest, options).bytes).toBe(7)
    fs.unlinkSync(dest)
  })

  test('a polluted prototype changes nothing', () => {
    const polluted = Object.create({
      mode: fs.constants.COPYFILE_EXCL,
      reflink: 'nonsense',
    }) as CopyFileOptions
    fs.writeFileSync(dest, 'old')
    expect(copyFileSync(src, dest, polluted).files).toBe(1)
    fs.unlinkSync(dest)
  })
})

test('no wrong argument has left anything behind', () => {
  expect(names(directory)).toEqual(['source'])
})
