/** One copy from checked arguments to outcome: started, watched, given up. What the public functions have in common. */
import type { Failure } from '../index.cjs'
import { abortError, ABORT_PATIENCE_MS, onAbort } from './abort.js'
import { pathArgument } from './args.js'
import type { Binding } from './binding.js'
import { copyRequest, type CopyRequest } from './copy-options.js'
import { readCollected, readResult, type CopyResult } from './copy-result.js'
import { toError, type ErrorContext } from './errors.js'
import { finalProgress, PROGRESS_INTERVAL_MS, readProgress, reportOften } from './progress.js'

/** A copy about to be made: arguments checked, options read. */
export interface Task {
  readonly src: string | Uint8Array
  readonly dest: string | Uint8Array
  readonly request: CopyRequest
}

/** Why there is no result. */
export class Stopped {
  constructor(
    /** A failure as a value, or what the caller's own code threw, or an AbortError. */
    readonly reason: { readonly failure: Failure } | { readonly thrown: unknown },
  ) {}
}

const NO_OPTIONS: CopyRequest = { bits: 0, signal: undefined, onProgress: undefined }

export function checked(bound: Binding, src: unknown, dest: unknown, mode: unknown, command = false): Task {
  const from = pathArgument(src, 'src')
  const to = pathArgument(dest, 'dest')
  const request = mode === undefined ? NO_OPTIONS : copyRequest(mode, bound.native.OptionBit, command)
  return { src: from, dest: to, request }
}

/** What to throw; `top` is the public function, above whose frames the stack begins. */
export function errorOf({ reason }: Stopped, task: Task, top: (...args: never[]) => unknown): unknown {
  return 'failure' in reason ? toError(reason.failure, context(task), top) : reason.thrown
}

const context = ({ src, dest }: Task): ErrorContext => ({
  syscall: 'copyfile',
  path: src,
  dest,
  moves: true,
})

/** The end of the operation in `slot` (null: the synchronous one), whose record begins at `base`. */
function readOutcome(
  bound: Binding,
  base: number,
  status: number,
  slot: number | null,
  task: Task,
): CopyResult | Stopped {
  const { Status } = bound.native
  if (status === Status.Done) return readResult(bound, base)
  if (status === Status.Collected) return readCollected(bound, base, slot, context(task))
  const [failure] = bound.native.takeFailures(slot)
  if (failure === undefined) return new Stopped({ thrown: new Error('palfs: a failure was lost') })
  // Cancelled: by the signal, by onProgress (which has a reason of its own), or because the process is about to end.
  if (failure.code === 'ABORT_ERR') return new Stopped({ thrown: abortError(task.request.signal) })
  return new Stopped({ failure })
}

/** Starts the copy on the pool. */
export function start(bound: Binding, task: Task): Promise<CopyResult | Stopped> {
  const { bits, signal, onProgress } = task.request
  if (signal !== undefined || onProgress !== undefined) return startWatched(bound, task)
  const slot = bound.native.copyFile(task.src, task.dest, bits)
  return new Promise((resolve) => {
    bound.waiting[slot] = (base, status) => {
      resolve(readOutcome(bound, base, status, slot, task))
    }
  })
}

async function startWatched(bound: Binding, task: Task): Promise<CopyResult | Stopped> {
  const { bits, signal, onProgress } = task.request
  if (signal !== undefined && isAborted(signal)) return new Stopped({ thrown: abortError(signal) })
  const slot = bound.native.copyFile(task.src, task.dest, bits)
  const path = nameOf(task)
  const cancel = (): void => bound.native.cancel(slot)
  const stopReporting = onProgress && reportOften(() => onProgress(readProgress(bound, slot, path)), cancel)
  const outcome = await new Promise<CopyResult | Stopped>((resolve) => {
    const giveUp = (): void => {
      abandon(bound, slot)
      resolve(new Stopped({ thrown: abortError(signal, true) }))
    }
    const settled = signal && onAbort(signal, cancel, giveUp)
    bound.waiting[slot] = (base, status) => {
      settled?.()
      resolve(readOutcome(bound, base, status, slot, task))
    }
  })
  const thrown = stopReporting?.()
  if (thrown !== undefined) return new Stopped(thrown)
  // Here and not where the record is read: the caller's code may copy, and so write to the shared records.
  if (!(outcome instanceof Stopped)) onProgress?.(finalProgress(outcome, path))
  return outcome
}

/** The kernel holds the worker. Its slot stays taken until it is let go, but nobody waits, the event loop neither. */
function abandon({ native, waiting }: Binding, slot: number): void {
  native.letGo(slot)
  waiting[slot] = (_base, status) => {
    if (status !== native.Status.Done) native.takeFailures(slot)
  }
}

/** Copies before it returns. */
export function runSync(bound: Binding, task: Task): CopyResult | Stopped {
  const { bits, signal, onProgress } = task.request
  if (signal !== undefined || onProgress !== undefined) return pump(bound, task)
  const status = bound.native.copyFileSync(task.src, task.dest, bits)
  return readOutcome(bound, 0, status, null, task)
}

/** Runs on the pool while the calling thread looks at the signal and reports. */
function pump(bound: Binding, task: Task): CopyResult | Stopped {
  const { bits, signal, onProgress } = task.request
  if (signal !== undefined && isAborted(signal)) return new Stopped({ thrown: abortError(signal) })
  const { native } = bound
  const slot = native.copyFilePumped(task.src, task.dest, bits)
  const path = nameOf(task)
  try {
    for (;;) {
      const status = native.wait(slot, PROGRESS_INTERVAL_MS)
      if (status !== null) {
        const outcome = readOutcome(bound, 0, status, slot, task)
        if (!(outcome instanceof Stopped)) onProgress?.(finalProgress(outcome, path))
        return outcome
      }
      onProgress?.(readProgress(bound, slot, path))
      if (signal !== undefined && isAborted(signal))
        return new Stopped({ thrown: abortError(signal, !stop(bound, slot)) })
    }
  } catch (error) {
    stop(bound, slot)
    return new Stopped({ thrown: error })
  }
}

/** Cancels a pumped operation and waits for its end, but not for a kernel that holds it. */
function stop({ native }: Binding, slot: number): boolean {
  native.cancel(slot)
  const status = native.wait(slot, ABORT_PATIENCE_MS)
  native.takeFailures(slot)
  return status !== null
}

/** A function, because `aborted` changes under the compiler's eyes. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted
}

function nameOf({ src }: Task): string {
  return typeof src === 'string' ? src : Buffer.from(src).toString()
}
