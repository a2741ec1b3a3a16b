/** Copies files, links and directory trees. */
import type { LinkGroups } from '../index.cjs'
import { binding, type Binding, type Native } from './binding/binding.js'
import {
  copyModeBits,
  sharedRequest,
  type CommandCopyOptions,
  type CopyFileOptions,
  type CopyRequest,
} from './copy-options.js'
import { CopyOperation, type CopyResult } from './copy-result.js'
import { pathText, type ErrorContext } from './errors/fs-error.js'
import {
  booleanOption,
  functionOption,
  option,
  optionsArgument,
  pathArgument,
  type OptionsObject,
  type PathLike,
} from './internal/args.js'
import { observerBits, resultOf, runBlocking, start } from './internal/call.js'
import { FilterSession, type Filter } from './internal/filter.js'
import { incompatiblePair, invalidType, outOfRange } from './internal/node-compat.js'

/** Options of `cp`. `undefined` means the default; unknown keys are ignored. */
export interface CpOptions extends CopyFileOptions {
  /**
   * Copy directories with their content.
   * @default false
   */
  readonly recursive?: boolean | undefined
  /**
   * Replace existing files. A link replaces a link regardless of this and of `errorOnExist`, as in node:fs.
   * @default true
   */
  readonly force?: boolean | undefined
  /**
   * With `force: false`: fail with ERR_FS_CP_EEXIST if the destination exists, also as a directory, instead of keeping it.
   * @default false
   */
  readonly errorOnExist?: boolean | undefined
  /**
   * Copy the targets of links instead of the links.
   * @default false
   */
  readonly dereference?: boolean | undefined
  /**
   * Copy the text of links unchanged. Otherwise relative links become absolute.
   * @default false (`true` under `preserve: 'all'`)
   */
  readonly verbatimSymlinks?: boolean | undefined
  /**
   * Called for each entry: the source first, and a directory before its content. An entry with a falsy result is not copied,
   * nor is its content. An exception or rejection ends the copy and becomes the rejection. Other directories are copied while
   * a promise is pending. A pending promise alone does not keep the process alive, as in node:fs.
   * @default undefined
   */
  readonly filter?: ((source: string, destination: string) => boolean | Promise<boolean>) | undefined
}

/** Options of `cpSync`: those of `cp`, with a filter that returns no promises. */
export interface CpSyncOptions extends Omit<CpOptions, 'filter'> {
  /**
   * As in `cp`. A promise is a TypeError (ERR_INVALID_RETURN_VALUE).
   * @default undefined
   */
  readonly filter?: ((source: string, destination: string) => boolean) | undefined
}

/** Options of `cp` for the command line. */
export interface CommandCpOptions
  extends
    Omit<CpOptions, 'specialFiles' | 'metadataErrors'>,
    Pick<CommandCopyOptions, 'ordinaryMode' | 'specialFiles' | 'metadataErrors'> {
  /** Follow the source if it is a link, but no links below it. */
  readonly dereferenceNamed?: boolean | undefined
  /** A link replaces an existing entry of any kind, not only a link. */
  readonly linksReplace?: boolean | undefined
  /** A file that the caller may not open for writing is an error. Otherwise it is replaced by rename. */
  readonly sparesUnwritable?: boolean | undefined
  /** Hard-link groups shared with earlier copies. */
  readonly groups?: LinkGroups | undefined
}

/**
 * Copies a file, a link, or with `recursive` a directory and its content. Accepts every call of `fs.promises.cp`, and options.
 * An existing directory is merged: entries below it that the source does not have stay.
 *
 * @throws FsError, with the system call that failed, or a code of `fs.cp`: ERR_FS_EISDIR without `recursive`, ERR_FS_CP_EEXIST,
 * ERR_FS_CP_EINVAL for a copy into itself, and others. A TypeError or RangeError for wrong arguments, before any system call.
 * An AbortError after an abort. Exceptions of `filter` and `onProgress`.
 */
export async function cp(src: PathLike, dest: PathLike, options?: CpOptions): Promise<CopyResult> {
  const bound = binding()
  const copy = treeCopy(bound, src, dest, options)
  return resultOf(await start(bound, copy), copy, cp)
}

/** Copies before it returns, as {@link cp}. `filter`, `onProgress` and `signal` work here, too. */
export function cpSync(src: PathLike, dest: PathLike, options?: CpSyncOptions): CopyResult {
  const bound = binding()
  const copy = treeCopy(bound, src, dest, options)
  return resultOf(runBlocking(bound, copy), copy, cpSync)
}

