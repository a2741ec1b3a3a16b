/** Removes files, links and directories. */
import { binding, type Binding, type Native } from './binding/binding.js'
import type { CopyFileOptions } from './copy-options.js'
import { pathText, type ErrorContext } from './errors/fs-error.js'
import {
  booleanOption,
  concurrencyOption,
  integerOption,
  optionsArgument,
  pathArgument,
  progressOption,
  signalOption,
  type PathLike,
} from './internal/args.js'
import {
  observerBits,
  resultOf,
  runBlocking,
  start,
  type Observers,
  type Operation,
} from './internal/call.js'

/** Options of `rm`. `undefined` means the default; unknown keys are ignored. */
export interface RmOptions extends Pick<CopyFileOptions, 'concurrency' | 'signal' | 'onProgress'> {
  /**
   * A path that does not exist is a success.
   * @default false
   */
  readonly force?: boolean | undefined
  /**
   * Remove directories with their content.
   * @default false
   */
  readonly recursive?: boolean | undefined
  /**
   * Number of retries after EBUSY, EMFILE, ENFILE, ENOTEMPTY and EPERM.
   * @default 0
   */
  readonly maxRetries?: number | undefined
  /**
   * Milliseconds before the first retry. Each further wait is longer by the same time.
   * @default 100
   */
  readonly retryDelay?: number | undefined
}

/** What `rm` removed. */
export interface RmResult {
  /** Names of entries that are no directories. */
  files: number
  /** Directories. */
  directories: number
}

/**
 * Removes a file, a link (never its target), or with `recursive` a directory and its content. Accepts every call of
 * `fs.promises.rm`, and options. It removes nothing outside the tree, even if other processes change the tree during the call.
 *
 * @throws FsError, with the system call that failed. ENOENT without `force`; ERR_FS_EISDIR for a directory without `recursive`.
 * A TypeError or RangeError for wrong arguments, before any system call. An AbortError after an abort.
 */
export async function rm(path: PathLike, options?: RmOptions): Promise<RmResult> {
  const bound = binding()
  const removal = removalOf(bound, path, options)
  return resultOf(await start(bound, removal), removal, rm)
}

/** Removes before it returns, as {@link rm}. `onProgress` and `signal` work here, too. */
export function rmSync(path: PathLike, options?: RmOptions): RmResult {
  const bound = binding()
  const removal = removalOf(bound, path, options)
  return resultOf(runBlocking(bound, removal), removal, rmSync)
}

/** Checked options of `rm`. */
interface RmRequest extends Observers {
  /** Bits of `TreeBit`. */
  readonly tree: number
  readonly maxRetries: number
  readonly retryDelay: number
  readonly concurrency: number
}

class Removal implements Operation<RmResult> {
  constructor(
    readonly path: string | Uint8Array,
    readonly observers: RmRequest,
  ) {}

  start(native: Native, blocking: boolean): number {
    const { maxRetries, retryDelay, concurrency } = this.observers
    const tree = this.observers.tree | observerBits(native, this.observers, blocking)
    return native.removeTree(this.path, tree, maxRetries, retryDelay, concurrency)
  }

  read({ native: { Field: field }, records }: Binding, base: number): RmResult {
    return { files: records[base + field.Files] ?? 0, directories: records[base + field.Directories] ?? 0 }
  }

  /** Never called with errors: a removal stops at the first one. */
  readCollected(bound: Binding, base: number): RmResult {
    return this.read(bound, base)
  }

  name(): string {
    return pathText(this.path)
  }

  context(): ErrorContext {
    return { syscall: 'rm', path: this.path, isTree: true }
  }
}

/** Checks the arguments, the options in the order of node:fs. */
function removalOf({ native: { TreeBit } }: Binding, value: unknown, argument: unknown): Removal {
  const path = pathArgument(value, 'path')
  const options = optionsArgument(argument)
  const tree =
    (booleanOption(options, 'force') ? TreeBit.Force : 0) |
    (booleanOption(options, 'recursive') ? TreeBit.Recursive : 0)
  const retryDelay = integerOption(options, 'retryDelay', 0, 2 ** 31 - 1) ?? 100
  const maxRetries = integerOption(options, 'maxRetries', 0, 2 ** 32 - 1) ?? 0
  const concurrency = concurrencyOption(options)
  const signal = signalOption(options)
  const onProgress = progressOption(options)
  return new Removal(path, { tree, maxRetries, retryDelay, concurrency, signal, onProgress })
}
