/** How an operation is given up: the signal stays the caller's, we only listen. */

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

/**
 * Calls `cancel` when the signal aborts and, if `settled` was not called 100 ms later, `giveUp`.
 * Gives `settled`, after which nothing is called and nothing is left on the signal.
 */
export function onAbort(signal: AbortSignal, cancel: () => void, giveUp: () => void): () => void {
  let timer: NodeJS.Timeout | undefined
  const listener = (): void => {
    cancel()
    timer = setTimeout(giveUp, ABORT_PATIENCE_MS)
  }
  signal.addEventListener('abort', listener, { once: true })
  return () => {
    signal.removeEventListener('abort', listener)
    clearTimeout(timer)
  }
}

/** A function, because `aborted` changes under the compiler's eyes. */
export function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true
}
