/** The operations of a platform's filesystems, as types: each is written once and exists as a promise and as `...Sync`. */
import type { OpenFile } from './internal/file-argument.js'
import type { PathLike } from './internal/args.js'
import type { FileStat } from './internal/file-stat.js'

/** What a method gives: at once (`'sync'`), or by a promise. */
export type Given<Form extends 'promise' | 'sync', T> = Form extends 'sync' ? T : Promise<T>

/** Options of the methods that give a `FileStat`. */
export interface StatOptions {
  /**
   * Whether everything is a bigint, exact, and times are nanoseconds.
   * @default false
   */
  readonly bigint?: boolean | undefined
}

/** Options of the methods that give paths. */
export interface EncodingOptions {
  /**
   * How bytes become a string. What is not UTF-8 is shown with U+FFFD: `'buffer'` gives the bytes.
   * @default 'utf8'
   */
  readonly encoding?: BufferEncoding | 'buffer' | null | undefined
}

/** Where a range of bytes begins. */
export interface RangeOptions {
  /** In the source. Absent or null: at its own position, which moves. */
  readonly srcOffset?: number | bigint | null | undefined
  /** In the destination. Absent or null: at its own position, which moves. */
  readonly destOffset?: number | bigint | null | undefined
}

type AsText = { readonly encoding?: BufferEncoding | null | undefined }

/** Milliseconds since 1970 (fractions count), nanoseconds as bigint, a Date, `'now'`, or null: the time stays as it is. */
export type TimeLike = number | bigint | Date | 'now' | null

/** Operations on open files. */
export interface DescriptorOperations<Form extends 'promise' | 'sync'> {
  /**
   * open(2): gives the number of an open file, which is the caller's to close. O_CLOEXEC is always added.
   *
   * @param flags `O_*` of `fs.constants`, or node:fs's words: `'r'`, `'wx+'`. Default: `'r'`
   * @param mode Of a file that is created; the umask applies. Default: 0o666
   */
  open(path: PathLike, flags?: string | number, mode?: number | string): Given<Form, number>
  /** close(2). Errors of earlier writes may be told here (EDQUOT, EIO on NFS); the number is free in any case. */
  close(fd: number): Given<Form, void>
  /**
   * pread(2) at `offset`, or read(2) at the file's own position: gives how many bytes it read, which may be fewer than there
   * is room for, and 0 at the end of the file. The promise form writes to `buffer` when it ends, not before.
   *
   * @param offset In bytes. Default: null, the file's own position, which moves
   */
  read(fd: OpenFile, buffer: NodeJS.ArrayBufferView, offset?: number | bigint | null): Given<Form, number>
  /**
   * pwrite(2) at `offset`, or write(2) at the file's own position: gives how many bytes it wrote, which may be fewer than
   * there are. The promise form copies `buffer` before it returns. A file that is open for appending is appended to.
   *
   * @param offset In bytes. Default: null, the file's own position, which moves
   */
  write(fd: OpenFile, buffer: NodeJS.ArrayBufferView, offset?: number | bigint | null): Given<Form, number>
  /** fsync(2), on macOS F_FULLFSYNC: content and metadata are on the medium when it ends. */
  fsync(fd: OpenFile): Given<Form, void>
  /**
   * ftruncate(2): cuts the file, or lengthens it by a hole.
   *
   * @param size In bytes. Default: 0
   */
  ftruncate(fd: OpenFile, size?: number | bigint): Given<Form, void>
  /** fstat(2): what is known of an open file. */
  fstat(fd: OpenFile, options?: StatOptions & { readonly bigint?: false | undefined }): Given<Form, FileStat>
  /** fstat(2), exact: every number is a bigint, and times are nanoseconds. */
  fstat(fd: OpenFile, options: StatOptions & { readonly bigint: true }): Given<Form, FileStat<bigint>>
  /** fstat(2), in the numbers that `options.bigint` says. */
  fstat(fd: OpenFile, options?: StatOptions): Given<Form, FileStat | FileStat<bigint>>
  /**
   * copy_file_range(2), complete and on every platform: moves up to `length` bytes by the fastest way there is, fewer only
   * where the source ends, and gives how many. Pipes and sockets will do, without offsets. EINVAL: both are one
   * file, and the ranges overlap. A destination that is open for appending is appended to; with `destOffset` EBADF.
   */
  copyFileRange(
    src: OpenFile,
    dest: OpenFile,
    length: number | bigint,
    options?: RangeOptions,
  ): Given<Form, number>
}

