// The checks of GNU cp before it opens a file, in its order.

import { lstatSync, statSync, type BigIntStats } from 'node:fs'
import { posix } from 'node:path'
import { CommandError } from './command-error.js'
import type { CopyJob } from './copy-jobs.js'
import type { CpCommand } from './cp-options.js'
import { reason } from './messages.js'
import { quote } from './quote.js'
import { toByteString, toPath, type PathArgument } from './raw-arguments.js'

/** How a job is done. */
export type Verdict =
  | { readonly action: 'copy'; readonly replaceName?: boolean }
  /** By `cp`: a directory, or an entry that is copied as such, not its content. */
  | { readonly action: 'copy tree' }
  /** Skipped. `warning` has the reason, unless the caller asked for it. */
  | { readonly action: 'skip'; readonly warning?: string }

/** Remembers the files of a command, so that a second source of the same name does not overwrite the first copy. */
export class CopyChecks {
  readonly #command: CpCommand
  readonly #sources = new Set<string>()
  readonly #created = new Set<string>()

  constructor(command: CpCommand) {
    this.#command = command
  }

  /** Checks source and destination of a job. Throws {@link CommandError} if GNU cp refuses it. */
  examine({ src, dest }: CopyJob): Verdict {
    const source = statOrFail(src, this.#follows() ? statSync : lstatSync)
    const { recursive } = this.#command
    if (source.isDirectory() && !recursive) {
      throw new CommandError(`-r not specified; omitting directory ${quote(src)}`)
    }
    // A directory that is named twice may have two destinations, by `d` and `d/.`.
    const key = entryKey(source.isDirectory() ? dest : src, source)
    if (this.#sources.has(key)) {
      const kind = source.isDirectory() ? 'directory' : 'file'
      return { action: 'skip', warning: `warning: source ${kind} ${quote(src)} specified more than once` }
    }
    this.#sources.add(key)

    const entry = statIfPresent(dest, lstatSync)
    const isTree = source.isDirectory() || source.isSymbolicLink() || (recursive && !source.isFile())
    const { removeDestination, force } = this.#command
    const target = entry?.isSymbolicLink() ? leadsTo(dest, isTree || removeDestination || force) : entry
    if (isTree) return this.#examineTree({ src, dest }, source, entry, target === LOOP ? undefined : target)
    if (!entry) return { action: 'copy' }
    if (!removeDestination) {
      if (target === LOOP) return { action: 'copy', replaceName: true }
      if (!target) throw new CommandError(`not writing through dangling symlink ${quote(dest)}`)
    }
    return this.#examineExisting({ src, dest }, source, entry, target === LOOP ? undefined : target)
  }

  /** Whether a link among the operands is followed. */
  #follows(): boolean {
    const { recursive, dereference = recursive ? 'never' : 'always' } = this.#command
    return dereference !== 'never'
  }

