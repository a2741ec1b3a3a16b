/** Files as arguments: by path, or open. */
import type { FileHandle } from 'node:fs/promises'
import { isUint8Array } from 'node:util/types'

import { pathArgument, type PathLike } from './args.js'
import { invalidType, outOfRange } from './node-compat.js'

/** An open file: its number, or a FileHandle, whose file stays open for as long as an operation needs it. */
export type OpenFile = number | FileHandle

/** What a path names, or an open file. */
export type FileTarget = PathLike | OpenFile

/** What crosses to Rust, and what an error says of it. */
export interface File {
  /** For an operation that is done before anything else happens. */
  readonly argument: string | Uint8Array | number
  /** For one on the pool: a FileHandle as itself, of whose file Rust keeps a number of its own. */
  readonly later: string | Uint8Array | number | object
  /** Absent: an open file. */
  readonly path: string | Uint8Array | undefined
}

/** An open file as it crosses. */
export interface Descriptor extends File {
  readonly argument: number
  readonly later: number | object
  readonly path: undefined
}

const MAX_INT32 = 2 ** 31 - 1

export function fileArgument(value: unknown, name: string): File {
  const open = openFile(value, name)
  if (open !== undefined) return open
  if (typeof value !== 'string' && (typeof value !== 'object' || value === null)) {
    throw invalidType(name, 'of type string or number, or an instance of Buffer, URL or FileHandle', value)
  }
  const path = pathArgument(value, name)
  return { argument: path, later: path, path }
}

export function descriptorArgument(value: unknown, name: string): Descriptor {
  const open = openFile(value, name)
  if (open === undefined) throw invalidType(name, 'of type number or an instance of FileHandle', value)
  return open
}

/** The number of an open file that is the caller's alone: a FileHandle would use it again after it was closed. */
export function numberArgument(value: unknown, name: string): number {
  if (typeof value !== 'number') throw invalidType(name, 'of type number', value)
  if (!Number.isInteger(value)) throw outOfRange(name, 'an integer', value)
  if (value < 0 || value > MAX_INT32) throw outOfRange(name, `>= 0 && <= ${MAX_INT32}`, value)
  return value
}

function openFile(value: unknown, name: string): Descriptor | undefined {
  if (typeof value === 'number') {
    const fd = numberArgument(value, name)
    return { argument: fd, later: fd, path: undefined }
  }
  if (typeof value !== 'object' || value === null) return undefined
  const fd = handleNumber(value)
  if (fd === undefined) return undefined
  // That of a closed one is -1. The kernel says EBADF of the largest number as well: no table of files is that long.
  if (fd < 0) return { argument: MAX_INT32, later: MAX_INT32, path: undefined }
  return { argument: fd, later: value, path: undefined }
}

/** The number of a FileHandle. Its class is Node's own secret: it is known by what it can do. */
function handleNumber(value: object): number | undefined {
  if (isUint8Array(value) || !('fd' in value && 'getAsyncId' in value)) return undefined
  const { fd } = value
  return typeof fd === 'number' && Number.isInteger(fd) && fd <= MAX_INT32 ? fd : undefined
}
