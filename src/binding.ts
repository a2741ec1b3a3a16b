/** The only door to the addon. Says what is wrong when it cannot be loaded. */
import { createRequire } from 'node:module'

import type * as Addon from '../index.cjs'

/** The addon's functions, those that it registers by hand among them. */
export type Native = typeof Addon & ReturnType<typeof Addon.directFunctions>

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

const require = createRequire(import.meta.url)
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
  if (loaded instanceof Error) return undefined
  const addon: unknown = require('../index.cjs')
  const modules = Object.values(require.cache)
  return modules.find(
    (module) => module !== undefined && module.exports === addon && module.filename.endsWith('.node'),
  )?.filename
}

function load(): Binding | Error {
  try {
    const addon = require('../index.cjs') as typeof Addon
    const { version } = require('../package.json') as { version: string }
    if (addon.version() !== version) {
      return new Error(`its binary is of version ${addon.version()}, the package of version ${version}`)
    }
    return open(addon)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** Opens the addon once per environment, also where this module is loaded twice: the second shares the first one's tables. */
function open(addon: typeof Addon): Binding {
  const key = Symbol.for('palfs.binding')
  const holder = addon as typeof Addon & { [key]?: Binding }
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
  const opened = { native, records, bytes, entries, exactRecords, exactEntries, waiting }
  Object.defineProperty(holder, key, { value: opened })
  return opened
}

function exactNumbers({ buffer }: Float64Array): ExactNumbers {
  return { signed: new BigInt64Array(buffer), unsigned: new BigUint64Array(buffer) }
}

function unsupported(cause: Error): Error {
  const place = `${process.platform}-${process.arch}`
  const message = [`palfs has no binary that loads on ${place}:`]
  const hints = new Set<string>()
  for (let error: unknown = cause; error instanceof Error; error = error.cause) {
    const [line = ''] = error.message.split('\n', 1)
    // The loader's summary, and candidates that this package does not have.
    if (line.includes('native binding') || line.includes('wasi')) continue
    message.push(`- ${line}`)
    const hint = hintFor(line)
    if (hint !== undefined) hints.add(hint)
  }
  return Object.assign(new Error([...message, ...hints].join('\n'), { cause }), {
    code: 'ERR_PALFS_UNSUPPORTED' as const,
  })
}

/** By the words, because the loader passes them on without their codes. */
function hintFor(line: string): string | undefined {
  if (line.includes('addons is disabled')) {
    return 'Addons are switched off in this process; under --permission they need --allow-addons.'
  }
  if (line.includes('.node:')) {
    return 'The binary is there but was built for another system or C library: install the package again here.'
  }
  if (line.startsWith('Cannot find module')) {
    return 'Was it installed with --omit=optional, or on another system? Remove node_modules and install again.'
  }
  return undefined
}
