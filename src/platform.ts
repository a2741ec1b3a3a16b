/** Where this process runs, and with which binary. */
import { loadedNative } from './binding.js'

/** The platform, in the words of the Rust crate; other systems by Node's own name. */
export const PLATFORM: string = process.platform === 'darwin' ? 'macos' : process.platform

/** The C library of the loaded binary; null on systems that have but one, and where no binary is loaded. */
export const LIBC: 'glibc' | 'musl' | null = libc()

function libc(): 'glibc' | 'musl' | null {
  const name = loadedNative()?.libc()
  return name === 'glibc' || name === 'musl' ? name : null
}
