/** The result of copyFile, cp and move, and how it is read from the addon's record. */
import type { Binding, Native } from './binding/binding.js'
import { pathText, toFsError, type ErrorContext, type FsError } from './errors/fs-error.js'
import type { Observers, Operation } from './internal/call.js'
import { PRESERVE, type PreserveItem, type PreserveRow, type Unpreserved } from './internal/preserve.js'

/** The way in which a file's content was copied: mostly a system call. `'none'`: no content was copied. */
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

/** What `copyFile`, `cp` or `move` did. All numbers are safe integers. */
export interface CopyResult {
  /** Bytes: the sum of the final sizes of the files whose data was copied. Holes and clones count. */
  bytes: number
  /** Names of files created or replaced. */
  files: number
  /** Directories created. */
  directories: number
  /** Symbolic links created. */
  symlinks: number
  /** Special files created. */
  others: number
  /** Entries that were not copied: same file, rejected by `filter`, kept by `force: false` or `update`, special files under `'skip'`. */
  skipped: number
  /** The method that copied the file with the most bytes. */
  method: CopyMethod
  /** Number of files by method. Methods without files are absent. */
  methods: { [method in CopyMethod]?: number }
  /** Metadata that was requested and could not be kept. Absent if there is none. */
  unpreserved?: Unpreserved
  /** Under `onError: 'collect'`: the first 1,000 errors. */
  errors?: FsError[]
  /** Under `onError: 'collect'`: the number of errors, also above 1,000. */
  errorCount?: number
}

/** For each method by its number: the `methods` of a copy of one file. To spread it is faster than to compute a key. */
let onlyFile: readonly CopyResult['methods'][] | undefined
let methodNames: readonly CopyMethod[] = []

function readNames(native: Binding['native']): readonly CopyResult['methods'][] {
  methodNames = native.methodNames() as CopyMethod[]
  return methodNames.map((name) => ({ [name]: 1 }))
}

/** Reads the result from the record that begins at `base`. */
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
  const losses: { [item in PreserveItem]?: number } = {}
  for (const [item, { lost }] of Object.entries(PRESERVE) as [PreserveItem, PreserveRow][]) {
    const count = lost === undefined ? 0 : (records[base + field[lost]] ?? 0)
    if (count > 0) losses[item] = count
  }
  return losses
}

/** A copy or move from one path to another, ready to start. */
export abstract class CopyOperation<O extends Observers> implements Operation<CopyResult> {
  constructor(
    readonly src: string | Uint8Array,
    readonly dest: string | Uint8Array,
    /** The options that the caller gave. */
    readonly observers: O,
    /** The name of the operation in node:fs, for errors. */
    readonly syscall: string,
  ) {}

  abstract start(native: Native, blocking: boolean): number

  read(bound: Binding, base: number): CopyResult {
    return readResult(bound, base)
  }

  readCollected(bound: Binding, base: number, job: number | null): CopyResult {
    const result = readResult(bound, base)
    result.errorCount = bound.records[base + bound.native.Field.ErrorCount] ?? 0
    const context = this.context()
    result.errors = bound.native.takeFailures(job).map((failure) => toFsError(failure, context))
    return result
  }

  name(): string {
    return pathText(this.src)
  }

  context(): ErrorContext {
    return { syscall: this.syscall, path: this.src, dest: this.dest, moves: true }
  }
}
