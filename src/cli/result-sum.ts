// Sums the results of a command with several sources.

import type { CopyMethod, CopyResult } from '../index.js'

type Unpreserved = NonNullable<CopyResult['unpreserved']>

const COUNTS = ['bytes', 'files', 'directories', 'symlinks', 'others', 'skipped'] as const

/** A sum of results. */
export class ResultSum {
  #largest = -1
  #method: CopyMethod = 'none'
  readonly #counts = { bytes: 0, files: 0, directories: 0, symlinks: 0, others: 0, skipped: 0 }
  readonly #methods: Partial<Record<CopyMethod, number>> = {}
  readonly #unpreserved: { -readonly [Item in keyof Unpreserved]: Unpreserved[Item] } = {}
  readonly #errors: object[] = []

  /** Adds the result of one copy. */
  add(result: CopyResult): void {
    for (const key of COUNTS) this.#counts[key] += result[key]
    for (const [method, files] of Object.entries(result.methods) as [CopyMethod, number][]) {
      this.#methods[method] = (this.#methods[method] ?? 0) + files
    }
    for (const [item, count] of Object.entries(result.unpreserved ?? {}) as [keyof Unpreserved, number][]) {
      this.#unpreserved[item] = (this.#unpreserved[item] ?? 0) + count
    }
    if (result.method !== 'none' && result.bytes > this.#largest) {
      this.#largest = result.bytes
      this.#method = result.method
    }
  }

  /** Adds a source that was skipped. */
  addSkipped(): void {
    this.#counts.skipped++
  }

  /** Adds a source that failed: the error's own fields and the printed line. */
  addError(error: unknown, message: string): void {
    const fields = error instanceof Error ? Object.entries(error) : []
    this.#errors.push({ ...Object.fromEntries(fields), message })
  }

  /** The sum, as the one object of --json; `method` is that of the largest file. */
  toJSON(): object {
    return {
      ...this.#counts,
      method: this.#method,
      methods: this.#methods,
      ...(Object.keys(this.#unpreserved).length > 0 && { unpreserved: this.#unpreserved }),
      ...(this.#errors.length > 0 && { errors: this.#errors, errorCount: this.#errors.length }),
    }
  }
}
