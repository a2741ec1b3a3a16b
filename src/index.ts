/** Copy files fast and right. Names only: each operation has a file of its own. */
export type { PathLike } from './internal/args.js'
export { supported } from './binding/binding.js'
export {
  detectCapabilities,
  detectCapabilitiesSync,
  getPlatformCapabilities,
  getPlatformInfo,
  type PlatformCapabilities,
  type PlatformInfo,
} from './capabilities.js'
export { copyFile, copyFileSync } from './copy-file.js'
export type { CopyFileOptions, PreserveItem } from './copy-options.js'
export type { CopyMethod, CopyResult, Unpreserved } from './copy-result.js'
export { cp, cpSync } from './cp.js'
export type { CpOptions, CpSyncOptions } from './cp-options.js'
export { FsError, isFsError, type FsErrorCode } from './errors/fs-error.js'
export type { OpenFile } from './internal/file-argument.js'
export type { FileStat, FileType } from './internal/file-stat.js'
export type { EncodingOptions, RangeOptions, StatOptions, TimeLike } from './file-system-operations.js'
export { createPlatformFilesystem, PlatformFileSystem } from './platform-file-system.js'
export { features, LIBC, PLATFORM, type Features } from './platform.js'
export { PlatformBuffer, type PlatformBufferOptions } from './platform-buffer.js'
export {
  PLATFORM_IO,
  PlatformIO,
  platformIO,
  type DirectBuffer,
  type FileData,
  type ReadFileOptions,
  type WriteFileOptions,
  type WriteResult,
} from './platform-io.js'
export { move, moveSync } from './move.js'
export type { MoveOptions } from './move-options.js'
export type { Progress } from './internal/progress.js'
export type { DirEntry, DirEntryWithStats, EntryOf, ReaddirOptions, ReaddirStreamOptions } from './readdir.js'
export { rm, rmSync, type RmResult } from './rm.js'
export type { RmOptions } from './rm-options.js'
export {
  xattr,
  type XattrGetOptions,
  type XattrListOptions,
  type XattrOptions,
  type XattrSetOptions,
  type XattrTarget,
} from './xattr.js'