/** {@link cp} with the options of cp(1), for the command line. */
export async function cpAsCommand(
  src: PathLike,
  dest: PathLike,
  options: CommandCpOptions,
): Promise<CopyResult> {
  const bound = binding()
  const copy = treeCopy(bound, src, dest, options, true)
  return resultOf(await start(bound, copy), copy, cpAsCommand)
}

/** Creates hard-link groups for several copies, so that names of one file in different sources stay one file. */
export function linkGroups(): LinkGroups {
  return new (binding().native.LinkGroups)()
}

/** Checked options of `cp`. */
interface CpRequest extends CopyRequest {
  /** Bits of `TreeBit`. */
  readonly tree: number
  readonly dereference: boolean
  readonly concurrency: number
  readonly filter: Filter | undefined
  readonly groups: LinkGroups | undefined
}

class TreeCopy extends CopyOperation<CpRequest> {
  readonly filter: FilterSession | undefined

  constructor(src: string | Uint8Array, dest: string | Uint8Array, request: CpRequest) {
    super(src, dest, request, 'cp')
    const { filter } = request
    this.filter = filter && new FilterSession(filter, pathText(src), pathText(dest))
  }

  start(native: Native, blocking: boolean): number {
    const { bits, concurrency, groups } = this.observers
    const filterBit = this.filter === undefined ? 0 : native.TreeBit.Asks
    const tree = this.observers.tree | filterBit | observerBits(native, this.observers, blocking)
    return native.copyTree(this.src, this.dest, bits, tree, concurrency, groups)
  }

  override context(): ErrorContext {
    return { ...super.context(), isTree: true, follows: this.observers.dereference }
  }
}

/** Checks the arguments: the options first, as node:fs does. */
function treeCopy(
  { native }: Binding,
  src: unknown,
  dest: unknown,
  options: unknown,
  command = false,
): TreeCopy {
  const request = cpRequest(options, native, command)
  const from = pathArgument(src, 'src')
  return new TreeCopy(from, pathArgument(dest, 'dest'), request)
}

/** Checks the options in the order of node:fs. */
function cpRequest(argument: unknown, native: Native, command: boolean): CpRequest {
  const { OptionBit, TreeBit } = native
  const options = optionsArgument(argument)
  const dereference = booleanOption(options, 'dereference')
  const errorOnExist = booleanOption(options, 'errorOnExist')
  const force = booleanOption(options, 'force', true)
  booleanOption(options, 'preserveTimestamps')
  const recursive = booleanOption(options, 'recursive')
  const keepsAll = option(options, 'preserve') === 'all'
  const verbatim = booleanOption(options, 'verbatimSymlinks', !dereference && keepsAll)
  const mode = modeOption(options)
  if (dereference && verbatim) throw incompatiblePair('dereference', 'verbatimSymlinks')
  const filter = functionOption(options, 'filter')
  const shared = sharedRequest(options, copyModeBits(mode, OptionBit), OptionBit, command)
  const tree =
    (recursive ? TreeBit.Recursive : 0) |
    (force ? 0 : errorOnExist ? TreeBit.ExistingError : TreeBit.ExistingKeep) |
    (dereference ? TreeBit.Dereference : 0) |
    (command && booleanOption(options, 'dereferenceNamed') ? TreeBit.DereferenceNamed : 0) |
    (command && booleanOption(options, 'linksReplace') ? TreeBit.LinksReplace : 0) |
    (command && booleanOption(options, 'sparesUnwritable') ? TreeBit.SparesUnwritable : 0) |
    (verbatim ? TreeBit.VerbatimSymlinks : 0) |
    (shared.oneFileSystem ? TreeBit.OneFileSystem : 0)
  const groups = command ? option(options, 'groups') : undefined
  return { ...shared, tree, dereference, filter, groups: groups as LinkGroups | undefined }
}

/** The bits of `fs.copyFile`. `fs.cp` checks them in JavaScript, with other messages than `fs.copyFile`. */
function modeOption(options: OptionsObject): number {
  const mode = option(options, 'mode')
  if (mode === undefined || mode === null) return 0
  if (typeof mode !== 'number') throw invalidType('mode', 'of type number', mode)
  if (!Number.isInteger(mode)) throw outOfRange('mode', 'an integer', mode)
  if (mode < 0 || mode > 7) throw outOfRange('mode', '>= 0 && <= 7', mode)
  return mode
}
