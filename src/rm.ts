/** Removing files and directories. */
import { pathArgument, type PathLike } from './internal/args.js'
import { binding, type Binding, type Native } from './binding/binding.js'
import type { ErrorContext } from './errors/fs-error.js'
import { pump, followBits, resultOf, start, text, type Operation } from './internal/call.js'
import { rmRequest, type RmOptions, type RmRequest } from './rm-options.js'

/** What a removal removed. */
export interface RmResult {
  /** Names that were no directories. */
  files: number
  /** Directories. */
  directories: number
}

/**
 * Removes a file, a link (never what it leads to), or with `recursive` a directory and what is in it. Takes every call of
 * `fs.promises.rm`, and options. What others do in the tree meanwhile cannot make it remove anything outside.
 *
 * @throws FsError, with the system call that failed; a TypeError or RangeError for wrong arguments, before any system call;
 * an AbortError after an abort. ENOENT without `force`, ERR_FS_EISDIR for a directory without `recursive`.
 */
export async function rm(path: PathLike, options?: RmOptions): Promise<RmResult> {
  const bound = binding()
  const removal = removalOf(bound, path, options)
  return resultOf(await start(bound, removal), removal, rm)
}

/** Removes before it returns. As {@link rm}; `onProgress` and `signal` work here, too. */
export function rmSync(path: PathLike, options?: RmOptions): RmResult {
  const bound = binding()
  const removal = removalOf(bound, path, options)
  return resultOf(pump(bound, removal), removal, rmSync)
}

/** A removal about to be made. */
class Removal implements Operation<RmResult> {
  constructor(
    readonly path: string | Uint8Array,
    readonly watchers: RmRequest,
  ) {}

  start(native: Native, pumped: boolean): number {
    const { maxRetries, retryDelay, concurrency } = this.watchers
    const tree = this.watchers.tree | followBits(native, this.watchers, pumped)
    return native.removeTree(this.path, tree, maxRetries, retryDelay, concurrency)
  }

  read({ native: { Field: field }, records }: Binding, base: number): RmResult {
    return { files: records[base + field.Files] ?? 0, directories: records[base + field.Directories] ?? 0 }
  }

  /** A removal stops at its first error. */
  readCollected(bound: Binding, base: number): RmResult {
    return this.read(bound, base)
  }

  name(): string {
    return text(this.path)
  }

  context(): ErrorContext {
    return { syscall: 'rm', path: this.path, isTree: true }
  }
}

/** Checks the arguments of `rm`. */
function removalOf({ native }: Binding, path: unknown, options: unknown): Removal {
  return new Removal(pathArgument(path, 'path'), rmRequest(options, native))
}
