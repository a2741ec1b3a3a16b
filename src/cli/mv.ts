// palfs mv

import type { LinkGroups } from '../../index.cjs'
import { lstatSync, readdirSync, realpathSync, statSync, type BigIntStats } from 'node:fs'
import { linkGroups } from '../cp.js'
import { FsError } from '../errors/fs-error.js'
import type { CopyResult, PreserveItem } from '../index.js'
import { moveAsCommand } from '../move.js'
import { isSameInode, requireParent, statIfPresent, statOrFail } from './copy-checks.js'
import { CommandError } from './command-error.js'
import { copyJobs, type CopyJob } from './copy-jobs.js'
import { progressBar } from './expected-totals.js'
import { Interrupt } from './interrupt.js'
import { lossProblems, reason } from './messages.js'
import { lossText } from './metadata.js'
import { oneByOne } from './one-by-one.js'
import { quote } from './quote.js'
import { toByteString, type ByteString, type PathArgument } from './raw-arguments.js'
import { Report } from './report.js'
import { ResultSum } from './result-sum.js'
import {
  checkTarget,
  missing,
  parse,
  TARGET_DEFAULTS,
  TARGET_MISSING,
  TARGET_OPTIONS,
  type CommandOption,
  type TargetCommand,
} from './tree-command.js'
import { MV_HELP } from './usage.js'
import { printVersion } from './version.js'

/** The parsed arguments. */
interface MvCommand extends TargetCommand {
  /** `--strict`: keep a source whose metadata cannot all be kept. */
  strict: boolean
}

const OPTIONS: readonly CommandOption<MvCommand>[] = [
  ...TARGET_OPTIONS,
  { long: 'strict', apply: (c) => (c.strict = true) },
  // Of -f and -n the last one counts.
  { short: 'f', long: 'force', apply: (c) => (c.noClobber = false) },
  { short: 'n', long: 'no-clobber', apply: (c) => (c.noClobber = true) },
  ...missing(TARGET_MISSING),
]

/** Runs `palfs mv` with the arguments after it; returns the exit status. */
export async function mv(args: readonly ByteString[]): Promise<number> {
  const command = parse(args, OPTIONS, (operands): MvCommand => ({
    ...TARGET_DEFAULTS,
    strict: false,
    operands,
  }))
  checkTarget(command)
  if (command.help) process.stdout.write(MV_HELP)
  else if (command.version) printVersion()
  else return new MvRun(command, copyJobs(command)).run()
  return 0
}

class MvRun {
  readonly #command: MvCommand
  readonly #jobs: readonly CopyJob[]
  readonly #interrupt = new Interrupt()
  readonly #report: Report
  readonly #sum = new ResultSum()
  readonly #made = new Set<string>()

  /** Hard links between different sources. The engine keeps those within one. */
  readonly #groups: LinkGroups | undefined

