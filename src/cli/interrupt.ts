// Ctrl-C and its kin: the running copy stops, removes what it made, and the program ends as shells expect.

import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const PATIENCE_MS = 5000

/** Watches, until the process ends, for a signal that asks it to. */
export class Interrupt {
  #received: NodeJS.Signals | undefined

  constructor() {
    for (const name of SIGNALS) process.on(name, () => this.#receive(name))
  }

  /** 128 + the signal's number; undefined while none came. */
  get exitCode(): number | undefined {
    return this.#received && 128 + constants.signals[this.#received]
  }

  /**
   * Throws once a signal has come. Called from `onProgress`, where a throw cancels the copy and its promise settles when
   * the worker has cleaned up. An AbortSignal would give up on a worker that the kernel holds for more than 100 ms (a
   * write throttled by a slow disk, say), and the program would end before it could clean up.
   */
  throwIfReceived(): void {
    if (this.#received) throw new Error(`stopped by ${this.#received}`)
  }

  #receive(name: NodeJS.Signals): void {
    // A second Ctrl-C means that the first one did not help.
    if (this.#received) process.exit(this.exitCode)
    this.#received = name
    // A copy that the kernel does not give back (a FIFO without a writer, a dead server) does not hold the program.
    setTimeout(() => process.exit(this.exitCode), PATIENCE_MS).unref()
  }
}
