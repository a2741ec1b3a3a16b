// Runs the real program, and GNU cp beside it, in directories of their own.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test as base } from 'vitest'

/** The compiled program, as `bin` names it. */
export const MAIN: string = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** What a finished program left behind. */
export interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** User and group to run as; only root may choose. */
  readonly user?: number
}

function spawn(program: string, args: readonly string[], { cwd, env, user }: RunOptions): Outcome {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: 30_000,
    ...(cwd !== undefined && { cwd }),
    ...(user !== undefined && { uid: user, gid: user }),
    env: { ...process.env, LC_ALL: 'C.UTF-8', ...env },
  })
  if (error) throw error
  return { status, stdout, stderr }
}

/** `palfs ARGS`. */
export function palfs(args: readonly string[], options: RunOptions = {}): Outcome {
  return spawn(process.execPath, [MAIN, ...args], options)
}

/** `cp ARGS`, `rm ARGS` and the like. */
export function gnu(name: string, args: readonly string[], options: RunOptions = {}): Outcome {
  return spawn(name, args, options)
}

/** `cp ARGS`. */
export function gnuCp(args: readonly string[], options: RunOptions = {}): Outcome {
  return gnu('cp', args, options)
}

/** `sh -c COMMAND`. */
export function runShell(command: string, options: RunOptions = {}): Outcome {
  return spawn('sh', ['-c', command], options)
}

/** Why the installed cp cannot serve as the model, or nothing. */
export function whyNoGnuCp(): string | undefined {
  try {
    const version = execFileSync('cp', ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return version.includes('GNU coreutils') ? undefined : 'cp is not GNU cp'
  } catch {
    return 'cp is not GNU cp'
  }
}

/** A test with a fresh directory `dir`. */
export const test = base.extend<{ dir: string }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the names of a fixture's dependencies from the pattern
  dir: async ({}, use) => {
    const dir = mkdtempSync(join(tmpdir(), 'palfs-cli-'))
    await use(dir)
    rmSync(dir, { recursive: true, force: true })
  },
})
