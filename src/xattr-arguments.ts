/** The arguments of operations on extended attributes: checked before any system call, read once. */
import type { FileHandle } from 'node:fs/promises'

import {
  booleanOption,
  isDetached,
  option,
  optionsArgument,
  pathArgument,
  type OptionsObject,
  type PathLike,
} from './args.js'
import type { Native } from './binding.js'
import { incompatiblePair, invalidType, invalidValue, outOfRange } from './node-compat.js'

/** Whose attributes: what a path names, or an open file (opened in any way, for reading too). */
export type XattrTarget = PathLike | number | FileHandle

/** What crosses to Rust, and what an error says of it. */
export interface File {
  readonly argument: string | Uint8Array | number
  /** Absent: an open file. */
  readonly path: string | Uint8Array | undefined
  /** Kept from the garbage collector, which would close it. */
  readonly handle: object | undefined
}

const MAX_INT32 = 2 ** 31 - 1

export function fileArgument(value: unknown, name: string): File {
  if (typeof value === 'number') {
    if (!Number.isInteger(value)) throw outOfRange(name, 'an integer', value)
    if (value < 0 || value > MAX_INT32) throw outOfRange(name, `>= 0 && <= ${MAX_INT32}`, value)
    return { argument: value, path: undefined, handle: undefined }
  }
  if (typeof value === 'object' && value !== null) {
    const fd = handleNumber(value)
    // That of a closed one is -1. The kernel says EBADF of the largest number as well: no table of files is that long.
    if (fd !== undefined) return { argument: fd < 0 ? MAX_INT32 : fd, path: undefined, handle: value }
  } else if (typeof value !== 'string') {
    throw invalidType(name, 'of type string or number, or an instance of Buffer, URL or FileHandle', value)
  }
  const path = pathArgument(value, name)
  return { argument: path, path, handle: undefined }
}

/** The number of a FileHandle. Its class is Node's own secret: it is known by what it can do. */
function handleNumber(value: object): number | undefined {
  if (value instanceof Uint8Array || !('fd' in value && 'getAsyncId' in value)) return undefined
  const { fd } = value
  return typeof fd === 'number' && Number.isInteger(fd) && fd <= MAX_INT32 ? fd : undefined
}

/** The name of an attribute. */
export function nameArgument(value: unknown): string | Uint8Array {
  if (typeof value === 'string') {
    if (value.includes('\0')) throw invalidValue('name', 'must be a string without null bytes', value)
    if (!value.isWellFormed()) throw invalidValue('name', 'must be a string without lone surrogates', value)
    return value
  }
  if (!(value instanceof Uint8Array)) {
    throw invalidType('name', 'of type string or an instance of Buffer or Uint8Array', value)
  }
  refuseDetached(value, 'name')
  if (value.includes(0)) throw invalidValue('name', 'must be bytes without null bytes', value)
  return value
}

/** The value of an attribute; a string stands for the bytes that `encoding` makes of it. */
export function valueArgument(value: unknown, encoding: BufferEncoding | undefined): string | Uint8Array {
  if (typeof value === 'string') {
    if (encoding !== undefined && encoding !== 'utf8') return Buffer.from(value, encoding)
    if (!value.isWellFormed()) throw invalidValue('value', 'must be a string without lone surrogates', value)
    return value
  }
  if (!(value instanceof Uint8Array)) {
    throw invalidType('value', 'of type string or an instance of Buffer or Uint8Array', value)
  }
  refuseDetached(value, 'value')
  return value
}

function refuseDetached(bytes: Uint8Array, name: string): void {
  if (bytes.length === 0 && isDetached(bytes.buffer)) {
    throw invalidValue(name, 'must not be backed by a detached ArrayBuffer', bytes)
  }
}

/** The options of one call as they are used. */
export interface Request {
  readonly bits: number
  /** Absent: not given. `'buffer'`: bytes, by name. */
  readonly encoding: BufferEncoding | 'buffer' | undefined
}

const NO_OPTIONS: Request = { bits: 0, encoding: undefined }

export function requestOf(options: unknown, { XattrBit }: Native): Request {
  if (options === undefined) return NO_OPTIONS
  const given = optionsArgument(options)
  const follow = booleanOption(given, 'follow', true)
  const create = booleanOption(given, 'create')
  const replace = booleanOption(given, 'replace')
  if (create && replace) throw incompatiblePair('create', 'replace')
  const encoding = encodingOption(given)
  const bits =
    (follow ? 0 : XattrBit.NoFollow) | (create ? XattrBit.Create : 0) | (replace ? XattrBit.Replace : 0)
  return { bits, encoding }
}

function encodingOption(options: OptionsObject): BufferEncoding | 'buffer' | undefined {
  const value = option(options, 'encoding')
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw invalidType('options.encoding', 'of type string', value)
  if (value === 'buffer' || Buffer.isEncoding(value)) return value
  throw invalidValue('options.encoding', 'is invalid encoding', value)
}
