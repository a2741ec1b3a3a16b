/**
 * Runs the caller's `filter` on the JavaScript thread. A request holds a batch of entries of one directory. The engine works
 * on other batches until the decision arrives.
 */
import { posix } from 'node:path'
import { types } from 'node:util'

import type { Asked } from '../../index.cjs'
import type { Native } from '../binding/binding.js'
import { isAborted } from './abort.js'
import { invalidReturn } from './node-compat.js'

/** Decides whether an entry is copied. A directory that is not copied is not entered. */
export type Filter = (src: string, dest: string) => unknown

/** Promises that the filter returned for entries of a batch, with the index of each entry. */
interface Pending {
  readonly indexes: number[]
  readonly promises: unknown[]
}

/** Entries of a batch that the first decision buffer holds. It grows for larger batches. */
const FIRST_CAPACITY = 1024

/** The filter of one operation. */
export class FilterSession {
  /** The filter's exception, which ends the operation. */
  thrown: { readonly thrown: unknown } | undefined
  #ended = false
  /** One byte for each entry of the last batch: 1 if it is copied. */
  #decisions = new Uint8Array(FIRST_CAPACITY)
  #pending: Pending | undefined

  constructor(
    readonly filter: Filter,
    /** Source and destination of the operation, as the caller gave them. */
    readonly src: string,
    readonly dest: string,
  ) {}

  /** Decides all open requests. The promises of one batch are awaited together. */
  decide(native: Native, job: number): void {
    while (this.#isOpen()) {
      const request = native.takeQuestion(job)
      if (request === null) return
      try {
        const count = this.#runFilter(request)
        if (this.#pending === undefined) native.answer(job, request.id, this.#decisions, count)
        else void this.#decideLater(native, job, request.id, this.#decisions.slice(0, count), this.#pending)
      } catch (error) {
        this.#fail(native, job, error)
      }
    }
  }

  async #decideLater(
    native: Native,
    job: number,
    id: number,
    decisions: Uint8Array,
    { indexes, promises }: Pending,
  ): Promise<void> {
    try {
      const values = await Promise.all(promises)
      for (const [at, index] of indexes.entries()) decisions[index] = values[at] ? 1 : 0
      if (this.#isOpen()) native.answer(job, id, decisions, decisions.length)
    } catch (error) {
      this.#fail(native, job, error)
    }
  }

  #fail(native: Native, job: number, error: unknown): void {
    if (!this.#isOpen()) return
    this.thrown = { thrown: error }
    native.cancel(job)
  }

  /** Decides all open requests of a blocking call until the signal aborts. Throws if the filter returns a promise. */
  decideBlocking(native: Native, job: number, signal: AbortSignal | undefined): void {
    while (!isAborted(signal)) {
      const request = native.takeQuestion(job)
      if (request === null) return
      const count = this.#runFilter(request)
      const promise = this.#pending?.promises.find((value) => types.isPromise(value))
      if (this.#pending !== undefined) ignoreRejections(this.#pending)
      if (promise !== undefined) throw invalidReturn('boolean', 'filter', promise)
      native.answer(job, request.id, this.#decisions, count)
    }
  }

  /** The operation has ended: later decisions are dropped. */
  end(): void {
    this.#ended = true
  }

  #isOpen(): boolean {
    return !this.#ended && this.thrown === undefined
  }

  /** Calls the filter for each entry of a batch and returns their number. Paths are built as by `path.join`. */
  #runFilter({ src, dest, names }: Asked): number {
    const { filter } = this
    this.#pending = undefined
    if (names === undefined) {
      this.#store(0, filter(this.src, this.dest))
      return 1
    }
    const [from, to] = [prefixOf(src), prefixOf(dest)]
    const list = names.split('\0')
    if (list.length > this.#decisions.length) this.#decisions = new Uint8Array(list.length)
    let index = 0
    try {
      for (const name of list) {
        this.#store(index, filter(from + name, to + name))
        index += 1
      }
    } catch (error) {
      if (this.#pending !== undefined) ignoreRejections(this.#pending)
      throw error
    }
    return index
  }

  #store(index: number, value: unknown): void {
    const isThenable =
      ((typeof value === 'object' && value !== null) || typeof value === 'function') && 'then' in value
    // A thenable that is no promise counts as true in a blocking call, as any object does.
    this.#decisions[index] = value ? 1 : 0
    if (!isThenable) return
    this.#pending ??= { indexes: [], promises: [] }
    this.#pending.indexes.push(index)
    this.#pending.promises.push(value)
  }
}

/** The text that `path.join` puts before a name in `directory`, computed once for the batch. */
function prefixOf(directory: string): string {
  return posix.join(directory, '-').slice(0, -1)
}

/** Prevents unhandled rejections of promises that are no longer awaited. */
function ignoreRejections({ promises }: Pending): void {
  void Promise.allSettled(promises)
}
