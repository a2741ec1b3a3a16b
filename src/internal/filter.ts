/**
 * The caller's `filter`: asked on the JavaScript thread about the entries of a tree, a batch of one directory at a time.
 * The engine goes on with other batches while one is being decided.
 */
import { posix } from 'node:path'
import { types } from 'node:util'

import type { Asked } from '../../index.cjs'
import { isAborted } from './abort.js'
import type { Native } from '../binding/binding.js'
import { invalidReturn } from './node-compat.js'

/** Whether an entry is copied; a directory that is not is not entered. */
export type Filter = (src: string, dest: string) => unknown

/** What a filter will say of some entries of a batch. */
interface Later {
  readonly places: number[]
  readonly promises: unknown[]
}

/** Room for the verdicts on one batch; more is made where a batch is larger. */
const ROOM = 1024

/** The questions of one operation, and who answers them. */
export class Questions {
  /** What the filter threw, which ends the operation. */
  thrown: { readonly thrown: unknown } | undefined
  #ended = false
  /** A byte for each entry of the batch that was asked about last, and what is to come of it. */
  #verdicts = new Uint8Array(ROOM)
  #later: Later | undefined

  constructor(
    readonly filter: Filter,
    /** The ends of the operation, as the caller gave them. */
    readonly src: string,
    readonly dest: string,
  ) {}

  /** Answers everything that is asked now. Promises of one batch are awaited together. */
  answer(native: Native, slot: number): void {
    while (this.#isOpen()) {
      const question = native.takeQuestion(slot)
      if (question === null) return
      try {
        const count = this.#ask(question)
        if (this.#later === undefined) native.answer(slot, question.id, this.#verdicts, count)
        else void this.#answerLater(native, slot, question.id, this.#verdicts.slice(0, count), this.#later)
      } catch (error) {
        this.#fail(native, slot, error)
      }
    }
  }

  async #answerLater(
    native: Native,
    slot: number,
    id: number,
    verdicts: Uint8Array,
    { places, promises }: Later,
  ): Promise<void> {
    try {
      const said = await Promise.all(promises)
      for (const [index, place] of places.entries()) verdicts[place] = said[index] ? 1 : 0
      if (this.#isOpen()) native.answer(slot, id, verdicts, verdicts.length)
    } catch (error) {
      this.#fail(native, slot, error)
    }
  }

  #fail(native: Native, slot: number, error: unknown): void {
    if (!this.#isOpen()) return
    this.thrown = { thrown: error }
    native.cancel(slot)
  }

  /** Answers everything that is asked now, or throws: a promise cannot be awaited here. Ends when the signal aborts. */
  answerNow(native: Native, slot: number, signal: AbortSignal | undefined): void {
    while (!isAborted(signal)) {
      const question = native.takeQuestion(slot)
      if (question === null) return
      const count = this.#ask(question)
      const promise = this.#later?.promises.find((value) => types.isPromise(value))
      if (this.#later !== undefined) forget(this.#later)
      if (promise !== undefined) throw invalidReturn('boolean', 'filter', promise)
      native.answer(slot, question.id, this.#verdicts, count)
    }
  }

  /** The operation has ended: answers that come now are dropped. */
  end(): void {
    this.#ended = true
  }

  #isOpen(): boolean {
    return !this.#ended && this.thrown === undefined
  }

  /** Asks about every entry of a batch, and gives how many there are. The names are those that `path.join` makes. */
  #ask({ src, dest, names }: Asked): number {
    const { filter } = this
    this.#later = undefined
    if (names === undefined) {
      this.#hear(0, filter(this.src, this.dest))
      return 1
    }
    const [from, to] = [below(src), below(dest)]
    const list = names.split('\0')
    if (list.length > this.#verdicts.length) this.#verdicts = new Uint8Array(list.length)
    let place = 0
    try {
      for (const name of list) {
        this.#hear(place, filter(from + name, to + name))
        place += 1
      }
    } catch (error) {
      if (this.#later !== undefined) forget(this.#later)
      throw error
    }
    return place
  }

  #hear(place: number, said: unknown): void {
    const isLater =
      ((typeof said === 'object' && said !== null) || typeof said === 'function') && 'then' in said
    // Where nobody waits for it, a promise is a yes, as any object.
    this.#verdicts[place] = said ? 1 : 0
    if (!isLater) return
    this.#later ??= { places: [], promises: [] }
    this.#later.places.push(place)
    this.#later.promises.push(said)
  }
}

/** What `path.join` puts before a name in `directory`, found once for all of them. */
function below(directory: string): string {
  return posix.join(directory, '-').slice(0, -1)
}

/** Promises that nobody waits for any more may reject. */
function forget({ promises }: Later): void {
  void Promise.allSettled(promises)
}
