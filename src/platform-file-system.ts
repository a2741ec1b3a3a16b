/** `PlatformFileSystem`: system calls on files and paths, with the same behaviour on every platform. */
import type { FileOperation } from '../index.cjs'
import type { Native } from './binding/binding.js'
import { copyFile, copyFileSync } from './copy-file.js'
import type { CopyResult } from './copy-result.js'
import {
  booleanOption,
  encodingOption,
  option,
  optionsArgument,
  pathArgument,
  type PathLike,
} from './internal/args.js'
import {
  bytesOrText,
  defineMethods,
  nothing,
  number,
  twins,
  type Form,
  type Returns,
  type Twins,
  type ValueCall,
} from './internal/call.js'
import { descriptorArgument, numberArgument, type OpenFile } from './internal/file-argument.js'
import { readExactStat, readStat, type FileStat } from './internal/file-stat.js'
import {
  bufferArgument,
  flagsArgument,
  idArgument,
  modeArgument,
  offsetArgument,
  timeArgument,
  wholeArgument,
} from './internal/syscall-args.js'
import { invalidValue } from './internal/node-compat.js'
import {
  readdir,
  readdirStream,
  readdirSync,
  type EntryOf,
  type ReaddirOptions,
  type ReaddirStreamOptions,
} from './readdir.js'
import { xattr } from './xattr.js'

/** Options of the methods that return a `FileStat`. */
export interface StatOptions {
  /**
   * Every number is an exact bigint, and times are in nanoseconds.
   * @default false
   */
  readonly bigint?: boolean | undefined
}

/** Options of the methods that return paths. */
export interface EncodingOptions {
  /**
   * The encoding of the result. Bytes that are not UTF-8 are shown as U+FFFD. `'buffer'`: the result is a Buffer.
   * @default 'utf8'
   */
  readonly encoding?: BufferEncoding | 'buffer' | null | undefined
}

/** Where a range of bytes begins, in bytes. */
export interface RangeOptions {
  /** In the source. Absent or null: its file position, which moves. */
  readonly srcOffset?: number | bigint | null | undefined
  /** In the destination. Absent or null: its file position, which moves. */
  readonly destOffset?: number | bigint | null | undefined
}

type AsText = { readonly encoding?: BufferEncoding | null | undefined }

/** Milliseconds since 1970 (fractions count), nanoseconds as bigint, a Date, `'now'`, or null to leave the time unchanged. */
export type TimeLike = number | bigint | Date | 'now' | null

/** Operations on open files. */
interface DescriptorOperations<F extends Form> {
  /**
   * open(2). Returns a file descriptor, which the caller closes. O_CLOEXEC is always set.
   *
   * @param flags `O_*` of `fs.constants`, or strings of node:fs such as `'r'` and `'wx+'`. Default: `'r'`
   * @param mode The mode of a new file; the umask applies. Default: 0o666
   */
  open(path: PathLike, flags?: string | number, mode?: number | string): Returns<F, number>
  /** close(2). It may report errors of earlier writes (EDQUOT, EIO on NFS). The descriptor is closed in any case. */
  close(fd: number): Returns<F, void>
  /**
   * pread(2) at `offset`, or read(2) at the file position. Returns the number of bytes read: possibly fewer than the buffer
   * holds, and 0 at the end of the file. The promise form writes to `buffer` only when it ends.
   *
   * @param offset In bytes. Default: null, the file position, which moves
   */
  read(fd: OpenFile, buffer: NodeJS.ArrayBufferView, offset?: number | bigint | null): Returns<F, number>
  /**
   * pwrite(2) at `offset`, or write(2) at the file position. Returns the number of bytes written, possibly fewer than the
   * buffer holds. The promise form copies `buffer` before it returns. With O_APPEND the bytes are appended.
   *
   * @param offset In bytes. Default: null, the file position, which moves
   */
  write(fd: OpenFile, buffer: NodeJS.ArrayBufferView, offset?: number | bigint | null): Returns<F, number>
  /** fsync(2), on macOS F_FULLFSYNC: content and metadata are on the disk when it returns. */
  fsync(fd: OpenFile): Returns<F, void>
  /**
   * ftruncate(2): truncates the file, or extends it with a hole.
   *
   * @param size In bytes. Default: 0
   */
  ftruncate(fd: OpenFile, size?: number | bigint): Returns<F, void>
  /** fstat(2) of an open file. */
  fstat(fd: OpenFile, options?: StatOptions & { readonly bigint?: false | undefined }): Returns<F, FileStat>
  /** fstat(2) with exact bigints; times are in nanoseconds. */
  fstat(fd: OpenFile, options: StatOptions & { readonly bigint: true }): Returns<F, FileStat<bigint>>
  /** fstat(2) with numbers or bigints, by `options.bigint`. */
  fstat(fd: OpenFile, options?: StatOptions): Returns<F, FileStat | FileStat<bigint>>
  /**
   * copy_file_range(2) in a loop, and on every platform: copies `length` bytes with the fastest available call, fewer only at
   * the end of the source, and returns their number. Pipes and sockets are accepted without offsets. EINVAL if source and
   * destination are the same file and the ranges overlap. With O_APPEND the bytes are appended, and `destOffset` is EBADF.
   */
  copyFileRange(
    src: OpenFile,
    dest: OpenFile,
    length: number | bigint,
    options?: RangeOptions,
  ): Returns<F, number>
}

