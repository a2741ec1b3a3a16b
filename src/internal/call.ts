/** Calls of the addon: start, await or block, read the result or make the error. Every public function goes through here. */
import type { Failure } from '../../index.cjs'
import { binding, type Binding, type Native } from '../binding/binding.js'
import { toError, type ErrorContext } from '../errors/fs-error.js'
import { abortError, ABORT_PATIENCE_MS, isAborted, onAbort } from './abort.js'
import type { FilterSession } from './filter.js'
import { finalProgress, PROGRESS_INTERVAL_MS, readProgress, reportOften, type Progress } from './progress.js'

/** The two forms of most functions: one returns a promise, the other (`nameSync`) blocks. */
export type Form = 'promise' | 'sync'

/** The return type of a function that is declared once for both forms: `T` or a promise of it. */
export type Returns<F extends Form, T> = F extends 'sync' ? T : Promise<T>

/** The caller's hooks into a running operation. */
export interface Observers {
  readonly signal: AbortSignal | undefined
  readonly onProgress: ((progress: Progress) => void) | undefined
}

/** The counters of a result that the last progress report repeats. */
interface Counts {
  readonly bytes?: number
  readonly files: number
  readonly directories: number
}

/** An operation on a file or a tree, ready to start: arguments are checked, options are read. */
export interface Operation<R extends Counts> {
  readonly observers: Observers
  /** Present if the caller gave a `filter`. */
  readonly filter?: FilterSession | undefined
  /** Starts the operation on the thread pool and returns its job id. `blocking`: the calling thread waits for the end. */
  readonly start: (native: Native, blocking: boolean) => number
  /** Reads the result from the record that begins at `base`. */
  readonly read: (bound: Binding, base: number) => R
  /** Reads a result that has errors (`onError: 'collect'`). */
  readonly readCollected: (bound: Binding, base: number, job: number | null) => R
  /** The path that `onProgress` reports if the addon names none. */
  readonly name: () => string
  readonly context: () => ErrorContext
}

/** A call that failed: either a failure of the addon, or an exception (of the caller's code, or an AbortError). */
export class OperationFailure {
  constructor(readonly reason: { readonly failure: Failure } | { readonly thrown: unknown }) {}
}

/** The failure of a job (null: of the last synchronous call). `signal`: the reason of an AbortError. */
export function failureOf({ native }: Binding, job: number | null, signal?: AbortSignal): OperationFailure {
  const [failure] = native.takeFailures(job)
  if (failure === undefined) return new OperationFailure({ thrown: new Error('palfs: a failure was lost') })
  // Cancelled by the signal, by an exception in the caller's code (which is then reported instead), or because the
  // process or worker is about to exit.
  if (failure.code === 'ABORT_ERR') return new OperationFailure({ thrown: abortError(signal) })
  return new OperationFailure({ failure })
}

/** The value to throw. `top`: the public function; the stack begins with its caller's frame. */
export function exceptionOf(
  { reason }: OperationFailure,
  context: ErrorContext,
  top: (...args: never[]) => unknown,
): unknown {
  return 'failure' in reason ? toError(reason.failure, context, top) : reason.thrown
}

/**
 * Returns the result or throws. `top` is the public function.
 *
 * This is the last step before the caller gets the result. An abort up to here throws an AbortError, as in node:fs, even
 * if the work is done.
 */
export function resultOf<R extends Counts>(
  outcome: R | OperationFailure,
  operation: Operation<R>,
  top: (...args: never[]) => unknown,
): R {
  if (outcome instanceof OperationFailure) throw exceptionOf(outcome, operation.context(), top)
  const { signal } = operation.observers
  if (isAborted(signal)) throw abortError(signal)
  return outcome
}

/** Reads the outcome of a job (null: of the last synchronous call) whose record begins at `base`. */
export function readOutcome<R extends Counts>(
  bound: Binding,
  base: number,
  status: number,
  job: number | null,
  operation: Operation<R>,
): R | OperationFailure {
  const { Status } = bound.native
  if (status === Status.Done) return operation.read(bound, base)
  if (status === Status.Collected) return operation.readCollected(bound, base, job)
  return failureOf(bound, job, operation.observers.signal)
}

/** Starts the operation on the pool. */
export function start<R extends Counts>(
  bound: Binding,
  operation: Operation<R>,
): Promise<R | OperationFailure> {
  const { observers, filter } = operation
  if (observers.signal !== undefined || observers.onProgress !== undefined || filter !== undefined) {
    return startObserved(bound, operation)
  }
  const job = operation.start(bound.native, false)
  return new Promise((resolve) => {
    bound.waiting[job] = (base, status) => {
      resolve(readOutcome(bound, base, status, job, operation))
    }
  })
}

