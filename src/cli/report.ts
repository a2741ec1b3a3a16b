// The output of a command, and its exit status.

import type { ProgressBar } from './progress-bar.js'

/** The options about output. */
export interface ReportOptions {
  readonly json: boolean
}

/** Prints lines around the progress bar. */
export class Report {
  /** The exit status: 1 after the first complaint. */
  status = 0
  readonly #name: string
  readonly #json: boolean

  constructor(
    name: string,
    { json }: ReportOptions,
    readonly bar: ProgressBar | undefined,
  ) {
    this.#name = name
    this.#json = json
  }

  /** Reports a failure. */
  complain(message: string): void {
    this.status = 1
    this.warn(message)
  }

  warn(message: string): void {
    this.bar?.clear()
    process.stderr.write(`palfs ${this.#name}: ${message}\n`)
  }

  /** Prints a line of -v. Nothing with --json, whose output is one object. */
  tell(line: string): void {
    this.bar?.clear()
    const stream = this.#json ? process.stderr : process.stdout
    stream.write(`${line}\n`)
  }

  /** Ends the output; with --json it prints `result`. */
  end(account: object): void {
    this.bar?.end()
    if (this.#json) process.stdout.write(`${JSON.stringify(account)}\n`)
  }
}
