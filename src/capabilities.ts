/** What the platform, the kernel and one filesystem can do, found by asking them. */
import { pathArgument, type PathLike } from './internal/args.js'
import { binding } from './binding/binding.js'
import { ended, Failed, failed, reasonOf } from './internal/value-operation.js'

/**
 * What can be done, on this kernel or on one filesystem; null where it cannot be known. A capability speaks of the
 * filesystem, `readOnly` of the present.
 */
export interface PlatformCapabilities {
  /** splice(2) moves bytes between a file and a pipe. */
  readonly spliceAvailable: boolean | null
  /** sendfile(2); from file to file on Linux alone. */
  readonly sendfileAvailable: boolean | null
  /** copy_file_range(2) between two files of one filesystem. */
  readonly copyFileRangeAvailable: boolean | null
  /** The clonefile(2) family of macOS. Sharing storage by any means is `reflink`. */
  readonly clonefileAvailable: boolean | null
  /** Extended attributes of any namespace. */
  readonly xattrAvailable: boolean | null
  /** flock(2). */
  readonly flockAvailable: boolean | null
  /** Bytes in the longest path that one system call takes, its NUL included. */
  readonly maxPathLength: number | null
  /** Bytes in the longest name. */
  readonly maxFilenameLength: number | null
  /** Whether `a` and `A` are two names in this directory. */
  readonly filesystemCaseSensitive: boolean | null
  /** `ext4` (also for ext2 and ext3), `btrfs`, `apfs`; null for a type without a known name. */
  readonly filesystemType: string | null
  /** Files can share storage. */
  readonly reflink: boolean | null
  /** A hole takes no room. */
  readonly sparseFiles: boolean | null
  /** link(2). */
  readonly hardLinks: boolean | null
  /** symlink(2). */
  readonly symlinks: boolean | null
  /** Those that are kept, of `security`, `system`, `trusted` and `user`; empty on macOS, where names have none. */
  readonly xattrNamespaces: readonly string[] | null
  /** Access control lists; on Linux those of POSIX. NFS version 4 keeps its own kind, as an attribute of `system`. */
  readonly acl: boolean | null
  /** Files without names (O_TMPFILE). */
  readonly tmpfile: boolean | null
  /** Two names can change places in one step. */
  readonly renameExchange: boolean | null
  /** False where direct I/O is refused, or what it asks for, in bytes. */
  readonly directIo:
    | {
        /** The buffer's address must be a multiple of this. */
        readonly memory: number
        /** The offset in the file and the length must be multiples of this. */
        readonly offset: number
      }
    | false
    | null
  /** Nothing can be changed, by the mount's options or the filesystem's state. */
  readonly readOnly: boolean | null
  /** Nanoseconds between two modification times that can be told apart. */
  readonly timestampGranularity: number | null
}

/** The platform in one value. */
export interface PlatformInfo {
  /** `Linux`, `macOS`, `FreeBSD` or `Generic Unix`. */
  readonly name: string
  /** `basic_ops`, and those of `xattr splice sendfile copy_file_range clonefile reflink` that the kernel has a call for. */
  readonly features: readonly string[]
  /** As {@link getPlatformCapabilities} gives them. */
  readonly capabilities: PlatformCapabilities
}

/** The platform that this process runs on. */
export function getPlatformInfo(): PlatformInfo {
  return binding().native.platformInfo() as PlatformInfo
}

/**
 * The kernel's answers for the calls; lengths of paths and names, and case, for `/`. What differs from filesystem to
 * filesystem is null: {@link detectCapabilities} asks one. Nothing is written anywhere.
 */
export function getPlatformCapabilities(): PlatformCapabilities {
  return getPlatformInfo().capabilities
}

/**
 * The answers of the filesystem that holds `path` (links are followed). Where the directory, `path` or its parent, can be
 * written to, each is the outcome of an attempt in it, with files that have no name or a random one that begins with
 * `.palfs-` and are removed at once; elsewhere nothing is attempted. Rejects only if `path` cannot be reached.
 */
export async function detectCapabilities(path: PathLike): Promise<PlatformCapabilities> {
  const bound = binding()
  const place = pathArgument(path, 'path')
  const slot = bound.native.detectCapabilities(place)
  const found = await ended(bound, slot, () => bound.native.takeCapabilities(slot))
  if (found instanceof Failed) throw reasonOf(found, { path: place }, detectCapabilities)
  return found as PlatformCapabilities
}

/** As {@link detectCapabilities}, on the calling thread. */
export function detectCapabilitiesSync(path: PathLike): PlatformCapabilities {
  const bound = binding()
  const place = pathArgument(path, 'path')
  if (bound.native.detectCapabilitiesSync(place) === null) {
    throw reasonOf(failed(bound, null), { path: place }, detectCapabilitiesSync)
  }
  return bound.native.takeCapabilities(null) as PlatformCapabilities
}
