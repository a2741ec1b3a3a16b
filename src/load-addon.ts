/** Finds and loads the binary: which names are tried, in which order, and what became of each. */
import { createRequire } from 'node:module'
import type * as Exports from '../index.cjs'
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

const require = createRequire(import.meta.url)

/** Throws a {@link LoadError} that lists everything that was tried. */
export function loadAddon(): Loaded {
  const libc = runningLibc()
  const { version } = require('../package.json') as { version: string }
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
  throw new LoadError({ version, libc, attempts, others: otherBinaries(attempts) })
}

/** One, or both of Linux where the C library could not be told. The other one's is never tried: it cannot work. */
function targetsHere(libc: Libc | undefined): readonly string[] {
  const here = TARGETS.filter((target) => `${target}-`.startsWith(`${process.platform}-${process.arch}-`))
  return libc === undefined ? here : here.filter((target) => target.endsWith(SUFFIX[libc]))
}

/** A path given by the user replaces all others; else a binary that was built in place, then the package for this system. */
function requests(targets: readonly string[]): readonly string[] {
  const given = process.env['NAPI_RS_NATIVE_LIBRARY_PATH']
  if (given !== undefined && given !== '') return [given]
  return targets.flatMap((target) => [fileOf(target), packageOf(target)])
}

function fileOf(target: string): string {
  return `../palfs.${target}.node`
}

function packageOf(target: string): string {
  return `palfs-${target}`
}

function loadFile(path: string, version: string): Addon {
  const elf = readElf(path)
  // dlopen(3) maps such a file and the process dies of SIGBUS when it touches what is not there.
  if (elf !== undefined && elf.size < elf.mappedEnd) {
    throw new Error(`${path} is cut off: ${elf.size} bytes of at least ${elf.mappedEnd}`)
  }
  const addon = require(path) as Partial<Addon>
  const found = addon.version?.()
  if (found === version) return addon
  throw new Error(`${path} is of version ${found ?? 'unknown'}, the package of version ${version}`)
}

/** Binaries for other systems that are installed: what tells a wrong installation from an incomplete one. */
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