/** Operations on what a path names. */
export interface PathOperations<Form extends 'promise' | 'sync'> {
  /** stat(2): what is known of what `path` leads to. */
  stat(path: PathLike, options?: StatOptions & { readonly bigint?: false | undefined }): Given<Form, FileStat>
  /** stat(2), exact: every number is a bigint, and times are nanoseconds. */
  stat(path: PathLike, options: StatOptions & { readonly bigint: true }): Given<Form, FileStat<bigint>>
  /** stat(2), in the numbers that `options.bigint` says. */
  stat(path: PathLike, options?: StatOptions): Given<Form, FileStat | FileStat<bigint>>
  /** lstat(2): what is known of `path` itself, of a link as a link. */
  lstat(
    path: PathLike,
    options?: StatOptions & { readonly bigint?: false | undefined },
  ): Given<Form, FileStat>
  /** lstat(2), exact: every number is a bigint, and times are nanoseconds. */
  lstat(path: PathLike, options: StatOptions & { readonly bigint: true }): Given<Form, FileStat<bigint>>
  /** lstat(2), in the numbers that `options.bigint` says. */
  lstat(path: PathLike, options?: StatOptions): Given<Form, FileStat | FileStat<bigint>>
  /**
   * utimensat(2): sets both times of what `path` leads to, in the units of `FileStat`. Before 1970 and after 2038 too;
   * what the filesystem cannot hold it moves to the nearest time that it can.
   */
  utimes(path: PathLike, atime: TimeLike, mtime: TimeLike): Given<Form, void>
  /** chmod(2): of what `path` leads to. The umask plays no part. */
  chmod(path: PathLike, mode: number | string): Given<Form, void>
  /** chown(2): of what `path` leads to; null, or -1, leaves an id as it is. The kernel clears set-id bits. */
  chown(path: PathLike, uid: number | null, gid: number | null): Given<Form, void>
  /**
   * mkdir(2): one directory, whose parent must exist.
   *
   * @param mode The umask applies. Default: 0o777
   */
  mkdir(path: PathLike, mode?: number | string): Given<Form, void>
  /** rmdir(2): an empty directory. ENOTEMPTY for another. */
  rmdir(path: PathLike): Given<Form, void>
  /** link(2): `path` becomes another name of `existing`; of a link itself. EEXIST if it is taken. */
  link(existing: PathLike, path: PathLike): Given<Form, void>
  /** unlink(2): removes a name that is no directory's (EISDIR on Linux, EPERM elsewhere). A link is not followed. */
  unlink(path: PathLike): Given<Form, void>
  /** symlink(2): `path` will lead to `target`, which is kept byte for byte and need not exist. EEXIST if it is taken. */
  symlink(target: PathLike, path: PathLike): Given<Form, void>
  /** readlink(2): where a link leads, whole, however long. EINVAL for what is no link. */
  readlink(path: PathLike, options?: AsText): Given<Form, string>
  /** readlink(2), as the bytes that the link holds. */
  readlink(path: PathLike, options: { readonly encoding: 'buffer' }): Given<Form, Buffer>
  /** readlink(2), as what `options.encoding` says. */
  readlink(path: PathLike, options?: EncodingOptions): Given<Form, string | Buffer>
  /** rename(2): replaces what is at `to`, a link included, in one step. EXDEV across filesystems. */
  rename(from: PathLike, to: PathLike): Given<Form, void>
}

/** Every operation that has a number in Rust. */
export type Operations<Form extends 'promise' | 'sync'> = DescriptorOperations<Form> & PathOperations<Form>
