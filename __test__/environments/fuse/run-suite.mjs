// @ts-check
// Mounts one filesystem, runs the suite on it, and takes it down.
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { failureLine } from '../suite/report.mjs'
import { command } from './scratch.mjs'
import { Server } from './server.mjs'

const SUITE = join(import.meta.dirname, '../suite/main.mjs')
const LONGEST_RUN = 120_000

/**
 * @typedef {object} Stage
 * @property {string} directory on the good filesystem, empty, for what the server needs
 * @property {string} point where the filesystem is to be mounted
 */

/**
 * @typedef {object} Filesystem
 * @property {string} name
 * @property {string} debianPackage of the server
 * @property {(stage: Stage) => void} [prepare]
 * @property {(stage: Stage) => readonly string[]} server
 * @property {NodeJS.ProcessEnv} [environment]
 * @property {boolean} [readOnly] it shows the tree of `prepare`
 * @property {readonly string[]} [checks] those that it survives, if not all
 * @property {readonly string[]} [neverTry] what destroys it, in the words of the suite
 * @property {readonly import('../limits.mjs').Limit[]} limits
 */

/** @typedef {{ failures: string[], passed: number, notes: string[] }} Outcome */

/**
 * @param {Filesystem} filesystem
 * @param {string} disk the good filesystem
 * @param {string} mounts where mount points are made
 * @param {readonly string[]} checks all of them unless named
 * @returns {Promise<Outcome>}
 */
export async function runSuite(filesystem, disk, mounts, checks) {
  const name = filesystem.name.replaceAll(/[^\w-]+/g, '-')
  const stage = { directory: join(disk, name), point: join(mounts, name) }
  const local = join(disk, `${name}.local`)
  for (const directory of [stage.directory, stage.point, local]) mkdirSync(directory)
  filesystem.prepare?.(stage)
  const server = new Server(filesystem.server(stage), stage.point, filesystem.environment ?? {})
  try {
    await server.start()
    const on = filesystem.readOnly === true ? stage.point : join(stage.point, 'on')
    if (filesystem.readOnly !== true) mkdirSync(on)
    const only = checks.length > 0 ? checks : (filesystem.checks ?? [])
    const words = [
      ...only.flatMap((check) => ['--only', check]),
      ...(filesystem.neverTry ?? []).flatMap((what) => ['--never-try', what]),
    ]
    const outcome = await runChecks(
      ['--on', on, '--local', local, ...words],
      server,
      join(disk, `${name}.json`),
    )
    if (filesystem.checks !== undefined) outcome.notes.push(`checked are only: ${only.join(', ')}`)
    if (server.death !== undefined) outcome.failures.push(`server: ends by itself: ${server.death}`)
    return outcome
  } finally {
    await server.stop()
    for (const directory of [stage.directory, stage.point, local])
      rmSync(directory, { recursive: true, force: true })
  }
}

/**
 * @param {readonly string[]} args
 * @param {Server} server
 * @param {string} json
 * @returns {Promise<Outcome>}
 */
async function runChecks(args, server, json) {
  const child = spawn(process.execPath, [SUITE, ...args, '--json', json], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [output, isLate] = ['', false]
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => (output += text))
  }
  const timer = setTimeout(() => {
    isLate = true
    // A process that waits for the server cannot be ended before it.
    server.kill()
    child.kill('SIGKILL')
  }, LONGEST_RUN)
  const status = await new Promise((resolve) => {
    child.once('close', (code, signal) => resolve(signal ?? code))
  })
  clearTimeout(timer)
  try {
    /** @type {import('../suite/report.mjs').Report} */
    const { failures, rows, notes } = JSON.parse(readFileSync(json, 'utf8'))
    return {
      failures: failures.map((failure) => failureLine(failure)),
      passed: rows.reduce((sum, row) => sum + row.passed, 0),
      notes: notes.map(({ check, text }) => `${check}: ${text}`),
    }
  } catch {
    const why = isLate ? `no end after ${LONGEST_RUN / 1000} s` : `ends with ${status}`
    const lines = output.trim().split('\n')
    const failures = lines
      .filter((line) => line.startsWith('FAIL '))
      .map((line) => line.slice('FAIL '.length))
    return { failures: [...failures, `suite: ${why}: ${lines.at(-1)}`], passed: 0, notes: [] }
  }
}

/** @param {Pick<Filesystem, 'debianPackage'>} filesystem */
export function versionOf({ debianPackage }) {
  try {
    return command(['dpkg-query', '-W', '-f', '${Version}', debianPackage])
  } catch {
    return 'not from Debian'
  }
}
