// @ts-check
// Runs the suite and the inputs on one filesystem in a guest of its own.
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { failureLine } from '../suite/report.mjs'

/**
 * @typedef {object} Outcome
 * @property {number} passed
 * @property {string[]} failures as the suite prints them, without the first word
 * @property {string[]} notes
 * @property {number} seconds
 */

/**
 * @typedef {object} Settings
 * @property {string} checkout whose built package is tried
 * @property {string} results a folder for the output and the results
 * @property {string} timeout in seconds
 * @property {readonly string[]} suiteOptions
 */

/** Node 20 sometimes never leaves its start under user-mode-linux 6.1: it computes, and makes no system call. */
const TRIES = 2

/**
 * @param {string} name
 * @param {import('./filesystems.mjs').Filesystem} filesystem
 * @param {Settings} settings
 * @returns {Promise<Outcome>}
 */
export async function runSuite(name, filesystem, settings) {
  const started = performance.now()
  const notes = []
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const status = await runGuest(name, filesystem, settings)
    const results = resultsIn(join(settings.results, `${name}.json`))
    const seconds = (performance.now() - started) / 1000
    if (results !== undefined) {
      const failures = results.failures.map((failure) => failureLine(failure))
      const passed = results.rows.reduce((total, row) => total + row.passed, 0)
      if (passed === 0) failures.push('guest: nothing passed')
      notes.push(...results.notes.map(({ check, text }) => `${check}: ${text}`))
      return { passed, failures, notes, seconds }
    }
    notes.push(`the guest gave no results (status ${status}, ${Math.round(seconds)} s)`)
  }
  const seconds = (performance.now() - started) / 1000
  return { passed: 0, failures: [`guest: no results: see ${name}.log`], notes, seconds }
}

/**
 * @param {string} name
 * @param {import('./filesystems.mjs').Filesystem} filesystem
 * @param {Settings} settings
 * @returns {Promise<number | null>} the exit status
 */
async function runGuest(name, filesystem, { checkout, results, timeout, suiteOptions }) {
  const json = join(results, `${name}.json`)
  rmSync(json, { force: true })
  const log = openSync(join(results, `${name}.log`), 'w')
  const options = { machine: filesystem.machine ?? 'uml', timeout, checkout, keep: json }
  const checks = (filesystem.checks ?? []).flatMap((check) => ['--only', check])
  const guest = spawn(
    join(import.meta.dirname, 'run-in-guest.sh'),
    [
      ...Object.entries(options).flatMap(([option, value]) => [`--${option}`, value]),
      join(import.meta.dirname, 'suite.sh'),
      name,
      ...(suiteOptions.length > 0 ? suiteOptions : checks),
    ],
    { stdio: ['ignore', log, log] },
  )
  try {
    return await new Promise((resolve, reject) => guest.on('error', reject).on('exit', resolve))
  } finally {
    closeSync(log)
  }
}

/**
 * @param {string} json
 * @returns {{ rows: { passed: number }[], failures: import('../suite/report.mjs').Failure[], notes: { check: string, text: string }[] } | undefined}
 */
function resultsIn(json) {
  try {
    return JSON.parse(readFileSync(json, 'utf8'))
  } catch {
    return undefined
  }
}
