/** Abort signals. The caller's signal gets one listener and is not changed otherwise. */
import { addAbortListener } from 'node:events'
// Not the globals: tests replace them with fake timers, and jsdom lacks some.
import { clearImmediate, clearTimeout, setImmediate, setTimeout } from 'node:timers'

/** The error of node:fs for an abort. `pending`: the kernel still holds a thread, which cleans up when its system call returns. */
export function abortError(signal: AbortSignal | undefined, pending = false): Error {
  const error = new Error('The operation was aborted', { cause: signal && reasonOf(signal) })
  return Object.assign(error, {
    code: 'ABORT_ERR' as const,
    name: 'AbortError',
    ...(pending ? { pending: true } : {}),
  })
}

/** `reason` of a signal of the caller's own class may throw. */
function reasonOf(signal: AbortSignal): unknown {
  try {
    return signal.reason
  } catch (thrown) {
    return thrown
  }
}

/** Milliseconds for the threads to stop after an abort, before the call rejects with `pending: true`. */
export const ABORT_PATIENCE_MS = 100

/** The callbacks for a signal, and the one listener that runs them. */
interface Subscription {
  readonly listeners: Set<() => void>
  readonly notify: () => void
}

const subscriptions = new WeakMap<AbortSignal, Subscription>()

/** Adds one listener for all operations of a signal: from the eleventh on, Node prints a warning about a leak. */
function listen(signal: AbortSignal): Subscription {
  const known = subscriptions.get(signal)
  if (known !== undefined) return known
  const listeners = new Set<() => void>()
  const notify = (): void => {
    for (const listener of listeners) listener()
  }
  // Not `addEventListener`: `stopImmediatePropagation` in another listener would block it.
  addAbortListener(signal, notify)
  const created = { listeners, notify }
  subscriptions.set(signal, created)
  return created
}

/**
 * Calls `cancel` when the signal aborts, and `giveUp` if the operation has not ended {@link ABORT_PATIENCE_MS} later. Returns a
 * function to call at the end of the operation: it removes the listener and the timer.
 */
export function onAbort(signal: AbortSignal, cancel: () => void, giveUp: () => void): () => void {
  let timer: NodeJS.Timeout | undefined
  let last: NodeJS.Immediate | undefined
  const listener = (): void => {
    cancel()
    timer = setTimeout(() => {
      // Run after pending completions. When the event loop was busy, timers fire before them.
      last = setImmediate(giveUp)
    }, ABORT_PATIENCE_MS)
  }
  const { listeners, notify } = listen(signal)
  listeners.add(listener)
  return () => {
    clearTimeout(timer)
    clearImmediate(last)
    listeners.delete(listener)
    if (listeners.size > 0) return
    subscriptions.delete(signal)
    // Not by `Symbol.dispose`: realms of node:vm lack it in Node 20.
    signal.removeEventListener('abort', notify)
  }
}

/** A function, because TypeScript narrows a property that has been read once, and `aborted` can change. */
export function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true
}
