// Wrong arguments of cp and rm: node:fs is the oracle wherever it takes the same argument.
import fs from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { cp, cpSync, move, moveSync, rm, rmSync } from '../../src/index.js'
import { names, scratch } from '../support/child.js'
import { rejectionOf, thrownBy, wrong } from '../support/wrong-arguments.js'

const directory = scratch()
const src = join(directory, 'source')
const dest = join(directory, 'dest')
fs.mkdirSync(src)
fs.writeFileSync(join(src, 'file'), 'content')

const NO_PATHS: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  {},
  [],
  Symbol('path'),
  'a\0b',
  new URL('http://example.org/x'),
  new URL('file:///a%2Fb'),
]

/** Order: options of node:fs in its own order, and everything before any system call. */
const NO_OPTIONS: readonly unknown[] = [
  null,
  1,
  'recursive',
  [],
  () => true,
  { dereference: 1 },
  { errorOnExist: 'no' },
  { force: null },
  { preserveTimestamps: 0 },
  { recursive: 1 },
  { verbatimSymlinks: {} },
  { mode: '1' },
  { mode: 8 },
  { mode: -1 },
  { mode: 1.5 },
  { mode: Number.NaN },
  { filter: true },
  { filter: {} },
  { dereference: true, verbatimSymlinks: true },
  { filter: 1, mode: 9 },
  { filter: 1, dereference: true, verbatimSymlinks: true },
  { recursive: 1, dereference: 1 },
]

describe('cp', () => {
  test.each(NO_PATHS.map((value) => [inspect(value), value]))('the path %s', async (_, value) => {
    const oracle = await rejectionOf(() => fs.promises.cp(wrong(value), dest))
    expect(oracle).not.toBe('nothing thrown')
    expect(await rejectionOf(() => cp(wrong(value), dest))).toEqual(oracle)
    expect(thrownBy(() => cpSync(wrong(value), dest))).toEqual(oracle)
    const asDest = await rejectionOf(() => fs.promises.cp(src, wrong(value)))
    expect(await rejectionOf(() => cp(src, wrong(value)))).toEqual(asDest)
    expect(thrownBy(() => cpSync(src, wrong(value)))).toEqual(asDest)
  })

  test.each(NO_OPTIONS.map((value) => [inspect(value), value]))('the options %s', async (_, value) => {
    const oracle = await rejectionOf(() => fs.promises.cp(src, dest, wrong(value)))
    expect(oracle).not.toBe('nothing thrown')
    expect(await rejectionOf(() => cp(src, dest, wrong(value)))).toEqual(oracle)
    expect(thrownBy(() => cpSync(src, dest, wrong(value)))).toEqual(oracle)
    // Before the paths, as there.
    expect(await rejectionOf(() => cp(wrong(1), dest, wrong(value)))).toEqual(oracle)
  })

  test.each([
    [{ reflink: 'sometimes' }, 'ERR_INVALID_ARG_VALUE'],
    [{ sparse: true }, 'ERR_INVALID_ARG_VALUE'],
    [{ preserve: 'mode' }, 'ERR_INVALID_ARG_VALUE'],
    [{ preserve: ['mode', 'colour'] }, 'ERR_INVALID_ARG_VALUE'],
    [{ specialFiles: 'content' }, 'ERR_INVALID_ARG_VALUE'],
    [{ replace: 'never' }, 'ERR_INVALID_ARG_VALUE'],
    [{ onError: 'go on' }, 'ERR_INVALID_ARG_VALUE'],
    [{ concurrency: 0 }, 'ERR_OUT_OF_RANGE'],
    [{ concurrency: 1.5 }, 'ERR_OUT_OF_RANGE'],
    [{ concurrency: '2' }, 'ERR_INVALID_ARG_TYPE'],
    [{ durable: 1 }, 'ERR_INVALID_ARG_TYPE'],
    [{ oneFileSystem: 1 }, 'ERR_INVALID_ARG_TYPE'],
    [{ signal: {} }, 'ERR_INVALID_ARG_TYPE'],
    [{ onProgress: {} }, 'ERR_INVALID_ARG_TYPE'],
    [{ mode: 4, sparse: 'never' }, 'ERR_INCOMPATIBLE_OPTION_PAIR'],
    [{ mode: 4, reflink: 'never' }, 'ERR_INCOMPATIBLE_OPTION_PAIR'],
    [{ reflink: 'always', sparse: 'always' }, 'ERR_INCOMPATIBLE_OPTION_PAIR'],
    [{ preserve: 'all', dereference: true, verbatimSymlinks: true }, 'ERR_INCOMPATIBLE_OPTION_PAIR'],
  ])('our option %j', async (options, code) => {
    expect(thrownBy(() => cpSync(src, dest, wrong(options)))).toMatchObject({ code })
    expect(await rejectionOf(() => cp(src, dest, wrong(options)))).toMatchObject({ code })
  })

  test('nothing was touched', () => {
    expect(names(directory)).toEqual(['source'])
  })

  test.each([
    ['strings', src, dest],
    ['Buffers', Buffer.from(src), Buffer.from(dest)],
    ['URLs', pathToFileURL(src), pathToFileURL(dest)],
  ])('takes %s', async (_, from, to) => {
    expect(await cp(from, to, { recursive: true })).toMatchObject({ files: 1, directories: 1, bytes: 7 })
    expect(names(dest)).toEqual(['file'])
    expect(cpSync(from, to, { recursive: true })).toMatchObject({ files: 1, directories: 0 })
    expect(await rm(to, { recursive: true })).toEqual({ files: 1, directories: 1 })
  })

  test('undefined is the default, unknown keys are ignored, an inherited option is none', async () => {
    const inherited = Object.create({ recursive: true }) as object
    expect(await rejectionOf(() => cp(src, dest, wrong(inherited)))).toMatchObject({ code: 'ERR_FS_EISDIR' })
    const options = { recursive: true, force: undefined, mode: undefined, filter: undefined, colour: 'red' }
    expect(await cp(src, dest, options)).toMatchObject({ files: 1 })
    await rm(dest, { recursive: true })
  })

  test('options are read once, before the first system call', async () => {
    const read: string[] = []
    const options = new Proxy(
      { recursive: true, force: true },
      {
        get(target, key): unknown {
          if (typeof key === 'string') read.push(key)
          return Reflect.get(target, key)
        },
      },
    )
    await cp(src, dest, options)
    expect(read).toEqual(['force', 'recursive'])
    await rm(dest, { recursive: true })
  })
})

