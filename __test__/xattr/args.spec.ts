// The arguments of operations on extended attributes, and what none of them does.
import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { xattr, type XattrTarget } from '../../src/index.js'
import { node, scratch } from '../support/child.js'

const file = join(scratch(), 'file')
fs.writeFileSync(file, 'content')
const detached = Buffer.alloc(8)
structuredClone(detached.buffer, { transfer: [detached.buffer] })
const given = (value: unknown): never => value as never

const CALLS: readonly (readonly [what: string, code: string, args: readonly unknown[]])[] = [
  ['a target of no kind', 'ERR_INVALID_ARG_TYPE', [{}, 'user.x', 'x']],
  ['no target', 'ERR_INVALID_ARG_TYPE', [undefined, 'user.x', 'x']],
  ['a negative descriptor', 'ERR_OUT_OF_RANGE', [-1, 'user.x', 'x']],
  ['a descriptor beyond 31 bits', 'ERR_OUT_OF_RANGE', [2 ** 31, 'user.x', 'x']],
  ['a descriptor with a fraction', 'ERR_OUT_OF_RANGE', [1.5, 'user.x', 'x']],
  ['a descriptor that is no number', 'ERR_OUT_OF_RANGE', [Number.NaN, 'user.x', 'x']],
  ['a path with a NUL', 'ERR_INVALID_ARG_VALUE', ['a\0b', 'user.x', 'x']],
  ['a URL of the web', 'ERR_INVALID_URL_SCHEME', [new URL('http://x/'), 'user.x', 'x']],
  ['no name', 'ERR_INVALID_ARG_TYPE', [file, undefined, 'x']],
  ['a name with a NUL', 'ERR_INVALID_ARG_VALUE', [file, 'user.a\0b', 'x']],
  ['a name of bytes with a NUL', 'ERR_INVALID_ARG_VALUE', [file, Buffer.from('user.a\0b'), 'x']],
  ['a name with a lone surrogate', 'ERR_INVALID_ARG_VALUE', [file, 'user.\uD800', 'x']],
  ['a detached name', 'ERR_INVALID_ARG_VALUE', [file, detached, 'x']],
  ['no value', 'ERR_INVALID_ARG_TYPE', [file, 'user.x', undefined]],
  ['a number as value', 'ERR_INVALID_ARG_TYPE', [file, 'user.x', 1]],
  ['a detached value', 'ERR_INVALID_ARG_VALUE', [file, 'user.x', detached]],
  ['a value with a lone surrogate', 'ERR_INVALID_ARG_VALUE', [file, 'user.x', '\uDC00']],
  ['options that are none', 'ERR_INVALID_ARG_TYPE', [file, 'user.x', 'x', 'utf8']],
  ['null as options', 'ERR_INVALID_ARG_TYPE', [file, 'user.x', 'x', null]],
  ['a follow that is neither', 'ERR_INVALID_ARG_TYPE', [file, 'user.x', 'x', { follow: 'no' }]],
  [
    'create with replace',
    'ERR_INCOMPATIBLE_OPTION_PAIR',
    [file, 'user.x', 'x', { create: true, replace: true }],
  ],
  ['an unknown encoding', 'ERR_INVALID_ARG_VALUE', [file, 'user.x', 'x', { encoding: 'utf-9' }]],
  ['an encoding that is no text', 'ERR_INVALID_ARG_TYPE', [file, 'user.x', 'x', { encoding: 8 }]],
]

test.each(CALLS)('%s is %s, thrown by the sync form and rejected by the other', async (_, code, args) => {
  const [target, name, value, options] = args
  const call = [given(target), given(name), given(value), given(options)] as const
  expect(() => xattr.setSync(...call)).toThrow(expect.objectContaining({ code }))
  await expect(xattr.set(...call)).rejects.toMatchObject({ code })
  for (const error of [await xattr.set(...call).catch((reason: unknown) => reason)]) {
    expect(error instanceof TypeError || error instanceof RangeError).toBe(true)
  }
})

test('bytes of another realm, such as jsdom, are bytes', () => {
  const { stdout, stderr } = node(
    `import { runInNewContext } from 'node:vm'
     const bytes = (text) => runInNewContext('Uint8Array.from(bytes)', { bytes: Buffer.from(text) })
     let seen
     try {
       palfs.xattr.setSync(bytes(args[0]), bytes('user.x'), bytes('value'))
       seen = palfs.xattr.getSync(args[0], 'user.x', { encoding: 'utf8' })
     } catch ({ code }) { seen = code }
     console.log(seen)`,
    { args: [file] },
  )
  expect({ stdout, stderr }).toEqual({ stdout: expect.stringMatching(/^(value|ENOTSUP)\n$/), stderr: '' })
})

