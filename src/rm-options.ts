/** The options of a removal. */
import {
  booleanOption,
  concurrencyOption,
  option,
  optionsArgument,
  progressOption,
  signalOption,
  type OptionsObject,
} from './internal/args.js'
import type { Native } from './binding/binding.js'
import type { CopyFileOptions } from './copy-options.js'
import { invalidType, outOfRange } from './internal/node-compat.js'
import type { Watchers } from './internal/call.js'

/** Options of `rm`. `undefined` means the default; unknown keys are ignored. */
export interface RmOptions extends Pick<CopyFileOptions, 'concurrency' | 'signal' | 'onProgress'> {
  /**
   * What does not exist is success.
   * @default false
   */
  readonly force?: boolean | undefined
  /**
   * Remove directories with what is in them.
   * @default false
   */
  readonly recursive?: boolean | undefined
  /**
   * How often EBUSY, EMFILE, ENFILE, ENOTEMPTY and EPERM are tried again.
   * @default 0
   */
  readonly maxRetries?: number | undefined
  /**
   * Milliseconds to wait before the first try again; before each further one that much longer.
   * @default 100
   */
  readonly retryDelay?: number | undefined
}

/** Options in the form in which they are used. */
export interface RmRequest extends Watchers {
  /** In the bits of `TreeBit`. */
  readonly tree: number
  readonly maxRetries: number
  readonly retryDelay: number
  readonly concurrency: number
}

/** Reads the second argument of `rm`, in the order in which node:fs does. */
export function rmRequest(argument: unknown, { TreeBit }: Native): RmRequest {
  const options = optionsArgument(argument)
  const tree =
    (booleanOption(options, 'force') ? TreeBit.Force : 0) |
    (booleanOption(options, 'recursive') ? TreeBit.Recursive : 0)
  const retryDelay = wholeOption(options, 'retryDelay', 2 ** 31 - 1) ?? 100
  const maxRetries = wholeOption(options, 'maxRetries', 2 ** 32 - 1) ?? 0
  const concurrency = concurrencyOption(options)
  return {
    tree,
    maxRetries,
    retryDelay,
    concurrency,
    signal: signalOption(options),
    onProgress: progressOption(options),
  }
}

/** A whole number from 0 to `most`. */
function wholeOption(options: OptionsObject, name: string, most: number): number | undefined {
  const value = option(options, name)
  if (value === undefined) return undefined
  const label = `options.${name}`
  if (typeof value !== 'number') throw invalidType(label, 'of type number', value)
  if (!Number.isInteger(value)) throw outOfRange(label, 'an integer', value)
  if (value < 0 || value > most) throw outOfRange(label, `>= 0 && <= ${most}`, value)
  return value
}
