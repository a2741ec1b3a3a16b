/**
 * Which C library this process runs on. Asked of the process, never of the system around it: a Node from Nix runs on glibc
 * under Alpine, a distroless image has no `ldd`, and a machine may have both libraries.
 */
import { readFileSync } from 'node:fs'
import { readElf } from './elf.js'

export type Libc = 'glibc' | 'musl'

/** Undefined on systems with one C library, and where a process tells nothing about itself. */
export function runningLibc(): Libc | undefined {
  if (process.platform !== 'linux') return undefined
  return (
    libcOfInterpreter(readElf('/proc/self/exe')?.interpreter ?? '') ??
    libcOfMaps(textOf('/proc/self/maps')) ??
    libcOfReport(report())
  )
}

/** By the loader that the program names. It may lie anywhere: on NixOS it is in the store. */
export function libcOfInterpreter(path: string): Libc | undefined {
  if (/\/ld-musl-[^/]*$/u.test(path)) return 'musl'
  if (/\/ld-linux[^/]*$/u.test(path)) return 'glibc'
  return undefined
}

/** By what is mapped: for a program without an interpreter, such as a loader that was given Node as its argument. */
export function libcOfMaps(maps: string): Libc | undefined {
  if (/\/libc(?:\.so\.6|-2\.\d+\.so)$/mu.test(maps)) return 'glibc'
  // musl is its own loader: one file, under one name or the other.
  if (/\/(?:ld-musl-[^/\n]*|libc\.musl-[^/\n]*|libc\.so)$/mu.test(maps)) return 'musl'
  return undefined
}

/** By Node's own report: where /proc is not mounted or may not be read. */
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
