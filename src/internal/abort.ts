/** How an operation is given up: the signal stays the caller's, we only listen. */
import { addAbortListener } from 'node:events'
// Not the global ones: tests put others in their place, and jsdom has none of some.
import { clearImmediate, clearTimeout, setImmediate, setTimeout } from 'node:timers'

/** The same error as node:fs rejects with; `pending` where the kernel still holds a worker, which cleans up when it is let go. */
export function abortError(signal: AbortSignal | undefined, pending = false): Error {
  const error = new Error('The operation was aborted', { cause: signal && reasonOf(signal) })
  return Object.assign(error, {
    code: 'ABORT_ERR' as const,
    name: 'AbortError',
    ...(pending ? { pending: true } : {}),
  })
}

/** A signal of the caller's own make may throw when it is asked. */
function reasonOf(signal: AbortSignal): unknown {
  try {
    return signal.reason
  } catch (thrown) {
    return thrown
  }
}

/** How long a worker may take to stop before the caller is told. */
export const ABORT_PATIENCE_MS = 100

/** Who is told of the abort of a signal, and by which listener of it. */
interface Listening {
  readonly listeners: Set<() => void>
  readonly tell: () => void
}

const listening = new WeakMap<AbortSignal, Listening>()

/** One listener for all operations of a signal: Node takes an eleventh for a leak, and says so. */
function listen(signal: AbortSignal): Listening {
  const known = listening.get(signal)
  if (known !== undefined) return known
  const listeners = new Set<() => void>()
  const tell = (): void => {
    for (const listener of listeners) listener()
  }
  // Not `addEventListener`: somebody else's `stopImmediatePropagation` would keep the abort from us.
  addAbortListener(signal, tell)
  const made = { listeners, tell }
  listening.set(signal, made)
  return made
}

/**
 * Calls `cancel` when the signal aborts and, if `settled` was not called 100 ms later, `giveUp`.
 * Gives `settled`, after which nothing is called and nothing is left on the signal.
 */
export function onAbort(signal: AbortSignal, cancel: () => void, giveUp: () => void): () => void {
  let timer: NodeJS.Timeout | undefined
  let last: NodeJS.Immediate | undefined
  const listener = (): void => {
    cancel()
    timer = setTimeout(() => {
      // After what has ended by now is told: a busy thread gets to its timers first.
      last = setImmediate(giveUp)
    }, ABORT_PATIENCE_MS)
  }
  const { listeners, tell } = listen(signal)
  listeners.add(listener)
  return () => {
    clearTimeout(timer)
    clearImmediate(last)
    listeners.delete(listener)
    if (listeners.size > 0) return
    listening.delete(signal)
    // Not by `Symbol.dispose`, which the realms of node:vm do not have in Node 20.
    signal.removeEventListener('abort', tell)
  }
}

/** A function, because `aborted` changes under the compiler's eyes. */
export function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true
}
