/** One operation from its start to its end: watched, asked for decisions, given up. What the public functions have in common. */
import type { Failure } from '../../index.cjs'
import { abortError, ABORT_PATIENCE_MS, isAborted, onAbort } from './abort.js'
import type { Binding, Native } from '../binding/binding.js'
import { toError, type ErrorContext } from '../errors/fs-error.js'
import type { Questions } from './filter.js'
import { finalProgress, PROGRESS_INTERVAL_MS, readProgress, reportOften, type Progress } from './progress.js'

/** Who follows an operation. */
export interface Watchers {
  readonly signal: AbortSignal | undefined
  readonly onProgress: ((progress: Progress) => void) | undefined
}

/** What a result says of how much was done. */
interface Counts {
  readonly bytes?: number
  readonly files: number
  readonly directories: number
}

/** An operation about to be started: its arguments are checked, its options read. */
export interface Operation<R extends Counts> {
  readonly watchers: Watchers
  /** Who decides which entries are copied. */
  readonly questions?: Questions | undefined
  /** Starts it on the pool and gives its slot. With `pumped` the calling thread waits for its end. */
  readonly start: (native: Native, pumped: boolean) => number
  /** Reads the result from the record that begins at `base`. */
  readonly read: (bound: Binding, base: number) => R
  /** Reads a result that came with errors: `onError: 'collect'`. */
  readonly readCollected: (bound: Binding, base: number, slot: number | null) => R
  /** What `onProgress` names. */
  readonly name: () => string
  /** What errors are about. */
  readonly context: () => ErrorContext
}

/** Why there is no result. */
export class Stopped {
  constructor(
    /** A failure as a value, or what the caller's own code threw, or an AbortError. */
    readonly reason: { readonly failure: Failure } | { readonly thrown: unknown },
  ) {}
}

/**
 * The result, or why there is none as an exception; `top` is the public function, above whose frames the stack begins.
 *
 * Called last before the caller has the result: an abort up to here ends in an AbortError, as in node:fs, though the work
 * may be done.
 */
export function resultOf<R extends Counts>(
  outcome: R | Stopped,
  operation: Operation<R>,
  top: (...args: never[]) => unknown,
): R {
  if (!(outcome instanceof Stopped)) {
    const { signal } = operation.watchers
    if (isAborted(signal)) throw abortError(signal)
    return outcome
  }
  const { reason } = outcome
  throw 'failure' in reason ? toError(reason.failure, operation.context(), top) : reason.thrown
}

/** The end of the operation in `slot` (null: the synchronous one), whose record begins at `base`. */
export function readOutcome<R extends Counts>(
  bound: Binding,
  base: number,
  status: number,
  slot: number | null,
  operation: Operation<R>,
): R | Stopped {
  const { Status } = bound.native
  if (status === Status.Done) return operation.read(bound, base)
  if (status === Status.Collected) return operation.readCollected(bound, base, slot)
  const [failure] = bound.native.takeFailures(slot)
  if (failure === undefined) return new Stopped({ thrown: new Error('palfs: a failure was lost') })
  // Cancelled: by the signal, by the caller's own code (which has a reason of its own), or because the process is about
  // to end.
  if (failure.code === 'ABORT_ERR') return new Stopped({ thrown: abortError(operation.watchers.signal) })
  return new Stopped({ failure })
}

/** Starts the operation on the pool. */
export function start<R extends Counts>(bound: Binding, operation: Operation<R>): Promise<R | Stopped> {
  const { watchers, questions } = operation
  if (watchers.signal !== undefined || watchers.onProgress !== undefined || questions !== undefined) {
    return startWatched(bound, operation)
  }
  const slot = operation.start(bound.native, false)
  return new Promise((resolve) => {
    bound.waiting[slot] = (base, status) => {
      resolve(readOutcome(bound, base, status, slot, operation))
    }
  })
}

