// Signals such as Ctrl-C: the running copy stops and removes its partial files, and the exit status is 128 + signal.

import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const PATIENCE_MS = 5000

/** Catches signals that end the process. */
export class Interrupt {
  #received: NodeJS.Signals | undefined

  constructor() {
    for (const name of SIGNALS) process.on(name, () => this.#receive(name))
  }

  /** 128 + the signal's number; undefined before a signal. */
  get exitCode(): number | undefined {
    return this.#received && 128 + constants.signals[this.#received]
  }

  /**
   * Throws after a signal. Called from `onProgress`, where an exception cancels the copy, and the promise settles after the
   * cleanup. An AbortSignal would reject after 100 ms while the kernel still holds a thread (in a write throttled by a slow
   * disk, say), and the program would exit before the cleanup.
   */
  throwIfReceived(): void {
    if (this.#received) throw new Error(`stopped by ${this.#received}`)
  }

  #receive(name: NodeJS.Signals): void {
    // A second Ctrl-C exits at once.
    if (this.#received) process.exit(this.exitCode)
    this.#received = name
    // A thread that the kernel does not return (a FIFO without a writer, a dead server) must not block the exit.
    setTimeout(() => process.exit(this.exitCode), PATIENCE_MS).unref()
  }
}
