// Options that all commands on files share: output, threads, and the target.

import { CommandError } from './command-error.js'
import { getopt, UsageError, type OptionSpec } from './getopt.js'
import { toText, type ByteString } from './raw-arguments.js'

/** The parsed arguments of every command on files. */
export interface TreeCommand {
  help: boolean
  version: boolean
  verbose: boolean
  json: boolean
  /** Absent: on a terminal, after a second. */
  progress: boolean | undefined
  /** The largest number of threads. undefined: the number of cores. */
  jobs: number | undefined
  operands: readonly ByteString[]
}

/** The arguments about the target. */
export interface TargetCommand extends TreeCommand {
  noClobber: boolean
  update: boolean
  targetDirectory: ByteString | undefined
  noTargetDirectory: boolean
}

/** An option, and how it changes the command. */
export interface CommandOption<Command> extends OptionSpec {
  readonly apply: (command: Command, value: ByteString | undefined) => void
}

export const TREE_OPTIONS: readonly CommandOption<TreeCommand>[] = [
  { short: 'v', long: 'verbose', apply: (c) => (c.verbose = true) },
  { long: 'jobs', value: 'required', apply: (c, count) => (c.jobs = jobCount(count ?? '')) },
  { long: 'json', apply: (c) => (c.json = true) },
  { long: 'progress', apply: (c) => (c.progress = true) },
  { long: 'no-progress', apply: (c) => (c.progress = false) },
  { long: 'help', apply: (c) => (c.help = true) },
  { long: 'version', apply: (c) => (c.version = true) },
]

export const TARGET_OPTIONS: readonly CommandOption<TargetCommand>[] = [
  ...TREE_OPTIONS,
  { short: 'u', long: 'update', apply: (c) => (c.update = true) },
  { short: 't', long: 'target-directory', value: 'required', apply: setTargetDirectory },
  { short: 'T', long: 'no-target-directory', apply: (c) => (c.noTargetDirectory = true) },
]

/** GNU options that palfs does not have. The message names them, so that the user does not look for a typing error. */
export function missing(specs: readonly OptionSpec[]): CommandOption<TreeCommand>[] {
  return specs.map((spec) => ({
    ...spec,
    apply: () => {
      const names = [spec.short && `-${spec.short}`, spec.long && `--${spec.long}`].filter(Boolean)
      throw new UsageError(`option ${names.join(', ')} is not supported`)
    },
  }))
}

/** The missing options of both `cp` and `mv`. */
export const TARGET_MISSING: readonly OptionSpec[] = [
  { short: 'b' },
  { long: 'backup', value: 'optional' },
  { short: 'i', long: 'interactive' },
  { short: 'S', long: 'suffix', value: 'required' },
  { short: 'Z' },
  { long: 'context', value: 'optional' },
  { long: 'strip-trailing-slashes' },
]

/** The defaults. */
export const TREE_DEFAULTS: Omit<TreeCommand, 'operands'> = {
  help: false,
  version: false,
  verbose: false,
  json: false,
  progress: undefined,
  jobs: undefined,
}

export const TARGET_DEFAULTS: Omit<TargetCommand, 'operands'> = {
  ...TREE_DEFAULTS,
  noClobber: false,
  update: false,
  targetDirectory: undefined,
  noTargetDirectory: false,
}

/** Reads the arguments after the name of a command. */
export function parse<Command extends TreeCommand>(
  args: readonly ByteString[],
  specs: readonly CommandOption<Command>[],
  make: (operands: readonly ByteString[]) => Command,
): Command {
  const { options, operands } = getopt(args, specs)
  const command = make(operands)
  for (const { spec, value } of options) spec.apply(command, value)
  return command
}

/** Refuses -t together with -T. */
export function checkTarget({ targetDirectory, noTargetDirectory }: TargetCommand): void {
  if (targetDirectory !== undefined && noTargetDirectory) {
    throw new CommandError('cannot combine --target-directory (-t) and --no-target-directory (-T)')
  }
}

function setTargetDirectory(command: TargetCommand, directory: ByteString | undefined): void {
  if (command.targetDirectory !== undefined) throw new UsageError('multiple target directories specified')
  command.targetDirectory = directory
}

function jobCount(value: ByteString): number {
  const count = Number(value)
  if (/^\d+$/.test(value) && count >= 1) return count
  throw new UsageError(`invalid number of jobs '${toText(value)}'`)
}
