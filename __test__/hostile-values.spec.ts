// Values that nobody should pass, everywhere they can be passed: a typed error, never a crash, never a touched file.
import fs from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { names, node, scratch } from './child.js'

/** Runs in the child. `values` is what is passed, `thrown` what some of them throw when they are looked at. */
const VALUES = `
  const thrown = { mine: true }
  const detached = new Uint8Array(8)
  structuredClone(detached, { transfer: [detached.buffer] })
  const throwing = new Proxy({}, { get() { throw thrown }, has() { throw thrown }, ownKeys() { throw thrown },
    getOwnPropertyDescriptor() { throw thrown }, getPrototypeOf() { throw thrown } })
  const revoked = Proxy.revocable({}, {}); revoked.revoke()
  const shared = new Uint8Array(new SharedArrayBuffer(4)).fill(120)
  const growing = new Uint8Array(new ArrayBuffer(4, { maxByteLength: 64 })).fill(120)
  class Evil extends Uint8Array { get length() { return 2 ** 40 } includes() { return false } }
  class EvilString extends String { includes() { return false } toString() { throw thrown } }
  const values = [
    undefined, null, true, false, 0, -0, -1, 1, 7, 8, 1.5, NaN, Infinity, -Infinity, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 64, 1e300,
    0n, -1n, 2n ** 64n, '', ' ', '\\0', 'a\\0b', '\\ud800', '\\udfff\\ud800', 'x'.repeat(2 ** 20), 'é'.repeat(5000), '..', '/',
    Symbol('s'), Symbol.iterator, {}, [], [[]], [undefined], Object.create(null), Object.freeze({}), function () {}, () => {}, class {},
    async () => {}, new Date(NaN), /x/, new Map(), new Error('x'), new String('x'), new EvilString('x'), new Number(1),
    detached, detached.buffer, shared, growing, new Evil(4), Buffer.alloc(0), Buffer.alloc(2 ** 22, 120), Buffer.from([0xff, 0xfe]),
    new Uint16Array(4), new DataView(new ArrayBuffer(4)), new URL('http://x/'), new URL('file:///%00'), new URL('data:,x'),
    { href: 'file:///', protocol: 'file:' }, { href: 1, protocol: 2 }, throwing, revoked.proxy, globalThis, new Proxy(() => {}, {}),
    { get href() { throw thrown }, protocol: 'file:' }, { toString() { throw thrown } }, { valueOf() { throw thrown } }, { then() { throw thrown } },
    Object.assign(Object.create(null), { mode: NaN }), { mode: 1.5 }, { mode: {} }, { preserve: throwing }, { preserve: [throwing] },
    { preserve: new Array(2 ** 20) }, { get reflink() { throw thrown } }, { signal: throwing }, { signal: { aborted: true } }, { onProgress: class {} },
    { concurrency: -1 }, { concurrency: 2 ** 53 }, new AbortController().signal,
  ]
  const accepted = (error) => error === thrown || isFsError(error) || error?.name === 'AbortError' ||
    ((error instanceof TypeError || error instanceof RangeError) && typeof error.code === 'string') ||
    // V8's own: what looking at a revoked proxy throws, and what calling a class as onProgress does.
    (error instanceof TypeError && /revoked|without 'new'/.test(error.message))
  let calls = 0
  const wrong = []
  async function probe(name, index, call) {
    calls += 1
    let error
    try { const result = await call(); if (typeof result.bytes === 'number') return } catch (caught) { error = caught }
    if (!accepted(error)) wrong.push(name + ' ' + index + ': ' + (error?.stack ?? String(error)))
  }
  const fds = () => fs.existsSync('/proc/self/fd') ? fs.readdirSync('/proc/self/fd').length : 0
`

const source = join(scratch(), 'source')
fs.writeFileSync(source, 'precious')

