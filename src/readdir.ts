/** Reads directories: all names at once, or in batches. */
import {
  booleanOption,
  encodingOption,
  integerOption,
  optionsArgument,
  pathArgument,
  type PathLike,
} from './internal/args.js'
import { binding, type Binding } from './binding/binding.js'
import { pathText, type ErrorContext } from './errors/fs-error.js'
import {
  compact,
  fileTypeOf,
  readExactStat,
  readStat,
  type FileStat,
  type FileType,
} from './internal/file-stat.js'
import { ended, exceptionOf, failureOf, OperationFailure } from './internal/call.js'

/** An entry of a directory. */
export interface DirEntry<Name extends string | Buffer = string, N extends number | bigint = number> {
  /** The name: a string, or a Buffer with `encoding: 'buffer'`. */
  readonly name: Name
  /** The type of the entry; a link is not followed. `'unknown'` if neither the directory nor lstat(2) has it. */
  readonly fileType: FileType
  /**
   * The inode number. For a mount point: the inode that the mount covers. Above 2^53 rounded to the nearest number, unless
   * `bigint` is set.
   */
  readonly inode: N
  /** The result of lstat(2), with `stats: true`. */
  readonly stats?: FileStat<N>
}

/** An entry of a directory, with the result of lstat(2). */
export interface DirEntryWithStats<
  Name extends string | Buffer = string,
  N extends number | bigint = number,
> extends DirEntry<Name, N> {
  readonly stats: FileStat<N>
}

/** Options of `readdir`. `undefined` means the default; unknown keys are ignored. */
export interface ReaddirOptions {
  /**
   * Adds `stats`, the result of lstat(2), to each entry. Much faster than an `lstat` call per name.
   * @default false
   */
  readonly stats?: boolean | undefined
  /**
   * The encoding of names as strings. A name that is not UTF-8 is shown with U+FFFD, and that string does not open it: use
   * `'buffer'`.
   * @default 'utf8'
   */
  readonly encoding?: BufferEncoding | 'buffer' | null | undefined
  /**
   * Numbers are bigints, and times are in nanoseconds.
   * @default false
   */
  readonly bigint?: boolean | undefined
}

/** Options of `readdirStream`. */
export interface ReaddirStreamOptions extends ReaddirOptions {
  /**
   * Entries per batch. The last one may have fewer.
   * @default 1024
   */
  readonly batch?: number | undefined
}

type NameOf<O> = O extends { readonly encoding: 'buffer' }
  ? Buffer
  : 'buffer' extends O[keyof O & 'encoding']
    ? string | Buffer
    : string

type NumberOf<O> = O extends { readonly bigint: true }
  ? bigint
  : true extends O[keyof O & 'bigint']
    ? number | bigint
    : number

type Detailed = { readonly stats: true }

/** The type of an entry under these options. */
export type EntryOf<O extends ReaddirOptions> = O extends Detailed
  ? DirEntryWithStats<NameOf<O>, NumberOf<O>>
  : DirEntry<NameOf<O>, NumberOf<O>>

type AnyEntry = DirEntry<string | Buffer, number | bigint>

const BATCH = 1024

/** Checked arguments of a call. */
interface Request {
  readonly path: string | Uint8Array
  readonly bits: number
  readonly stats: boolean
  readonly exact: boolean
  readonly encoding: BufferEncoding | 'buffer'
  readonly batch: number
}

function requestOf({ native: { DirectoryBit } }: Binding, place: unknown, options: unknown): Request {
  const path = pathArgument(place, 'path')
  const given = optionsArgument(options)
  const stats = booleanOption(given, 'stats')
  const exact = booleanOption(given, 'bigint')
  const encoding = encodingOption(given) ?? 'utf8'
  const batch = integerOption(given, 'batch', 1) ?? BATCH
  const bits = (stats ? DirectoryBit.Stats : 0) | (exact ? DirectoryBit.Exact : 0)
  return { path, bits, stats, exact, encoding, batch }
}

/** Returns all entries of a directory, without `.` and `..`, in the filesystem's order. */
export async function readdir<const O extends ReaddirOptions = object>(
  path: PathLike,
  options?: O,
): Promise<EntryOf<O>[]> {
  const bound = binding()
  const request = requestOf(bound, path, options)
  const directory = bound.native.directoryAdd(request.path)
  const entries: AnyEntry[] = []
  try {
    let next = nextBatch(bound, directory, request, MOST_AT_A_TIME)
    for (;;) {
      const job = await next
      if (job instanceof OperationFailure) throw exceptionOf(job, contextOf(request, job, 'scandir'), readdir)
      bound.native.takeBatch(job)
      const isLast = hasEnded(bound)
      // The pool reads the next batch while this thread makes the entries of this one.
      if (!isLast) next = nextBatch(bound, directory, request, MOST_AT_A_TIME)
      readBatch(bound, request, entries)
      if (isLast) return entries as EntryOf<O>[]
    }
  } finally {
    bound.native.directoryClose(directory)
  }
}

/** Reads on the calling thread, as {@link readdir}. */
export function readdirSync<const O extends ReaddirOptions = object>(
  path: PathLike,
  options?: O,
): EntryOf<O>[] {
  const bound = binding()
  const request = requestOf(bound, path, options)
  const entries: AnyEntry[] = []
  let place: string | Uint8Array | null = request.path
  do {
    if (bound.native.directoryNextSync(place, request.bits) === null) {
      const failure = failureOf(bound, null)
      throw exceptionOf(failure, contextOf(request, failure, 'scandir'), readdirSync)
    }
    readBatch(bound, request, entries)
    place = null
  } while (!hasEnded(bound))
  return entries as EntryOf<O>[]
}

