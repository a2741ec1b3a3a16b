// @ts-check
// Runs the checks of ../suite and the inputs of ./inputs on the filesystems of other kernels, and prints one table of counts:
//
//   node test.mjs [--checkout DIR] [--jobs COUNT] [--timeout SECONDS] [--all] [NAME...] [-- OPTION-OF-THE-SUITE...]
//
// What failed and is a limit of the filesystem is counted apart, with its reason. The whole output of each is left in
// target/kernel/NAME.log. Exits with 1 where something failed that is no limit, or where a limit was not met.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { judge } from '../limits.mjs'
import { FILESYSTEMS } from './filesystems.mjs'
import { runSuite } from './run-suite.mjs'

const MOST_SHOWN = 25

const own = process.argv.slice(2)
const end = own.indexOf('--')
const suiteOptions = end === -1 ? [] : own.splice(end).slice(1)
const { values, positionals } = parseArgs({
  args: own,
  allowPositionals: true,
  options: {
    checkout: { type: 'string', default: join(import.meta.dirname, '../../..') },
    jobs: { type: 'string', default: '2' },
    timeout: { type: 'string', default: '900' },
    all: { type: 'boolean', default: false },
  },
})
const unknown = positionals.filter((name) => !(name in FILESYSTEMS))
if (unknown.length > 0)
  throw new Error(`no ${unknown.join(', ')} among ${Object.keys(FILESYSTEMS).join(', ')}`)
const names = Object.keys(FILESYSTEMS).filter(
  (name) => positionals.length === 0 || positionals.includes(name),
)
const results = join(values.checkout, 'target/kernel')
mkdirSync(results, { recursive: true })

/** @type {Map<string, { cells: string[], isRed: boolean }>} */
const rows = new Map()

/** @param {string} name */
async function runOne(name) {
  const filesystem = FILESYSTEMS[name]
  if (filesystem === undefined) return
  const { checkout, timeout } = values
  const outcome = await runSuite(name, filesystem, { checkout, results, timeout, suiteOptions })
  const { faults, within, unmet } = judge(outcome.failures, filesystem.limits ?? [])
  // A part of the suite need not meet them all.
  const stale = suiteOptions.length > 0 ? [] : unmet
  const failed = faults.length + stale.length
  const lines = [
    `\n${failed === 0 ? 'ok ' : 'RED'} ${name}`,
    ...outcome.notes.map((note) => `    note ${note}`),
    ...[...within].map(([{ reason }, count]) => `    limit (${count} times): ${reason}`),
    ...stale.map(({ line, reason }) => `    FAIL nothing met the limit ${line}: ${reason}`),
    ...(values.all ? faults : faults.slice(0, MOST_SHOWN)).map((fault) => `    FAIL ${fault}`),
  ]
  if (!values.all && faults.length > MOST_SHOWN)
    lines.push(`    and ${faults.length - MOST_SHOWN} more (--all)`)
  console.log(lines.join('\n'))
  const allowed = [...within.values()].reduce((sum, count) => sum + count, 0)
  const counts = [outcome.passed, failed, allowed, Math.round(outcome.seconds)].map(String)
  rows.set(name, { cells: [filesystem.about, ...counts], isRed: failed > 0 })
}

const waiting = [...names]
async function work() {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) await runOne(name)
}
await Promise.all(Array.from({ length: Number(values.jobs) }, work))

const done = names.flatMap((name) => rows.get(name) ?? [])
const cells = [['filesystem', 'passed', 'failed', 'limits', 'seconds'], ...done.map((row) => row.cells)]
const widest = Math.max(...cells.map(([about = '']) => about.length))
console.log('')
for (const [about = '', ...counts] of cells)
  console.log(about.padEnd(widest) + counts.map((count) => count.padStart(9)).join(''))
const red = done.filter(({ isRed }) => isRed).length
console.log(`\n${done.length - red} filesystems passed, ${red} failed`)
process.exitCode = red > 0 || done.length === 0 ? 1 : 0
