/** What copies and moves have in common: two paths, and a {@link CopyResult} at the end. */
import type { Binding, Native } from './binding/binding.js'
import { readCollected, readResult, type CopyResult } from './copy-result.js'
import type { ErrorContext } from './errors/fs-error.js'
import { text, type Operation, type Watchers } from './internal/call.js'

/** An operation from one path to another. */
export abstract class CopyOperation<W extends Watchers> implements Operation<CopyResult> {
  constructor(
    readonly src: string | Uint8Array,
    readonly dest: string | Uint8Array,
    readonly watchers: W,
    /** In node:fs's word. */
    readonly syscall: string,
  ) {}

  abstract start(native: Native, pumped: boolean): number

  read(bound: Binding, base: number): CopyResult {
    return readResult(bound, base)
  }

  readCollected(bound: Binding, base: number, slot: number | null): CopyResult {
    return readCollected(bound, base, slot, this.context())
  }

  name(): string {
    return text(this.src)
  }

  context(): ErrorContext {
    return { syscall: this.syscall, path: this.src, dest: this.dest, moves: true }
  }
}