function probe(body: string): void {
  const directory = scratch()
  const { status, signal, stdout, stderr } = node(
    `${VALUES}
     await copyFile(args[0], 'warm-up')
     const before = fds()
     for (const [index, value] of values.entries()) {
       ${body}
     }
     if (fds() !== before) wrong.push('fds: ' + before + ' became ' + fds())
     console.log(JSON.stringify({ calls: calls >= values.length, wrong }))`,
    { args: [source], cwd: directory },
  )
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' })
  expect(JSON.parse(stdout)).toEqual({ calls: true, wrong: [] })
  expect(fs.readFileSync(source, 'utf8')).toBe('precious')
  expect(names(directory).filter((name) => name.includes('palfs'))).toEqual([])
}

test('as source', () => {
  probe(`
    await probe('async', index, () => copyFile(value, 'dest'))
    await probe('sync', index, () => copyFileSync(value, 'dest'))`)
})

test('as destination', () => {
  probe(`
    await probe('async', index, () => copyFile('absent', value))
    await probe('sync', index, () => copyFileSync('absent', value))`)
})

test('as mode or options', () => {
  probe(`
    await probe('async', index, () => copyFile(args[0], 'dest', value))
    await probe('sync', index, () => copyFileSync(args[0], 'dest', value))`)
})

test('as each option', () => {
  probe(`
    for (const key of ['mode', 'reflink', 'sparse', 'preserve', 'metadataErrors', 'replace', 'durable', 'verifySource', 'specialFiles',
      'update', 'oneFileSystem', 'onError', 'concurrency', 'signal', 'onProgress']) {
      const description = typeof value === 'function' ? undefined : { value, enumerable: true }
      if (description === undefined && key === 'onProgress') continue
      const options = Object.defineProperty({}, key, description ?? { value, enumerable: true })
      await probe('async ' + key, index, () => copyFile(args[0], 'dest', options))
      await probe('sync ' + key, index, () => copyFileSync(args[0], 'dest', options))
    }`)
})

const ATTRIBUTES = `
  const { xattr } = palfs
  const attribute = (name, index, call) => probe(name, index, async () => { await call(); return { bytes: 0 } })`

test('as the file whose attributes are meant', () => {
  // No name below can be set: nothing is left on '/', on '..' or on whatever has a small number.
  probe(`${ATTRIBUTES}
    for (const form of ['', 'Sync']) {
      await attribute('get' + form, index, () => xattr['get' + form](value, 'user.palfs-absent'))
      await attribute('list' + form, index, () => xattr['list' + form](value))
      await attribute('set' + form, index, () => xattr['set' + form](value, 'nowhere', 'x'))
      await attribute('remove' + form, index, () => xattr['remove' + form](value, 'user.palfs-absent'))
      await attribute('copy from' + form, index, () => xattr['copy' + form](value, 'absent'))
      await attribute('copy to' + form, index, () => xattr['copy' + form]('absent', value))
    }`)
})

test('as the path whose filesystem is asked', () => {
  probe(`${ATTRIBUTES}
    await attribute('async', index, () => palfs.detectCapabilities(value))
    await attribute('sync', index, () => palfs.detectCapabilitiesSync(value))`)
})

test("as an attribute's name, value and options", () => {
  probe(`${ATTRIBUTES}
    for (const form of ['', 'Sync']) {
      await attribute('get' + form, index, () => xattr['get' + form](args[0], value))
      await attribute('remove' + form, index, () => xattr['remove' + form](args[0], value))
      await attribute('set' + form, index, () => xattr['set' + form](args[0], value, 'x'))
      await attribute('value' + form, index, () => xattr['set' + form](args[0], 'user.v', value))
      await attribute('options' + form, index, () => xattr['get' + form](args[0], 'user.v', value))
      for (const key of ['follow', 'create', 'replace', 'encoding']) {
        const options = Object.defineProperty({}, key, { value, enumerable: true })
        await attribute(key + form, index, () => xattr['set' + form](args[0], 'user.v', 'x', options))
        await attribute(key + form, index, () => xattr['list' + form](args[0], options))
      }
    }`)
})

test('an async function never throws, it rejects', () => {
  probe(`
    const returned = []
    for (const call of [() => copyFile(value, value), () => copyFile('absent', 'dest', value), () => copyFile(),
      () => palfs.xattr.get(value, value, value), () => palfs.xattr.copy(value, value), () => palfs.xattr.set()]) returned.push(call())
    calls += 1
    await Promise.allSettled(returned)`)
})
