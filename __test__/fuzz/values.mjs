// Values that nobody should pass. Paths among them stay in the working directory: never '/', '..' or a device.
import fs from 'node:fs'
import { pathToFileURL } from 'node:url'

/** What getters, traps and conversions among the values throw. */
export const thrown = { mine: true }

export function toss() {
  throw thrown
}

const TRAPS = [
  'get',
  'has',
  'set',
  'ownKeys',
  'getOwnPropertyDescriptor',
  'getPrototypeOf',
  'defineProperty',
  'apply',
]
const traps = Object.fromEntries(TRAPS.map((name) => [name, toss]))

class LongBytes extends Uint8Array {
  get length() {
    return 2 ** 40
  }
  includes() {
    return false
  }
}
class EvilString extends String {
  includes() {
    return false
  }
  toString() {
    throw thrown
  }
}

function detached() {
  const bytes = new Uint8Array(8)
  structuredClone(bytes, { transfer: [bytes.buffer] })
  return bytes
}

function revoked() {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

const fill = (bytes) => bytes.fill(120)
const growing = () => fill(new Uint8Array(new ArrayBuffer(4096, { maxByteLength: 65_536 })))
const transfer = (bytes) => structuredClone(bytes, { transfer: [bytes.buffer] })

const SMALL = [undefined, null, true, false, -0, 0, 1, 2, -1, 1.5, NaN, Infinity, -Infinity, 1e300, 1e-300]
const POWERS = [20, 31, 32, 53, 63, 64].map((power) => 2 ** power)
const LIMITS = [-(2 ** 31), 2 ** 31 - 1, 2 ** 32 - 1, 2 ** 53 - 1]
const BIG = [0n, 1n, -1n, 2n ** 63n, 2n ** 64n, -(2n ** 70n)]
const PATHS = [
  '',
  ' ',
  '.',
  './',
  'absent/..',
  'source/',
  'source/x',
  'directory//',
  'loop',
  'dangling',
  'a\nb',
]
const TEXTS = [
  '\0',
  'a\0b',
  '\uD800',
  '\uDFFF\uD800',
  '\u{1F4A9}',
  'ab\u0301',
  '-rf',
  '__proto__',
  'toString',
]
const PLAIN = [SMALL, POWERS, LIMITS, BIG, PATHS, TEXTS].flat().map((value) => [nameOf(value), value])

function nameOf(value) {
  if (typeof value === 'string') return JSON.stringify(value)
  if (Object.is(value, -0)) return '-0'
  return typeof value === 'bigint' ? `${value}n` : String(value)
}

const LONG = [
  ['1 MiB of text', 'x'.repeat(2 ** 20)],
  ['256 letters', 'x'.repeat(256)],
  ['10,000 bytes of text', 'é'.repeat(5000)],
  ['2,000 levels', 'x/'.repeat(2000)],
]

/** Made anew for each call, because a call may use them up. */
const OBJECTS = {
  'a symbol': () => Symbol('s'),
  'Symbol.iterator': () => Symbol.iterator,
  '{}': () => ({}),
  '[]': () => [],
  '[[]]': () => [[]],
  '[undefined]': () => [undefined],
  'an array of 2^20 holes': () => Object.assign([], { length: 2 ** 20 }),
  'Object.create(null)': () => Object.create(null),
  'a frozen object': () => Object.freeze({}),
  'an object that holds itself': () => {
    const object = {}
    return Object.assign(object, { object, path: object })
  },
  'a function': () => function named() {},
  'a lambda': () => () => {},
  'a class': () => class {},
  'an async lambda': () => async () => {},
  'a function that throws': () => () => toss(),
  'a function that rejects': () => async () => toss(),
  'a function that empties the tree': () => () => fs.rmSync('tree/sub', { recursive: true, force: true }),
  'a generator': () =>
    (function* numbers() {
      yield 1
    })(),
  'a date of no time': () => new Date(NaN),
  'the last date': () => new Date(8.64e15),
  'a regular expression': () => /x/,
  'a map': () => new Map(),
  'an error': () => new Error('x'),
  'a resolved promise': () => Promise.resolve('source'),
  'new String': () => new String('x'),
  'a string that lies': () => new EvilString('a\0b'),
  'new Number': () => new Number(1),
  'an http URL': () => new URL('http://x/'),
  'a URL with a zero byte': () => new URL('file:///%00'),
  'a URL with a slash encoded': () => new URL('file:///a%2Fb'),
  'a URL of another host': () => new URL('file://host/x'),
  'a data URL': () => new URL('data:,x'),
  'a URL of a directory': () => pathToFileURL('directory'),
  'what looks like a URL': () => ({ href: 'file:///palfs-absent/x', protocol: 'file:' }),
  'what hardly looks like a URL': () => ({ href: 1, protocol: 2 }),
  'an aborted signal': () => AbortSignal.abort(),
  'a signal': () => new AbortController().signal,
  'what looks like a signal': () => ({ aborted: true, addEventListener() {}, removeEventListener() {} }),
  globalThis: () => globalThis,
  'no bytes': () => Buffer.alloc(0),
  'bytes that are no text': () => Buffer.from([0xff, 0xfe]),
  'a zero byte': () => Buffer.of(0),
  'a zero byte that hides': () => Object.assign(Buffer.from('a\0b'), { includes: () => false }),
  '256 KiB of bytes': () => Buffer.alloc(2 ** 18, 120),
  words: () => new Uint16Array(4),
  floats: () => new Float64Array(1),
  'a view': () => new DataView(new ArrayBuffer(4)),
  'an ArrayBuffer': () => new ArrayBuffer(4),
  'detached bytes': detached,
  'a detached ArrayBuffer': () => detached().buffer,
  'shared bytes': () => fill(new Uint8Array(new SharedArrayBuffer(4096))),
  'bytes that can grow': growing,
  'bytes with a false length': () =>
    Object.defineProperty(Buffer.from('xxxx'), 'byteLength', { value: 2 ** 40 }),
  'a closed descriptor': () => {
    const fd = fs.openSync('../spare')
    fs.closeSync(fd)
    return fd
  },
}

/** What V8 itself objects to when they are looked at: its TypeErrors have no code. */
const ODD = {
  'a proxy that throws': () => new Proxy({}, traps),
  'a proxy of a function': () => new Proxy(() => {}, traps),
  'a proxy of bytes': () => new Proxy(Buffer.from('xxxx'), {}),
  'a proxy of an array that throws': () => new Proxy(['mode'], traps),
  'a revoked proxy': revoked,
  'bytes with a length of 2^40': () => new LongBytes(4),
  'bytes without a prototype': () => Object.setPrototypeOf(new Uint8Array(4), null),
  'no bytes, but their prototype': () => Object.create(Uint8Array.prototype),
  'no URL, but its prototype': () => Object.create(URL.prototype),
  'no signal, but its prototype': () => Object.create(AbortSignal.prototype),
  'a URL whose href throws': () => Object.defineProperty({ protocol: 'file:' }, 'href', { get: toss }),
  'a toString that throws': () => ({ toString: toss }),
  'a valueOf that throws': () => ({ valueOf: toss, [Symbol.toPrimitive]: toss }),
  // oxlint-disable-next-line unicorn/no-thenable -- that is the point
  'a then that throws': () => Object.defineProperty({}, 'then', { get: toss }),
  'an fd that throws': () => Object.defineProperty({ getAsyncId() {} }, 'fd', { get: toss }),
  'an fd of no sense': () => ({ fd: 2 ** 53, getAsyncId() {} }),
  'an iterator that throws': () => ({ [Symbol.iterator]: toss, length: 2 ** 32 }),
  'a constructor that throws': () => Object.defineProperty({}, 'constructor', { get: toss }),
  'a signal that throws': () => ({ aborted: false, addEventListener: toss }),
  'a signal that throws when it is left': () => ({
    aborted: false,
    addEventListener() {},
    removeEventListener: toss,
  }),
}

const controllers = new WeakMap()

export function abortable() {
  const controller = new AbortController()
  controllers.set(controller.signal, controller)
  return controller.signal
}

/** Aborts a signal of {@link abortable}. */
export function abortOf(signal) {
  controllers.get(signal)?.abort()
}

/** What is done to a value when the call has returned, while its work may still be going on. */
const CHANGED = {
  'bytes transferred after the call': [() => fill(new Uint8Array(4096)), transfer],
  'bytes that shrink after the call': [growing, (bytes) => bytes.buffer.resize(0)],
  'bytes that grow after the call': [growing, (bytes) => bytes.buffer.resize(65_536)],
  'shared bytes that change after the call': [
    () => fill(new Uint8Array(new SharedArrayBuffer(4096))),
    (bytes) => bytes.fill(0),
  ],
  'a signal aborted after the call': [abortable, abortOf],
  'options aborted after the call': [
    () => ({ signal: abortable(), recursive: true }),
    ({ signal }) => abortOf(signal),
  ],
  'an array emptied after the call': [() => ['mode', 'xattr'], (array) => array.splice(0)],
}

/** `{ name, make, odd, after }`: what is passed, whether V8 objects to it, what is done to it after the call. */
export const HOSTILE = [
  ...[...PLAIN, ...LONG].map(([name, value]) => ({ name, make: () => value, odd: false })),
  ...Object.entries(OBJECTS).map(([name, make]) => ({ name, make, odd: false })),
  ...Object.entries(ODD).map(([name, make]) => ({ name, make, odd: true })),
  ...Object.entries(CHANGED).map(([name, [make, after]]) => ({ name, make, odd: false, after })),
]

/** All of them; or at every call another third, for when there is less time. */
export function rotation(isThorough) {
  let turn = 0
  return () => {
    turn += 1
    return isThorough ? HOSTILE : HOSTILE.filter((_, index) => (index + turn) % 3 === 0)
  }
}
