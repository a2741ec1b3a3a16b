// palfs info

import { release } from 'node:os'
import { binaryPath, binding, loadedNative } from '../binding.js'
import { LIBC, PLATFORM } from '../platform.js'
import { UsageError, getopt, type OptionSpec } from './getopt.js'
import type { ByteString } from './raw-arguments.js'
import { toText } from './raw-arguments.js'
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
  /** Why there is no binary, where there is none. */
  readonly problem?: string
  readonly methods: readonly string[]
}

const OPTIONS: readonly OptionSpec[] = [{ long: 'json' }, { long: 'help' }]

// In the order of trying. What moves a name instead of bytes is no method of copying.
const METHODS: Readonly<Record<string, readonly string[]>> = {
  linux: ['clone', 'copy_file_range', 'splice', 'sendfile', 'read_write'],
  macos: ['clonefile', 'fcopyfile', 'read_write'],
  freebsd: ['copy_file_range', 'read_write'],
}

/** Runs `palfs info` with the arguments after it; gives the exit status. */
export function info(args: readonly ByteString[]): Promise<number> {
  const { options, operands } = getopt(args, OPTIONS)
  const [extra] = operands
  if (extra !== undefined) throw new UsageError(`extra operand '${toText(extra)}'`)
  const asked = new Set(options.map(({ spec }) => spec.long))
  if (asked.has('help')) {
    process.stdout.write(INFO_HELP)
    return Promise.resolve(0)
  }
  const facts = gather()
  process.stdout.write(asked.has('json') ? `${JSON.stringify(facts)}\n` : table(facts))
  return Promise.resolve(facts.binary === null ? 1 : 0)
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

/** Those of this platform, less what PALFS_METHODS leaves out; a list that names none of the library's leaves out nothing. */
function allowedMethods(): readonly string[] {
  const here = METHODS[PLATFORM] ?? ['read_write']
  const known = loadedNative()?.methodNames() ?? []
  const listed = (process.env['PALFS_METHODS'] ?? '').split(',').map((name) => name.trim())
  const allowed = listed.filter((name) => known.includes(name))
  return allowed.length > 0 ? here.filter((name) => allowed.includes(name)) : here
}

function table({ problem, methods, ...facts }: Info): string {
  const rows: (readonly [name: string, value: string])[] = Object.entries(facts).map(([name, value]) => [
    name,
    value ?? 'none',
  ])
  rows.push(['methods', methods.join(', ') || 'none'])
  const lines = rows.map(([name, value]) => `${name.padEnd(12)}  ${value}`)
  if (problem !== undefined) lines.push('', problem)
  return `${lines.join('\n')}\n`
}
