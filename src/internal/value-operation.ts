/** Operations that give one value, bytes or a count: their ends, on the calling thread and on the pool. */
import type { Failure } from '../../index.cjs'
import { abortError } from './abort.js'
import type { Binding } from '../binding/binding.js'
import { toError, type ErrorContext } from '../errors/fs-error.js'

/** Why there is no value. */
export class Failed {
  constructor(readonly failure: Failure | undefined) {}
}

/** What to throw; `top` is the public function, above whose frames the stack begins. */
export function reasonOf(
  { failure }: Failed,
  context: ErrorContext,
  top: (...args: never[]) => unknown,
): Error {
  if (failure === undefined) return new Error('palfs: a failure was lost')
  // Only where the process, or the worker, is about to end.
  if (failure.code === 'ABORT_ERR') return abortError(undefined)
  return toError(failure, context, top)
}

/** The failure of the operation in `slot` (null: the synchronous one). */
export function failed({ native }: Binding, slot: number | null): Failed {
  return new Failed(native.takeFailures(slot)[0])
}

/** The end of the operation in `slot`, whose value `read` takes: its size, and where its record begins. */
export function ended<T>(
  bound: Binding,
  slot: number,
  read: (size: number, base: number) => T,
): Promise<T | Failed> {
  const { native, records, waiting } = bound
  const end = (base: number, status: number): T | Failed =>
    status === native.Status.Done ? read(records[base + native.Field.Size] ?? 0, base) : failed(bound, slot)
  return new Promise((resolve) => {
    waiting[slot] = (base, status) => {
      resolve(promised(() => end(base, status)))
    }
  })
}

/**
 * What `read` gives, or a rejection: for want of memory, say. Thrown, it would take the ends of other operations with it, which
 * are told in the same loop.
 */
async function promised<T>(read: () => T): Promise<T> {
  return read()
}

/** The bytes, `size` of them, that a synchronous call gave. */
export function bytesHere({ native, bytes }: Binding, size: number): Buffer {
  if (size > bytes.length) return native.takeBytes(null)
  const value = Buffer.allocUnsafe(size)
  bytes.copy(value, 0, 0, size)
  return value
}

/** The same as text. */
export function textHere({ native, bytes }: Binding, size: number, encoding: BufferEncoding): string {
  return size > bytes.length ? native.takeBytes(null).toString(encoding) : bytes.toString(encoding, 0, size)
}
