// @ts-check
// Runs the checks of ../suite on filesystems of the guest's kernel, each in a guest of its own, and prints one table of counts:
//
//   node test.mjs [--checkout DIR] [--jobs COUNT] [--timeout SECONDS] [NAME...] [-- OPTION-OF-THE-SUITE...]
//
// The whole output of each is left in target/kernel/NAME.log, the results in NAME.json. Exits with 1 when a check fails.
import { spawn } from 'node:child_process'
import { mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { FILESYSTEMS } from './filesystems.mjs'

/** @typedef {{ what: string, check: string, where: string, expected: string, seen: string }} Failure */
/** @typedef {{ check: string, passed: number, failed: number, seconds: number }} Row */
/** @typedef {{ name: string, seconds: number, ended: string, rows: Row[], failures: Failure[] }} Outcome */

const here = import.meta.dirname
const own = process.argv.slice(2)
const end = own.indexOf('--')
const suiteOptions = end === -1 ? [] : own.splice(end).slice(1)
const { values, positionals } = parseArgs({
  args: own,
  allowPositionals: true,
  options: {
    checkout: { type: 'string', default: join(here, '../../..') },
    jobs: { type: 'string', default: '2' },
    timeout: { type: 'string', default: '900' },
  },
})
const unknown = positionals.filter((name) => !(name in FILESYSTEMS))
if (unknown.length > 0)
  throw new Error(`no ${unknown.join(', ')} among ${Object.keys(FILESYSTEMS).join(', ')}`)
const names = positionals.length > 0 ? positionals : Object.keys(FILESYSTEMS)
const results = join(values.checkout, 'target/kernel')
mkdirSync(results, { recursive: true })

/**
 * @param {string} name
 * @returns {Promise<Outcome>}
 */
async function run(name) {
  const json = join(results, `${name}.json`)
  const log = openSync(join(results, `${name}.log`), 'w')
  rmSync(json, { force: true })
  const machine = FILESYSTEMS[name]?.machine ?? 'uml'
  const options = [
    '--machine',
    machine,
    '--timeout',
    values.timeout,
    '--checkout',
    values.checkout,
    '--keep',
    json,
  ]
  const started = performance.now()
  const guest = spawn(
    join(here, 'run-in-guest.sh'),
    [...options, join(here, 'suite.sh'), name, ...suiteOptions],
    { stdio: ['ignore', log, log] },
  )
  /** @type {number | null} */
  const status = await new Promise((resolve, reject) => guest.on('error', reject).on('exit', resolve))
  const seconds = (performance.now() - started) / 1000
  let kept
  try {
    kept = JSON.parse(readFileSync(json, 'utf8'))
  } catch {
    // The suite did not come to its end: the log says why.
  }
  const { rows = [], failures = [] } = kept ?? {}
  const ended = kept === undefined ? `no results (status ${status})` : ''
  const outcome = { name, seconds, ended, rows, failures }
  console.log(`${name}: ${ended || `${sum(outcome, 'passed')} passed, ${sum(outcome, 'failed')} failed`}`)
  return outcome
}

/**
 * @param {Outcome} outcome
 * @param {'passed' | 'failed'} column
 */
function sum({ rows }, column) {
  return rows.reduce((total, row) => total + row[column], 0)
}

/**
 * One line for each promise that was broken, with how often and the first place.
 * @param {Outcome} outcome
 */
function printFailures({ name, failures }) {
  /** @type {Map<string, { first: Failure, count: number }>} */
  const alike = new Map()
  for (const failure of failures) {
    const what = `${failure.check}: ${failure.what}`
    const { first, count } = alike.get(what) ?? { first: failure, count: 0 }
    alike.set(what, { first, count: count + 1 })
  }
  for (const [what, { first, count }] of alike) {
    const { where, expected, seen } = first
    console.log(`${name}: ${count} x ${what}, as ${where}: expected ${expected}, seen ${seen}`)
  }
}

/** @param {readonly Outcome[]} outcomes */
function printTable(outcomes) {
  const widest = Math.max(...outcomes.map(({ name }) => FILESYSTEMS[name]?.about.length ?? 0), 0)
  console.log(`\n${'filesystem'.padEnd(widest)}   passed   failed  seconds`)
  for (const outcome of outcomes) {
    const counts = [sum(outcome, 'passed'), sum(outcome, 'failed'), Math.round(outcome.seconds)]
    const cells = counts.map((count) => String(count).padStart(9)).join('')
    console.log(`${(FILESYSTEMS[outcome.name]?.about ?? '').padEnd(widest)}${cells}  ${outcome.ended}`)
  }
}

/** @type {Map<string, Outcome>} */
const outcomes = new Map()
const waiting = [...names]
async function work() {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    outcomes.set(name, await run(name))
  }
}
await Promise.all(Array.from({ length: Number(values.jobs) }, work))

const all = names.flatMap((name) => outcomes.get(name) ?? [])
for (const outcome of all) printFailures(outcome)
printTable(all)
const failed = all.filter((outcome) => outcome.ended !== '' || sum(outcome, 'failed') > 0)
console.log(`\n${all.length - failed.length} filesystems passed, ${failed.length} failed`)
process.exitCode = failed.length > 0 ? 1 : 0
