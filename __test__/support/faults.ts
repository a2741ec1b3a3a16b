// The one fault runner: a child process does the operations, and the kernel is made to fail it by strace(1), by a
// seccomp filter, by limits or by being another user. Every run ends: a timer kills the whole process group.
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { CopyResult } from '../../src/index.js'
import { scratch } from './filesystems.js'

const here = import.meta.dirname
const DEADLINE_SECONDS = 30
/** The system's own where there is one: a version manager's takes longer to start than a copy takes. */
export const PYTHON = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3'

/** One call of a function of palfs (or of another module) in the child process. */
export interface Operation {
  readonly from?: 'palfs' | 'node:fs' | 'node:fs/promises'
  readonly call: string
  readonly args: readonly unknown[]
}

/** What strace does to the system calls named. Without `when`, every one of them is hit. */
export interface Injection {
  /** Comma-separated names. */
  readonly calls: string
  /** `EIO`: fail with it. */
  readonly error?: string
  /** Do nothing and return this number. */
  readonly returns?: number
  /** What is written over the result in memory: `@arg2=4243`, the bytes in hexadecimal. */
  readonly poke?: string
  /** `KILL` at the call; `STOP` halts before it until `resume`. */
  readonly signal?: 'KILL' | 'STOP'
  /** Return so many microseconds later. */
  readonly delay?: number
  /** `1`, `2+`: which calls, counted per thread. */
  readonly when?: string
}

/** What is done to the child process. */
export interface Fault {
  readonly inject?: readonly Injection[]
  /** Only calls on these paths are traced and hit: Node itself makes most calls at start-up. */
  readonly paths?: readonly string[]
  /** Calls to record besides those of `inject`. */
  readonly trace?: string
  /** Answered by a seccomp filter; `ficlone` is the one ioctl. */
  readonly deny?: { readonly error: string; readonly calls: string }
  /** Largest file, in KiB (`ulimit -f`). */
  readonly fileSizeKib?: number
  /** Number of descriptors (`ulimit -n`). */
  readonly openFiles?: number
  /** Stack of the main thread, and of others that ask for no size of their own, in KiB (`ulimit -s`). */
  readonly stackKib?: number
  /** Runs as this user and group, without privileges. */
  readonly uid?: number
  readonly umask?: string
  /** Runs where nothing is mounted on /proc. */
  readonly withoutProc?: boolean
  /** Runs as root of a user namespace that knows no other user. */
  readonly userNamespace?: boolean
  /** Runs as the last arguments of this command: `fakeroot`, `proot -0`. */
  readonly within?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Another Node to run, as oracle. */
  readonly node?: string
}

/** Own enumerable properties of the error, with its name and message. */
export interface Failure {
  readonly name: string
  readonly message: string
  readonly code?: string
  readonly errno?: number
  readonly syscall?: string
  readonly path?: string
  readonly dest?: string
  readonly call?: string
  readonly bytesCopied?: number
  readonly destination?: string
  readonly pending?: boolean
}

/** What one operation gave or threw. */
export interface Outcome {
  readonly result?: CopyResult
  readonly error?: Failure
}

/** What became of the child process. */
export interface Run {
  readonly outcomes: readonly Outcome[]
  /** Ended by SIGKILL, as an injection asked. */
  readonly killed: boolean
  /** Lines of the trace. */
  readonly trace: readonly string[]
  /** How many calls failed or were faked because an injection said so. */
  readonly hits: number
}

/** A run that is still going on. */
export interface RunningSubject {
  readonly done: Promise<Run>
  /** Waits until the trace holds `text`. */
  readonly traced: (text: string) => Promise<void>
  /** Lets a process halted by `signal: 'STOP'` go on. */
  readonly resume: () => void
}

function injectionArguments(injection: Injection): string[] {
  const { calls, error, returns, poke, signal, delay: late, when } = injection
  const what = [
    error === undefined ? [] : [`error=${error}`],
    returns === undefined ? [] : [`retval=${returns}`],
    poke === undefined ? [] : [`poke_exit=${poke}`],
    signal === undefined ? [] : [`signal=${signal}`],
    late === undefined ? [] : [`delay_exit=${late}`],
    when === undefined ? [] : [`when=${when}`],
  ].flat()
  return ['-e', `inject=${calls}:${what.join(':')}`]
}

