// palfs cp

import { statSync } from 'node:fs'
import type { CopyResult } from '../index.js'
import { copyFileAsCommand, type CommandCopyOptions } from '../copy-file-command.js'
import { CopyChecks } from './copy-checks.js'
import { CommandError, copyJobs, type CopyJob } from './copy-jobs.js'
import { parseCp, type CpCommand } from './cp-options.js'
import { Interrupt } from './interrupt.js'
import { cannotCopy } from './messages.js'
import { ProgressBar, type Totals } from './progress-bar.js'
import { quote } from './quote.js'
import type { ByteString, PathArgument } from './raw-arguments.js'
import { ResultSum } from './result-sum.js'
import { CP_HELP } from './usage.js'
import { printVersion } from './version.js'

/** Runs `palfs cp` with the arguments after it; gives the exit status. */
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
  readonly #bar: ProgressBar | undefined
  readonly #options: CommandCopyOptions
  readonly #sum = new ResultSum()
  #status = 0

  constructor(command: CpCommand, jobs: readonly CopyJob[]) {
    this.#command = command
    this.#jobs = jobs
    this.#checks = new CopyChecks(command)
    if (command.progress ?? process.stderr.isTTY) {
      this.#bar = new ProgressBar(process.stderr, expectedTotals(jobs), command.progress === true)
    }
    this.#options = copyOptions(command, this.#interrupt, this.#bar)
  }

  async run(): Promise<number> {
    for (const job of this.#jobs) {
      // Ctrl-C may come between two files, too.
      if (this.#interrupt.exitCode !== undefined) break
      await this.#runJob(job)
    }
    this.#bar?.clear()
    if (this.#command.json) process.stdout.write(`${JSON.stringify(this.#sum)}\n`)
    return this.#interrupt.exitCode ?? this.#status
  }

  async #runJob(job: CopyJob): Promise<void> {
    try {
      const verdict = this.#checks.examine(job)
      if (verdict.action === 'skip') this.#skip(verdict.warning)
      else await this.#copy(job)
    } catch (error) {
      if (this.#interrupt.exitCode !== undefined) return
      const message = error instanceof CommandError ? error.message : cannotCopy(job.src, job.dest, error)
      this.#sum.addError(error, message)
      this.#complain(message)
    }
  }

  async #copy(job: CopyJob): Promise<void> {
    const result = await this.#place(job)
    if (result === undefined || result.skipped > 0) {
      this.#skip()
      return
    }
    this.#sum.add(result)
    this.#bar?.finishFile(result.bytes)
    if (this.#jobs.length > 1) this.#checks.remember(job)
    if (this.#command.verbose) this.#tell(`${quote(job.src)} -> ${quote(job.dest)}`)
    const lost = result.unpreserved?.xattr ?? 0
    if (this.#command.requireXattr && lost > 0) {
      this.#complain(
        `cannot keep ${lost} extended attribute${lost > 1 ? 's' : ''} of ${quote(job.src)} on ${quote(job.dest)}`,
      )
    }
  }

  /** Undefined: somebody created the destination since it was looked at, and -n leaves it alone. */
  async #place({ src, dest }: CopyJob): Promise<CopyResult | undefined> {
    try {
      return await copyFileAsCommand(src, dest, this.#options)
    } catch (error) {
      if (this.#command.noClobber && error instanceof Error && 'code' in error && error.code === 'EEXIST')
        return undefined
      throw error
    }
  }

  #skip(warning?: string): void {
    this.#sum.addSkipped()
    this.#bar?.finishFile(0)
    if (warning !== undefined) this.#warn(warning)
  }

  #complain(message: string): void {
    this.#status = 1
    this.#warn(message)
  }

  #warn(message: string): void {
    this.#bar?.clear()
    process.stderr.write(`palfs cp: ${message}\n`)
  }

  /** -v; with --json standard output holds the one object alone. */
  #tell(line: string): void {
    this.#bar?.clear()
    const stream = this.#command.json ? process.stderr : process.stdout
    stream.write(`${line}\n`)
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

/** GNU rewrites an existing file in place, so that its inode, owner and other names stay. */
function replaceMode(command: CpCommand): 'atomic' | 'in-place' {
  // --remove-destination unlinks first in GNU cp. A rename gives the same new inode, and never leaves a moment
  // without the file, nor without its old content when the copy fails.
  return command.atomic || command.removeDestination ? 'atomic' : 'in-place'
}

/** For the bar only: sizes may change until their turn comes, and what cannot be read is complained about then. */
function expectedTotals(jobs: readonly CopyJob[]): Totals {
  const bytes = jobs.reduce((sum, { src }) => sum + sizeOf(src), 0)
  return { files: jobs.length, bytes }
}

function sizeOf(file: PathArgument): number {
  try {
    return statSync(file).size
  } catch {
    return 0
  }
}
