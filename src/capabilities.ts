/** Detects what the platform, the kernel and a filesystem can do. */
import { pathArgument, type PathLike } from './internal/args.js'
import { binding } from './binding/binding.js'
import { twins } from './internal/call.js'

/**
 * The capabilities of a kernel or a filesystem; null if unknown. They describe the filesystem in general, except `readOnly`,
 * which describes its present state.
 */
export interface PlatformCapabilities {
  /** splice(2) moves bytes between a file and a pipe. */
  readonly spliceAvailable: boolean | null
  /** sendfile(2). It copies from file to file only on Linux. */
  readonly sendfileAvailable: boolean | null
  /** copy_file_range(2) between two files of one filesystem. */
  readonly copyFileRangeAvailable: boolean | null
  /** clonefile(2) and its relatives, on macOS. Shared storage by any call is `reflink`. */
  readonly clonefileAvailable: boolean | null
  /** Extended attributes of any namespace. */
  readonly xattrAvailable: boolean | null
  /** flock(2). */
  readonly flockAvailable: boolean | null
  /** The longest path that a system call accepts, in bytes, including its NUL. */
  readonly maxPathLength: number | null
  /** The longest name, in bytes. */
  readonly maxFilenameLength: number | null
  /** Whether `a` and `A` are different names in this directory. */
  readonly filesystemCaseSensitive: boolean | null
  /** `ext4` (also for ext2 and ext3), `btrfs`, `apfs`; null for a type without a known name. */
  readonly filesystemType: string | null
  /** Files can share storage. */
  readonly reflink: boolean | null
  /** Holes use no storage. */
  readonly sparseFiles: boolean | null
  /** link(2). */
  readonly hardLinks: boolean | null
  /** symlink(2). */
  readonly symlinks: boolean | null
  /** The usable ones of `security`, `system`, `trusted` and `user`. Empty on macOS, whose attributes have no namespaces. */
  readonly xattrNamespaces: readonly string[] | null
  /** Access control lists. On Linux: POSIX ACLs (NFS version 4 has another kind, stored as an attribute of `system`). */
  readonly acl: boolean | null
  /** Unnamed files (O_TMPFILE). */
  readonly tmpfile: boolean | null
  /** Two names can be exchanged atomically. */
  readonly renameExchange: boolean | null
  /** The alignment that direct I/O (O_DIRECT) requires, in bytes; false if it is refused. */
  readonly directIo:
    | {
        /** The buffer's address must be a multiple of this. */
        readonly memory: number
        /** The offset in the file and the length must be multiples of this. */
        readonly offset: number
      }
    | false
    | null
  /** Nothing can be changed, because of mount options or the state of the filesystem. */
  readonly readOnly: boolean | null
  /** The resolution of modification times, in nanoseconds. */
  readonly timestampGranularity: number | null
}

/** The platform. */
export interface PlatformInfo {
  /** `Linux`, `macOS`, `FreeBSD` or `Generic Unix`. */
  readonly name: string
  /** `basic_ops`, and those of `xattr`, `splice`, `sendfile`, `copy_file_range`, `clonefile`, `reflink` that the kernel has. */
  readonly features: readonly string[]
  /** The same as {@link getPlatformCapabilities}. */
  readonly capabilities: PlatformCapabilities
}

/** Describes the platform that this process runs on. */
export function getPlatformInfo(): PlatformInfo {
  return binding().native.platformInfo() as PlatformInfo
}

/**
 * Returns the system calls of the kernel, and the lengths of paths and names and the case of `/`. Capabilities that depend on
 * the filesystem are null: use {@link detectCapabilities}. Nothing is written.
 */
export function getPlatformCapabilities(): PlatformCapabilities {
  return getPlatformInfo().capabilities
}

const detect = twins('detectCapabilities', ({ native }, isSync, value: PathLike) => {
  const path = pathArgument(value, 'path')
  return {
    started: isSync ? native.detectCapabilitiesSync(path) : native.detectCapabilities(path),
    context: { path },
    read: (_bound, _size, _base, job) => native.takeCapabilities(job) as PlatformCapabilities,
  }
})

/**
 * Detects the capabilities of the filesystem that holds `path`. Links are followed. If the directory (`path` or its parent) is
 * writable, each capability is tried there, with files that are unnamed or have a random name that begins with `.palfs-`, and
 * that are removed at once. Otherwise no file is created.
 *
 * @throws FsError if `path` cannot be reached.
 */
export const detectCapabilities: (path: PathLike) => Promise<PlatformCapabilities> = detect.promise

/** Detects on the calling thread, as {@link detectCapabilities}. */
export const detectCapabilitiesSync: (path: PathLike) => PlatformCapabilities = detect.sync
