/** The account of a copy. */
import type { Binding } from './binding.js'
import { toFsError, type ErrorContext, type FsError } from './errors.js'

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
  ownership?: number
  mode?: number
  timestamps?: number
  xattr?: number
  acl?: number
  flags?: number
}

let methodNames: readonly CopyMethod[] | undefined

/** Reads the result in the record that begins at `base`. */
export function readResult({ native, records }: Binding, base: number): CopyResult {
  const names = (methodNames ??= native.methodNames() as CopyMethod[])
  const { Field } = native
  const at = (field: number): number => records[base + field] ?? 0
  const files = at(Field.Files)
  const method = names[at(Field.Method)] ?? 'none'
  const result: CopyResult = {
    bytes: at(Field.Bytes),
    files,
    directories: at(Field.Directories),
    symlinks: at(Field.Symlinks),
    others: at(Field.Others),
    skipped: at(Field.Skipped),
    method,
    methods: {},
  }
  for (let index = 0; index < names.length; index += 1) {
    const count = at(Field.Methods + index)
    if (count > 0) result.methods[names[index] ?? 'none'] = count
  }
  if (at(Field.Unpreserved) > 0) result.unpreserved = readUnpreserved(native.Field, at)
  return result
}

function readUnpreserved(field: Binding['native']['Field'], at: (field: number) => number): Unpreserved {
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
