/** The platform of this process and of the loaded binary. */
import { loadedNative } from './binding/binding.js'

/** The platform: `linux`, `macos`, `freebsd`; other systems by their `process.platform`. */
export const PLATFORM: string = process.platform === 'darwin' ? 'macos' : process.platform

/** The C library of the loaded binary; null on systems with one C library, or if no binary is loaded. */
export const LIBC: 'glibc' | 'musl' | null = libc()

function libc(): 'glibc' | 'musl' | null {
  const name = loadedNative()?.libc()
  return name === 'glibc' || name === 'musl' ? name : null
}

/** The system calls of this platform. For those of a kernel or a filesystem, see `PlatformCapabilities`. */
export interface Features {
  /** Extended attributes. */
  readonly hasXattr: boolean
  /** splice(2). */
  readonly hasSplice: boolean
  /** sendfile(2). */
  readonly hasSendfile: boolean
  /** copy_file_range(2). */
  readonly hasCopyFileRange: boolean
  /** clonefile(2). */
  readonly hasClonefile: boolean
  /** flock(2). */
  readonly hasFlock: boolean
  /** inotify(7). */
  readonly hasInotify: boolean
  /** kqueue(2). */
  readonly hasKqueue: boolean
}

const NONE: Features = {
  hasXattr: false,
  hasSplice: false,
  hasSendfile: false,
  hasCopyFileRange: false,
  hasClonefile: false,
  hasFlock: false,
  hasInotify: false,
  hasKqueue: false,
}

/** The system calls of this platform that the loaded binary can make. All false if no binary is loaded. */
export const features: Features = Object.freeze(loadedNative()?.features() ?? NONE)