function straceArguments(fault: Fault, log: string): string[] {
  const injections = fault.inject ?? []
  if (injections.length === 0 && fault.trace === undefined) return []
  const traced = [
    ...injections.map(({ calls }) => calls),
    ...(fault.trace === undefined ? [] : [fault.trace]),
  ]
  const paths = (fault.paths ?? []).flatMap((path) => ['-P', path])
  // Only these calls stop the process then, which halves the time that Node takes to start. But strace 6.1 delivers no
  // signal with it, and what another filter denies it does not see.
  const quick = fault.deny === undefined && injections.every(({ signal }) => signal === undefined)
  return [
    'strace',
    '-f',
    ...(quick ? ['--seccomp-bpf'] : []),
    '-qq',
    '-o',
    log,
    ...paths,
    '-e',
    `trace=${traced.join(',')}`,
    ...injections.flatMap(injectionArguments),
  ]
}

function commandFor(fault: Fault, log: string, operations: readonly Operation[]): string[] {
  const { deny, uid } = fault
  const limits = [
    fault.fileSizeKib === undefined ? '' : `ulimit -f ${fault.fileSizeKib};`,
    fault.openFiles === undefined ? '' : `ulimit -n ${fault.openFiles};`,
    fault.stackKib === undefined ? '' : `ulimit -s ${fault.stackKib};`,
    fault.umask === undefined ? '' : `umask ${fault.umask};`,
  ].join(' ')
  return [
    ...straceArguments(fault, log),
    ...(deny === undefined ? [] : [PYTHON, join(here, 'deny.py'), deny.error, deny.calls, '--']),
    ...(fault.userNamespace === true ? ['unshare', '-Ur'] : []),
    ...(fault.withoutProc === true ? ['unshare', '-m', 'sh', '-c', 'umount -l /proc; exec "$@"', 'sh'] : []),
    ...(uid === undefined ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups']),
    ...(fault.within ?? []),
    // Bash: its `ulimit -f` counts KiB, that of other shells 512 bytes.
    ...(limits.trim() === '' ? [] : ['bash', '-c', `${limits} exec "$@"`, 'bash']),
    fault.node ?? process.execPath,
    join(here, 'child-under-test.mjs'),
    JSON.stringify({ operations }, encodeBytes),
  ]
}

function encodeBytes(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  // Buffer has a toJSON of its own, which runs before the replacer: look at the value it was made from.
  const original = this[key]
  return original instanceof Uint8Array ? { $bytes: Buffer.from(original).toString('base64') } : value
}

function readTrace(log: string): string[] {
  return existsSync(log) ? readFileSync(log, 'latin1').split('\n').filter(Boolean) : []
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal)
  } catch {
    // It has ended already.
  }
}

async function outcomeOf(child: ChildProcess, log: string): Promise<Run> {
  let [output, complaints, late] = ['', '', false]
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaints += text))
  const timer = setTimeout(() => {
    late = true
    killGroup(child, 'SIGKILL')
  }, DEADLINE_SECONDS * 1000)
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (...ended: [number | null, string | null]) => resolve(ended))
  })
  clearTimeout(timer)
  const trace = readTrace(log)
  const killed = signal === 'SIGKILL' || code === 137
  if (late)
    throw new Error(`No end after ${DEADLINE_SECONDS} s. ${complaints}\n${trace.slice(-20).join('\n')}`)
  if (!killed && (code !== 0 || signal !== null))
    throw new Error(`Ended with ${code ?? signal}: ${complaints}`)
  const hits = trace.filter((line) => line.includes('(INJECTED)')).length
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- child-under-test.mjs wrote it
  const outcomes = killed ? [] : (JSON.parse(output) as Outcome[])
  return { outcomes, killed, trace, hits }
}

async function waitForTrace(log: string, text: string): Promise<void> {
  const deadline = Date.now() + DEADLINE_SECONDS * 1000
  while (!readTrace(log).some((line) => line.includes(text))) {
    if (Date.now() > deadline) throw new Error(`The trace never showed ${text}`)
    await delay(5)
  }
}

/** Starts the operations under `fault`, one after the other in one child process. */
export function startUnder(fault: Fault, ...operations: Operation[]): RunningSubject {
  const directory = mkdtempSync(join(scratch, 'trace-'))
  const log = join(directory, 'trace')
  const [command = '', ...args] = commandFor(fault, log, operations)
  // A process group of its own (detached): the timer ends strace and all that it traces at once.
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '', ...fault.env },
  })
  const done = outcomeOf(child, log).finally(() => rmSync(directory, { recursive: true, force: true }))
  return { done, traced: (text) => waitForTrace(log, text), resume: () => killGroup(child, 'SIGCONT') }
}

/** Runs the operations under `fault` to their end. */
export function runUnder(fault: Fault, ...operations: Operation[]): Promise<Run> {
  return startUnder(fault, ...operations).done
}

/** `copyFile` as an operation. */
export function copying(...args: readonly unknown[]): Operation {
  return { call: 'copyFile', args }
}

/** `copyFileSync` as an operation: its system calls are made by the main thread. */
export function copyingSync(...args: readonly unknown[]): Operation {
  return { call: 'copyFileSync', args }
}
