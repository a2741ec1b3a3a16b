/**
 * The caller's `filter`: asked on the JavaScript thread about the entries of a tree, a batch of one directory at a time.
 * The engine goes on with other batches while one is being decided.
 */
import { posix } from 'node:path'
import { types } from 'node:util'

import type { Asked } from '../index.cjs'
import { isAborted } from './abort.js'
import type { Native } from './binding.js'
import { invalidReturn } from './node-compat.js'

/** Whether an entry is copied; a directory that is not is not entered. */
export type Filter = (src: string, dest: string) => unknown

/** What a filter said of one batch, a byte for each entry. */
type Answer = Uint8Array

/** The questions of one operation, and who answers them. */
export class Questions {
  /** What the filter threw, which ends the operation. */
  thrown: { readonly thrown: unknown } | undefined
  #ended = false

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
      const reply = (answer: Answer): void => {
        if (this.#isOpen()) native.answer(slot, question.id, answer)
      }
      const fail = (error: unknown): void => {
        if (!this.#isOpen()) return
        this.thrown = { thrown: error }
        native.cancel(slot)
      }
      const said: unknown[] = []
      try {
        this.#ask(question, said)
        if (said.some(isThenable)) Promise.all(said).then(toAnswer).then(reply, fail)
        else reply(toAnswer(said))
      } catch (error) {
        forget(said)
        fail(error)
      }
    }
  }

  /** Answers everything that is asked now, or throws: a promise cannot be awaited here. Ends when the signal aborts. */
  answerNow(native: Native, slot: number, signal: AbortSignal | undefined): void {
    while (!isAborted(signal)) {
      const question = native.takeQuestion(slot)
      if (question === null) return
      const said: unknown[] = []
      this.#ask(question, said)
      const promise = said.find((value) => types.isPromise(value))
      if (promise !== undefined) {
        forget(said)
        throw invalidReturn('boolean', 'filter', promise)
      }
      native.answer(slot, question.id, toAnswer(said))
    }
  }

  /** The operation has ended: answers that come now are dropped. */
  end(): void {
    this.#ended = true
  }

  #isOpen(): boolean {
    return !this.#ended && this.thrown === undefined
  }

  /** Asks about every entry of a batch. The names are those that `path.join` makes. */
  #ask({ src, dest, names }: Asked, said: unknown[]): void {
    const { filter } = this
    if (names === undefined) {
      said.push(filter(this.src, this.dest))
      return
    }
    const [from, to] = [below(src), below(dest)]
    for (const name of names.split('\0')) said.push(filter(from + name, to + name))
  }
}

/** What `path.join` puts before a name in `directory`, found once for all of them. */
function below(directory: string): string {
  return posix.join(directory, '-').slice(0, -1)
}

function toAnswer(said: readonly unknown[]): Answer {
  return Uint8Array.from(said, (value) => (value ? 1 : 0))
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value
}

/** Promises that nobody waits for any more may reject. */
function forget(said: readonly unknown[]): void {
  void Promise.allSettled(said)
}
