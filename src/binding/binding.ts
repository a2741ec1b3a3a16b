/** Loads the addon once, with the memory that it shares with the facade. All other files get the addon from here. */
import { loadAddon, type Addon, type Loaded } from './load-addon.js'

/** The addon's functions, including those that it registers by hand. */
export type Native = Addon & ReturnType<Addon['directFunctions']>

/** Called when a job ends. `base`: where its record begins. `status`: a `Status`. */
export type OnEnd = (base: number, status: number) => void

/** Views of shared memory as 64-bit integers. */
export interface ExactNumbers {
  readonly signed: BigInt64Array
  readonly unsigned: BigUint64Array
}

/** The addon and the memory that it shares with the facade, per environment (the main thread or a worker). */
export interface Binding {
  readonly native: Native
  /** The file that `native` was loaded from. */
  readonly path: string
  /** Result records that Rust writes: that of the last synchronous call, or a batch of those of ended jobs. */
  readonly records: Float64Array
  /** The value of the last synchronous call, or the names of a batch of directory entries. */
  readonly bytes: Buffer
  /** The numbers of those entries. */
  readonly entries: Float64Array
  /** The same memory as integers, for results that hold exact 64-bit numbers. */
  readonly exactRecords: ExactNumbers
  readonly exactEntries: ExactNumbers
  /** The callback of each running job, by job id. */
  readonly waiting: (OnEnd | undefined)[]
}

/** The largest number of records in one batch. */
const BATCH = 64

/** Bytes: the longest value and list of extended attributes on Linux (64 KiB). Longer values are fetched by `takeBytes`. */
const BYTES = 65_536

/** Numbers: about 3,000 directory entries with stats. Pages of memory that are never written are never allocated. */
const ENTRIES = 65_536

const loaded: Binding | Error = load()

/** Whether the binary for this platform was loaded. If false, every function throws or rejects (ERR_PALFS_UNSUPPORTED). */
export const supported: boolean = !(loaded instanceof Error)

/** Returns the addon. Throws ERR_PALFS_UNSUPPORTED if it was not loaded. */
export function binding(): Binding {
  if (loaded instanceof Error) throw unsupported(loaded)
  return loaded
}

/** Returns the addon, or `undefined` if it was not loaded. */
export function loadedNative(): Native | undefined {
  return loaded instanceof Error ? undefined : loaded.native
}

/** The path of the loaded binary; `undefined` if none was loaded. */
export function binaryPath(): string | undefined {
  return loaded instanceof Error ? undefined : loaded.path
}

function load(): Binding | Error {
  try {
    return open(loadAddon())
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** Opens the addon once per environment. A second copy of this module shares the tables of the first. */
function open({ addon, path }: Loaded): Binding {
  const key = Symbol.for('palfs.binding')
  const holder = addon as Addon & { [key]?: Binding }
  const shared = holder[key]
  if (shared !== undefined) return shared
  // Copied to a literal: V8 stores the exports of an addon as a hash table, in which every look-up is slower.
  const native = {
    ...addon,
    ...addon.directFunctions(),
    Field: { ...addon.Field },
    Status: { ...addon.Status },
    FileOperation: { ...addon.FileOperation },
    StatField: { ...addon.StatField },
    BatchField: { ...addon.BatchField },
  }
  const width = native.Field.Width
  const { Slot, Status } = native.Field
  const records = new Float64Array(width * BATCH)
  const bytes = Buffer.alloc(BYTES)
  const entries = new Float64Array(ENTRIES)
  const waiting: (OnEnd | undefined)[] = []
  native.open(records, bytes, entries, (count) => {
    for (let base = 0; base < count * width; base += width) {
      const slot = records[base + Slot] ?? 0
      const onEnd = waiting[slot]
      waiting[slot] = undefined
      onEnd?.(base, records[base + Status] ?? 0)
    }
  })
  // `process.exit` runs no cleanup hook on the main thread, so running copies would leave their temporary files.
  process.on('exit', () => {
    native.quiesce()
  })
  const [exactRecords, exactEntries] = [exactNumbers(records), exactNumbers(entries)]
  const opened = { native, path, records, bytes, entries, exactRecords, exactEntries, waiting }
  Object.defineProperty(holder, key, { value: opened })
  return opened
}

function exactNumbers({ buffer }: Float64Array): ExactNumbers {
  return { signed: new BigInt64Array(buffer), unsigned: new BigUint64Array(buffer) }
}

/** Makes a new error for every call, so that its stack shows the caller. */
function unsupported({ message, cause }: Error): Error {
  return Object.assign(new Error(message, { cause }), { code: 'ERR_PALFS_UNSUPPORTED' as const })
}
