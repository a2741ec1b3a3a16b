// palfs cp

import type { CopyResult } from '../index.js'
import type { CommandCopyOptions } from '../copy-options.js'
import { copyFileAsCommand } from '../copy-file.js'
import { cpAsCommand, linkGroups, type CommandCpOptions } from '../cp.js'
import { CopyChecks } from './copy-checks.js'
import { CommandError } from './command-error.js'
import { copyJobs, type CopyJob } from './copy-jobs.js'
import { parseCp, type CpCommand } from './cp-options.js'
import { progressBar } from './expected-totals.js'
import { Interrupt } from './interrupt.js'
import { copyProblem, lossProblems } from './messages.js'
import { oneByOne } from './one-by-one.js'
import type { ProgressBar } from './progress-bar.js'
import { quote } from './quote.js'
import type { ByteString } from './raw-arguments.js'
import { Report } from './report.js'
import { ResultSum } from './result-sum.js'
import { CP_HELP } from './usage.js'
import { printVersion } from './version.js'

/** Runs `palfs cp` with the arguments after it; returns the exit status. */
export async function cp(args: readonly ByteString[]): Promise<number> {
  const command = parseCp(args)
  if (command.help) process.stdout.write(CP_HELP)
  else if (command.version) printVersion()
  else return new CpRun(command, copyJobs(command)).run()
  return 0
}

class CpRun {
  readonly #command: CpCommand
  readonly #jobs: readonly CopyJob[]
  readonly #interrupt = new Interrupt()
  readonly #checks: CopyChecks
  readonly #report: Report
  readonly #options: CommandCopyOptions
  readonly #sum = new ResultSum()
  /** Hard links between different sources. The engine keeps those within one. */
  readonly #groups: CommandCpOptions['groups']

  constructor(command: CpCommand, jobs: readonly CopyJob[]) {
    this.#command = command
    this.#jobs = jobs
    this.#checks = new CopyChecks(command)
    this.#groups = command.preserve.has('links') && jobs.length > 1 ? linkGroups() : undefined
    const bar = progressBar(
      command,
      jobs.map(({ src }) => src),
    )
    this.#report = new Report('cp', command, bar)
    this.#options = copyOptions(command, this.#interrupt, bar)
  }

  async run(): Promise<number> {
    await oneByOne(
      this.#jobs,
      this.#interrupt,
      (job) => this.#runJob(job),
      (job, error) => this.#complain(job, error),
    )
    this.#report.end(this.#sum)
    return this.#interrupt.exitCode ?? this.#report.status
  }

  async #runJob(job: CopyJob): Promise<void> {
    const verdict = this.#checks.examine(job)
    if (verdict.action === 'skip') this.#skip(verdict.warning)
    else if (verdict.action === 'copy tree' || this.#groups) await this.#copyTree(job)
    else await this.#copy(job, verdict.action === 'copy' && verdict.replaceName === true)
  }

  async #copy(job: CopyJob, replaceName: boolean): Promise<void> {
    const result = await this.#place(job, replaceName ? { ...this.#options, replaceName } : this.#options)
    if (result === undefined || result.skipped > 0) {
      this.#skip()
      return
    }
    this.#account(job, result)
    if (this.#command.verbose) this.#report.tell(`${quote(job.src)} -> ${quote(job.dest)}`)
  }

  async #copyTree(job: CopyJob): Promise<void> {
    const result = await cpAsCommand(job.src, job.dest, this.#treeOptions())
    this.#account(job, result)
    const more = (result.errorCount ?? 0) - (result.errors?.length ?? 0)
    if (more > 0) this.#report.complain(`${more} more errors in ${quote(job.src)}`)
  }

  #treeOptions(): CommandCpOptions {
    const { recursive, dereference = recursive ? 'never' : 'always', noClobber, verbose } = this.#command
    const { force, removeDestination } = this.#command
    return {
      ...this.#options,
      recursive,
      dereference: dereference === 'always',
      dereferenceNamed: dereference === 'named',
      verbatimSymlinks: dereference !== 'always',
      linksReplace: true,
      sparesUnwritable: !force && !removeDestination,
      force: !noClobber,
      onError: 'collect',
      oneFileSystem: this.#command.oneFileSystem,
      concurrency: this.#command.jobs,
      specialFiles: recursive ? 'copy' : 'content',
      groups: this.#groups,
      ...(verbose && { filter: this.#tellEntry }),
    }
  }

  /** -v: each entry, before it is copied. */
  readonly #tellEntry = (src: string, dest: string): boolean => {
    if (this.#checks.willChange(src, dest)) this.#report.tell(`${quote(src)} -> ${quote(dest)}`)
    return true
  }

  /** Undefined: the destination was created after the check, and -n keeps it. */
  async #place({ src, dest }: CopyJob, options: CommandCopyOptions): Promise<CopyResult | undefined> {
    try {
      return await copyFileAsCommand(src, dest, options)
    } catch (error) {
      if (this.#command.noClobber && error instanceof Error && 'code' in error && error.code === 'EEXIST')
        return undefined
      throw error
    }
  }

  #account(job: CopyJob, result: CopyResult): void {
    this.#sum.add(result)
    this.#report.bar?.finish(result)
    if (this.#jobs.length > 1) this.#checks.remember(job)
    const errors = result.errors ?? []
    for (const error of errors.filter(({ unpreserved }) => unpreserved === undefined))
      this.#complain(job, error)
    for (const { error, message } of lossProblems(job.src, job.dest, errors)) {
      this.#sum.addError(error, message)
      // GNU reports permission bits that were not to be preserved, too, but only with --no-preserve=mode.
      const { requirePreserve, ordinaryMode } = this.#command
      if (requirePreserve || ordinaryMode) this.#report.complain(message)
      else this.#report.warn(message)
    }
  }

  #skip(warning?: string): void {
    this.#sum.addSkipped()
    this.#report.bar?.finish({ files: 1, bytes: 0 })
    if (warning !== undefined) this.#report.warn(warning)
  }

  #complain(job: CopyJob, error: unknown): void {
    const message = error instanceof CommandError ? error.message : copyProblem(job.src, job.dest, error)
    this.#sum.addError(error, message)
    this.#report.complain(message)
  }
}

function copyOptions(
  command: CpCommand,
  interrupt: Interrupt,
  bar: ProgressBar | undefined,
): CommandCopyOptions {
  return {
    onProgress: (progress) => {
      interrupt.throwIfReceived()
      bar?.update(progress)
    },
    preserve: [...command.preserve],
    metadataErrors: command.requireXattr ? 'report-xattr' : 'report',
    reflink: command.reflink,
    sparse: command.sparse,
    replace: replaceMode(command),
    update: command.update,
    durable: command.durable,
    exclusive: command.noClobber,
    force: command.force,
    replaceName: command.removeDestination,
    ordinaryMode: command.ordinaryMode,
    specialFiles: 'content',
  }
}

/** GNU rewrites an existing file in place, which keeps its inode, owner and other hard links. */
function replaceMode(command: CpCommand): 'atomic' | 'in-place' {
  // --remove-destination unlinks first in GNU cp. A rename gives the same new inode, and never leaves a moment
  // without the file, nor without its old content when the copy fails.
  return command.atomic || command.removeDestination ? 'atomic' : 'in-place'
}