test('a polluted prototype changes no option', () => {
  const { stdout } = node(
    `Object.prototype.create = Object.prototype.replace = true
     Object.prototype.encoding = 'utf-9'
     let seen = 'listed'
     try { palfs.xattr.listSync(args[0], {}) } catch ({ code }) { seen = code }
     for (const name of ['create', 'replace', 'encoding']) delete Object.prototype[name]
     console.log(seen)`,
    { args: [file] },
  )
  expect(stdout).toMatch(/^(listed|ENOTSUP)\n$/)
})

test('a mistake in the addon is an error, not the end of the process', () => {
  const { status, stdout, stderr } = node(
    `const codes = []
     try { palfs.xattr.getSync(args[0], 'user.x') } catch ({ code }) { codes.push(code) }
     await palfs.xattr.get(args[0], 'user.x').catch(({ code }) => codes.push(code))
     console.log(codes.join())`,
    { args: [file], env: { PALFS_TEST_PANIC: '1' } },
  )
  expect({ status, stdout, stderr }).toEqual({
    status: 0,
    stdout: 'ERR_INTERNAL_PANIC,ERR_INTERNAL_PANIC\n',
    stderr: '',
  })
})

test('a FileHandle that nobody else holds stays open until its operation has ended', () => {
  const { status, stdout, stderr } = node(
    `const handles = await Promise.all(Array.from({ length: 200 }, () => fs.promises.open(args[0])))
     const seen = handles.map((handle) => new WeakRef(handle))
     // Until the next turn a new WeakRef holds what it leads to.
     await new Promise(setImmediate)
     const ends = handles.splice(0).map((handle) => palfs.xattr.list(handle))
     gc()
     const left = seen.filter((handle) => handle.deref() !== undefined)
     const outcomes = await Promise.allSettled(ends)
     // Node 26 takes one that is collected before it is closed for an error.
     for (const handle of left) await handle.deref()?.close()
     console.log(left.length, [...new Set(outcomes.map(({ reason }) => reason?.code ?? 'listed'))].join())`,
    { args: [file], flags: ['--expose-gc', '--no-warnings', '--no-deprecation'] },
  )
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toMatch(/^200 (listed|ENOTSUP)\n$/)
})

test('the process ends when its last operation has, and not before', () => {
  const { status, stdout } = node(
    `palfs.xattr.list(args[0]).then(() => console.log('ended'), () => console.log('ended'))`,
    { args: [file] },
  )
  expect({ status, stdout }).toEqual({ status: 0, stdout: 'ended\n' })
})

describe('the types', () => {
  test('encoding decides what get and list give', () => {
    const read = {
      bytes: () => xattr.getSync(file, 'user.x'),
      named: () => xattr.getSync(file, 'user.x', { encoding: 'buffer', follow: false }),
      text: () => xattr.getSync(file, 'user.x', { encoding: 'utf8' }),
      promised: () => xattr.get(file, 'user.x', { encoding: 'hex' }),
      names: () => xattr.listSync(file),
      raw: () => xattr.listSync(file, { encoding: 'buffer' }),
      promisedNames: () => xattr.list(file, { follow: false }),
    }
    expectTypeOf(read.bytes).returns.toEqualTypeOf<Buffer>()
    expectTypeOf(read.named).returns.toEqualTypeOf<Buffer>()
    expectTypeOf(read.text).returns.toEqualTypeOf<string>()
    expectTypeOf(read.promised).returns.resolves.toEqualTypeOf<string>()
    expectTypeOf(read.names).returns.toEqualTypeOf<string[]>()
    expectTypeOf(read.raw).returns.toEqualTypeOf<Buffer[]>()
    expectTypeOf(read.promisedNames).returns.resolves.toEqualTypeOf<string[]>()
  })

  test('of targets and results', () => {
    expectTypeOf<fs.promises.FileHandle>().toExtend<XattrTarget>()
    expectTypeOf<URL | Buffer | number | string>().toExtend<XattrTarget>()
    expectTypeOf<null>().not.toExtend<XattrTarget>()
    expectTypeOf(xattr.copy).returns.resolves.toEqualTypeOf<number>()
    expectTypeOf(xattr.setSync).returns.toEqualTypeOf<void>()
  })
})
