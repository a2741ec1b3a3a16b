// Wrong options: messages are those of Node for arguments of the same kind.
import fs from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { copyFile, copyFileSync, type CopyFileOptions } from '../../src/index.js'
import { names, scratch } from '../support/child.js'
import { rejectionOf, thrownBy } from '../support/wrong-arguments.js'

const directory = scratch()
const src = join(directory, 'source')
const dest = join(directory, 'dest')
fs.writeFileSync(src, 'content')

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
  [{ durable: 1 }, type, 'The "options.durable" property must be of type boolean. Received type number (1)'],
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

test('no wrong argument has left anything behind', () => {
  expect(names(directory)).toEqual(['source'])
})
