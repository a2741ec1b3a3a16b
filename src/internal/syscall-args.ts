/** Checks the arguments of `PlatformFileSystem`, with the messages of node:fs if it has the same argument. */
import { constants } from 'node:fs'
import { isDate, isSharedArrayBuffer } from 'node:util/types'

import { isDetached } from './args.js'
import { invalidType, invalidValue, outOfRange } from './node-compat.js'

const MAX_UINT32 = 2 ** 32 - 1
const MAX_INT64 = 2n ** 63n - 1n

function integer(value: number, name: string, least: number, most: number): number {
  if (!Number.isInteger(value)) throw outOfRange(name, 'an integer', value)
  if (value < least || value > most) throw outOfRange(name, `>= ${least} && <= ${most}`, value)
  return value
}

/** A mode: a number, or a string of octal digits. */
export function modeArgument(value: unknown, usual?: number): number {
  const given = value ?? usual
  if (typeof given === 'string') {
    if (!/^[0-7]+$/.test(given)) {
      throw invalidValue('mode', 'must be a 32-bit unsigned integer or an octal string', given)
    }
    return integer(Number.parseInt(given, 8), 'mode', 0, MAX_UINT32)
  }
  if (typeof given !== 'number') throw invalidType('mode', 'of type number', given)
  return integer(given, 'mode', 0, MAX_UINT32)
}

const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_EXCL, O_APPEND, O_SYNC } = constants

/** The flags of node:fs without `x` and `s`. */
const FLAGS: Readonly<Record<string, number>> = {
  r: O_RDONLY,
  'r+': O_RDWR,
  w: O_WRONLY | O_CREAT | O_TRUNC,
  'w+': O_RDWR | O_CREAT | O_TRUNC,
  a: O_WRONLY | O_CREAT | O_APPEND,
  'a+': O_RDWR | O_CREAT | O_APPEND,
}

export function flagsArgument(value: unknown): number {
  if (value === undefined || value === null) return O_RDONLY
  if (typeof value === 'number') return integer(value, 'flags', -(2 ** 31), 2 ** 31 - 1)
  const flags = typeof value === 'string' ? flagsOf(value) : undefined
  if (flags === undefined) throw invalidValue('flags', 'is invalid', value)
  return flags
}

/** `x` (not with `r`) and `s` (not with `w`) may stand before or after the letter. */
function flagsOf(text: string): number | undefined {
  const [, before = '', letter = '', after = '', plus = ''] = /^([xs]?)([rwa])([xs]?)(\+?)$/.exec(text) ?? []
  const [extra, flags] = [before + after, FLAGS[letter + plus]]
  if (flags === undefined) return undefined
  if (extra === '') return flags
  if (extra === 'x' && letter !== 'r') return flags | O_EXCL
  return extra === 's' && letter !== 'w' ? flags | O_SYNC : undefined
}

/** An owner or a group. null, as -1 in node:fs, leaves it unchanged. */
export function idArgument(value: unknown, name: string): number {
  if (value === null) return -1
  if (typeof value !== 'number') throw invalidType(name, 'of type number or null', value)
  return integer(value, name, -1, MAX_UINT32)
}

/** A size or a length in bytes. */
export function wholeArgument(value: unknown, name: string): number | bigint {
  if (typeof value === 'bigint') {
    if (value < 0n || value > MAX_INT64) throw outOfRange(name, `>= 0 && <= ${MAX_INT64}`, value)
    return value
  }
  if (typeof value !== 'number') throw invalidType(name, 'of type number or bigint', value)
  return integer(value, name, 0, Number.MAX_SAFE_INTEGER)
}

/** An offset in a file, in bytes; null is the file position. */
export function offsetArgument(value: unknown, name: string): number | bigint | null {
  return value === undefined || value === null ? null : wholeArgument(value, name)
}

/** Seconds and nanoseconds for the addon. Nanoseconds: -1 is "now", -2 is "leave unchanged". */
export type Time = readonly [seconds: number, nanoseconds: number]

export function timeArgument(value: unknown, name: string): Time {
  if (value === 'now') return [0, -1]
  if (value === null) return [0, -2]
  if (typeof value === 'bigint') return ofNanoseconds(value, name)
  if (typeof value === 'number') return ofMilliseconds(value, name)
  if (isDate(value)) return ofMilliseconds(value.getTime(), name)
  throw invalidType(name, "of type number or bigint, an instance of Date, 'now' or null", value)
}

const NANOSECONDS = 1_000_000_000

function ofMilliseconds(value: number, name: string): Time {
  // Rounded to the nearest nanosecond; the subtraction is exact.
  let seconds = Math.floor(value / 1000)
  let nanoseconds = Math.round((value - seconds * 1000) * 1e6)
  if (nanoseconds < 0) [seconds, nanoseconds] = [seconds - 1, nanoseconds + NANOSECONDS]
  if (nanoseconds >= NANOSECONDS) [seconds, nanoseconds] = [seconds + 1, nanoseconds - NANOSECONDS]
  if (!Number.isSafeInteger(seconds)) throw outOfRange(name, 'a time', value)
  return [seconds, nanoseconds]
}

function ofNanoseconds(value: bigint, name: string): Time {
  const nanoseconds = Number(BigInt.asIntN(64, value % BigInt(NANOSECONDS)))
  const rest = nanoseconds < 0 ? nanoseconds + NANOSECONDS : nanoseconds
  const seconds = Number((value - BigInt(rest)) / BigInt(NANOSECONDS))
  if (!Number.isSafeInteger(seconds)) throw outOfRange(name, 'a time', value)
  return [seconds, rest]
}

/** A buffer to read into or to write from. */
export interface Bytes {
  /** Its bytes. */
  readonly view: Uint8Array
  /** A SharedArrayBuffer: other threads may write to it, so Rust gets a copy. */
  readonly isShared: boolean
}

export function bufferArgument(value: unknown): Bytes {
  if (!ArrayBuffer.isView(value)) {
    throw invalidType('buffer', 'an instance of Buffer, TypedArray, or DataView', value)
  }
  if (isDetached(value.buffer)) {
    throw invalidValue('buffer', 'must not be backed by a detached ArrayBuffer', value)
  }
  const view =
    value instanceof Uint8Array ? value : new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  return { view, isShared: isSharedArrayBuffer(view.buffer) }
}