  constructor(command: MvCommand, jobs: readonly CopyJob[]) {
    this.#command = command
    this.#jobs = jobs
    this.#groups = jobs.length > 1 ? linkGroups() : undefined
    this.#report = new Report(
      'mv',
      command,
      progressBar(
        command,
        jobs.map(({ src }) => src),
      ),
    )
  }

  async run(): Promise<number> {
    await oneByOne(
      this.#jobs,
      this.#interrupt,
      (job) => this.#move(job),
      (job, error) => this.#complain(job, error),
    )
    this.#report.end(this.#sum)
    return this.#interrupt.exitCode ?? this.#report.status
  }

  #complain(job: CopyJob, error: unknown): void {
    const message = error instanceof CommandError ? error.message : moveProblem(job, error)
    this.#sum.addError(error, message)
    this.#report.complain(message)
  }

  async #move({ src, dest }: CopyJob): Promise<void> {
    const source = statOrFail(src, lstatSync)
    // `.` and `..` cannot be renamed. rename(2) refuses them, but only within a filesystem.
    if (/(^|\/)\.\.?\/*$/.test(toByteString(src))) {
      throw new CommandError(`cannot move ${quote(src)} to ${quote(dest)}: Device or resource busy (EBUSY)`)
    }
    const old = statIfPresent(dest, lstatSync)
    if (old === undefined) requireParent({ src, dest }, 'move')
    else if (this.#leaves({ src, dest }, source, old)) return this.#sum.addSkipped()
    else this.#judge({ src, dest }, source, old)
    const result = await this.#rename({ src, dest }, old !== undefined)
    if (result === undefined) return this.#sum.addSkipped()
    this.#made.add(toByteString(dest))
    this.#sum.add(result)
    this.#report.bar?.finish(result)
    this.#warnOfLosses({ src, dest }, result)
    if (!this.#command.verbose) return
    const how = result.method === 'rename' ? 'renamed' : 'copied'
    this.#report.tell(`${how} ${quote(src)} -> ${quote(dest)}`)
    if (how === 'copied') this.#report.tell(`removed ${quote(src)}`)
  }

  /** As GNU mv: metadata that the target cannot hold is a warning, and the source is moved all the same. */
  #warnOfLosses({ src, dest }: CopyJob, { errors = [], unpreserved = {} }: CopyResult): void {
    for (const { error, message } of lossProblems(src, dest, errors)) {
      this.#sum.addError(error, message)
      this.#report.warn(message)
    }
    // Losses beyond the first thousand errors, and owners, which the engine does not report to users who may not set them.
    for (const [item, count] of Object.entries(unpreserved) as [PreserveItem, number][]) {
      const more = count - errors.filter((error) => error.unpreserved === item).length
      if (more > 0)
        this.#report.warn(`cannot keep ${lossText(item, more)} of ${quote(src)} on ${quote(dest)}`)
    }
  }

  /** Undefined: the destination was created after the check, and -n keeps it. */
  async #rename({ src, dest }: CopyJob, overwrite: boolean): Promise<CopyResult | undefined> {
    const onProgress = (progress: Parameters<NonNullable<Report['bar']>['update']>[0]): void => {
      this.#interrupt.throwIfReceived()
      this.#report.bar?.update(progress)
    }
    const { jobs, noClobber, strict } = this.#command
    try {
      return await moveAsCommand(src, dest, {
        overwrite: overwrite || !noClobber,
        metadataErrors: strict ? 'error' : 'report-xattr',
        groups: this.#groups,
        concurrency: jobs,
        onProgress,
      })
    } catch (error) {
      if (noClobber && error instanceof Error && 'code' in error && error.code === 'EEXIST') return undefined
      throw error
    }
  }

  /** Whether -n or -u keeps the destination. */
  #leaves({ src, dest }: CopyJob, source: BigIntStats, old: BigIntStats): boolean {
    const { noClobber, update } = this.#command
    if (noClobber) return true
    // A link that replaces its target would point to itself.
    const leads = source.isSymbolicLink() && !old.isSymbolicLink() ? statIfPresent(src, statSync) : source
    if (leads && isSameInode(leads, old) && !(leads !== source && leadsToOtherName(src, dest, old))) {
      throw new CommandError(`${quote(src)} and ${quote(dest)} are the same file`)
    }
    return update && !source.isDirectory() && source.mtimeNs <= old.mtimeNs
  }

  /** The refusals of GNU mv, with its messages. A directory replaces only an empty directory. */
  #judge({ src, dest }: CopyJob, source: BigIntStats, old: BigIntStats): void {
    if (this.#made.has(toByteString(dest))) {
      throw new CommandError(`will not overwrite just-created ${quote(dest)} with ${quote(src)}`)
    }
    if (source.isDirectory() && !old.isDirectory()) {
      throw new CommandError(`cannot overwrite non-directory ${quote(dest)} with directory ${quote(src)}`)
    }
    if (!source.isDirectory() && old.isDirectory()) {
      throw new CommandError(`cannot overwrite directory ${quote(dest)} with non-directory`)
    }
    if (old.isDirectory() && readdirSync(dest).length > 0) {
      throw new CommandError(`cannot move ${quote(src)} to ${quote(dest)}: Directory not empty (ENOTEMPTY)`)
    }
  }
}

/** Whether the link `src` leads to another hard link of the file `dest`, which then keeps the content. */
function leadsToOtherName(src: PathArgument, dest: PathArgument, old: BigIntStats): boolean {
  if (old.nlink < 2n || old.isDirectory()) return false
  const [target, other] = [realpathSync.native(src, 'buffer'), realpathSync.native(dest, 'buffer')]
  return !target.equals(other)
}

function moveProblem({ src, dest }: CopyJob, error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'EINVAL') {
    return `cannot move ${quote(src)} to a subdirectory of itself, ${quote(dest)}`
  }
  const path = error instanceof FsError ? error.path : undefined
  // The entry that could not be moved may be far below.
  const at = path === undefined || path === src ? '' : `${quote(path)}: `
  return `cannot move ${quote(src)} to ${quote(dest)}: ${at}${reason(error)}`
}
