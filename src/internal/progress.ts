/** How far an operation is, read from its counters; nothing is pushed, so nothing can flood. */
// Not the global ones: tests put others in their place, and those of jsdom cannot be let go.
import { clearInterval, setInterval } from 'node:timers'

import type { Binding } from '../binding/binding.js'

/** How far an operation is. Counts only grow while it runs. */
export interface Progress {
  /** Bytes of content moved so far; holes and clones count. */
  readonly bytes: number
  /** Files completed so far. */
  readonly files: number
  /** Directories created so far. */
  readonly directories: number
  /** Bytes in all, once that is known. */
  readonly totalBytes?: number
  /** Files in all, once that is known. */
  readonly totalFiles?: number
  /** The entry that is being copied or removed, or one of them; in the last call what the operation was asked for. */
  readonly path: string
}

export const PROGRESS_INTERVAL_MS = 100

/** How far the running operation in `slot` is; `root` is what it was asked to work on. */
export function readProgress({ native, records }: Binding, slot: number, root: string): Progress {
  const path = native.readProgress(slot) ?? root
  const { Bytes, Files, Directories, TotalBytes, TotalFiles } = native.Field
  const totalBytes = records[TotalBytes] ?? 0
  const totalFiles = records[TotalFiles] ?? 0
  return {
    bytes: records[Bytes] ?? 0,
    files: records[Files] ?? 0,
    directories: records[Directories] ?? 0,
    ...(totalBytes > 0 ? { totalBytes } : {}),
    ...(totalFiles > 0 ? { totalFiles } : {}),
    path,
  }
}

/** The last call: what the result says. */
export function finalProgress(
  result: { readonly bytes?: number; readonly files: number; readonly directories: number },
  path: string,
): Progress {
  const { bytes = 0, files, directories } = result
  return { bytes, files, directories, totalBytes: bytes, totalFiles: files, path }
}

/**
 * Calls `report` about ten times a second. The first throw ends that and calls `cancel`. Gives what stops it, and says
 * what was thrown.
 */
export function reportOften(
  report: () => void,
  cancel: () => void,
): () => { readonly thrown: unknown } | undefined {
  let thrown: { readonly thrown: unknown } | undefined
  const timer = setInterval(() => {
    try {
      report()
    } catch (error) {
      thrown = { thrown: error }
      clearInterval(timer)
      cancel()
    }
  }, PROGRESS_INTERVAL_MS)
  // The operation keeps the event loop alive, not the watching of it.
  timer.unref()
  return () => {
    clearInterval(timer)
    return thrown
  }
}
