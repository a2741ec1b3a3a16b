/** The options that copyFile, cp and move share: types, checks, and the bits of `OptionBit` that the addon takes. */
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
import { PRESERVE, type PreserveItem } from './internal/preserve.js'
import type { Progress } from './internal/progress.js'

/** Options of `copyFile` and `copyFileSync`. `undefined` means the default; unknown keys are ignored. */
export interface CopyFileOptions {
  /**
   * The bits of `fs.copyFile`: `COPYFILE_EXCL`, `COPYFILE_FICLONE`, `COPYFILE_FICLONE_FORCE`.
   * @default 0
   */
  readonly mode?: number | undefined
  /**
   * Shared storage (reflink) between source and copy. `'auto'`: shared if the filesystem can, else copied. `'always'`: shared,
   * or an error (ENOTSUP, EXDEV) that leaves the destination as it was. `'never'`: every byte is copied, also inside
   * copy_file_range. Linux: filesystems with FICLONE, such as btrfs and xfs. macOS: APFS.
   * @default 'auto'
   */
  readonly reflink?: 'auto' | 'always' | 'never' | undefined
  /**
   * Holes. `'auto'`: the source's holes are kept. `'always'`: runs of zeros become holes, too. `'never'`: every byte is
   * written. The last two turn off shared storage, and are ERR_INCOMPATIBLE_OPTION_PAIR with `reflink: 'always'`.
   * @default 'auto'
   */
  readonly sparse?: 'auto' | 'always' | 'never' | undefined
  /**
   * Metadata to keep. Absent: the source's permission bits, and owner and group if the caller may set them, but no times. A
   * list: exactly the named kinds. `'all'`: all kinds. `'links'` has no effect on a single file. `'flags'` are those of
   * chattr(1) and chflags(1).
   * @default undefined
   */
  readonly preserve?: 'all' | readonly PreserveItem[] | undefined
  /**
   * Adds `'timestamps'` to `preserve`.
   * @default false
   */
  readonly preserveTimestamps?: boolean | undefined
  /**
   * Errors when metadata is set. `'ignore-unsupported'`: metadata that the target cannot hold or the caller may not set is
   * skipped and counted in `result.unpreserved`; other errors fail. `'error'`: every error fails. `'ignore'`: every error is
   * skipped and counted.
   * @default 'ignore-unsupported'
   */
  readonly metadataErrors?: 'ignore-unsupported' | 'error' | 'ignore' | undefined
  /**
   * How an existing destination file is replaced. `'auto'`: a temporary file is renamed over it, or, if a rename is
   * impossible, it is rewritten in place. `'atomic'`: by rename, or an error; a new destination, too, appears complete or not
   * at all. `'in-place'`: it is rewritten and keeps its inode and metadata.
   * @default 'auto'
   */
  readonly replace?: 'auto' | 'atomic' | 'in-place' | undefined
  /**
   * fsync(2) of each file and its directory before success.
   * @default false
   */
  readonly durable?: boolean | undefined
  /**
   * Fail with ERR_PALFS_SOURCE_CHANGED if the size, mtime, ctime or inode of the source changed during the copy.
   * @default false
   */
  readonly verifySource?: boolean | undefined
  /**
   * A FIFO, socket or device as source. `'error'`: ERR_FS_CP_FIFO_PIPE, ERR_FS_CP_SOCKET or ERR_FS_CP_UNKNOWN. `'copy'`: a
   * node of the same kind is created. `'skip'`: it is skipped. The source is never opened.
   * @default 'error' (`'copy'` under `preserve: 'all'`)
   */
  readonly specialFiles?: 'error' | 'copy' | 'skip' | undefined
  /**
   * Copy only if the source is newer than the destination, or the destination is absent. Times are compared at the resolution
   * of the destination's filesystem.
   * @default false
   */
  readonly update?: boolean | undefined
  /**
   * Do not descend into other mounts. No effect on a single file.
   * @default false
   */
  readonly oneFileSystem?: boolean | undefined
  /**
   * After an error. `'stop'`: reject. `'collect'`: finish the rest, and resolve with `errors`. Always a rejection: wrong
   * arguments, a missing source, source and destination that exclude each other (a directory into itself or onto a file), and
   * an abort. A destination that `errorOnExist` forbids is collected like the errors below it.
   * @default 'stop'
   */
  readonly onError?: 'stop' | 'collect' | undefined
  /**
   * The largest number of threads for this call. No effect on a single file.
   * @default undefined (as many as the thread pool has)
   */
  readonly concurrency?: number | undefined
  /**
   * Cancels the call: it rejects with an AbortError once temporary files are removed. If the kernel holds a thread for more
   * than 100 ms, it rejects then, with `pending: true`. An abort before the promise is settled always rejects, even if the
   * work is done.
   * @default undefined
   */
  readonly signal?: AbortSignal | undefined
  /**
   * Called about ten times a second, and once at the end. An exception cancels the call and becomes the rejection.
   * @default undefined
   */
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

/** Options of `copyFile` for the command line. */
export interface CommandCopyOptions extends Omit<CopyFileOptions, 'specialFiles' | 'metadataErrors'> {
  /** Fail with EEXIST if the destination exists: `COPYFILE_EXCL` as an option. */
  readonly exclusive?: boolean | undefined
  /** Replace a destination that the caller may not open for writing. */
  readonly force?: boolean | undefined
  /** Replace any entry at the destination by rename: a link itself, a special file, a second name of the source. */
  readonly replaceName?: boolean | undefined
  /** Without `'mode'` in `preserve`: a new file gets 0666 & ~umask, not the source's mode & ~umask. */
  readonly ordinaryMode?: boolean | undefined
  /** `'content'`: read a special source to its end, as cp(1) does without `-r`. */
  readonly specialFiles?: CopyFileOptions['specialFiles'] | 'content'
  /**
   * `'report'`: as `'ignore'`, and `errors` has the losses that cp(1) reports. `'report-xattr'`: also each lost attribute.
   */
  readonly metadataErrors?: CopyFileOptions['metadataErrors'] | 'report' | 'report-xattr'
}

/** Checked options of `copyFile`. */
export interface CopyRequest {
  /** Bits of `OptionBit`. */
  readonly bits: number
  readonly signal: AbortSignal | undefined
  readonly onProgress: ((progress: Progress) => void) | undefined
}

const ITEMS = Object.keys(PRESERVE) as PreserveItem[]
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

/** Checked options that a file and a tree share. */
export interface SharedRequest extends CopyRequest {
  readonly concurrency: number
  readonly oneFileSystem: boolean
}

/** Reads all options but `mode`, whose bits the caller passes. */
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

/** Translates the bits of `fs.copyFile`. */
export function copyModeBits(mode: number, bit: Native['OptionBit']): number {
  return (
    // COPYFILE_FICLONE is the default here.
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
  let result: number = bit.Preserve
  // By index, not by iterator: the caller may have replaced the array's iterator.
  for (let index = 0; index < items.length; index += 1) {
    result |= bit[PRESERVE[choice(items[index], `options.preserve[${index}]`, ITEMS)].bit]
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
