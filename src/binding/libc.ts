/**
 * Detects the C library of this process. It inspects the process, not the system: a Node from Nix runs on glibc under Alpine,
 * a distroless image has no `ldd`, and a machine may have both libraries.
 */
import { readFileSync } from 'node:fs'
import { readElf } from './elf.js'

export type Libc = 'glibc' | 'musl'

/** Returns `undefined` on systems with one C library, or if the process cannot be inspected. */
export function runningLibc(): Libc | undefined {
  if (process.platform !== 'linux') return undefined
  return (
    libcOfInterpreter(readElf('/proc/self/exe')?.interpreter ?? '') ??
    libcOfMaps(textOf('/proc/self/maps')) ??
    libcOfReport(report())
  )
}

/** By the name of the program's loader (PT_INTERP). Its directory varies: on NixOS it is in the store. */
export function libcOfInterpreter(path: string): Libc | undefined {
  if (/\/ld-musl-[^/]*$/u.test(path)) return 'musl'
  if (/\/ld-linux[^/]*$/u.test(path)) return 'glibc'
  return undefined
}

/** By the mapped files: for a program without PT_INTERP, such as a loader that runs Node as its argument. */
export function libcOfMaps(maps: string): Libc | undefined {
  if (/\/libc(?:\.so\.6|-2\.\d+\.so)$/mu.test(maps)) return 'glibc'
  // In musl library and loader are one file, with two names.
  if (/\/(?:ld-musl-[^/\n]*|libc\.musl-[^/\n]*|libc\.so)$/mu.test(maps)) return 'musl'
  return undefined
}

/** By Node's diagnostic report: if /proc is not mounted or not readable. */
export function libcOfReport(seen: unknown): Libc | undefined {
  const { header, sharedObjects = [] } = (seen ?? {}) as {
    header?: { glibcVersionRuntime?: string }
    sharedObjects?: readonly string[]
  }
  if (header?.glibcVersionRuntime !== undefined) return 'glibc'
  return libcOfMaps(sharedObjects.join('\n'))
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

function report(): unknown {
  try {
    const seen: unknown = process.report.getReport()
    return typeof seen === 'string' ? JSON.parse(seen) : seen
  } catch {
    return undefined
  }
}
