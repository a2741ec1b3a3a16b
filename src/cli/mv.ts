// palfs mv

import type { LinkGroups } from '../../index.cjs'
import { lstatSync, readdirSync, realpathSync, statSync, type BigIntStats } from 'node:fs'
import { linkGroups } from '../cp.js'
import { FsError } from '../errors/fs-error.js'
import type { CopyResult } from '../index.js'
import { moveAsCommand } from '../move.js'
import { isSameInode, requireParent, statIfPresent, statOrFail } from './copy-checks.js'
import { CommandError } from './command-error.js'
import { copyJobs, type CopyJob } from './copy-jobs.js'
import { progressBar } from './expected-totals.js'
import { Interrupt } from './interrupt.js'
import { lossProblems, reason } from './messages.js'
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

/** What the arguments ask for. */
interface MvCommand extends TargetCommand {
  /** Leave what could not be moved with all its metadata. */
  strict: boolean
}

const OPTIONS: readonly CommandOption<MvCommand>[] = [
  ...TARGET_OPTIONS,
  { long: 'strict', apply: (c) => (c.strict = true) },
  // Of the two the last one counts.
  { short: 'f', long: 'force', apply: (c) => (c.noClobber = false) },
  { short: 'n', long: 'no-clobber', apply: (c) => (c.noClobber = true) },
  ...missing(TARGET_MISSING),
]

/** Runs `palfs mv` with the arguments after it; gives the exit status. */
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

type LostItem = keyof NonNullable<CopyResult['unpreserved']>

const of =
  (one: string, many: string) =>
  (count: number): string =>
    `${count} ${count === 1 ? one : many}`

/** What `unpreserved` counts, in words. */
const LOST_ITEMS: Readonly<Record<LostItem, (count: number) => string>> = {
  ownership: of('owner', 'owners'),
  mode: of('mode', 'modes'),
  timestamps: of('time', 'times'),
  xattr: of('extended attribute', 'extended attributes'),
  acl: of('access control list', 'access control lists'),
  flags: of('set of flags', 'sets of flags'),
}

class MvRun {
  readonly #command: MvCommand
  readonly #jobs: readonly CopyJob[]
  readonly #interrupt = new Interrupt()
  readonly #report: Report
  readonly #sum = new ResultSum()
  readonly #made = new Set<string>()

  /** Of names in different sources; those in one need no help. */
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
    // No name that could be given to another: rename(2) says so, but only within a filesystem.
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

  /** As GNU mv: what the target cannot hold is said, and no reason to leave the source where it is. */
  #warnOfLosses({ src, dest }: CopyJob, { errors = [], unpreserved = {} }: CopyResult): void {
    for (const { error, message } of lossProblems(src, dest, errors)) {
      this.#sum.addError(error, message)
      this.#report.warn(message)
    }
    // Those beyond the first thousand, and owners, which the engine does not report to users who may not set them.
    for (const [item, count] of Object.entries(unpreserved)) {
      const more = count - errors.filter((error) => error.unpreserved === item).length
      if (more > 0)
        this.#report.warn(
          `cannot keep ${LOST_ITEMS[item as LostItem](more)} of ${quote(src)} on ${quote(dest)}`,
        )
    }
  }

  /** Undefined: somebody created the destination since it was looked at, and -n leaves it alone. */
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

  /** Whether -n or -u leaves the destination as it is. */
  #leaves({ src, dest }: CopyJob, source: BigIntStats, old: BigIntStats): boolean {
    const { noClobber, update } = this.#command
    if (noClobber) return true
    // A link that takes the place of what it leads to would lead to itself.
    const leads = source.isSymbolicLink() && !old.isSymbolicLink() ? statIfPresent(src, statSync) : source
    if (leads && isSameInode(leads, old) && !(leads !== source && leadsToOtherName(src, dest, old))) {
      throw new CommandError(`${quote(src)} and ${quote(dest)} are the same file`)
    }
    return update && !source.isDirectory() && source.mtimeNs <= old.mtimeNs
  }

  /** What GNU mv refuses, in its words. A directory takes the place of an empty one, of no other. */
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
  // What kept it from being moved may be far below.
  const at = path === undefined || path === src ? '' : `${quote(path)}: `
  return `cannot move ${quote(src)} to ${quote(dest)}: ${at}${reason(error)}`
}
