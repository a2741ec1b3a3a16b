/** Progress of a running operation. It is polled, ten times a second, so a fast operation cannot flood the event loop. */
// Not the globals: tests replace them with fake timers, and timers of jsdom have no unref().
import { clearInterval, setInterval } from 'node:timers'

import type { Binding } from '../binding/binding.js'

/** Progress of an operation. Counts never decrease while it runs. */
export interface Progress {
  /** Bytes of content copied so far. Holes and clones count. */
  readonly bytes: number
  /** Files completed so far. */
  readonly files: number
  /** Directories created so far. */
  readonly directories: number
  /** Bytes in total; absent until it is known. */
  readonly totalBytes?: number
  /** Files in total; absent until it is known. */
  readonly totalFiles?: number
  /** An entry that is being copied or removed. In the last call: the path that the caller gave. */
  readonly path: string
}

export const PROGRESS_INTERVAL_MS = 100

/** The progress of a running job; `undefined` once it has ended. `root`: the path that the caller gave. */
export function readProgress({ native }: Binding, job: number, root: string): Progress | undefined {
  const progress = native.readProgress(job)
  return progress === null ? undefined : { ...progress, path: progress.path ?? root }
}

/** The progress of the last call, from the result. */
export function finalProgress(
  result: { readonly bytes?: number; readonly files: number; readonly directories: number },
  path: string,
): Progress {
  const { bytes = 0, files, directories } = result
  return { bytes, files, directories, totalBytes: bytes, totalFiles: files, path }
}

/**
 * Calls `report` about ten times a second. The first exception ends the reports and calls `cancel`. Returns a function that
 * ends the reports and returns the exception.
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
  // The operation keeps the event loop alive; the timer must not.
  timer.unref()
  return () => {
    clearInterval(timer)
    return thrown
  }
}
