// What a command says while it runs, and how it ends.

import type { ProgressBar } from './progress-bar.js'

/** What the options say about that. */
export interface ReportOptions {
  readonly json: boolean
}

/** Lines of one command, kept apart from its bar. */
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

  /** Something was not done. */
  complain(message: string): void {
    this.status = 1
    this.warn(message)
  }

  warn(message: string): void {
    this.bar?.clear()
    process.stderr.write(`palfs ${this.#name}: ${message}\n`)
  }

  /** -v; with --json standard output holds the one object alone. */
  tell(line: string): void {
    this.bar?.clear()
    const stream = this.#json ? process.stderr : process.stdout
    stream.write(`${line}\n`)
  }

  /** All is done; with --json this is what was. */
  end(account: object): void {
    this.bar?.end()
    if (this.#json) process.stdout.write(`${JSON.stringify(account)}\n`)
  }
}
