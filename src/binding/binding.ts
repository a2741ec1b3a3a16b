/** The only door to the addon. Says what is wrong when it cannot be loaded. */
import { loadAddon, type Addon, type Loaded } from './load-addon.js'

/** The addon's functions, those that it registers by hand among them. */
export type Native = Addon & ReturnType<Addon['directFunctions']>

/** Called with where the record of an ended operation begins, and its `Status`. */
export type Settle = (base: number, status: number) => void

/** Numbers of 64 bits in shared memory. */
export interface ExactNumbers {
  readonly signed: BigInt64Array
  readonly unsigned: BigUint64Array
}

/** What the addon and the facade share in one environment. */
export interface Binding {
  readonly native: Native
  /** The file that `native` was loaded from. */
  readonly path: string
  /** Records that Rust writes: the result of the last synchronous call, or a batch of asynchronous ones. */
  readonly records: Float64Array
  /** The value that the last synchronous call gave, or the names of a directory. */
  readonly bytes: Buffer
  /** The numbers beside those names. */
  readonly entries: Float64Array
  /** The memory of both, where the numbers in it are exact. */
  readonly exactRecords: ExactNumbers
  readonly exactEntries: ExactNumbers
  /** Who waits for the end of the operation in each slot. */
  readonly waiting: (Settle | undefined)[]
}

/** Records that one wake-up of the JavaScript thread can bring at a time. */
const BATCH = 64

/** Holds every value and list of attributes that Linux can have; what is longer elsewhere is fetched on its own. */
const BYTES = 65_536

/** Some 3,000 names of a directory, with all that is known of each. The memory is used as far as it is needed. */
const ENTRIES = 65_536

const loaded: Binding | Error = load()

/** Whether this platform has a binary that could be loaded. Where it is false every function throws or rejects. */
export const supported: boolean = !(loaded instanceof Error)

/** The addon; an error with the code ERR_PALFS_UNSUPPORTED where there is none. */
export function binding(): Binding {
  if (loaded instanceof Error) throw unsupported(loaded)
  return loaded
}

/** The addon where it is loaded: for what can be said without it, too. */
export function loadedNative(): Native | undefined {
  return loaded instanceof Error ? undefined : loaded.native
}

/** The path of the loaded binary. */
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

/** Opens the addon once per environment, also where this module is loaded twice: the second shares the first one's tables. */
function open({ addon, path }: Loaded): Binding {
  const key = Symbol.for('palfs.binding')
  const holder = addon as Addon & { [key]?: Binding }
  const shared = holder[key]
  if (shared !== undefined) return shared
  // A literal of its own: V8 keeps what an addon exports as a hash table, where each look-up of a function costs.
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
  const waiting: (Settle | undefined)[] = []
  native.open(records, bytes, entries, (count) => {
    for (let base = 0; base < count * width; base += width) {
      const slot = records[base + Slot] ?? 0
      const settle = waiting[slot]
      waiting[slot] = undefined
      settle?.(base, records[base + Status] ?? 0)
    }
  })
  // `process.exit` runs no cleanup hook on the main thread: without this, running copies would leave their temporaries.
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

/** A new error for every call, so that its stack shows the caller. */
function unsupported({ message, cause }: Error): Error {
  return Object.assign(new Error(message, { cause }), { code: 'ERR_PALFS_UNSUPPORTED' as const })
}