describe('rm', () => {
  test.each(NO_PATHS.map((value) => [inspect(value), value]))('the path %s', async (_, value) => {
    const oracle = await rejectionOf(() => fs.promises.rm(wrong(value)))
    expect(oracle).not.toBe('nothing thrown')
    expect(await rejectionOf(() => rm(wrong(value)))).toEqual(oracle)
    expect(thrownBy(() => rmSync(wrong(value)))).toEqual(oracle)
  })

  test.each(
    [
      null,
      1,
      [],
      { force: 1 },
      { recursive: 'yes' },
      { retryDelay: -1 },
      { retryDelay: '1' },
      { retryDelay: 1.5 },
      { retryDelay: 2 ** 31 },
      { maxRetries: -1 },
      { maxRetries: 1.5 },
      { maxRetries: 2 ** 32 },
    ].map((value) => [inspect(value), value]),
  )('the options %s', async (_, value) => {
    const oracle = await rejectionOf(() => fs.promises.rm(src, wrong(value)))
    expect(oracle).not.toBe('nothing thrown')
    expect(await rejectionOf(() => rm(src, wrong(value)))).toEqual(oracle)
    expect(thrownBy(() => rmSync(src, wrong(value)))).toEqual(oracle)
  })

  test('nothing was touched', () => {
    expect(names(directory)).toEqual(['source'])
  })
})

describe('move', () => {
  test.each(NO_PATHS.map((value) => [inspect(value), value]))('the path %s', async (_, value) => {
    const oracle = thrownBy(() => fs.copyFileSync(wrong(value), dest))
    expect(await rejectionOf(() => move(wrong(value), dest))).toEqual(oracle)
    expect(thrownBy(() => moveSync(wrong(value), dest))).toEqual(oracle)
  })

  test.each([
    [null, 'ERR_INVALID_ARG_TYPE'],
    [{ overwrite: 1 }, 'ERR_INVALID_ARG_TYPE'],
    [{ concurrency: 0 }, 'ERR_OUT_OF_RANGE'],
    [{ metadataErrors: 'never' }, 'ERR_INVALID_ARG_VALUE'],
    [{ signal: 1 }, 'ERR_INVALID_ARG_TYPE'],
    [{ reflink: 'always', sparse: 'never' }, 'ERR_INCOMPATIBLE_OPTION_PAIR'],
  ])('the options %j', async (options, code) => {
    expect(await rejectionOf(() => move(src, dest, wrong(options)))).toMatchObject({ code })
    expect(thrownBy(() => moveSync(src, dest, wrong(options)))).toMatchObject({ code })
  })
})
