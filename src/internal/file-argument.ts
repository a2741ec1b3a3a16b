/** Checks arguments that are files: a path, or an open file. */
import type { FileHandle } from 'node:fs/promises'
import { isUint8Array } from 'node:util/types'

import { pathArgument, type PathLike } from './args.js'
import { invalidType, outOfRange } from './node-compat.js'

/** An open file: a descriptor, or a FileHandle, whose file is kept open until the operation ends. */
export type OpenFile = number | FileHandle

/** A file: by path, or open. */
export type FileTarget = PathLike | OpenFile

/** A checked file. */
export interface File {
  /** The argument of a blocking call. */
  readonly argument: string | Uint8Array | number
  /** The argument of a call on the pool. A FileHandle is passed as such, and Rust duplicates its descriptor. */
  readonly later: string | Uint8Array | number | object
  /** For errors. Absent: an open file. */
  readonly path: string | Uint8Array | undefined
}

/** A checked open file. */
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

/** A descriptor that the caller owns, for close(). Not a FileHandle, which would use the descriptor after it was closed. */
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
  // A closed FileHandle has -1. The largest number is EBADF, too, because no file table is that long.
  if (fd < 0) return { argument: MAX_INT32, later: MAX_INT32, path: undefined }
  return { argument: fd, later: value, path: undefined }
}

/** The descriptor of a FileHandle. Node does not export the class, so it is recognised by its members. */
function handleNumber(value: object): number | undefined {
  if (isUint8Array(value) || !('fd' in value && 'getAsyncId' in value)) return undefined
  const { fd } = value
  return typeof fd === 'number' && Number.isInteger(fd) && fd <= MAX_INT32 ? fd : undefined
}