async function startObserved<R extends Counts>(
  bound: Binding,
  operation: Operation<R>,
): Promise<R | OperationFailure> {
  const { signal, onProgress } = operation.observers
  if (isAborted(signal)) return new OperationFailure({ thrown: abortError(signal) })
  const job = operation.start(bound.native, false)
  const name = operation.name()
  const cancel = (): void => bound.native.cancel(job)
  const report = (): void => {
    const progress = readProgress(bound, job, name)
    if (progress !== undefined) onProgress?.(progress)
  }
  const stopReporting = onProgress && reportOften(report, cancel)
  // A signal of the caller's own class may throw. The exception belongs to this call, not to the loop that reads records.
  let removeListener: (() => void) | undefined
  let refused: { readonly thrown: unknown } | undefined
  const outcome = await new Promise<R | OperationFailure>((resolve) => {
    const giveUp = (): void => {
      operation.filter?.end()
      abandon(bound, job)
      resolve(new OperationFailure({ thrown: abortError(signal, true) }))
    }
    listen(bound, job, operation.filter, (base, status) => {
      resolve(readOutcome(bound, base, status, job, operation))
    })
    try {
      removeListener = signal && onAbort(signal, cancel, giveUp)
    } catch (thrown) {
      refused = { thrown }
      cancel()
    }
  })
  const reported = stopReporting?.()
  removeListener?.()
  const thrown = operation.filter?.thrown ?? refused ?? reported
  if (thrown !== undefined) return new OperationFailure(thrown)
  // Not where the record is read: the callback may start a copy, which writes to the shared records.
  if (!(outcome instanceof OperationFailure)) onProgress?.(finalProgress(outcome, name))
  return outcome
}

/** Calls `end` at the end of a job, and runs the filter on the requests that arrive before. */
function listen(
  bound: Binding,
  job: number,
  filter: FilterSession | undefined,
  end: (base: number, status: number) => void,
): void {
  const { native, waiting } = bound
  const onEvent = (base: number, status: number): void => {
    if (status !== native.Status.Asked) {
      filter?.end()
      end(base, status)
      return
    }
    waiting[job] = onEvent
    // In a microtask: other records are still unread, and the filter may start a copy, which writes to them. A promise and
    // not `queueMicrotask`: fake timers of tests replace that, and do not run it.
    void Promise.resolve().then(() => filter?.decide(native, job))
  }
  waiting[job] = onEvent
}

/** Leaves a job that the kernel holds. Its id stays taken until the system call returns, but does not hold the event loop. */
function abandon(bound: Binding, job: number): void {
  bound.native.abandon(job)
  listen(bound, job, undefined, (_base, status) => {
    if (status !== bound.native.Status.Done) bound.native.takeFailures(job)
  })
}

/** Runs the operation on the pool. The calling thread runs `filter` and `onProgress`, and polls the signal, until it ends. */
export function runBlocking<R extends Counts>(bound: Binding, operation: Operation<R>): R | OperationFailure {
  const { signal, onProgress } = operation.observers
  if (isAborted(signal)) return new OperationFailure({ thrown: abortError(signal) })
  const job = operation.start(bound.native, true)
  let outcome: R | OperationFailure
  try {
    outcome = waitForEnd(bound, operation, job)
  } catch (error) {
    cancelAndWait(bound, job)
    return new OperationFailure({ thrown: error })
  }
  // The job id is already free and may be reused by a copy started inside this callback, so do not cancel it if the
  // callback throws.
  if (!(outcome instanceof OperationFailure)) onProgress?.(finalProgress(outcome, operation.name()))
  return outcome
}

function waitForEnd<R extends Counts>(
  bound: Binding,
  operation: Operation<R>,
  job: number,
): R | OperationFailure {
  const { native } = bound
  const { observers, filter } = operation
  const { signal, onProgress } = observers
  const name = operation.name()
  let reported = performance.now()
  for (;;) {
    const status = native.wait(job, PROGRESS_INTERVAL_MS)
    if (status === native.Status.Asked) filter?.decideBlocking(native, job, signal)
    else if (status !== null) return readOutcome(bound, 0, status, job, operation)
    const now = performance.now()
    if (onProgress !== undefined && now - reported >= PROGRESS_INTERVAL_MS) {
      reported = now
      const progress = readProgress(bound, job, name)
      if (progress !== undefined) onProgress(progress)
    }
    if (isAborted(signal)) {
      return new OperationFailure({ thrown: abortError(signal, !cancelAndWait(bound, job)) })
    }
  }
}

/** Cancels a blocking job and waits up to {@link ABORT_PATIENCE_MS} for its end. Returns whether it has ended. */
function cancelAndWait(bound: Binding, job: number): boolean {
  const { native } = bound
  native.cancel(job)
  const deadline = performance.now() + ABORT_PATIENCE_MS
  for (;;) {
    const left = Math.max(0, Math.ceil(deadline - performance.now()))
    const status = native.wait(job, left)
    // A filter request from before the cancellation: it needs no decision.
    if (status === native.Status.Asked) continue
    if (status === null) abandon(bound, job)
    else native.takeFailures(job)
    return status !== null
  }
}