/** Operations on paths. */
interface PathOperations<F extends Form> {
  /** stat(2). Links are followed. */
  stat(path: PathLike, options?: StatOptions & { readonly bigint?: false | undefined }): Returns<F, FileStat>
  /** stat(2) with exact bigints; times are in nanoseconds. */
  stat(path: PathLike, options: StatOptions & { readonly bigint: true }): Returns<F, FileStat<bigint>>
  /** stat(2) with numbers or bigints, by `options.bigint`. */
  stat(path: PathLike, options?: StatOptions): Returns<F, FileStat | FileStat<bigint>>
  /** lstat(2). Links are not followed. */
  lstat(path: PathLike, options?: StatOptions & { readonly bigint?: false | undefined }): Returns<F, FileStat>
  /** lstat(2) with exact bigints; times are in nanoseconds. */
  lstat(path: PathLike, options: StatOptions & { readonly bigint: true }): Returns<F, FileStat<bigint>>
  /** lstat(2) with numbers or bigints, by `options.bigint`. */
  lstat(path: PathLike, options?: StatOptions): Returns<F, FileStat | FileStat<bigint>>
  /**
   * utimensat(2): sets both times, in the units of `FileStat`. Links are followed. Times before 1970 and after 2038 are
   * accepted; the filesystem clamps times that it cannot store.
   */
  utimes(path: PathLike, atime: TimeLike, mtime: TimeLike): Returns<F, void>
  /** chmod(2). Links are followed. The umask does not apply. */
  chmod(path: PathLike, mode: number | string): Returns<F, void>
  /** chown(2). Links are followed. null or -1 leaves an id unchanged. The kernel clears set-id bits. */
  chown(path: PathLike, uid: number | null, gid: number | null): Returns<F, void>
  /**
   * mkdir(2): creates one directory. The parent must exist.
   *
   * @param mode The umask applies. Default: 0o777
   */
  mkdir(path: PathLike, mode?: number | string): Returns<F, void>
  /** rmdir(2): removes an empty directory. ENOTEMPTY if it is not empty. */
  rmdir(path: PathLike): Returns<F, void>
  /** link(2): makes `path` another name of `existing`, which is not followed if it is a link. EEXIST if `path` exists. */
  link(existing: PathLike, path: PathLike): Returns<F, void>
  /** unlink(2): removes a name. Links are not followed. For a directory: EISDIR on Linux, EPERM elsewhere. */
  unlink(path: PathLike): Returns<F, void>
  /** symlink(2): creates the link `path` to `target`, which is stored unchanged and need not exist. EEXIST if `path` exists. */
  symlink(target: PathLike, path: PathLike): Returns<F, void>
  /** readlink(2). Returns the whole target, of any length. EINVAL if `path` is no link. */
  readlink(path: PathLike, options?: AsText): Returns<F, string>
  /** readlink(2), as bytes. */
  readlink(path: PathLike, options: { readonly encoding: 'buffer' }): Returns<F, Buffer>
  /** readlink(2), by `options.encoding`. */
  readlink(path: PathLike, options?: EncodingOptions): Returns<F, string | Buffer>
  /** rename(2): replaces `to` atomically, also if it is a link. EXDEV between filesystems. */
  rename(from: PathLike, to: PathLike): Returns<F, void>
}

