/** Where this process runs, and with which binary. */
import { loadedNative } from './binding/binding.js'

/** The platform, in the words of the Rust crate; other systems by Node's own name. */
export const PLATFORM: string = process.platform === 'darwin' ? 'macos' : process.platform

/** The C library of the loaded binary; null on systems that have but one, and where no binary is loaded. */
export const LIBC: 'glibc' | 'musl' | null = libc()

function libc(): 'glibc' | 'musl' | null {
  const name = loadedNative()?.libc()
  return name === 'glibc' || name === 'musl' ? name : null
}

/** Which calls exist on this platform; what one kernel or filesystem offers is for the capabilities to say. */
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

/** Which calls exist on this platform, as far as the loaded binary can make them: none where there is no binary. */
export const features: Features = Object.freeze(loadedNative()?.features() ?? NONE)