/** The bits of `TreeBit` that tell the engine how the caller follows the operation. */
export function observerBits({ TreeBit }: Native, { onProgress }: Observers, blocking: boolean): number {
  return (blocking ? TreeBit.Pumped : 0) | (onProgress === undefined ? 0 : TreeBit.Watched)
}

/** A started call whose value is bytes, a number, or nothing. No progress, no signal. */
export interface ValueCall<T> {
  /** Promise form: the job id. Blocking form: the size of the value, or null after a failure. */
  readonly started: number | null
  readonly context: ErrorContext
  /** Reads the value. `job`: null in the blocking form. `base`: where the record begins, 0 in the blocking form. */
  readonly read: (bound: Binding, size: number, base: number, job: number | null) => T
}

/** Checks the arguments and starts the call: on the calling thread if `isSync`, else on the pool. */
export type StartValueCall<A extends readonly unknown[], T> = (
  bound: Binding,
  isSync: boolean,
  ...args: A
) => ValueCall<T>

/** The two forms of one function. */
export interface Twins<A extends readonly unknown[], T> {
  readonly promise: (...args: A) => Promise<T>
  readonly sync: (...args: A) => T
}

/** {@link StartValueCall} for any arguments: four at most, because rest parameters would double the time of a stat(2). */
type StartAny<T> = (
  bound: Binding,
  isSync: boolean,
  first?: unknown,
  second?: unknown,
  third?: unknown,
  fourth?: unknown,
) => ValueCall<T>

/** Makes the promise form (`name`) and the blocking form (`nameSync`) of a function of up to four parameters. */
export function twins<A extends readonly unknown[], T>(
  name: string,
  startCall: StartValueCall<A, T>,
): Twins<A, T> {
  const startAny = startCall as unknown as StartAny<T>
  const promise = async (
    first?: unknown,
    second?: unknown,
    third?: unknown,
    fourth?: unknown,
  ): Promise<T> => {
    const bound = binding()
    const call = startAny(bound, false, first, second, third, fourth)
    const value = await ended(bound, call.started ?? 0, call.read)
    if (value instanceof OperationFailure) throw exceptionOf(value, call.context, promise)
    return value
  }
  const sync = (first?: unknown, second?: unknown, third?: unknown, fourth?: unknown): T => {
    const bound = binding()
    const call = startAny(bound, true, first, second, third, fourth)
    if (call.started === null) throw exceptionOf(failureOf(bound, null), call.context, sync)
    return call.read(bound, call.started, 0, null)
  }
  Object.defineProperty(promise, 'name', { value: name })
  Object.defineProperty(sync, 'name', { value: `${name}Sync` })
  return { promise, sync } as unknown as Twins<A, T>
}

/** Waits for a value call on the pool and reads its value. */
export function ended<T>(
  bound: Binding,
  job: number,
  read: ValueCall<T>['read'],
): Promise<T | OperationFailure> {
  const { native, records, waiting } = bound
  const readEnd = (base: number, status: number): T | OperationFailure => {
    if (status !== native.Status.Done) return failureOf(bound, job)
    // An exception (out of memory, say) must become a rejection. Thrown, it would end the loop that completes other calls.
    try {
      return read(bound, records[base + native.Field.Size] ?? 0, base, job)
    } catch (thrown) {
      return new OperationFailure({ thrown })
    }
  }
  return new Promise((resolve) => {
    waiting[job] = (base, status) => {
      resolve(readEnd(base, status))
    }
  })
}

/** Reads a value that is nothing. */
export function nothing(this: void): undefined {
  return undefined
}

/** Reads a value that is a number: a count or a descriptor. */
export function number(this: void, _bound: Binding, size: number): number {
  return size
}

/** Reads a value of `size` bytes. */
export function bytes(
  this: void,
  { native, bytes: shared }: Binding,
  size: number,
  _base: number,
  job: number | null,
): Buffer {
  if (job !== null || size > shared.length) return native.takeBytes(job)
  const value = Buffer.allocUnsafe(size)
  shared.copy(value, 0, 0, size)
  return value
}

/** Reads a value of bytes as a Buffer (`encoding` absent or `'buffer'`) or as a string. */
export function bytesOrText(
  encoding: BufferEncoding | 'buffer' | undefined,
): (bound: Binding, size: number, base: number, job: number | null) => Buffer | string {
  if (encoding === undefined || encoding === 'buffer') return bytes
  return ({ native, bytes: shared }, size, _base, job) =>
    job !== null || size > shared.length
      ? native.takeBytes(job).toString(encoding)
      : shared.toString(encoding, 0, size)
}

/** Puts methods on a class's prototype, not enumerable, as those that a class body declares. */
export function defineMethods(prototype: object, methods: Readonly<Record<string, unknown>> | object): void {
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true })
  }
}
