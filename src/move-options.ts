/** The options of a move. */
import { booleanOption, option, optionsArgument, type OptionsObject } from './args.js'
import type { Native } from './binding.js'
import { sharedRequest, type CopyFileOptions, type CopyRequest } from './copy-options.js'

/** What a move can be asked that a copy can be asked, too; it counts where no rename is possible. */
type Shared =
  | 'reflink'
  | 'sparse'
  | 'metadataErrors'
  | 'durable'
  | 'verifySource'
  | 'concurrency'
  | 'signal'
  | 'onProgress'

/** Options of `move`. `undefined` means the default; unknown keys are ignored. */
export interface MoveOptions extends Pick<CopyFileOptions, Shared> {
  /**
   * Replace what is at the destination: a directory as a whole by a directory, anything else by what is no directory.
   * Without it, what exists is EEXIST.
   * @default false
   */
  readonly overwrite?: boolean | undefined
}

/** Options in the form in which they are used. */
export interface MoveRequest extends CopyRequest {
  /** In the bits of `TreeBit`. */
  readonly tree: number
  readonly concurrency: number
}

const SHARED: readonly Shared[] = [
  'reflink',
  'sparse',
  'metadataErrors',
  'durable',
  'verifySource',
  'concurrency',
  'signal',
  'onProgress',
]

export function moveRequest(argument: unknown, { OptionBit, TreeBit }: Native): MoveRequest {
  const options = optionsArgument(argument)
  const tree = booleanOption(options, 'overwrite') ? TreeBit.Overwrite : 0
  // Everything is kept and what cannot be replaced is refused: the other options of a copy mean nothing here.
  const shared: OptionsObject = Object.fromEntries(SHARED.map((name) => [name, option(options, name)]))
  return { ...sharedRequest(shared, 0, OptionBit), tree }
}