/** The operations that have a row in {@link TABLE}. */
type Operations<F extends Form> = DescriptorOperations<F> & PathOperations<F>

/** The blocking form of every operation, as `nameSync`. */
type SyncMethods = { [Name in keyof Operations<'sync'> as `${Name}Sync`]: Operations<'sync'>[Name] }

/** Methods that are functions of this package. Declared, because the types of `xattr` are not exported. */
interface OtherMethods {
  /** As {@link xattr}.get. */
  readonly getxattr: typeof xattr.get
  /** As {@link xattr}.getSync. */
  readonly getxattrSync: typeof xattr.getSync
  /** As {@link xattr}.set. */
  readonly setxattr: typeof xattr.set
  /** As {@link xattr}.setSync. */
  readonly setxattrSync: typeof xattr.setSync
  /** As {@link xattr}.remove. */
  readonly removexattr: typeof xattr.remove
  /** As {@link xattr}.removeSync. */
  readonly removexattrSync: typeof xattr.removeSync
  /** As {@link xattr}.list. */
  readonly listxattr: typeof xattr.list
  /** As {@link xattr}.listSync. */
  readonly listxattrSync: typeof xattr.listSync
  /** Returns all entries of a directory, in the filesystem's order. `stats: true` adds the result of lstat(2) to each. */
  readonly readdir: <const O extends ReaddirOptions = object>(
    path: PathLike,
    options?: O,
  ) => Promise<EntryOf<O>[]>
  /** As `readdir`, on the calling thread. */
  readonly readdirSync: <const O extends ReaddirOptions = object>(path: PathLike, options?: O) => EntryOf<O>[]
  /** Returns the entries of a directory in batches. Memory holds one batch. Leaving the loop closes the directory. */
  readonly readdirStream: <const O extends ReaddirStreamOptions = object>(
    path: PathLike,
    options?: O,
  ) => AsyncGenerator<EntryOf<O>[], void, undefined>
  /** {@link copyFile} with its default options. */
  copyFileFast(src: PathLike, dest: PathLike): Promise<CopyResult>
  /** {@link copyFileSync} with its default options. */
  copyFileFastSync(src: PathLike, dest: PathLike): CopyResult
}

// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- the class puts them on its prototype, from a table
export interface PlatformFileSystem extends Operations<'promise'>, SyncMethods, OtherMethods {}

/** The methods that are functions of this package. */
const OTHERS: OtherMethods = {
  getxattr: xattr.get,
  getxattrSync: xattr.getSync,
  setxattr: xattr.set,
  setxattrSync: xattr.setSync,
  removexattr: xattr.remove,
  removexattrSync: xattr.removeSync,
  listxattr: xattr.list,
  listxattrSync: xattr.listSync,
  readdir,
  readdirSync,
  readdirStream,
  copyFileFast: (src, dest) => copyFile(src, dest),
  copyFileFastSync: (src, dest) => copyFileSync(src, dest),
}

/** The blocking form and the promise form of a check get the same arguments, in the order of the method's parameters. */
type Check = (isSync: boolean, ...given: readonly unknown[]) => Checked

/** The checked arguments of a call. */
interface Checked {
  /** The arguments for the addon: five at most. */
  readonly args: readonly unknown[]
  readonly path?: string | Uint8Array | undefined
  readonly dest?: string | Uint8Array | undefined
  /** Reads the returned value. Default: there is none. */
  readonly read?: ValueCall<unknown>['read']
}

/** One operation. */
interface Row {
  /** Its number in the addon. */
  readonly operation: keyof Native['FileOperation']
  /** Its name in node:fs, which errors show as `syscall`. Absent if node:fs has no such function. */
  readonly syscall?: string
  /** Errors have `bytesCopied`. */
  readonly moves?: boolean
  readonly check: Check
}

const numberStat = statReader(false)
const bigintStat = statReader(true)

