// Runs a command: from arguments to exit status.

import { CommandError } from './command-error.js'
import { UsageError } from './getopt.js'
import { toText, type ByteString } from './raw-arguments.js'
import { PALFS_HELP } from './usage.js'
import { printVersion } from './version.js'

type Command = (args: readonly ByteString[]) => Promise<number>

// Imported when they run, so that --help works without a binary.
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  cp: async () => (await import('./cp.js')).cp,
  mv: async () => (await import('./mv.js')).mv,
  rm: async () => (await import('./rm.js')).rmCommand,
  info: async () => (await import('./info.js')).info,
  xattr: async () => (await import('./xattr.js')).xattrCommand,
}

/** Runs `palfs ARGS`; returns the exit status. */
export async function run([name, ...args]: readonly ByteString[]): Promise<number> {
  if (name === '--help' || name === '-h') process.stdout.write(PALFS_HELP)
  else if (name === '--version') printVersion()
  else return runCommand(name, args)
  return 0
}

async function runCommand(name: ByteString | undefined, args: readonly ByteString[]): Promise<number> {
  const load = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!load) {
    const problem = name === undefined ? 'missing command' : `no command '${toText(name)}'`
    return fail(`palfs: ${problem}\nTry 'palfs --help' for more information.`)
  }
  try {
    return await (
      await load()
    )(args)
  } catch (error) {
    if (error instanceof UsageError) {
      return fail(`palfs ${name}: ${error.message}\nTry 'palfs ${name} --help' for more information.`)
    }
    if (error instanceof CommandError || isUnsupported(error)) return fail(`palfs ${name}: ${error.message}`)
    throw error
  }
}

function isUnsupported(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'ERR_PALFS_UNSUPPORTED'
}

function fail(message: string): number {
  process.stderr.write(`${message}\n`)
  return 1
}
