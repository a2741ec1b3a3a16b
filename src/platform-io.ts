/** Whole files in one call: copied, read, written; in pieces that suit the filesystem. */
import { constants } from 'node:buffer'
import { isSharedArrayBuffer } from 'node:util/types'

import { booleanOption, isDetached, optionsArgument, pathArgument, type PathLike } from './internal/args.js'
import { binding, type Native } from './binding/binding.js'
import { copyFile, copyFileSync } from './copy-file.js'
import { invalidType, invalidValue } from './internal/node-compat.js'
import { bytesHere, ended, Failed, failed, reasonOf } from './internal/value-operation.js'

/** Options of `readFileOptimized`. */
export interface ReadFileOptions {
  /**
   * Past the page cache, where the filesystem can; where it cannot, through it, and the Buffer's `direct` is `false`.
   * @default false
   */
  readonly direct?: boolean | undefined
}

/** Options of `writeFileOptimized`. */
export interface WriteFileOptions {
  /**
   * The old content or the new, never a part: a temporary beside the file is renamed over it. Without it the old file is
   * written over and then cut to size; a failure says `destination: 'torn'`.
   * @default true
   */
  readonly atomic?: boolean | undefined
  /**
   * fsync(2) of the file, and of its directory where a name was made, before success.
   * @default true
   */
  readonly durable?: boolean | undefined
  /**
   * Past the page cache, where the filesystem can; where it cannot, through it, and the result's `direct` is `false`.
   * @default false
   */
  readonly direct?: boolean | undefined
}

/** A file's content, and whether all of it came past the page cache. */
export type DirectBuffer = Buffer & {
  /** Not enumerable: comparing and printing the content does not show it. */
  readonly direct: boolean
}

/** What `writeFileOptimized` did. */
export interface WriteResult {
  /** The file's size now. */
  readonly bytes: number
  /** Whether all of it went past the page cache. */
  readonly direct: boolean
}

/** What a file is made of: bytes of any kind of array, or the UTF-8 of a string. */
export type FileData = string | NodeJS.ArrayBufferView

/**
 * Copies, reads and writes whole files. Instances hold nothing: {@link platformIO} is as good as any, and the methods work
 * without one.
 */
export class PlatformIO {
  /** Copies a file with the defaults of `copyFile`; gives its size. */
  async copyFileOptimized(this: void, src: PathLike, dest: PathLike): Promise<number> {
    const { bytes } = await copyFile(src, dest)
    return bytes
  }

  /** As `copyFileOptimized`, on the calling thread. */
  copyFileOptimizedSync(this: void, src: PathLike, dest: PathLike): number {
    return copyFileSync(src, dest).bytes
  }

  /**
   * Everything that a file holds, whatever its size is said to be. Only regular files, those of procfs and sysfs too.
   * ERR_FS_FILE_TOO_LARGE if it holds more than a Buffer can.
   */
  async readFileOptimized(
    this: void,
    path: PathLike,
    options: ReadFileOptions & { readonly direct: true },
  ): Promise<DirectBuffer>
  async readFileOptimized(this: void, path: PathLike, options?: ReadFileOptions): Promise<Buffer>
  async readFileOptimized(this: void, path: PathLike, options?: ReadFileOptions): Promise<Buffer> {
    const bound = binding()
    const { native, records } = bound
    const file = pathArgument(path, 'path')
    const bits = readBits(options, native)
    const slot = native.readFile(file, constants.MAX_LENGTH, bits)
    const content = await ended(bound, slot, (_size, base) =>
      marked(native.takeBytes(slot), bits, records[base + native.Field.Direct]),
    )
    if (content instanceof Failed)
      throw reasonOf(content, { path: file }, PlatformIO.prototype.readFileOptimized)
    return content
  }

  /** As `readFileOptimized`, on the calling thread. */
  readFileOptimizedSync(
    this: void,
    path: PathLike,
    options: ReadFileOptions & { readonly direct: true },
  ): DirectBuffer
  readFileOptimizedSync(this: void, path: PathLike, options?: ReadFileOptions): Buffer
  readFileOptimizedSync(this: void, path: PathLike, options?: ReadFileOptions): Buffer {
    const bound = binding()
    const { native, records } = bound
    const file = pathArgument(path, 'path')
    const bits = readBits(options, native)
    const size = native.readFileSync(file, constants.MAX_LENGTH, bits)
    if (size === null) {
      throw reasonOf(failed(bound, null), { path: file }, PlatformIO.prototype.readFileOptimizedSync)
    }
    return marked(bytesHere(bound, size), bits, records[native.Field.Direct])
  }