function statReader(exact: boolean): ValueCall<unknown>['read'] {
  return ({ native: { Field, StatField }, records, exactRecords }, _size, base) =>
    exact
      ? readExactStat(exactRecords, base + Field.Bytes, StatField)
      : readStat(records, base + Field.Bytes, StatField)
}

/** Reads bytes into `target`. The caller's buffer is `view`: the same, or shared memory that gets a copy. */
function readerInto(target: Uint8Array, view: Uint8Array): ValueCall<unknown>['read'] {
  return ({ native }, size, _base, job) => {
    if (job !== null && !native.takeBytesInto(job, target)) {
      throw invalidValue('buffer', 'must not be taken away or made smaller while it is read into', view)
    }
    if (target !== view) view.set(target.subarray(0, size))
    return size
  }
}

/** A descriptor in the form that the addon takes: the promise form keeps a FileHandle open until it ends. */
const descriptor = (isSync: boolean, value: unknown, name = 'fd'): number | object => {
  const { argument, later } = descriptorArgument(value, name)
  return isSync ? argument : later
}

/** A path, then what `rest` makes of the other arguments: errors are reported in the order of the parameters. */
const onPath = (value: unknown, rest?: () => readonly unknown[]): Checked => {
  const path = pathArgument(value, 'path')
  return { args: rest === undefined ? [path] : [path, ...rest()], path }
}

const onTwo = (first: unknown, firstName: string, second: unknown, secondName: string): Checked => {
  const path = pathArgument(first, firstName)
  const dest = pathArgument(second, secondName)
  return { args: [path, dest], path, dest }
}

function statOf(path: string | Uint8Array | undefined, file: unknown, options: unknown): Checked {
  const exact = options !== undefined && booleanOption(optionsArgument(options), 'bigint')
  return { args: [file, exact], path, read: exact ? bigintStat : numberStat }
}

function statOfPath(value: unknown, options: unknown): Checked {
  const path = pathArgument(value, 'path')
  return statOf(path, path, options)
}

function read(isSync: boolean, fd: unknown, buffer: unknown, offset: unknown): Checked {
  const file = descriptor(isSync, fd)
  const { view, isShared } = bufferArgument(buffer)
  const at = offsetArgument(offset, 'offset')
  const target = isShared ? new Uint8Array(view.byteLength) : view
  // The caller could detach a buffer while the pool reads into it. So the pool has its own, which is copied at the end.
  return { args: [file, isSync ? target : target.byteLength, at], read: readerInto(target, view) }
}

function write(isSync: boolean, fd: unknown, buffer: unknown, offset: unknown): Checked {
  const file = descriptor(isSync, fd)
  const { view, isShared } = bufferArgument(buffer)
  const at = offsetArgument(offset, 'offset')
  return { args: [file, isShared ? Buffer.from(view) : view, at], read: number }
}

const copyFileRange: Check = (isSync, src, dest, length, options) => {
  const [from, to] = [descriptor(isSync, src, 'srcFd'), descriptor(isSync, dest, 'destFd')]
  const most = wholeArgument(length, 'length')
  const given = optionsArgument(options)
  const srcOffset = offsetArgument(option(given, 'srcOffset'), 'options.srcOffset')
  const destOffset = offsetArgument(option(given, 'destOffset'), 'options.destOffset')
  return { args: [from, to, most, srcOffset, destOffset], read: number }
}

/**
 * The operations of the addon. A new one is a row here, its type above, and its number in the binding.
 */
