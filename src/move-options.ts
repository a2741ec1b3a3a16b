/** The options of a move. */
import type { LinkGroups } from '../index.cjs'
import { booleanOption, option, optionsArgument, type OptionsObject } from './internal/args.js'
import type { Native } from './binding/binding.js'
import {
  sharedRequest,
  type CommandCopyOptions,
  type CopyFileOptions,
  type CopyRequest,
} from './copy-options.js'

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

/** What only the command line asks for. */
export interface CommandMoveOptions
  extends Omit<MoveOptions, 'metadataErrors'>, Pick<CommandCopyOptions, 'metadataErrors'> {
  /** The hard-link groups that this move shares with those before it. */
  readonly groups?: LinkGroups | undefined
}

/** Options in the form in which they are used. */
export interface MoveRequest extends CopyRequest {
  /** In the bits of `TreeBit`. */
  readonly tree: number
  readonly concurrency: number
  readonly groups: LinkGroups | undefined
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

/** Reads the third argument of `move`. */
export function moveRequest(argument: unknown, { OptionBit, TreeBit }: Native, command = false): MoveRequest {
  const options = optionsArgument(argument)
  const tree = booleanOption(options, 'overwrite') ? TreeBit.Overwrite : 0
  // Everything is kept and what cannot be replaced is refused: the other options of a copy mean nothing here.
  const shared: OptionsObject = Object.fromEntries(SHARED.map((name) => [name, option(options, name)]))
  const groups = command ? option(options, 'groups') : undefined
  return { ...sharedRequest(shared, 0, OptionBit, command), tree, groups: groups as LinkGroups | undefined }
}