/**
 * Returns the entries of a directory in batches. A batch is read when the caller asks for it, so memory holds one batch,
 * however large the directory is. The end of the loop closes the directory, also by `break` or an error. A stream that is
 * abandoned half-way is closed by the garbage collector.
 */
export function readdirStream<const O extends ReaddirStreamOptions = object>(
  path: PathLike,
  options?: O,
): AsyncGenerator<EntryOf<O>[], void, undefined> {
  let prepared: Prepared | { readonly thrown: unknown }
  try {
    const bound = binding()
    const request = requestOf(bound, path, options)
    // The path is first used later, and the caller may change its buffer until then.
    const place = typeof request.path === 'string' ? request.path : Buffer.from(request.path)
    prepared = { bound, request: { ...request, path: place } }
  } catch (thrown) {
    prepared = { thrown }
  }
  return batches(prepared) as AsyncGenerator<EntryOf<O>[], void, undefined>
}

interface Prepared {
  readonly bound: Binding
  readonly request: Request
}

const abandoned = new FinalizationRegistry<() => void>((close) => {
  close()
})

async function* batches(
  prepared: Prepared | { readonly thrown: unknown },
): AsyncGenerator<AnyEntry[], void, undefined> {
  if ('thrown' in prepared) throw prepared.thrown
  const { bound, request } = prepared
  const directory = bound.native.directoryAdd(request.path)
  const close = closerOf(bound, directory)
  // Lives as long as this generator.
  const token = {}
  abandoned.register(token, close, token)
  try {
    let entries: AnyEntry[] = []
    for (;;) {
      const job = await nextBatch(bound, directory, request, request.batch - entries.length)
      if (job instanceof OperationFailure) {
        throw exceptionOf(job, contextOf(request, job, 'opendir'), batches)
      }
      bound.native.takeBatch(job)
      const isLast = hasEnded(bound)
      readBatch(bound, request, entries)
      if (entries.length === request.batch || (isLast && entries.length > 0)) {
        yield entries
        entries = []
      }
      if (isLast) return
    }
  } finally {
    abandoned.unregister(token)
    close()
  }
}

/** A separate function, so that the closure does not keep the generator alive. */
function closerOf({ native }: Binding, directory: number): () => void {
  return () => {
    native.directoryClose(directory)
  }
}

/** The largest batches that the pool reads. The entries of a batch are made in one go, which delays other events. */
const MOST_AT_A_TIME = 4096
const MOST_STATS_AT_A_TIME = 1024

/** Reads the next batch on the pool. Resolves to the id of the job that holds it. */
function nextBatch(
  bound: Binding,
  directory: number,
  { bits, stats }: Request,
  wanted: number,
): Promise<number | OperationFailure> {
  const limit = Math.min(wanted, stats ? MOST_STATS_AT_A_TIME : MOST_AT_A_TIME)
  const job = bound.native.directoryNext(directory, bits, limit)
  return ended(bound, job, () => job)
}

/** The context of an error: the directory, or the entry for which lstat(2) failed. */
function contextOf({ path }: Request, { reason }: OperationFailure, syscall: string): ErrorContext {
  const failing = 'failure' in reason ? reason.failure.path : undefined
  return failing === undefined || failing === pathText(path)
    ? { syscall, path }
    : { syscall: 'lstat', path: failing }
}

/** Whether the batch in the shared arrays is the last of its directory. */
function hasEnded({ native, entries }: Binding): boolean {
  return entries[native.BatchField.Ended] !== 0
}

/** Appends the entries of the batch in the shared arrays. */
function readBatch(bound: Binding, request: Request, into: AnyEntry[]): void {
  const { entries, exactEntries } = bound
  const { BatchField, StatField } = bound.native
  const count = entries[BatchField.Count] ?? 0
  if (count === 0) return
  const names = namesOf(bound.bytes, (entries[BatchField.NameBytes] ?? 0) - 1, request.encoding)
  const { stats, exact } = request
  const width = 1 + (stats ? (exact ? StatField.ExactWidth : StatField.Width) : 1)
  for (let index = 0, base: number = BatchField.First; index < count; index += 1, base += width) {
    const name = names[index] ?? ''
    if (exact) {
      const inode = exactEntries.unsigned[base] ?? 0n
      const fileType = fileTypeOf(Number(exactEntries.unsigned[base + 1]))
      if (stats) into.push({ name, fileType, inode, stats: readExactStat(exactEntries, base + 1, StatField) })
      else into.push({ name, fileType, inode })
    } else {
      const inode = compact(entries[base])
      const fileType = fileTypeOf(compact(entries[base + 1]))
      if (stats) into.push({ name, fileType, inode, stats: readStat(entries, base + 1, StatField) })
      else into.push({ name, fileType, inode })
    }
  }
}

/** Splits the first `length` bytes of a buffer at NULs. */
function namesOf(bytes: Buffer, length: number, encoding: BufferEncoding | 'buffer'): (string | Buffer)[] {
  // A NUL ends every UTF-8 sequence, also a truncated one, so decoding all names at once is the same as one by one, and faster.
  if (encoding === 'utf8' || encoding === 'utf-8') return bytes.toString('utf8', 0, length).split('\0')
  const own = Buffer.from(bytes.subarray(0, length))
  const names: Buffer[] = []
  for (let begin = 0; begin <= length;) {
    const nul = own.indexOf(0, begin)
    const end = nul < 0 ? length : nul
    names.push(own.subarray(begin, end))
    begin = end + 1
  }
  return encoding === 'buffer' ? names : names.map((name) => name.toString(encoding))
}