const TABLE: Readonly<Record<keyof Operations<'sync'>, Row>> = {
  open: {
    operation: 'Open',
    syscall: 'open',
    check: (_, path, flags, mode) => ({
      ...onPath(path, () => [flagsArgument(flags), modeArgument(mode, 0o666)]),
      read: number,
    }),
  },
  close: {
    operation: 'Close',
    syscall: 'close',
    check: (_, fd) => ({ args: [numberArgument(fd, 'fd')] }),
  },
  read: { operation: 'Read', syscall: 'read', check: read },
  write: { operation: 'Write', syscall: 'write', check: write },
  fsync: {
    operation: 'Fsync',
    syscall: 'fsync',
    check: (isSync, fd) => ({ args: [descriptor(isSync, fd)] }),
  },
  ftruncate: {
    operation: 'Ftruncate',
    syscall: 'ftruncate',
    check: (isSync, fd, size = 0) => ({ args: [descriptor(isSync, fd), wholeArgument(size, 'size')] }),
  },
  fstat: {
    operation: 'Fstat',
    syscall: 'fstat',
    check: (isSync, fd, options) => statOf(undefined, descriptor(isSync, fd), options),
  },
  stat: { operation: 'Stat', syscall: 'stat', check: (_, path, options) => statOfPath(path, options) },
  lstat: { operation: 'Lstat', syscall: 'lstat', check: (_, path, options) => statOfPath(path, options) },
  utimes: {
    operation: 'Utimes',
    syscall: 'utime',
    check: (_, path, atime, mtime) =>
      onPath(path, () => [...timeArgument(atime, 'atime'), ...timeArgument(mtime, 'mtime')]),
  },
  chmod: {
    operation: 'Chmod',
    syscall: 'chmod',
    check: (_, path, mode) => onPath(path, () => [modeArgument(mode)]),
  },
  chown: {
    operation: 'Chown',
    syscall: 'chown',
    check: (_, path, uid, gid) => onPath(path, () => [idArgument(uid, 'uid'), idArgument(gid, 'gid')]),
  },
  mkdir: {
    operation: 'Mkdir',
    syscall: 'mkdir',
    check: (_, path, mode) => onPath(path, () => [modeArgument(mode, 0o777)]),
  },
  rmdir: { operation: 'Rmdir', syscall: 'rmdir', check: (_, path) => onPath(path) },
  link: {
    operation: 'Link',
    syscall: 'link',
    check: (_, existing, path) => onTwo(existing, 'existingPath', path, 'newPath'),
  },
  unlink: { operation: 'Unlink', syscall: 'unlink', check: (_, path) => onPath(path) },
  symlink: {
    operation: 'Symlink',
    syscall: 'symlink',
    check: (_, target, path) => onTwo(target, 'target', path, 'path'),
  },
  readlink: {
    operation: 'Readlink',
    syscall: 'readlink',
    check: (_, path, options) => ({
      ...onPath(path),
      read: bytesOrText(encodingOption(optionsArgument(options)) ?? 'utf8'),
    }),
  },
  rename: {
    operation: 'Rename',
    syscall: 'rename',
    check: (_, from, to) => onTwo(from, 'oldPath', to, 'newPath'),
  },
  copyFileRange: { operation: 'CopyFileRange', moves: true, check: copyFileRange },
}

/** Both forms of every row of the table, by name. */
function methodsOfTable(): Record<string, unknown> {
  const methods: Record<string, unknown> = {}
  for (const [name, row] of Object.entries(TABLE)) {
    const { promise, sync } = methodsOf(name, row)
    methods[name] = promise
    methods[`${name}Sync`] = sync
  }
  return methods
}

function methodsOf(name: string, row: Row): Twins<unknown[], unknown> {
  let operation: FileOperation | undefined
  const { syscall, moves } = row
  return twins(name, ({ native }, isSync, first, second, third, fourth) => {
    const { args, path, dest, read: reader = nothing } = row.check(isSync, first, second, third, fourth)
    operation ??= native.FileOperation[row.operation]
    const started = isSync
      ? native.fileOperationSync(operation, args[0], args[1], args[2], args[3], args[4])
      : native.fileOperation(operation, args[0], args[1], args[2], args[3], args[4])
    return { started, context: { syscall, path, dest, moves }, read: reader }
  })
}

/**
 * System calls on files and paths: each as a promise, run on palfs's thread pool, and as `...Sync`, run on the calling thread.
 * Paths are strings, Buffers or `file:` URLs. A failure is an `FsError` with the message of node:fs. Wrong arguments are a
 * TypeError or RangeError before any system call.
 */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- as above
export class PlatformFileSystem {
  static {
    defineMethods(this.prototype, { ...methodsOfTable(), ...OTHERS })
  }
}

/** Creates a `PlatformFileSystem` for the platform that this process runs on. */
export function createPlatformFilesystem(): PlatformFileSystem {
  return new PlatformFileSystem()
}
