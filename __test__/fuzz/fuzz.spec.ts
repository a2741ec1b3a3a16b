// Everything that the package exports, called with values that nobody should pass: only proper errors come out. In
// processes of their own, and as root where nothing but that process's own directory can be written.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, openSync, readFileSync, closeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import * as palfs from '../../src/index.js'
import { DIST, ROOT, scratch } from '../support/child.js'
import { LONG } from '../support/filesystems.js'
import { mayMount } from '../support/mounts.js'
import { callables, operationOf, ownerOf } from './exports.mjs'

/** `PALFS_FUZZ_SEED` plays a run again. */
const SEED = Number(process.env['PALFS_FUZZ_SEED'] ?? (LONG ? Date.now() % 2 ** 31 : 1))
const DEADLINE_MS = LONG ? 900_000 : 120_000
/** Generous: the machine may be busy. */
const STALL_MS = 10_000
/** As many threads as the pool may have when jobs wait; a thread left by each call would be thousands. */
const POOL = 32
const here = import.meta.dirname

interface Timed {
  readonly title: string
  readonly ms: number
}

interface Report {
  readonly calls: number
  readonly names: readonly string[]
  readonly wrong: readonly string[]
  /** The promise that kept the event loop busy for the longest time. */
  readonly busiest: Timed
  /** The call that took the longest time to return a promise. */
  readonly slowest: Timed
  readonly threads: readonly [before: number, after: number]
}

interface Job {
  /** Another module than this package. */
  readonly module?: string
  /** One operation, or all of one object, with one value in a wrong place at a time. */
  readonly only?: string
  /** All of them, with anything anywhere. */
  readonly random?: { readonly seed: number; readonly seconds: number }
  /** Every value in every place, not a third of them. */
  readonly thorough?: boolean
  /** How long a call may take to settle, in ms. */
  readonly patience?: number
}

/** The command line in a place where nothing can be harmed, and where it starts. */
function contained(directory: string, command: readonly string[]): readonly [string[], string] {
  const cwd = join(directory, 'fuzz', 'cwd')
  mkdirSync(cwd, { recursive: true })
  if (!mayMount()) return [[...command], cwd]
  const libraries = process.env['LD_LIBRARY_PATH'] ?? []
  const see = [fileURLToPath(new URL(ROOT, 'file:')), dirname(process.execPath)].concat(libraries).join(':')
  return [['unshare', '--mount', 'sh', join(here, 'sandbox.sh'), see, ...command], directory]
}

function fuzz(job: Job, env: NodeJS.ProcessEnv = {}): Report {
  const { ended, during, err, report } = run({ module: DIST, ...job }, env)
  // What is in `err` otherwise was written by a call: the standard streams are open files like others.
  expect(ended === 0 ? { ended } : { ended, during, err }).toEqual({ ended: 0 })
  return JSON.parse(report) as Report
}

interface Ended {
  readonly ended: number | string | null
  /** The last call that was begun. */
  readonly during: string
  readonly err: string
  readonly report: string
}

function run(job: Job, env: NodeJS.ProcessEnv): Ended {
  const directory = mkdtempSync(join(scratch(), 'f'))
  const arguments_ = [process.execPath, join(here, 'child.mjs'), JSON.stringify(job)]
  const [command, cwd] = contained(directory, arguments_)
  const [program = '', ...args] = command
  const streams = ['in', 'out', 'err', 'report', 'current'].map((name) => join(directory, name))
  const fds = streams.map((path) => openSync(path, 'w+'))
  const { status, signal } = spawnSync(program, args, {
    cwd,
    stdio: fds,
    timeout: DEADLINE_MS,
    killSignal: 'SIGKILL',
    env: { ...process.env, ...env },
  })
  for (const fd of fds) closeSync(fd)
  const [, , err = '', report = '', during = ''] = streams.map((path) => readFileSync(path, 'utf8'))
  return { ended: signal ?? status, during: during.trim(), err, report }
}

function expectSound(report: Report): void {
  const { calls, wrong, busiest, slowest, threads } = report
  const times = [busiest, slowest].map(({ title, ms }) => `${Math.round(ms)} ms (${title})`)
  console.log(
    `${calls} calls; event loop busy for at most ${times[0]}, return of a promise at most ${times[1]}, threads ${threads.join(' -> ')}`,
  )
  expect(wrong).toEqual([])
  expect(busiest.ms).toBeLessThan(STALL_MS)
  expect(slowest.ms).toBeLessThan(STALL_MS)
  expect(threads[1] - threads[0]).toBeLessThanOrEqual(POOL)
}

const owners = [...new Set(callables(palfs).map(ownerOf))]

describe('values that nobody should pass', () => {
  test.for(owners)('to %s', { timeout: 2 * DEADLINE_MS }, (owner) => {
    const report = fuzz({ only: owner, thorough: LONG })
    expectSound(report)
    const operations = callables(palfs)
      .filter((each) => ownerOf(each) === owner)
      .map(operationOf)
    expect(report.names).toEqual([...new Set(operations)])
  })
})

describe(`calls at random, seed ${SEED}`, () => {
  test.for([
    ['as always', {}],
    ['with one thread in the pool of Node', { UV_THREADPOOL_SIZE: '1' }],
    ['without any call of the kernel for copying', { PALFS_METHODS: 'read_write' }],
  ] as const)('%s', { timeout: 2 * DEADLINE_MS }, ([, env]) => {
    expectSound(fuzz({ random: { seed: SEED, seconds: LONG ? 300 : 3 } }, env))
  })
})

describe('the fuzzer itself sees', () => {
  const FAULTY = new URL('faulty.mjs', import.meta.url).href
  const found = (only: string): string => fuzz({ module: FAULTY, only, patience: 400 }).wrong.join()

  test.for([
    ['throwsAtOnce', 'threw'],
    ['throwsAnything', 'mistake'],
    ['leavesOpen', 'left one open'],
    ['leavesTemporary', 'left a temporary file'],
    ['neverSettles', 'never settled'],
    ['leavesRejection', 'left a rejection behind'],
    ['givesNoPromise', 'gave no promise'],
    ['reachesOut', 'outside the working directory'],
    ['things.method', 'mistake'],
    ['createThing().method', 'mistake'],
    ['Thing.method', 'mistake'],
    ['looksAtOption', 'option deep = '],
  ])('%s', ([operation = '', expected]) => {
    expect(found(operation)).toContain(expected)
  })

  test('nothing wrong where nothing is', () => {
    expect(found('fine')).toBe('')
  })

  test('a crash, and the call during which it happened', () => {
    const { ended, during } = run({ module: FAULTY, only: 'crashes' }, {})
    expect(ended).toMatch(/^SIG/)
    expect(during).toMatch(/^crashes, argument 0 = .*n$/)
  })

  test('an event loop that stands still', () => {
    expect(fuzz({ module: FAULTY, only: 'stallsLater' }).busiest.ms).toBeGreaterThan(250)
  })

  test('more threads', () => {
    const { threads } = fuzz({ module: FAULTY, only: 'startsThreads' })
    expect(threads[1]).toBeGreaterThan(threads[0])
  })
})
