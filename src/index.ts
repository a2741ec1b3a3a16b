/** The public names. Each function has a file of its own. */
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
export type { CopyFileOptions } from './copy-options.js'
export type { CopyMethod, CopyResult } from './copy-result.js'
export { cp, cpSync, type CpOptions, type CpSyncOptions } from './cp.js'
export { FsError, isFsError, type FsErrorCode } from './errors/fs-error.js'
export type { OpenFile } from './internal/file-argument.js'
export type { FileStat, FileType } from './internal/file-stat.js'
export {
  createPlatformFilesystem,
  PlatformFileSystem,
  type EncodingOptions,
  type RangeOptions,
  type StatOptions,
  type TimeLike,
} from './platform-file-system.js'
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
export { move, moveSync, type MoveOptions } from './move.js'
export type { PreserveItem, Unpreserved } from './internal/preserve.js'
export type { Progress } from './internal/progress.js'
export type { DirEntry, DirEntryWithStats, EntryOf, ReaddirOptions, ReaddirStreamOptions } from './readdir.js'
export { rm, rmSync, type RmOptions, type RmResult } from './rm.js'
export {
  xattr,
  type XattrGetOptions,
  type XattrListOptions,
  type XattrOptions,
  type XattrSetOptions,
  type XattrTarget,
} from './xattr.js'