  /**
   * Writes `data` as the whole content of a file. An existing one keeps its permission bits and, where the caller may set
   * them, its owner and group; a link is followed. The bytes are copied when the call is made.
   */
  async writeFileOptimized(
    this: void,
    path: PathLike,
    data: FileData,
    options?: WriteFileOptions,
  ): Promise<WriteResult> {
    const bound = binding()
    const { native } = bound
    const file = pathArgument(path, 'path')
    // The options first: a getter among them could take the data away.
    const bits = writeBits(options, native)
    const content = dataArgument(data)
    const slot = native.writeFile(file, content, bits)
    const bytes = Buffer.byteLength(content)
    const direct = await ended(bound, slot, Boolean)
    if (direct instanceof Failed)
      throw reasonOf(direct, { path: file }, PlatformIO.prototype.writeFileOptimized)
    return { bytes, direct }
  }

  /** As `writeFileOptimized`, on the calling thread. */
  writeFileOptimizedSync(
    this: void,
    path: PathLike,
    data: FileData,
    options?: WriteFileOptions,
  ): WriteResult {
    const bound = binding()
    const { native } = bound
    const file = pathArgument(path, 'path')
    const bits = writeBits(options, native)
    const content = unshared(dataArgument(data))
    const direct = native.writeFileSync(file, content, bits)
    if (direct === null) {
      throw reasonOf(failed(bound, null), { path: file }, PlatformIO.prototype.writeFileOptimizedSync)
    }
    return { bytes: content.byteLength, direct: Boolean(direct) }
  }

  /**
   * How much to read or write at a time on the filesystem of `path`, in bytes: a multiple of its block size, at least
   * 256 KiB and at most 16 MiB.
   */
  async optimalChunkSize(this: void, path: PathLike): Promise<number> {
    const bound = binding()
    const file = pathArgument(path, 'path')
    const size = await ended(bound, bound.native.chunkSize(file), (found) => found)
    if (size instanceof Failed) throw reasonOf(size, { path: file }, PlatformIO.prototype.optimalChunkSize)
    return size
  }

  /** As `optimalChunkSize`, on the calling thread. */
  optimalChunkSizeSync(this: void, path: PathLike): number {
    const bound = binding()
    const file = pathArgument(path, 'path')
    const size = bound.native.chunkSizeSync(file)
    if (size === null) {
      throw reasonOf(failed(bound, null), { path: file }, PlatformIO.prototype.optimalChunkSizeSync)
    }
    return size
  }
}

/** The instance that everybody can share. */
export const platformIO: PlatformIO = new PlatformIO()

/** {@link platformIO} by the name that it has in Rust. */
export const PLATFORM_IO: PlatformIO = platformIO

/** A Buffer that says whether it came past the page cache, if that was asked for. */
function marked(content: Buffer, bits: number, direct: number | undefined): Buffer {
  return bits === 0 ? content : Object.defineProperty(content, 'direct', { value: direct === 1 })
}

function readBits(options: unknown, { IoBit }: Native): number {
  if (options === undefined) return 0
  return booleanOption(optionsArgument(options), 'direct') ? IoBit.Direct : 0
}

function writeBits(options: unknown, { IoBit }: Native): number {
  if (options === undefined) return 0
  const given = optionsArgument(options)
  const atomic = booleanOption(given, 'atomic', true)
  const durable = booleanOption(given, 'durable', true)
  const direct = booleanOption(given, 'direct')
  return (atomic ? 0 : IoBit.NotAtomic) | (durable ? 0 : IoBit.NotDurable) | (direct ? IoBit.Direct : 0)
}

function dataArgument(data: unknown): string | Uint8Array {
  if (typeof data === 'string') {
    if (!data.isWellFormed()) throw invalidValue('data', 'must be a string without lone surrogates', data)
    return data
  }
  if (!ArrayBuffer.isView(data)) {
    throw invalidType('data', 'of type string or an instance of Buffer, TypedArray, or DataView', data)
  }
  const { buffer, byteLength } = data
  if (byteLength === 0 && isDetached(buffer)) {
    throw invalidValue('data', 'must not be backed by a detached ArrayBuffer', data)
  }
  return data instanceof Uint8Array ? data : new Uint8Array(buffer, data.byteOffset, byteLength)
}

/** Bytes that no other thread writes to while they are read. */
function unshared(content: string | Uint8Array): Uint8Array {
  if (typeof content === 'string') return Buffer.from(content)
  return isSharedArrayBuffer(content.buffer) ? Uint8Array.from(content) : content
}
