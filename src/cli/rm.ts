// palfs rm

import { lstatSync, rmdirSync, type BigIntStats } from 'node:fs'
import { FsError } from '../errors/fs-error.js'
import { rm, type Progress } from '../index.js'
import { statIfPresent, statOrFail } from './copy-checks.js'
import { CommandError } from './command-error.js'
import { UsageError } from './getopt.js'
import { Interrupt } from './interrupt.js'
import { reason } from './messages.js'
import { oneByOne } from './one-by-one.js'
import { ProgressBar } from './progress-bar.js'
import { quote } from './quote.js'
import { toPath, type ByteString, type PathArgument } from './raw-arguments.js'
import { Report } from './report.js'
import {
  missing,
  parse,
  TREE_DEFAULTS,
  TREE_OPTIONS,
  type CommandOption,
  type TreeCommand,
} from './tree-command.js'
import { RM_HELP } from './usage.js'
import { printVersion } from './version.js'

interface RmCommand extends TreeCommand {
  recursive: boolean
  /** -d: empty directories, too. */
  directories: boolean
  force: boolean
}

const OPTIONS: readonly CommandOption<RmCommand>[] = [
  ...TREE_OPTIONS,
  { short: 'r', long: 'recursive', apply: (c) => (c.recursive = true) },
  { short: 'R', apply: (c) => (c.recursive = true) },
  { short: 'd', long: 'dir', apply: (c) => (c.directories = true) },
  { short: 'f', long: 'force', apply: (c) => (c.force = true) },
  ...missing([
    { short: 'i' },
    { short: 'I' },
    { long: 'interactive', value: 'optional' },
    { long: 'one-file-system' },
    { long: 'no-preserve-root' },
    { long: 'preserve-root', value: 'optional' },
  ]),
]

/** Runs `palfs rm` with the arguments after it; returns the exit status. */
export async function rmCommand(args: readonly ByteString[]): Promise<number> {
  const defaults = { ...TREE_DEFAULTS, recursive: false, directories: false, force: false }
  const command = parse(args, OPTIONS, (operands): RmCommand => ({ ...defaults, operands }))
  if (command.help) process.stdout.write(RM_HELP)
  else if (command.version) printVersion()
  else if (command.operands.length > 0) return new RmRun(command).run()
  else if (!command.force) throw new UsageError('missing operand')
  return 0
}

class RmRun {
  readonly #command: RmCommand
  readonly #interrupt = new Interrupt()
  readonly #report: Report
  readonly #sum = { files: 0, directories: 0 }
  readonly #errors: object[] = []

  constructor(command: RmCommand) {
    this.#command = command
    const { progress = process.stderr.isTTY } = command
    // No totals: they are unknown before everything is removed.
    const bar = progress ? new ProgressBar(process.stderr, undefined, command.progress === true) : undefined
    this.#report = new Report('rm', command, bar)
  }

  async run(): Promise<number> {
    await oneByOne(
      this.#command.operands,
      this.#interrupt,
      (operand) => this.#remove(operand),
      (operand, error) => this.#complain(operand, error),
    )
    const errors = this.#errors.length > 0 && { errors: this.#errors, errorCount: this.#errors.length }
    this.#report.end({ ...this.#sum, ...errors })
    return this.#interrupt.exitCode ?? this.#report.status
  }

  async #remove(operand: ByteString): Promise<void> {
    const stats = this.#examine(operand)
    if (stats !== undefined) await this.#removePath(toPath(operand), stats)
  }

  #complain(operand: ByteString, error: unknown): void {
    const message = error instanceof CommandError ? error.message : removalProblem(toPath(operand), error)
    this.#errors.push({ ...(error instanceof Error && Object.fromEntries(Object.entries(error))), message })
    this.#report.complain(message)
  }

  /** stat(2) of an operand; undefined if it does not exist and -f is set. */
  #examine(operand: ByteString): BigIntStats | undefined {
    const { recursive, directories, force } = this.#command
    const path = toPath(operand)
    if (/(^|\/)\.\.?\/*$/.test(operand)) {
      throw new CommandError(`refusing to remove '.' or '..' directory: skipping ${quote(path)}`)
    }
    const stats = force ? statIfPresent(path, lstatSync) : statOrFail(path, lstatSync, 'remove')
    if (stats === undefined) return undefined
    const root = statOrFail('/', lstatSync)
    if (stats.dev === root.dev && stats.ino === root.ino) {
      throw new CommandError(`refusing to remove the root directory: skipping ${quote(path)}`)
    }
    if (stats.isDirectory() && !recursive && !directories) {
      throw new CommandError(`cannot remove ${quote(path)}: Is a directory (EISDIR)`)
    }
    return stats
  }

  async #removePath(path: PathArgument, stats: BigIntStats): Promise<void> {
    const { recursive, force, jobs, verbose } = this.#command
    const isDirectory = stats.isDirectory()
    if (isDirectory && !recursive) {
      rmdirSync(path)
      this.#sum.directories += 1
    } else {
      const removed = await rm(path, { recursive, force, concurrency: jobs, onProgress: this.#watch })
      this.#sum.files += removed.files
      this.#sum.directories += removed.directories
      this.#report.bar?.finish({ files: removed.files, bytes: 0 })
    }
    if (verbose) this.#report.tell(`removed ${isDirectory ? 'directory ' : ''}${quote(path)}`)
  }

  readonly #watch = (progress: Progress): void => {
    this.#interrupt.throwIfReceived()
    this.#report.bar?.update(progress)
  }
}

function removalProblem(path: PathArgument, error: unknown): string {
  const about = error instanceof FsError && error.path !== undefined ? error.path : path
  return `cannot remove ${quote(about)}: ${reason(error)}`
}
