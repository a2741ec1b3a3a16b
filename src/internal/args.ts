/** Checks arguments and options. Each is read once, before any system call. */
import { fileURLToPath } from 'node:url'
import { isUint8Array } from 'node:util/types'

import { invalidType, invalidValue, outOfRange } from './node-compat.js'
import type { Progress } from './progress.js'

/** A path: a string, bytes (for names that are not UTF-8), or a `file:` URL. */
export type PathLike = string | Uint8Array | URL

const NO_NULL_BYTES = 'must be a string, Uint8Array, or URL without null bytes'

/** Returns the form that the addon takes: a well-formed string, or bytes. */
export function pathArgument(value: unknown, name: string): string | Uint8Array {
  if (typeof value === 'string') return checkText(value, name)
  // Also arrays of other realms: jsdom and node:vm have classes of their own.
  if (isUint8Array(value)) return checkBytes(value, name)
  if (isUrl(value)) return checkText(fileURLToPath(value), name)
  throw invalidType(name, 'of type string or an instance of Buffer or URL', value)
}

function checkText(path: string, name: string): string {
  if (path.includes('\0')) throw invalidValue(name, NO_NULL_BYTES, path)
  // Node-API would replace a lone surrogate with U+FFFD, which is another name.
  if (!path.isWellFormed()) throw invalidValue(name, 'must be a string without lone surrogates', path)
  return path
}

function checkBytes(path: Uint8Array, name: string): Uint8Array {
  refuseDetached(path, name)
  if (path.includes(0)) throw invalidValue(name, NO_NULL_BYTES, path)
  return path
}

/** Throws for bytes of a detached buffer, whose length is 0 but which are not the empty value. */
export function refuseDetached(bytes: Uint8Array, name: string): void {
  if (bytes.length === 0 && isDetached(bytes.buffer)) {
    throw invalidValue(name, 'must not be backed by a detached ArrayBuffer', bytes)
  }
}

/** Node 20 has no `ArrayBuffer.prototype.detached`. */
export function isDetached(buffer: ArrayBufferLike): boolean {
  try {
    return new Uint8Array(buffer).length < 0
  } catch {
    return true
  }
}

/** Duck typing, as in node:fs, so that URLs of other realms and of whatwg-url pass. */
function isUrl(value: unknown): value is URL {
  if (typeof value !== 'object' || value === null) return false
  if (value instanceof URL) return true
  const like = value as { href?: unknown; protocol?: unknown; auth?: unknown; path?: unknown }
  return Boolean(like.href && like.protocol) && like.auth === undefined && like.path === undefined
}

/** The bytes of any array; it must not be detached. */
export function viewArgument(value: ArrayBufferView, name: string): Uint8Array {
  if (value.byteLength === 0 && isDetached(value.buffer)) {
    throw invalidValue(name, 'must not be backed by a detached ArrayBuffer', value)
  }
  return value instanceof Uint8Array
    ? value
    : new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
}

/** An options object. Only own properties count, so a polluted prototype has no effect. */
export type OptionsObject = Readonly<Record<string, unknown>>

export function option(options: OptionsObject, name: string): unknown {
  return Object.hasOwn(options, name) ? options[name] : undefined
}

/** An optional options object. */
export function optionsArgument(value: unknown): OptionsObject {
  if (value === undefined) return {}
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidType('options', 'of type object', value)
  }
  return value as OptionsObject
}

export function booleanOption(options: OptionsObject, name: string, byDefault = false): boolean {
  const value = option(options, name)
  if (value === undefined) return byDefault
  if (typeof value !== 'boolean') throw invalidType(`options.${name}`, 'of type boolean', value)
  return value
}

/** The encoding of strings; `undefined` if the option is absent or null. */
export function encodingOption(options: OptionsObject): BufferEncoding | 'buffer' | undefined {
  const value = option(options, 'encoding')
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw invalidType('options.encoding', 'of type string', value)
  if (value === 'buffer' || Buffer.isEncoding(value)) return value
  throw invalidValue('options.encoding', 'is invalid encoding', value)
}

/** One of several strings; `undefined` if the option is absent. */
export function choiceOption<const T extends string>(
  options: OptionsObject,
  name: string,
  choices: readonly T[],
): T | undefined {
  const value = option(options, name)
  if (value === undefined) return undefined
  return choice(value, `options.${name}`, choices)
}

export function choice<const T extends string>(value: unknown, name: string, choices: readonly T[]): T {
  const found = choices.find((known) => known === value)
  if (found === undefined) {
    throw invalidValue(name, `must be one of: ${choices.map((known) => `'${known}'`).join(', ')}`, value)
  }
  return found
}

/** A whole number from `least` to `most`; `undefined` if the option is absent. */
export function integerOption(
  options: OptionsObject,
  name: string,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): number | undefined {
  const value = option(options, name)
  if (value === undefined) return undefined
  const label = `options.${name}`
  if (typeof value !== 'number') throw invalidType(label, 'of type number', value)
  if (!Number.isInteger(value)) throw outOfRange(label, 'an integer', value)
  if (value < least || value > most) throw outOfRange(label, `>= ${least} && <= ${most}`, value)
  return value
}

const MAX_UINT32 = 2 ** 32 - 1

/** The largest number of threads for an operation; 0 if the option is absent. */
export function concurrencyOption(options: OptionsObject): number {
  return Math.min(integerOption(options, 'concurrency', 1) ?? 0, MAX_UINT32)
}

export function signalOption(options: OptionsObject): AbortSignal | undefined {
  const value = option(options, 'signal')
  if (value === undefined) return undefined
  if (!isSignal(value)) throw invalidType('options.signal', 'an instance of AbortSignal', value)
  return value
}

function isSignal(value: unknown): value is AbortSignal {
  if (value instanceof AbortSignal) return true
  // A signal of another realm, or a polyfill: it must have the members that we use.
  return (
    typeof value === 'object' &&
    value !== null &&
    'aborted' in value &&
    'addEventListener' in value &&
    typeof value.addEventListener === 'function'
  )
}

export function progressOption(options: OptionsObject): ((progress: Progress) => void) | undefined {
  return functionOption(options, 'onProgress')
}

/** A function; `undefined` if the option is absent. */
export function functionOption(
  options: OptionsObject,
  name: string,
): ((...args: unknown[]) => unknown) | undefined {
  const value = option(options, name)
  if (value === undefined) return undefined
  if (typeof value !== 'function') throw invalidType(`options.${name}`, 'of type function', value)
  return value as (...args: unknown[]) => unknown
}
