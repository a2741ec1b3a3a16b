/** Copies, reads and writes whole files, in pieces of a size that suits the filesystem. */
import { constants } from 'node:buffer'
import { isSharedArrayBuffer } from 'node:util/types'

import { booleanOption, optionsArgument, pathArgument, viewArgument, type PathLike } from './internal/args.js'
import type { Native } from './binding/binding.js'
import { copyFile, copyFileSync } from './copy-file.js'
import { invalidType, invalidValue } from './internal/node-compat.js'
import { bytes, defineMethods, number, twins, type Form, type Returns } from './internal/call.js'

/** Options of `readFileOptimized`. */
export interface ReadFileOptions {
  /**
   * Bypass the page cache (O_DIRECT). If the filesystem refuses, the page cache is used, and the Buffer's `direct` is `false`.
   * @default false
   */
  readonly direct?: boolean | undefined
}

/** Options of `writeFileOptimized`. */
export interface WriteFileOptions {
  /**
   * Replace the file by renaming a temporary file over it, so that readers see the old content or the new. `false`: the file is
   * overwritten and truncated; the error of a failure has `destination: 'torn'`.
   * @default true
   */
  readonly atomic?: boolean | undefined
  /**
   * fsync(2) of the file, and of its directory if a name was created, before success.
   * @default true
   */
  readonly durable?: boolean | undefined
  /**
   * Bypass the page cache (O_DIRECT). If the filesystem refuses, the page cache is used, and the result's `direct` is `false`.
   * @default false
   */
  readonly direct?: boolean | undefined
}

/** The content of a file. `direct`: whether all of it bypassed the page cache. */
export type DirectBuffer = Buffer & {
  /** Not enumerable, so that comparing and printing the content ignore it. */
  readonly direct: boolean
}

/** What `writeFileOptimized` did. */
export interface WriteResult {
  /** The size of the file in bytes. */
  readonly bytes: number
  /** Whether all of it bypassed the page cache. */
  readonly direct: boolean
}

/** Content: the bytes of any array, or a string, which is written as UTF-8. */
export type FileData = string | NodeJS.ArrayBufferView

interface ReadFile<F extends Form> {
  (path: PathLike, options: ReadFileOptions & { readonly direct: true }): Returns<F, DirectBuffer>
  (path: PathLike, options?: ReadFileOptions): Returns<F, Buffer>
}

type WriteFile<F extends Form> = (
  path: PathLike,
  data: FileData,
  options?: WriteFileOptions,
) => Returns<F, WriteResult>

// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- the class puts these methods on its prototype
export interface PlatformIO {
  /** Copies a file with the default options of `copyFile`. Returns its size in bytes. */
  copyFileOptimized(this: void, src: PathLike, dest: PathLike): Promise<number>
  /** Copies on the calling thread, as `copyFileOptimized`. */
  copyFileOptimizedSync(this: void, src: PathLike, dest: PathLike): number
  /**
   * Reads a whole file, even if its size is unknown or reported wrong, as in procfs and sysfs. Regular files only.
   * ERR_FS_FILE_TOO_LARGE if it holds more than a Buffer can.
   */
  readonly readFileOptimized: ReadFile<'promise'>
  /** Reads on the calling thread, as `readFileOptimized`. */
  readonly readFileOptimizedSync: ReadFile<'sync'>
  /**
   * Writes `data` as the whole content of a file. An existing file keeps its permission bits and, if the caller may set them, its
   * owner and group. A link is followed. The bytes are copied when the call is made.
   */
  readonly writeFileOptimized: WriteFile<'promise'>
  /** Writes on the calling thread, as `writeFileOptimized`. */
  readonly writeFileOptimizedSync: WriteFile<'sync'>
  /**
   * Returns a good size for reads and writes on the filesystem of `path`, in bytes: a multiple of its block size, from 256 KiB to
   * 16 MiB.
   */
  optimalChunkSize(this: void, path: PathLike): Promise<number>
  /** Returns the size on the calling thread, as `optimalChunkSize`. */
  optimalChunkSizeSync(this: void, path: PathLike): number
}

const readFile = twins(
  'readFileOptimized',
  ({ native }, isSync, path: PathLike, options?: ReadFileOptions) => {
    const file = pathArgument(path, 'path')
    const bits = readBits(options, native)
    return {
      started: isSync
        ? native.readFileSync(file, constants.MAX_LENGTH, bits)
        : native.readFile(file, constants.MAX_LENGTH, bits),
      context: { path: file },
      read: (bound, size, base, job) => {
        const direct = bound.records[base + native.Field.Direct]
        return markDirect(bytes(bound, size, base, job), bits, direct)
      },
    }
  },
)

const writeFile = twins(
  'writeFileOptimized',
  ({ native }, isSync, path: PathLike, data: FileData, options?: WriteFileOptions) => {
    const file = pathArgument(path, 'path')
    // Before the data: a getter among the options could detach its buffer.
    const bits = writeBits(options, native)
    const content = dataArgument(data)
    const length = Buffer.byteLength(content)
    return {
      started: isSync
        ? native.writeFileSync(file, unshared(content), bits)
        : native.writeFile(file, content, bits),
      context: { path: file },
      read: (_bound, direct): WriteResult => ({ bytes: length, direct: Boolean(direct) }),
    }
  },
)

const chunkSize = twins('optimalChunkSize', ({ native }, isSync, value: PathLike) => {
  const path = pathArgument(value, 'path')
  return {
    started: isSync ? native.chunkSizeSync(path) : native.chunkSize(path),
    context: { path },
    read: number,
  }
})

const METHODS = {
  copyFileOptimized: async (src: PathLike, dest: PathLike) => (await copyFile(src, dest)).bytes,
  copyFileOptimizedSync: (src: PathLike, dest: PathLike) => copyFileSync(src, dest).bytes,
  readFileOptimized: readFile.promise as ReadFile<'promise'>,
  readFileOptimizedSync: readFile.sync as ReadFile<'sync'>,
  writeFileOptimized: writeFile.promise,
  writeFileOptimizedSync: writeFile.sync,
  optimalChunkSize: chunkSize.promise,
  optimalChunkSizeSync: chunkSize.sync,
} satisfies PlatformIO

/**
 * Copies, reads and writes whole files. Instances have no state, so {@link platformIO} is enough. The methods do not use `this`.
 */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- as above
export class PlatformIO {
  static {
    defineMethods(this.prototype, METHODS)
  }
}

/** An instance for everyone. */
export const platformIO: PlatformIO = new PlatformIO()

/** {@link platformIO} under its Rust name. */
export const PLATFORM_IO: PlatformIO = platformIO

/** Adds the property `direct` to a Buffer if the caller asked for direct I/O. */
function markDirect(content: Buffer, bits: number, direct: number | undefined): Buffer {
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
  return viewArgument(data, 'data')
}

/** Copies bytes of a SharedArrayBuffer, to which other threads may write. */
function unshared(content: string | Uint8Array): Uint8Array {
  if (typeof content === 'string') return Buffer.from(content)
  return isSharedArrayBuffer(content.buffer) ? Uint8Array.from(content) : content
}
