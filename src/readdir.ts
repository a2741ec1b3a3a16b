/** Directories: all of their names at once, or in batches. */
import type { Failure } from '../index.cjs'
import {
  booleanOption,
  countOption,
  encodingOption,
  optionsArgument,
  pathArgument,
  type PathLike,
} from './internal/args.js'
import { binding, type Binding } from './binding/binding.js'
import { text, type ErrorContext } from './errors/fs-error.js'
import {
  compact,
  fileTypeOf,
  readExactStat,
  readStat,
  type FileStat,
  type FileType,
} from './internal/file-stat.js'
import { ended, Failed, failed, reasonOf } from './internal/value-operation.js'

/** One name in a directory. */
export interface DirEntry<Name extends string | Buffer = string, N extends number | bigint = number> {
  /** The name: a string, or a Buffer with `encoding: 'buffer'`. */
  readonly name: Name
  /** What it names; a link is a link. `'unknown'` where neither the directory nor lstat(2) would tell. */
  readonly fileType: FileType
  /**
   * The number of the inode that it names; for the root of a mount, the number of what that covers. Above 2^53 the nearest
   * number, unless `bigint` is given.
   */
  readonly inode: N
  /** What lstat(2) says, with `stats: true`. */
  readonly stats?: FileStat<N>
}

/** One name in a directory, with what lstat(2) says of it. */
export interface DirEntryWithStats<
  Name extends string | Buffer = string,
  N extends number | bigint = number,
> extends DirEntry<Name, N> {
  readonly stats: FileStat<N>
}

/** Options of `readdir`. `undefined` means the default; unknown keys are ignored. */
export interface ReaddirOptions {
  /**
   * Whether each entry has `stats`, what lstat(2) says of it. Much faster than one `lstat` for each name.
   * @default false
   */
  readonly stats?: boolean | undefined
  /**
   * How names become strings. A name that is not UTF-8 is shown with U+FFFD and cannot be opened by that: `'buffer'` gives
   * every name as it is.
   * @default 'utf8'
   */
  readonly encoding?: BufferEncoding | 'buffer' | null | undefined
  /**
   * Whether numbers are bigints, and times nanoseconds.
   * @default false
   */
  readonly bigint?: boolean | undefined
}

/** Options of `readdirStream`. */
export interface ReaddirStreamOptions extends ReaddirOptions {
  /**
   * How many entries a batch has, but for the last.
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

/** What an entry looks like under these options. */
export type EntryOf<O extends ReaddirOptions> = O extends Detailed
  ? DirEntryWithStats<NameOf<O>, NumberOf<O>>
  : DirEntry<NameOf<O>, NumberOf<O>>

type AnyEntry = DirEntry<string | Buffer, number | bigint>

const BATCH = 1024

/** The options of one call as they are used. */
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
  const batch = countOption(given, 'batch') ?? BATCH
  const bits = (stats ? DirectoryBit.Stats : 0) | (exact ? DirectoryBit.Exact : 0)
  return { path, bits, stats, exact, encoding, batch }
}

/** Every name in a directory, but `.` and `..`, in the filesystem's order. */
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
      const slot = await next
      if (slot instanceof Failed) throw reasonOf(slot, contextOf(request, slot.failure, 'scandir'), readdir)
      bound.native.takeBatch(slot)
      const isLast = hasEnded(bound)
      // Read by the pool while this thread looks at what is there.
      if (!isLast) next = nextBatch(bound, directory, request, MOST_AT_A_TIME)
      readBatch(bound, request, entries)
      if (isLast) return entries as EntryOf<O>[]
    }
  } finally {
    bound.native.directoryClose(directory)
  }
}

/** As {@link readdir}, on the calling thread. */
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
      const reason = failed(bound, null)
      throw reasonOf(reason, contextOf(request, reason.failure, 'scandir'), readdirSync)
    }
    readBatch(bound, request, entries)
    place = null
  } while (!hasEnded(bound))
  return entries as EntryOf<O>[]
}

/**
 * The names of a directory in batches, each read when it is asked for: the memory of one batch, however many names there
 * are. The end of the loop closes the directory, `break` and an error too. A stream that is dropped half-way without
 * either is closed when it is collected as garbage.
 */
export function readdirStream<const O extends ReaddirStreamOptions = object>(
  path: PathLike,
  options?: O,
): AsyncGenerator<EntryOf<O>[], void, undefined> {
  let prepared: Prepared | { readonly thrown: unknown }
  try {
    const bound = binding()
    const request = requestOf(bound, path, options)
    // Its first use is later: what the caller does to its buffer until then changes nothing.
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
  // Lives as long as this generator does.
  const token = {}
  abandoned.register(token, close, token)
  try {
    let entries: AnyEntry[] = []
    for (;;) {
      const slot = await nextBatch(bound, directory, request, request.batch - entries.length)
      if (slot instanceof Failed) {
        throw reasonOf(slot, contextOf(request, slot.failure, 'opendir'), batches)
      }
      bound.native.takeBatch(slot)
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

/** Apart, so that nothing in it holds the generator. */
function closerOf({ native }: Binding, directory: number): () => void {
  return () => {
    native.directoryClose(directory)
  }
}

/** Read in one go by the pool: their entries are made in one go, too, and other events must not wait for that. */
const MOST_AT_A_TIME = 4096
const MOST_STATS_AT_A_TIME = 1024

/** Starts to read the next names; gives the slot under which they wait. */
function nextBatch(
  bound: Binding,
  directory: number,
  { bits, stats }: Request,
  wanted: number,
): Promise<number | Failed> {
  const limit = Math.min(wanted, stats ? MOST_STATS_AT_A_TIME : MOST_AT_A_TIME)
  const slot = bound.native.directoryNext(directory, bits, limit)
  return ended(bound, slot, () => slot)
}

/** What an error is about: the directory, or the one entry of it at which lstat(2) failed. */
function contextOf({ path }: Request, failure: Failure | undefined, syscall: string): ErrorContext {
  const failing = failure?.path
  return failing === undefined || failing === text(path)
    ? { syscall, path }
    : { syscall: 'lstat', path: failing }
}

/** Whether the batch in the shared arrays is the last one of its directory. */
function hasEnded({ native, entries }: Binding): boolean {
  return entries[native.BatchField.Ended] !== 0
}

/** Makes entries of the batch in the shared arrays. */
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

/** The names in the first bytes of a buffer, with a NUL between any two. */
function namesOf(bytes: Buffer, length: number, encoding: BufferEncoding | 'buffer'): (string | Buffer)[] {
  // A NUL ends every sequence of UTF-8, also one that is cut short: all at once is the same as one by one, and fast.
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
