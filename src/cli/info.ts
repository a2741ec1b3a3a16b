// palfs info

import { release } from 'node:os'
import { binaryPath, binding, loadedNative } from '../binding/binding.js'
import { detectCapabilities, type PlatformCapabilities } from '../capabilities.js'
import { LIBC, PLATFORM } from '../platform.js'
import { CommandError } from './command-error.js'
import { UsageError, getopt, type OptionSpec } from './getopt.js'
import { reason } from './messages.js'
import { quote } from './quote.js'
import type { ByteString } from './raw-arguments.js'
import { toPath, toText } from './raw-arguments.js'
import { INFO_HELP } from './usage.js'
import { packageVersion } from './version.js'

interface Info {
  readonly version: string
  readonly platform: string
  readonly kernel: string
  readonly architecture: string
  readonly libc: string | null
  readonly node: string
  readonly binary: string | null
  /** Why no binary was loaded. */
  readonly problem?: string
  readonly methods: readonly string[]
  /** Capabilities of the filesystem of PATH. */
  readonly capabilities?: PlatformCapabilities
}

const OPTIONS: readonly OptionSpec[] = [{ long: 'json' }, { long: 'help' }]

// All methods that copy bytes; `rename` copies none.
const METHODS: Readonly<Record<string, readonly string[]>> = {
  linux: ['clone', 'copy_file_range', 'splice', 'sendfile', 'read_write'],
  macos: ['clonefile', 'fcopyfile', 'read_write'],
  freebsd: ['copy_file_range', 'read_write'],
}

/** Runs `palfs info` with the arguments after it; returns the exit status. */
export async function info(args: readonly ByteString[]): Promise<number> {
  const { options, operands } = getopt(args, OPTIONS)
  const [place, extra] = operands
  if (extra !== undefined) throw new UsageError(`extra operand '${toText(extra)}'`)
  const asked = new Set(options.map(({ spec }) => spec.long))
  if (asked.has('help')) {
    process.stdout.write(INFO_HELP)
    return 0
  }
  const facts = { ...gather(), ...(place === undefined ? {} : { capabilities: await ask(place) }) }
  process.stdout.write(asked.has('json') ? `${JSON.stringify(facts)}\n` : table(facts))
  return facts.binary === null ? 1 : 0
}

async function ask(place: ByteString): Promise<PlatformCapabilities> {
  const path = toPath(place)
  try {
    return await detectCapabilities(path)
  } catch (error) {
    throw new CommandError(`cannot ask the filesystem of ${quote(path)}: ${reason(error)}`)
  }
}

function gather(): Info {
  return {
    version: packageVersion(),
    platform: PLATFORM,
    kernel: release(),
    architecture: process.arch,
    libc: LIBC,
    node: process.versions.node,
    binary: binaryPath() ?? null,
    ...whyNoBinary(),
    methods: loadedNative() ? allowedMethods() : [],
  }
}

function whyNoBinary(): Pick<Info, 'problem'> {
  try {
    binding()
    return {}
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
}

/** The methods of this platform that PALFS_METHODS allows. A list without any known method allows all. */
function allowedMethods(): readonly string[] {
  const here = METHODS[PLATFORM] ?? ['read_write']
  const known = loadedNative()?.methodNames() ?? []
  const listed = (process.env['PALFS_METHODS'] ?? '').split(',').map((name) => name.trim())
  const allowed = listed.filter((name) => known.includes(name))
  return allowed.length > 0 ? here.filter((name) => allowed.includes(name)) : here
}

function table({ problem, methods, capabilities, ...facts }: Info): string {
  const rows: (readonly [name: string, value: string])[] = Object.entries(facts).map(([name, value]) => [
    name,
    value ?? 'none',
  ])
  rows.push(['methods', methods.join(', ') || 'none'])
  const lines = rows.map(([name, value]) => `${name.padEnd(12)}  ${value}`)
  if (capabilities !== undefined) lines.push('', ...capabilityLines(capabilities))
  if (problem !== undefined) lines.push('', problem)
  return `${lines.join('\n')}\n`
}

/** `copyFileRangeAvailable` is shown as "copy file range". */
function capabilityLines(capabilities: PlatformCapabilities): string[] {
  const rows = Object.entries(capabilities).map(([key, value]) => {
    const words = key.replace(/Available$/, '').replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    return [words, shownValue(value)] as const
  })
  const width = Math.max(...rows.map(([words]) => words.length))
  return rows.map(([words, value]) => `${words.padEnd(width)}  ${value}`)
}

function shownValue(value: PlatformCapabilities[keyof PlatformCapabilities]): string {
  if (value === null) return 'unknown'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value !== 'object') return String(value)
  if ('memory' in value) return `memory by ${value.memory}, offsets by ${value.offset}`
  return value.join(', ') || 'none'
}