  /** The checks of a tree that the engine does not make. */
  #examineTree(
    { src, dest }: CopyJob,
    source: BigIntStats,
    entry: BigIntStats | undefined,
    target: BigIntStats | undefined,
  ): Verdict {
    if (!entry) requireParent({ src, dest }, 'copy')
    if (!entry) return { action: 'copy tree' }
    if (source.isDirectory()) {
      // With -L the engine would replace it with a directory.
      if (target) return { action: 'copy tree' }
      throw new CommandError(`cannot overwrite non-directory ${quote(dest)} with directory ${quote(src)}`)
    }
    if (this.#command.noClobber) return { action: 'skip' }
    if (entry.isDirectory() && this.#leaves(source, entry)) return { action: 'skip' }
    const isSameLink = entry.isSymbolicLink() && isSameInode(source, entry)
    // If source and destination are names of one link, the copy would replace it.
    if (isSameLink && !isSameEntry(src, dest)) return { action: 'skip' }
    if (isSameLink || (target && !target.isDirectory() && isSameInode(source, target))) {
      throw new CommandError(`${quote(src)} and ${quote(dest)} are the same file`)
    }
    if (this.#created.has(entryKey(dest, entry))) {
      throw new CommandError(`will not overwrite just-created ${quote(dest)} with ${quote(src)}`)
    }
    return { action: 'copy tree' }
  }

  /** Whether a copy of `src` creates a file or writes to an existing one. */
  willChange(src: PathArgument, dest: PathArgument): boolean {
    const old = statIfPresent(dest, lstatSync)
    if (!old) return true
    if (this.#command.noClobber || old.isDirectory()) return false
    if (!this.#command.update) return true
    return (statIfPresent(src, lstatSync)?.mtimeNs ?? 0n) > old.mtimeNs
  }

  #examineExisting(
    job: CopyJob,
    source: BigIntStats,
    entry: BigIntStats,
    target: BigIntStats | undefined,
  ): Verdict {
    const { src, dest } = job
    const { removeDestination, noClobber } = this.#command
    if (noClobber) return { action: 'skip' }
    const same = target !== undefined && isSameInode(source, target)
    if (same && !(removeDestination && isOtherEntry(job, entry))) {
      throw new CommandError(`${quote(src)} and ${quote(dest)} are the same file`)
    }
    const seen = removeDestination ? entry : target
    if (seen?.isDirectory() && this.#leaves(source, seen)) return { action: 'skip' }
    if (seen && this.#created.has(entryKey(dest, seen))) {
      throw new CommandError(`will not overwrite just-created ${quote(dest)} with ${quote(src)}`)
    }
    if (seen?.isDirectory())
      throw new CommandError(`cannot overwrite directory ${quote(dest)} with non-directory`)
    return { action: 'copy' }
  }

  /** Whether -u keeps the destination. The engine decides for the content of directories. */
  #leaves(source: BigIntStats, old: BigIntStats): boolean {
    return this.#command.update && source.mtimeNs <= old.mtimeNs
  }

  /** Records a finished job. A link at the destination was followed. */
  remember({ dest }: CopyJob): void {
    const entry = statIfPresent(dest, lstatSync)
    const target = entry?.isSymbolicLink() ? leadsTo(dest, true) : undefined
    for (const created of [entry, target]) {
      if (created && created !== LOOP) this.#created.add(entryKey(dest, created))
    }
  }
}

type BigIntStat = (path: PathArgument, options: { bigint: true }) => BigIntStats

/** stat(2) of a path that must exist. */
export function statOrFail(file: PathArgument, stat: BigIntStat, verb = 'stat'): BigIntStats {
  try {
    return stat(file, { bigint: true })
  } catch (error) {
    throw new CommandError(`cannot ${verb} ${quote(file)}: ${reason(error)}`)
  }
}

/** stat(2) of a path; `undefined` if it does not exist. */
export function statIfPresent(file: PathArgument, stat: BigIntStat): BigIntStats | undefined {
  try {
    return stat(file, { bigint: true })
  } catch (error) {
    if (isError(error, 'ENOENT')) return undefined
    throw new CommandError(`cannot stat ${quote(file)}: ${reason(error)}`)
  }
}

/** A link leads to links alone. */
const LOOP = 'loop'

/** The target of a link, if it exists. ELOOP is accepted only if the link will not be followed. */
function leadsTo(link: PathArgument, mayLoop: boolean): BigIntStats | typeof LOOP | undefined {
  try {
    return statSync(link, { bigint: true })
  } catch (error) {
    if (isError(error, 'ENOENT')) return undefined
    if (mayLoop && isError(error, 'ELOOP')) return LOOP
    throw new CommandError(`cannot stat ${quote(link)}: ${reason(error)}`)
  }
}

function isError(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

export function isSameInode(a: BigIntStats, b: BigIntStats): boolean {
  return a.dev === b.dev && a.ino === b.ino
}

/** Refuses a destination whose directory does not exist. The library would create it; GNU programs do not. */
export function requireParent({ src, dest }: CopyJob, verb: string): void {
  const parent = posix.dirname(toByteString(dest).replace(/(?<=[^/])\/+$/, ''))
  try {
    statSync(toPath(parent))
  } catch (error) {
    throw new CommandError(`cannot ${verb} ${quote(src)} to ${quote(dest)}: ${reason(error)}`)
  }
}

/** Whether the source survives the removal of the destination's entry, which is a symbolic or hard link to it. */
function isOtherEntry({ src, dest }: CopyJob, entry: BigIntStats): boolean {
  if (entry.isSymbolicLink()) return true
  if (statOrFail(src, lstatSync).isSymbolicLink()) return false
  return !isSameEntry(src, dest)
}

/** Whether two paths are the same entry of the same directory. */
function isSameEntry(a: PathArgument, b: PathArgument): boolean {
  return placeOf(a) === placeOf(b)
}

/** An entry, independent of the spelling of its path, and its stat. */
function entryKey(file: PathArgument, { dev, ino }: BigIntStats): string {
  return `${dev}:${ino}:${placeOf(file)}`
}

/** Splits a path into directory and name. */
function placeOf(file: PathArgument): string {
  const path = toByteString(file)
  try {
    const { dev, ino } = statSync(toPath(posix.dirname(path)), { bigint: true })
    return `${dev}:${ino}:${posix.basename(path)}`
  } catch {
    return path // the copy will say what is wrong with it
  }
}
