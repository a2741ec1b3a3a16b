// Scratch directories, and Node as a child process: for what a test must not do to its own process.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'

/** The compiled package: a child does not compile TypeScript. */
export const DIST = new URL('../../dist/index.js', import.meta.url).href

const directories: string[] = []
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true })
})

/** A directory of this test's own, removed when its file is done. */
export function scratch(parent = tmpdir()): string {
  const directory = mkdtempSync(join(parent, 'palfs-scratch-'))
  directories.push(directory)
  return directory
}

/** As {@link scratch}, in memory where the system has a tmpfs: for large copies. */
export function scratchInMemory(): string {
  return scratch(existsSync('/dev/shm') ? '/dev/shm' : tmpdir())
}

/** A file of that many bytes that takes no room: all hole. Copied with `sparse: 'never'` it takes long and then much. */
export function hollowFile(path: string, bytes: number): string {
  writeFileSync(path, '')
  truncateSync(path, bytes)
  return path
}

/** Names in a directory, sorted. */
export function names(directory: string): string[] {
  return readdirSync(directory).toSorted()
}

/** How a child process ended. */
export interface Ended {
  status: number | null
  signal: string | null
  stdout: string
  stderr: string
}

export interface ChildOptions {
  /** Another Node than the one that runs the tests. */
  program?: string
  args?: readonly string[]
  flags?: readonly string[]
  env?: NodeJS.ProcessEnv
  cwd?: string
  uid?: number
  /** A program and its arguments that is given Node's command line to run. */
  through?: readonly string[]
  /** In ms; then it is killed. */
  timeout?: number
}

/** Runs a module in a Node of its own, with `copyFile` and the like imported; killed after 20 s or `timeout`. */
export function node(
  source: string,
  {
    program = process.execPath,
    args = [],
    flags = [],
    env,
    cwd,
    uid,
    through = [],
    timeout = 20_000,
  }: ChildOptions = {},
): Ended {
  const module = `
    import * as palfs from ${JSON.stringify(DIST)}
    import fs from 'node:fs'
    const { copyFile, copyFileSync, FsError, isFsError } = palfs
    const args = process.argv.slice(1)
    ${source}`
  const [command = '', ...rest] = [...through, program, ...flags]
  const { status, signal, stdout, stderr } = spawnSync(
    command,
    [...rest, '--input-type=module', '-e', module, ...args],
    {
      encoding: 'utf8',
      timeout,
      killSignal: 'SIGKILL',
      env: { ...process.env, ...env },
      ...(cwd === undefined ? {} : { cwd }),
      ...(uid === undefined ? {} : { uid, gid: uid }),
    },
  )
  return { status, signal, stdout, stderr }
}

/** The repository's root. */
export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url))
