/** The options of a copy of a tree: those of `fs.promises.cp`, and those that it shares with the copy of one file. */
import type { LinkGroups } from '../index.cjs'
import {
  booleanOption,
  functionOption,
  option,
  optionsArgument,
  type OptionsObject,
} from './internal/args.js'
import type { Native } from './binding/binding.js'
import {
  copyModeBits,
  sharedRequest,
  type CommandCopyOptions,
  type CopyFileOptions,
  type CopyRequest,
} from './copy-options.js'
import type { Filter } from './internal/filter.js'
import { incompatiblePair, invalidType, outOfRange } from './internal/node-compat.js'

/** Options of `cp`. `undefined` means the default; unknown keys are ignored. */
export interface CpOptions extends CopyFileOptions {
  /**
   * Copy directories with what is in them.
   * @default false
   */
  readonly recursive?: boolean | undefined
  /**
   * Replace existing files. Links obey neither this nor `errorOnExist`, as in node:fs: a link replaces a link.
   * @default true
   */
  readonly force?: boolean | undefined
  /**
   * Without `force`: fail with ERR_FS_CP_EEXIST where the destination exists, be it a directory, instead of leaving it alone.
   * @default false
   */
  readonly errorOnExist?: boolean | undefined
  /**
   * Copy what links lead to.
   * @default false
   */
  readonly dereference?: boolean | undefined
  /**
   * Copy the text of links as it is; else relative ones are made absolute.
   * @default false (`true` under `preserve: 'all'`)
   */
  readonly verbatimSymlinks?: boolean | undefined
  /**
   * Called for each entry, the source itself first and a directory before its content. What it gives a falsy value for
   * is not copied, nor what is below it. A throw or a rejection ends the copy and is the rejection. Promises are awaited
   * while other directories are copied; when nothing but them is waited for, the process may end, as with node:fs.
   * @default undefined
   */
  readonly filter?: ((source: string, destination: string) => boolean | Promise<boolean>) | undefined
}

/** Options of `cpSync`: as those of `cp`, with a filter that gives no promises. */
export interface CpSyncOptions extends Omit<CpOptions, 'filter'> {
  /**
   * As that of `cp`; a promise is a TypeError (ERR_INVALID_RETURN_VALUE).
   * @default undefined
   */
  readonly filter?: ((source: string, destination: string) => boolean) | undefined
}

/** What only the command line asks for. */
export interface CommandCpOptions
  extends
    Omit<CpOptions, 'specialFiles' | 'metadataErrors'>,
    Pick<CommandCopyOptions, 'ordinaryMode' | 'specialFiles' | 'metadataErrors'> {
  /** Follow the links that were named, none below them. */
  readonly dereferenceNamed?: boolean | undefined
  /** A link replaces whatever bears its name, not a link alone. */
  readonly linksReplace?: boolean | undefined
  /** A file that the caller may not open for writing is an error; else it is replaced by rename. */
  readonly sparesUnwritable?: boolean | undefined
  /** The hard-link groups that this copy shares with those before it. */
  readonly groups?: LinkGroups | undefined
}

/** Options in the form in which they are used. */
export interface CpRequest extends CopyRequest {
  /** Those of trees, in the bits of `TreeBit`. */
  readonly tree: number
  readonly dereference: boolean
  readonly concurrency: number
  readonly filter: Filter | undefined
  readonly groups: LinkGroups | undefined
}

/** Reads the third argument of `cp`, in the order in which node:fs reads its own. */
export function cpRequest(argument: unknown, native: Native, command = false): CpRequest {
  const { OptionBit, TreeBit } = native
  const options = optionsArgument(argument)
  const dereference = booleanOption(options, 'dereference')
  const errorOnExist = booleanOption(options, 'errorOnExist')
  const force = booleanOption(options, 'force', true)
  booleanOption(options, 'preserveTimestamps')
  const recursive = booleanOption(options, 'recursive')
  const verbatim = booleanOption(options, 'verbatimSymlinks', !dereference && keepsAll(options))
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

function keepsAll(options: OptionsObject): boolean {
  return option(options, 'preserve') === 'all'
}

/** The bits of `fs.copyFile`. `fs.cp` checks them in JavaScript, with other words than `fs.copyFile`. */
function modeOption(options: OptionsObject): number {
  const mode = option(options, 'mode')
  if (mode === undefined || mode === null) return 0
  if (typeof mode !== 'number') throw invalidType('mode', 'of type number', mode)
  if (!Number.isInteger(mode)) throw outOfRange('mode', 'an integer', mode)
  if (mode < 0 || mode > 7) throw outOfRange('mode', '>= 0 && <= 7', mode)
  return mode
}
