/** Arguments of every operation: checked before any system call, read once. */
import { fileURLToPath } from 'node:url'
import { isUint8Array } from 'node:util/types'

import { invalidType, invalidValue, outOfRange } from './node-compat.js'
import type { Progress } from './progress.js'

/** A path: text, bytes (for names that are not UTF-8), or a `file:` URL. */
export type PathLike = string | Uint8Array | URL

const NO_NULL_BYTES = 'must be a string, Uint8Array, or URL without null bytes'

/** Gives what crosses to Rust: text that is well-formed, or bytes. */
export function pathArgument(value: unknown, name: string): string | Uint8Array {
  if (typeof value === 'string') return checkText(value, name)
  // Of other realms, too: jsdom and node:vm have classes of their own.
  if (isUint8Array(value)) return checkBytes(value, name)
  if (isUrl(value)) return checkText(fileURLToPath(value), name)
  throw invalidType(name, 'of type string or an instance of Buffer or URL', value)
}

function checkText(path: string, name: string): string {
  if (path.includes('\0')) throw invalidValue(name, NO_NULL_BYTES, path)
  // Node-API would write U+FFFD in its place: another name than the one that was asked for.
  if (!path.isWellFormed()) throw invalidValue(name, 'must be a string without lone surrogates', path)
  return path
}

function checkBytes(path: Uint8Array, name: string): Uint8Array {
  refuseDetached(path, name)
  if (path.includes(0)) throw invalidValue(name, NO_NULL_BYTES, path)
  return path
}

/** Bytes that are gone are not the same as none. */
export function refuseDetached(bytes: Uint8Array, name: string): void {
  if (bytes.length === 0 && isDetached(bytes.buffer)) {
    throw invalidValue(name, 'must not be backed by a detached ArrayBuffer', bytes)
  }
}

/** `ArrayBuffer.prototype.detached` is younger than Node 20. */
export function isDetached(buffer: ArrayBufferLike): boolean {
  try {
    return new Uint8Array(buffer).length < 0
  } catch {
    return true
  }
}

/** As node:fs decides it: by what it looks like, so that URLs of other realms and of whatwg-url pass. */
function isUrl(value: unknown): value is URL {
  if (typeof value !== 'object' || value === null) return false
  if (value instanceof URL) return true
  const like = value as { href?: unknown; protocol?: unknown; auth?: unknown; path?: unknown }
  return Boolean(like.href && like.protocol) && like.auth === undefined && like.path === undefined
}

/** An options object, of which only own properties count: a polluted prototype changes nothing. */
export type OptionsObject = Readonly<Record<string, unknown>>

export function option(options: OptionsObject, name: string): unknown {
  return Object.hasOwn(options, name) ? options[name] : undefined
}

/** The options of a call that takes an object, or none. */
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

/** How bytes become a string; `undefined` where that is not said. */
export function encodingOption(options: OptionsObject): BufferEncoding | 'buffer' | undefined {
  const value = option(options, 'encoding')
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw invalidType('options.encoding', 'of type string', value)
  if (value === 'buffer' || Buffer.isEncoding(value)) return value
  throw invalidValue('options.encoding', 'is invalid encoding', value)
}

/** One of several strings; `undefined` where the option is absent. */
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

/** A whole number of at least 1. */
export function countOption(options: OptionsObject, name: string): number | undefined {
  const value = option(options, name)
  if (value === undefined) return undefined
  const label = `options.${name}`
  if (typeof value !== 'number') throw invalidType(label, 'of type number', value)
  if (!Number.isInteger(value)) throw outOfRange(label, 'an integer', value)
  if (value < 1 || value > Number.MAX_SAFE_INTEGER) {
    throw outOfRange(label, `>= 1 && <= ${Number.MAX_SAFE_INTEGER}`, value)
  }
  return value
}

const MOST_WORKERS = 2 ** 32 - 1

/** The most workers of an operation; 0 where that is not given. */
export function concurrencyOption(options: OptionsObject): number {
  return Math.min(countOption(options, 'concurrency') ?? 0, MOST_WORKERS)
}

export function signalOption(options: OptionsObject): AbortSignal | undefined {
  const value = option(options, 'signal')
  if (value === undefined) return undefined
  if (!isSignal(value)) throw invalidType('options.signal', 'an instance of AbortSignal', value)
  return value
}

function isSignal(value: unknown): value is AbortSignal {
  if (value instanceof AbortSignal) return true
  // One of another realm, or a polyfill: what is used of it must be there.
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

/** A function of the caller's. */
export function functionOption(
  options: OptionsObject,
  name: string,
): ((...args: unknown[]) => unknown) | undefined {
  const value = option(options, name)
  if (value === undefined) return undefined
  if (typeof value !== 'function') throw invalidType(`options.${name}`, 'of type function', value)
  return value as (...args: unknown[]) => unknown
}
