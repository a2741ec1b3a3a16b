/** The operations of a platform's filesystems, with one behaviour on every platform. */
import type { PathLike } from './internal/args.js'
import { copyFile, copyFileSync } from './copy-file.js'
import type { CopyResult } from './copy-result.js'
import { methodsOfTable } from './internal/file-system-methods.js'
import type { Operations } from './file-system-operations.js'
import {
  readdir,
  readdirStream,
  readdirSync,
  type EntryOf,
  type ReaddirOptions,
  type ReaddirStreamOptions,
} from './readdir.js'
import { xattr } from './xattr.js'

/** Every name of a method, with what it is on the calling thread. */
type SyncMethods = { [Name in keyof Operations<'sync'> as `${Name}Sync`]: Operations<'sync'>[Name] }

/** Methods that are made of functions of this package. Types that are not exported cannot be named where they are inferred. */
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
  /** What is in a directory, in the filesystem's order; with `stats: true` also what lstat(2) says of each. */
  readonly readdir: <const O extends ReaddirOptions = object>(
    path: PathLike,
    options?: O,
  ) => Promise<EntryOf<O>[]>
  /** As `readdir`, on the calling thread. */
  readonly readdirSync: <const O extends ReaddirOptions = object>(path: PathLike, options?: O) => EntryOf<O>[]
  /** What is in a directory, of any size, in batches; holds one batch, and closes the directory when the loop is left. */
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

/** The methods that are functions of this package already. */
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

/**
 * The operations of a platform's filesystems: each as a promise, run on palfs's own threads, and as `...Sync`, run on the
 * calling one. Paths are strings, Buffers or `file:` URLs. What fails is an `FsError` with node:fs's words; wrong
 * arguments are a TypeError or a RangeError before any system call.
 */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- as above
export class PlatformFileSystem {
  static {
    for (const [name, value] of [...methodsOfTable(), ...Object.entries(OTHERS)]) {
      Object.defineProperty(this.prototype, name, { value, writable: true, configurable: true })
    }
  }
}

/** The operations of the platform that this process runs on. */
export function createPlatformFilesystem(): PlatformFileSystem {
  return new PlatformFileSystem()
}
