/** The account of a copy. */
import type { Binding } from './binding/binding.js'
import { toFsError, type ErrorContext, type FsError } from './errors/fs-error.js'

/** How a file's content reached the destination. */
export type CopyMethod =
  | 'clone'
  | 'copy_file_range'
  | 'splice'
  | 'sendfile'
  | 'read_write'
  | 'clonefile'
  | 'fcopyfile'
  | 'rename'
  | 'none'

/** What a copy did. All counts are safe integers. */
export interface CopyResult {
  /** Sum of the final sizes of the files whose data was copied; holes and clones count. */
  bytes: number
  /** Names of files created or replaced. */
  files: number
  /** Directories created. */
  directories: number
  /** Symbolic links created. */
  symlinks: number
  /** Special files created. */
  others: number
  /** Entries passed over: same file, `update`, special files under `'skip'`. */
  skipped: number
  /** The method that moved the file with most bytes. */
  method: CopyMethod
  /** How many files each method moved. */
  methods: { [method in CopyMethod]?: number }
  /** Metadata that was requested and that the target could not take; absent where there is none. */
  unpreserved?: Unpreserved
  /** Under `onError: 'collect'`: the first 1,000 errors. */
  errors?: FsError[]
  /** Under `onError: 'collect'`: how many errors there were. */
  errorCount?: number
}

/** How often each piece of metadata could not be kept. */
export interface Unpreserved {
  /** Files whose owner or group could not be set. */
  ownership?: number
  /** Files whose permission bits could not be set. */
  mode?: number
  /** Files whose times could not be set. */
  timestamps?: number
  /** Attributes, not files, that could not be set. */
  xattr?: number
  /** Files whose access control list could not be set. */
  acl?: number
  /** Files whose flags (chattr(1), chflags(1)) could not be set. */
  flags?: number
}

/** For each method by its number: what `methods` is where it moved the only file. Copied, which is cheaper than made. */
let onlyFile: readonly CopyResult['methods'][] | undefined
let methodNames: readonly CopyMethod[] = []

function readNames(native: Binding['native']): readonly CopyResult['methods'][] {
  methodNames = native.methodNames() as CopyMethod[]
  return methodNames.map((name) => ({ [name]: 1 }))
}

/** Reads the result in the record that begins at `base`. */
export function readResult(bound: Binding, base: number): CopyResult {
  const { native, records } = bound
  const field = native.Field
  onlyFile ??= readNames(native)
  let methods: CopyResult['methods'] = {}
  let moved = 0
  for (let index = 0; index < onlyFile.length; index += 1) {
    const count = records[base + field.Methods + index] ?? 0
    if (count === 0) continue
    moved += count
    methods = moved === 1 ? { ...onlyFile[index] } : { ...methods, [methodNames[index] ?? 'none']: count }
  }
  const result: CopyResult = {
    bytes: records[base + field.Bytes] ?? 0,
    files: records[base + field.Files] ?? 0,
    directories: records[base + field.Directories] ?? 0,
    symlinks: records[base + field.Symlinks] ?? 0,
    others: records[base + field.Others] ?? 0,
    skipped: records[base + field.Skipped] ?? 0,
    method: methodNames[records[base + field.Method] ?? 0] ?? 'none',
    methods,
  }
  if (records[base + field.Unpreserved] !== 0) result.unpreserved = readUnpreserved(bound, base)
  return result
}

function readUnpreserved({ native: { Field: field }, records }: Binding, base: number): Unpreserved {
  const at = (place: number): number => records[base + place] ?? 0
  const lost: Unpreserved = {
    ownership: at(field.Ownership),
    mode: at(field.Mode),
    timestamps: at(field.Timestamps),
    xattr: at(field.Xattr),
    acl: at(field.Acl),
    flags: at(field.Flags),
  }
  for (const item of Object.keys(lost) as (keyof Unpreserved)[]) {
    if (lost[item] === 0) Reflect.deleteProperty(lost, item)
  }
  return lost
}

/** A result that came with errors: `onError: 'collect'`. */
export function readCollected(
  binding: Binding,
  base: number,
  slot: number | null,
  context: ErrorContext,
): CopyResult {
  const result = readResult(binding, base)
  result.errorCount = binding.records[base + binding.native.Field.ErrorCount] ?? 0
  result.errors = binding.native.takeFailures(slot).map((failure) => toFsError(failure, context))
  return result
}
