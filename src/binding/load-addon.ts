/** Finds and loads the binary. */
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type * as Exports from '../../index.cjs'
import { readElf } from './elf.js'
import { runningLibc, type Libc } from './libc.js'
import { LoadError, type Attempt } from './load-error.js'
import { TARGETS } from './targets.js'

/** What the binary exports. */
export type Addon = typeof Exports

export interface Loaded {
  readonly addon: Addon
  readonly path: string
}

const SUFFIX: Readonly<Record<Libc, string>> = { glibc: '-gnu', musl: '-musl' }

/** The URL of this file; undefined after esbuild converted it to CommonJS, whose modules have no URL. */
const url = import.meta.url as string | undefined

/** Resolves from dist/, the folder above this file's: messages show requests in that form. */
const require = createRequire(url === undefined ? 'file:///' : new URL('../index.js', url))

/** Throws a {@link LoadError} that lists all attempts. */
export function loadAddon(): Loaded {
  const libc = runningLibc()
  const version = ownVersion()
  const attempts: Attempt[] = []
  for (const request of requests(targetsHere(libc))) {
    let path: string | undefined
    try {
      path = require.resolve(request)
      return { addon: loadFile(path, version), path }
    } catch (cause) {
      attempts.push({ request, path, error: cause instanceof Error ? cause : new Error(String(cause)) })
    }
  }
  throw new LoadError({ version, libc, attempts, others: otherBinaries(attempts), given: givenPath() })
}

/** The package's version. Throws if this file is not in its package. */
function ownVersion(): string {
  let manifest: { name?: string; version?: string } = {}
  try {
    manifest = require('../package.json') as typeof manifest
  } catch {
    // Absent or not readable: reported below.
  }
  if (manifest.name === 'palfs' && manifest.version !== undefined) return manifest.version
  throw new Error(
    `palfs is not in its package: ${url === undefined ? 'it' : fileURLToPath(url)} was bundled or copied, and cannot find the binary from there.` +
      ` Leave palfs out of the bundle (external: ['palfs']) and install it where the program runs.`,
  )
}

/** The target of this system; on Linux two if the C library is unknown. A target of the other library cannot work. */
function targetsHere(libc: Libc | undefined): readonly string[] {
  const here = TARGETS.filter((target) => `${target}-`.startsWith(`${process.platform}-${process.arch}-`))
  return libc === undefined ? here : here.filter((target) => target.endsWith(SUFFIX[libc]))
}

/** The user's path alone, or else a binary built in place, then the package of each target. */
function requests(targets: readonly string[]): readonly string[] {
  const given = givenPath()
  if (given !== undefined) return [given]
  return targets.flatMap((target) => [fileOf(target), packageOf(target)])
}

/** Deno throws if the variable may not be read. It then counts as not set. */
function givenPath(): string | undefined {
  try {
    return process.env['NAPI_RS_NATIVE_LIBRARY_PATH'] || undefined
  } catch {
    return undefined
  }
}

function fileOf(target: string): string {
  return `../palfs.${target}.node`
}

function packageOf(target: string): string {
  return `palfs-${target}`
}

function loadFile(path: string, version: string): Addon {
  const elf = readElf(path)
  // dlopen(3) would map a truncated file, and the process would get SIGBUS on the missing pages.
  if (elf !== undefined && elf.size < elf.mappedEnd) {
    throw new Error(`${path} is cut off: ${elf.size} bytes of at least ${elf.mappedEnd}`)
  }
  // The dynamic loader would use the zeros as offsets, and crash.
  if (elf?.endsBlank === true) throw new Error(`${path} is damaged: there are zeros at its end`)
  const addon = require(path) as Partial<Addon>
  const found = addon.version?.()
  if (found === version) return addon
  throw new Error(`${path} is of version ${found ?? 'unknown'}, the package of version ${version}`)
}

/** Installed binaries for other systems. They show that the installation is wrong, not incomplete. */
function otherBinaries(attempts: readonly Attempt[]): readonly string[] {
  const tried = new Set(attempts.map(({ request }) => request))
  return TARGETS.filter((target) =>
    [fileOf(target), packageOf(target)].some((request) => !tried.has(request) && resolves(request)),
  )
}

function resolves(request: string): boolean {
  try {
    require.resolve(request)
    return true
  } catch {
    return false
  }
}