async function startWatched<R extends Counts>(bound: Binding, operation: Operation<R>): Promise<R | Stopped> {
  const { signal, onProgress } = operation.watchers
  if (isAborted(signal)) return new Stopped({ thrown: abortError(signal) })
  const slot = operation.start(bound.native, false)
  const name = operation.name()
  const cancel = (): void => bound.native.cancel(slot)
  const stopReporting = onProgress && reportOften(() => onProgress(readProgress(bound, slot, name)), cancel)
  // The signal may be the caller's own make, and throw: that is not for whoever hands out the records.
  let leave: (() => void) | undefined
  let refused: { readonly thrown: unknown } | undefined
  const outcome = await new Promise<R | Stopped>((resolve) => {
    const giveUp = (): void => {
      operation.questions?.end()
      abandon(bound, slot)
      resolve(new Stopped({ thrown: abortError(signal, true) }))
    }
    listen(bound, slot, operation.questions, (base, status) => {
      resolve(readOutcome(bound, base, status, slot, operation))
    })
    try {
      leave = signal && onAbort(signal, cancel, giveUp)
    } catch (thrown) {
      refused = { thrown }
      cancel()
    }
  })
  const reported = stopReporting?.()
  leave?.()
  const thrown = operation.questions?.thrown ?? refused ?? reported
  if (thrown !== undefined) return new Stopped(thrown)
  // Here and not where the record is read: the caller's code may copy, and so write to the shared records.
  if (!(outcome instanceof Stopped)) onProgress?.(finalProgress(outcome, name))
  return outcome
}

/** Calls `end` at the end of the operation in `slot`, and answers what it asks until then. */
function listen(
  bound: Binding,
  slot: number,
  questions: Questions | undefined,
  end: (base: number, status: number) => void,
): void {
  const { native, waiting } = bound
  const hear = (base: number, status: number): void => {
    if (status !== native.Status.Asked) {
      questions?.end()
      end(base, status)
      return
    }
    waiting[slot] = hear
    // Later: other records wait to be read, and the caller's code may write to them. By a promise: tests that put their own
    // timers in the place of Node's put their own `queueMicrotask` there, too, and do not run it.
    void Promise.resolve().then(() => questions?.answer(native, slot))
  }
  waiting[slot] = hear
}

/** The kernel holds the worker. Its slot stays taken until it is let go, but nobody waits, the event loop neither. */
function abandon(bound: Binding, slot: number): void {
  bound.native.abandon(slot)
  listen(bound, slot, undefined, (_base, status) => {
    if (status !== bound.native.Status.Done) bound.native.takeFailures(slot)
  })
}

/** Runs the operation on the pool while the calling thread looks at the signal, answers and reports. */
export function pump<R extends Counts>(bound: Binding, operation: Operation<R>): R | Stopped {
  const { signal, onProgress } = operation.watchers
  if (isAborted(signal)) return new Stopped({ thrown: abortError(signal) })
  const slot = operation.start(bound.native, true)
  let outcome: R | Stopped
  try {
    outcome = follow(bound, operation, slot)
  } catch (error) {
    stop(bound, slot)
    return new Stopped({ thrown: error })
  }
  // The slot is free by now, and may be that of what the caller starts in here: nothing is stopped if this throws.
  if (!(outcome instanceof Stopped)) onProgress?.(finalProgress(outcome, operation.name()))
  return outcome
}

/** Waits for the end of a pumped operation, or for the signal. */
function follow<R extends Counts>(bound: Binding, operation: Operation<R>, slot: number): R | Stopped {
  const { native } = bound
  const { watchers, questions } = operation
  const { signal, onProgress } = watchers
  const name = operation.name()
  let reported = performance.now()
  for (;;) {
    const status = native.wait(slot, PROGRESS_INTERVAL_MS)
    if (status === native.Status.Asked) questions?.answerNow(native, slot, signal)
    else if (status !== null) return readOutcome(bound, 0, status, slot, operation)
    const now = performance.now()
    if (onProgress !== undefined && now - reported >= PROGRESS_INTERVAL_MS) {
      reported = now
      onProgress(readProgress(bound, slot, name))
    }
    if (isAborted(signal)) return new Stopped({ thrown: abortError(signal, !stop(bound, slot)) })
  }
}

/** Cancels a pumped operation and waits for its end, but not for a kernel that holds it: says whether it has ended. */
function stop(bound: Binding, slot: number): boolean {
  const { native } = bound
  native.cancel(slot)
  const deadline = performance.now() + ABORT_PATIENCE_MS
  for (;;) {
    const left = Math.max(0, Math.ceil(deadline - performance.now()))
    const status = native.wait(slot, left)
    // What it asked before it noticed is not answered any more.
    if (status === native.Status.Asked) continue
    if (status === null) abandon(bound, slot)
    else native.takeFailures(slot)
    return status !== null
  }
}

/** What tells an operation on a tree who follows it. */
export function followBits({ TreeBit }: Native, { onProgress }: Watchers, pumped: boolean): number {
  return (pumped ? TreeBit.Pumped : 0) | (onProgress === undefined ? 0 : TreeBit.Watched)
}

/** Text of a path, for people. */
export function text(path: string | Uint8Array): string {
  return typeof path === 'string' ? path : Buffer.from(path).toString()
}
