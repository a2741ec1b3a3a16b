/** The options of a copy: what they mean, how they are checked, and the number they cross to Rust as. */
import { constants } from 'node:fs'

import {
  booleanOption,
  choice,
  choiceOption,
  concurrencyOption,
  option,
  progressOption,
  signalOption,
  type OptionsObject,
} from './internal/args.js'
import type { Native } from './binding/binding.js'
import { incompatiblePair, invalidMode, invalidType } from './internal/node-compat.js'
import type { Progress } from './internal/progress.js'

/** A piece of metadata that `preserve` can name. */
export type PreserveItem = 'mode' | 'ownership' | 'timestamps' | 'xattr' | 'acl' | 'links' | 'flags'

/** Options of `copyFile` and `copyFileSync`. `undefined` means the default; unknown keys are ignored. */
export interface CopyFileOptions {
  /**
   * The bits of `fs.copyFile`: `COPYFILE_EXCL`, `COPYFILE_FICLONE`, `COPYFILE_FICLONE_FORCE`.
   * @default 0
   */
  readonly mode?: number | undefined
  /**
   * Sharing of storage between source and copy. `'always'` shares or fails, and touches nothing when it fails; `'never'` also
   * forbids sharing inside copy_file_range. Linux: btrfs, xfs and others that know FICLONE. macOS: APFS.
   * @default 'auto'
   */
  readonly reflink?: 'auto' | 'always' | 'never' | undefined
  /**
   * Holes: keep those of the source, also make holes of runs of zeros, or write every byte. The last two turn sharing off.
   * @default 'auto'
   */
  readonly sparse?: 'auto' | 'always' | 'never' | undefined
  /**
   * Metadata to keep. Absent: the source's permission bits, owner and group where the caller may set them, no times.
   * A list keeps what it names and nothing else. `'links'` has no meaning for one file. Flags are those of chattr(1) and chflags(1).
   * @default undefined
   */
  readonly preserve?: 'all' | readonly PreserveItem[] | undefined
  /**
   * Adds `'timestamps'` to what is kept.
   * @default false
   */
  readonly preserveTimestamps?: boolean | undefined
  /**
   * Metadata that the target cannot hold or the caller may not set: skip it and count it in `result.unpreserved`, fail, or
   * skip whatever the error is.
   * @default 'ignore-unsupported'
   */
  readonly metadataErrors?: 'ignore-unsupported' | 'error' | 'ignore' | undefined
  /**
   * An existing destination file: replaced by rename, in place only where a rename is impossible; by rename or not at all
   * (an absent destination, too, appears complete or not at all); or rewritten in place, which keeps its inode and metadata.
   * @default 'auto'
   */
  readonly replace?: 'auto' | 'atomic' | 'in-place' | undefined
  /**
   * fsync of the file and of its directory before success.
   * @default false
   */
  readonly durable?: boolean | undefined
  /**
   * Fail with ERR_PALFS_SOURCE_CHANGED when the source's size, mtime, ctime or inode changed during the copy.
   * @default false
   */
  readonly verifySource?: boolean | undefined
  /**
   * A FIFO, socket or device as source: an error, the same kind of node made anew, or nothing. It is never opened.
   * @default 'error' (`'copy'` under `preserve: 'all'`)
   */
  readonly specialFiles?: 'error' | 'copy' | 'skip' | undefined
  /**
   * Copy only if the source is newer than the destination or the destination is absent. Times are compared as finely as the
   * destination's filesystem stores them.
   * @default false
   */
  readonly update?: boolean | undefined
  /**
   * Do not descend into other mounts. No meaning for one file.
   * @default false
   */
  readonly oneFileSystem?: boolean | undefined
  /**
   * After an error: stop, or finish the rest and resolve with `errors`. Wrong arguments, a missing source, paths that make
   * no sense together (a directory into itself or onto a file) and an abort always reject. A destination that exists
   * although `errorOnExist` forbids it is an error like those below it.
   * @default 'stop'
   */
  readonly onError?: 'stop' | 'collect' | undefined
  /**
   * Upper bound on the workers of this call. No meaning for one file.
   * @default undefined
   */
  readonly concurrency?: number | undefined
  /**
   * Gives up when it aborts: rejects with an AbortError once temporaries are gone, or after 100 ms with `pending: true` if
   * the kernel still holds the worker. An abort before the promise is settled always rejects, though the work may be done.
   * @default undefined
   */
  readonly signal?: AbortSignal | undefined
  /**
   * Called about ten times a second and once at the end. What it throws cancels the copy and is the rejection.
   * @default undefined
   */
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

/** What only the command line asks for. */
export interface CommandCopyOptions extends Omit<CopyFileOptions, 'specialFiles' | 'metadataErrors'> {
  /** Fail with EEXIST where there is a destination: `COPYFILE_EXCL` as an option. */
  readonly exclusive?: boolean | undefined
  /** Replace a destination that the caller may not open for writing. */
  readonly force?: boolean | undefined
  /** Replace whatever bears the destination's name, by rename: a link itself, a special file, a second name of the source. */
  readonly replaceName?: boolean | undefined
  /** Without `'mode'` in `preserve`: a new file gets the mode of any new file, not one made from the source's. */
  readonly ordinaryMode?: boolean | undefined
  /** `'content'`: read a special source to its end, as cp(1) does without `-r`. */
  readonly specialFiles?: CopyFileOptions['specialFiles'] | 'content'
  /**
   * `'report'`: as `'ignore'`, and what cp(1) reports of the losses is among `errors`; with `'report-xattr'` each attribute
   * that was lost, too.
   */
  readonly metadataErrors?: CopyFileOptions['metadataErrors'] | 'report' | 'report-xattr'
}

/** Options in the form in which they are used. */
export interface CopyRequest {
  readonly bits: number
  readonly signal: AbortSignal | undefined
  readonly onProgress: ((progress: Progress) => void) | undefined
}

const ITEMS = ['mode', 'ownership', 'timestamps', 'xattr', 'acl', 'links', 'flags'] as const
const SPECIAL_FILES = ['error', 'copy', 'skip'] as const
const METADATA_ERRORS = ['ignore-unsupported', 'error', 'ignore'] as const

/** Reads the third argument of `copyFile`: a mode, or options. */
export function copyRequest(argument: unknown, bit: Native['OptionBit'], command = false): CopyRequest {
  if (typeof argument !== 'object' || argument === null || Array.isArray(argument)) {
    return { bits: modeBits(argument, bit), signal: undefined, onProgress: undefined }
  }
  const options = argument as OptionsObject
  return sharedRequest(options, modeBits(option(options, 'mode'), bit), bit, command)
}

/** What the options say that one file and a tree have in common. */
export interface SharedRequest extends CopyRequest {
  readonly concurrency: number
  readonly oneFileSystem: boolean
}

/** Reads everything but `mode`, whose bits are given. */
export function sharedRequest(
  options: OptionsObject,
  mode: number,
  bit: Native['OptionBit'],
  command = false,
): SharedRequest {
  const bits =
    mode |
    sharingBits(options, bit) |
    metadataBits(options, bit, command) |
    replaceBits(options, bit, command)
  const concurrency = concurrencyOption(options)
  const oneFileSystem = booleanOption(options, 'oneFileSystem')
  const signal = signalOption(options)
  const onProgress = progressOption(options)
  refusePairs(bits, bit)
  return { bits, signal, onProgress, concurrency, oneFileSystem }
}

function modeBits(mode: unknown, bit: Native['OptionBit']): number {
  if (mode === undefined || mode === null) return 0
  if (typeof mode !== 'number' || !Number.isInteger(mode) || mode < 0 || mode > 7) throw invalidMode(mode)
  return copyModeBits(mode, bit)
}

/** The bits of `fs.copyFile` in ours. */
export function copyModeBits(mode: number, bit: Native['OptionBit']): number {
  return (
    // COPYFILE_FICLONE asks for what is our default.
    ((mode & constants.COPYFILE_EXCL) === 0 ? 0 : bit.Exclusive) |
    ((mode & constants.COPYFILE_FICLONE_FORCE) === 0 ? 0 : bit.ReflinkAlways)
  )
}

function sharingBits(options: OptionsObject, bit: Native['OptionBit']): number {
  const reflink = choiceOption(options, 'reflink', ['auto', 'always', 'never'])
  const sparse = choiceOption(options, 'sparse', ['auto', 'always', 'never'])
  return (
    { auto: 0, always: bit.ReflinkAlways, never: bit.ReflinkNever }[reflink ?? 'auto'] |
    { auto: 0, always: bit.SparseAlways, never: bit.SparseNever }[sparse ?? 'auto']
  )
}

function metadataBits(options: OptionsObject, bit: Native['OptionBit'], command: boolean): number {
  const preserve = option(options, 'preserve')
  const times = booleanOption(options, 'preserveTimestamps')
  const errors = command
    ? choiceOption(options, 'metadataErrors', [...METADATA_ERRORS, 'report', 'report-xattr'])
    : choiceOption(options, 'metadataErrors', METADATA_ERRORS)
  const special = command
    ? choiceOption(options, 'specialFiles', [...SPECIAL_FILES, 'content'])
    : choiceOption(options, 'specialFiles', SPECIAL_FILES)
  return (
    preserveBits(preserve, bit) |
    (times ? bit.PreserveTimestamps : 0) |
    {
      'ignore-unsupported': 0,
      error: bit.MetadataError,
      ignore: bit.MetadataIgnore,
      report: bit.MetadataReport,
      'report-xattr': bit.MetadataReport | bit.XattrReport,
    }[errors ?? 'ignore-unsupported'] |
    { error: 0, copy: bit.SpecialCopy, skip: bit.SpecialSkip, content: bit.SpecialContent }[
      special ?? (preserve === 'all' ? 'copy' : 'error')
    ]
  )
}

function preserveBits(preserve: unknown, bit: Native['OptionBit']): number {
  if (preserve === undefined) return 0
  if (typeof preserve !== 'string' && !Array.isArray(preserve)) {
    throw invalidType('options.preserve', 'of type string or an instance of Array', preserve)
  }
  let items: readonly unknown[] = ITEMS
  if (typeof preserve === 'string') choice(preserve, 'options.preserve', ['all'])
  else items = preserve
  const bits = {
    mode: bit.PreserveMode,
    ownership: bit.PreserveOwnership,
    timestamps: bit.PreserveTimestamps,
    xattr: bit.PreserveXattr,
    acl: bit.PreserveAcl,
    links: bit.PreserveLinks,
    flags: bit.PreserveFlags,
  }
  let result: number = bit.Preserve
  // By index: an array whose iterator somebody replaced is still read as an array.
  for (let index = 0; index < items.length; index += 1) {
    result |= bits[choice(items[index], `options.preserve[${index}]`, ITEMS)]
  }
  return result
}

function replaceBits(options: OptionsObject, bit: Native['OptionBit'], command: boolean): number {
  const replace = choiceOption(options, 'replace', ['auto', 'atomic', 'in-place'])
  const onError = choiceOption(options, 'onError', ['stop', 'collect'])
  return (
    { auto: 0, atomic: bit.ReplaceAtomic, 'in-place': bit.ReplaceInPlace }[replace ?? 'auto'] |
    (booleanOption(options, 'durable') ? bit.Durable : 0) |
    (booleanOption(options, 'verifySource') ? bit.VerifySource : 0) |
    (booleanOption(options, 'update') ? bit.Update : 0) |
    (onError === 'collect' ? bit.Collect : 0) |
    (command && booleanOption(options, 'force') ? bit.Force : 0) |
    (command && booleanOption(options, 'replaceName') ? bit.ReplaceName : 0) |
    (command && booleanOption(options, 'ordinaryMode') ? bit.OrdinaryMode : 0) |
    (command && booleanOption(options, 'exclusive') ? bit.Exclusive : 0)
  )
}

function refusePairs(bits: number, bit: Native['OptionBit']): void {
  if ((bits & bit.ReflinkAlways) === 0) return
  if ((bits & bit.ReflinkNever) !== 0) throw incompatiblePair('mode', 'reflink')
  if ((bits & (bit.SparseAlways | bit.SparseNever)) !== 0) throw incompatiblePair('reflink', 'sparse')
}
