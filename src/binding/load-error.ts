/** The error if no binary was loaded: the platform, each attempt with its outcome, and advice. */
import { accessSync, constants, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { MACHINES, readElf } from './elf.js'
import type { Libc } from './libc.js'
import { TARGETS } from './targets.js'

/** A request that was tried, and its error. */
export interface Attempt {
  readonly request: string
  /** The file that the request resolves to; `undefined` if it does not resolve. */
  readonly path: string | undefined
  readonly error: Error
}

export interface Failure {
  readonly version: string
  readonly libc: Libc | undefined
  readonly attempts: readonly Attempt[]
  /** Installed targets of other systems. */
  readonly others: readonly string[]
  /** The path in NAPI_RS_NATIVE_LIBRARY_PATH, which replaces all requests. */
  readonly given: string | undefined
}

/** No binary was loaded. `cause`: the error of each attempt. */
export class LoadError extends Error {
  constructor(failure: Failure) {
    const errors = failure.attempts.map(({ error }) => error)
    super(describe(failure), { cause: new AggregateError(errors, 'no binary could be loaded') })
  }
}

const here = `${process.platform}-${process.arch}`
const AGAIN = 'remove node_modules and install again on the system where it runs'

const READABLE =
  'The binary is there, but this user may not read it: install as the user that runs, or `chmod -R a+rX node_modules`.'

function describe(failure: Failure): string {
  const { version, libc, attempts } = failure
  const place = `${process.platform} ${process.arch}${libc === undefined ? '' : `, ${libc}`}`
  const tried = attempts.map(({ request, path, error }) => `- ${path ?? request}: ${outcome(error)}`)
  return [
    `palfs ${version} has no binary that loads here (${place}, ${runtime()}).`,
    ...(tried.length > 0 ? ['Tried:', ...tried] : []),
    'What to do:',
    ...new Set(remedies(failure).map((remedy) => `- ${remedy}`)),
  ].join('\n')
}

/** The runtime and its version. Bun and Deno also report the Node version that they emulate. */
function runtime(): string {
  const { bun, deno, electron, node } = process.versions
  if (bun !== undefined) return `Bun ${bun}`
  if (deno !== undefined) return `Deno ${deno}`
  return electron === undefined ? `Node ${node}` : `Electron ${electron}`
}

function outcome(error: Error): string {
  if (codeOf(error) === 'MODULE_NOT_FOUND') return 'not there'
  return error.message.split('\n', 1)[0] ?? error.name
}

function remedies({ version, libc, attempts, others, given }: Failure): readonly string[] {
  if (given !== undefined) {
    return [
      `NAPI_RS_NATIVE_LIBRARY_PATH is set, and nothing else is tried: unset it, or let it name a binary of palfs ${version} for this system.`,
    ]
  }
  if (attempts.length === 0) {
    return [`There is no binary for ${here}, only for ${TARGETS.join(', ')}.`]
  }
  const failed = attempts.filter(({ error }) => codeOf(error) !== 'MODULE_NOT_FOUND')
  if (failed.length === 0) return [absent(attempts, libc, others)]
  return failed.map((attempt) => remedyFor(attempt, libc))
}

function absent(attempts: readonly Attempt[], libc: Libc | undefined, others: readonly string[]): string {
  if (attempts.some(isUnreadable)) return READABLE
  const otherLibc = others.find((target) => target.startsWith(`${here}-`))
  if (otherLibc !== undefined) {
    return `The binary for ${otherLibc} is installed, but this process runs on ${libc ?? 'another C library'}: ${AGAIN}, or install with --libc=${libc ?? 'glibc'}.`
  }
  if (others.length > 0) {
    const forLibc = libc === undefined ? '' : ` --libc=${libc}`
    return `The installation is for another system (${others.join(', ')}): ${AGAIN}, or install with --os=${process.platform} --cpu=${process.arch}${forLibc}.`
  }
  const name = attempts.at(-1)?.request ?? 'its package'
  return (
    `${name} is not installed. Optional dependencies were omitted (--omit=optional, --no-optional), or the lockfile was` +
    ` written on another system by an npm that left it out (npm/cli#4828): remove node_modules and the lockfile, then` +
    ` install with optional dependencies.`
  )
}

function remedyFor(attempt: Attempt, libc: Libc | undefined): string {
  const { path = '', error } = attempt
  const { message } = error
  if (codeOf(error) === 'ERR_DLOPEN_DISABLED') return disabled()
  if (message.includes('--allow-ffi')) {
    return 'Deno may not load native code: start it with --allow-ffi. Native calls are then not subject to its other permissions.'
  }
  if (isUnreadable(attempt)) return READABLE
  if (message.includes('is of version')) return `Package and binary must be of one version: ${AGAIN}.`
  if (/is (?:cut off|damaged)/u.test(message)) return `The file is incomplete: ${AGAIN}.`
  // The messages of glibc and musl.
  if (/failed to map segment|Operation not permitted/u.test(message)) {
    return 'The binary lies on a filesystem that is mounted noexec, or memory ran out: install it elsewhere.'
  }
  if (/version [`'"]GLIBC_/u.test(message)) {
    return 'This glibc is older than the one that the binary was built for: use a newer system, or build from source.'
  }
  return madeForAnother(path, libc) ?? `The binary is there and cannot be loaded: ${AGAIN}.`
}

/** The file; or the package if it was not found: Node 20 and 22 treat a directory without search permission as absent. */
function isUnreadable({ request, path }: Attempt): boolean {
  return path === undefined ? placesOf(request).some(unreadable) : unreadable(path)
}

/** The directories where a package of that name may be. */
function placesOf(name: string): readonly string[] {
  const directories = createRequire(import.meta.url).resolve.paths(name) ?? []
  return directories.map((directory) => join(directory, name))
}

function unreadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return false
  } catch (error) {
    return error instanceof Error && codeOf(error) === 'EACCES'
  }
}

function disabled(): string {
  return 'permission' in process
    ? 'The permission model keeps Node from loading addons: start it with --allow-addons. Native calls are then not subject to --allow-fs-read and --allow-fs-write.'
    : 'Addons are switched off: start Node without --no-addons (look into NODE_OPTIONS, too).'
}

/** By the file itself: the messages of dynamic loaders differ, and some name a library that is not needed. */
function madeForAnother(path: string, libc: Libc | undefined): string | undefined {
  if (process.platform !== 'linux') return undefined
  const elf = readElf(path)
  if (elf === undefined)
    return `The file is no Linux library: it is damaged or was made for another system; ${AGAIN}.`
  const machine = MACHINES[elf.machine] ?? `processor ${elf.machine}`
  if (machine !== process.arch)
    return `The file is for ${machine}, this process is ${process.arch}: ${AGAIN}.`
  const linked = linkedLibc(path)
  if (libc !== undefined && linked !== undefined && linked !== libc) {
    return `The file was linked for ${linked}, this process runs on ${libc}: a package with the wrong file in it, or a copy from another image; ${AGAIN}.`
  }
  return undefined
}

/** By the C library's name among the needed libraries; `undefined` if the file needs none. */
function linkedLibc(path: string): Libc | undefined {
  const bytes = readFileSync(path)
  if (bytes.includes('libc.so.6\0')) return 'glibc'
  return bytes.includes('libc.so\0') || bytes.includes('libc.musl-') ? 'musl' : undefined
}

function codeOf(error: Error): unknown {
  return 'code' in error ? error.code : undefined
}
