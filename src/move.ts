/** Moves files, links and directories, also between filesystems. */
import type { LinkGroups } from '../index.cjs'
import { binding, type Binding, type Native } from './binding/binding.js'
import {
  sharedRequest,
  type CommandCopyOptions,
  type CopyFileOptions,
  type CopyRequest,
} from './copy-options.js'
import { CopyOperation, type CopyResult } from './copy-result.js'
import type { ErrorContext } from './errors/fs-error.js'
import {
  booleanOption,
  option,
  optionsArgument,
  pathArgument,
  type OptionsObject,
  type PathLike,
} from './internal/args.js'
import { observerBits, resultOf, runBlocking, start } from './internal/call.js'

/** The options of a copy that a move takes, too. Most apply only between filesystems, where a move copies. */
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
   * Replace an existing destination: a directory, as a whole, by a directory; any other entry by a non-directory. Without it,
   * an existing destination is EEXIST.
   * @default false
   */
  readonly overwrite?: boolean | undefined
}

/** Options of `move` for the command line. */
export interface CommandMoveOptions
  extends Omit<MoveOptions, 'metadataErrors'>, Pick<CommandCopyOptions, 'metadataErrors'> {
  /** Hard-link groups shared with earlier moves. */
  readonly groups?: LinkGroups | undefined
}

/**
 * Moves a file, a link or a directory to the name `dest`. Missing parent directories are created. Within one filesystem this is
 * a rename. Between filesystems everything is copied with all its metadata, and the source is removed once the copy is on
 * disk. A failed move leaves the source complete and creates no destination.
 *
 * @throws FsError, with the system call that failed. EEXIST if `dest` exists and `overwrite` is not set; EISDIR or ENOTDIR if
 * only one of the two is a directory; EINVAL for a move into itself, or of a link onto its target. A TypeError or RangeError
 * for wrong arguments, before any system call. An AbortError after an abort.
 */
export async function move(src: PathLike, dest: PathLike, options?: MoveOptions): Promise<CopyResult> {
  const bound = binding()
  const operation = treeMove(bound, src, dest, options)
  return resultOf(await start(bound, operation), operation, move)
}

/** Moves before it returns, as {@link move}. `onProgress` and `signal` work here, too. */
export function moveSync(src: PathLike, dest: PathLike, options?: MoveOptions): CopyResult {
  const bound = binding()
  const operation = treeMove(bound, src, dest, options)
  return resultOf(runBlocking(bound, operation), operation, moveSync)
}

/** {@link move} with the options of mv(1), for the command line. */
export async function moveAsCommand(
  src: PathLike,
  dest: PathLike,
  options: CommandMoveOptions,
): Promise<CopyResult> {
  const bound = binding()
  const operation = treeMove(bound, src, dest, options, true)
  return resultOf(await start(bound, operation), operation, moveAsCommand)
}

/** Checked options of `move`. */
interface MoveRequest extends CopyRequest {
  /** Bits of `TreeBit`. */
  readonly tree: number
  readonly concurrency: number
  readonly groups: LinkGroups | undefined
}

class TreeMove extends CopyOperation<MoveRequest> {
  start(native: Native, blocking: boolean): number {
    const { bits, concurrency, groups } = this.observers
    const tree = this.observers.tree | observerBits(native, this.observers, blocking)
    return native.moveTree(this.src, this.dest, bits, tree, concurrency, groups)
  }

  override context(): ErrorContext {
    return { ...super.context(), isTree: true }
  }
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

/** Checks the arguments. */
function treeMove(
  { native: { OptionBit, TreeBit } }: Binding,
  src: unknown,
  dest: unknown,
  argument: unknown,
  command = false,
): TreeMove {
  const from = pathArgument(src, 'src')
  const to = pathArgument(dest, 'dest')
  const options = optionsArgument(argument)
  const tree = booleanOption(options, 'overwrite') ? TreeBit.Overwrite : 0
  // A move keeps all metadata and refuses other conflicts, so the other options of a copy have no meaning.
  const shared: OptionsObject = Object.fromEntries(SHARED.map((name) => [name, option(options, name)]))
  const groups = (command ? option(options, 'groups') : undefined) as LinkGroups | undefined
  return new TreeMove(from, to, { ...sharedRequest(shared, 0, OptionBit, command), tree, groups }, 'rename')
}
