// What GNU cp refuses before it opens anything, in the order in which it looks.

import { lstatSync, statSync, type BigIntStats } from 'node:fs'
import { posix } from 'node:path'
import { CommandError, type CopyJob } from './copy-jobs.js'
import type { CpCommand } from './cp-options.js'
import { reason } from './messages.js'
import { quote } from './quote.js'
import { toByteString, toPath, type PathArgument } from './raw-arguments.js'

/** What is to be done with a job. */
export type Verdict =
  | { readonly action: 'copy' }
  /** `warning` says why, unless the caller asked for it. */
  | { readonly action: 'skip'; readonly warning?: string }

/** Remembers the files of one command, so that the second of two equal names does not undo the first. */
export class CopyChecks {
  readonly #command: CpCommand
  readonly #sources = new Set<string>()
  readonly #created = new Set<string>()

  constructor(command: CpCommand) {
    this.#command = command
  }

  /** Looks at both ends of a job; throws {@link CommandError} where GNU cp gives up on it. */
  examine({ src, dest }: CopyJob): Verdict {
    const source = statOrFail(src, statSync)
    if (source.isDirectory()) throw new CommandError(`-r not specified; omitting directory ${quote(src)}`)
    if (this.#sources.has(entryKey(src, source))) {
      return { action: 'skip', warning: `warning: source file ${quote(src)} specified more than once` }
    }
    this.#sources.add(entryKey(src, source))

    const entry = statIfPresent(dest, lstatSync)
    const target = entry?.isSymbolicLink() ? statIfPresent(dest, statSync) : entry
    if (!entry) return { action: 'copy' }
    if (!target && !this.#command.removeDestination) {
      throw new CommandError(`not writing through dangling symlink ${quote(dest)}`)
    }
    return this.#examineExisting({ src, dest }, source, entry, target)
  }

  #examineExisting(
    job: CopyJob,
    source: BigIntStats,
    entry: BigIntStats,
    target: BigIntStats | undefined,
  ): Verdict {
    const { src, dest } = job
    const { removeDestination, noClobber } = this.#command
    const same = target !== undefined && isSameInode(source, target)
    if (same && !(removeDestination && isOtherEntry(job, entry))) {
      throw new CommandError(`${quote(src)} and ${quote(dest)} are the same file`)
    }
    if (noClobber) return { action: 'skip' }
    const seen = removeDestination ? entry : target
    if (seen && this.#created.has(entryKey(dest, seen))) {
      throw new CommandError(`will not overwrite just-created ${quote(dest)} with ${quote(src)}`)
    }
    if (seen?.isDirectory())
      throw new CommandError(`cannot overwrite directory ${quote(dest)} with non-directory`)
    return { action: 'copy' }
  }

  /** The job is done. */
  remember({ dest }: CopyJob): void {
    const created = statIfPresent(dest, this.#command.removeDestination ? lstatSync : statSync)
    if (created) this.#created.add(entryKey(dest, created))
  }
}

type BigIntStat = (path: PathArgument, options: { bigint: true }) => BigIntStats

function statOrFail(file: PathArgument, stat: BigIntStat): BigIntStats {
  try {
    return stat(file, { bigint: true })
  } catch (error) {
    throw new CommandError(`cannot stat ${quote(file)}: ${reason(error)}`)
  }
}

function statIfPresent(file: PathArgument, stat: BigIntStat): BigIntStats | undefined {
  try {
    return stat(file, { bigint: true })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new CommandError(`cannot stat ${quote(file)}: ${reason(error)}`)
  }
}

function isSameInode(a: BigIntStats, b: BigIntStats): boolean {
  return a.dev === b.dev && a.ino === b.ino
}

/** Whether removing the destination's entry leaves the source: it is a link to it, symbolic or hard. */
function isOtherEntry({ src, dest }: CopyJob, entry: BigIntStats): boolean {
  if (entry.isSymbolicLink()) return true
  if (statOrFail(src, lstatSync).isSymbolicLink()) return false
  const [a, b] = [toByteString(src), toByteString(dest)]
  if (posix.basename(a) !== posix.basename(b)) return true
  const [sourceDirectory, destDirectory] = [a, b].map((name) =>
    statOrFail(toPath(posix.dirname(name)), statSync),
  )
  return !sourceDirectory || !destDirectory || !isSameInode(sourceDirectory, destDirectory)
}

function entryKey(file: PathArgument, { dev, ino }: BigIntStats): string {
  return `${dev}:${ino}:${toByteString(file)}`
}
