// @ts-check
// Runs the suite of __test__/environments in the sandboxes that users have, and with each system call of the engine denied:
//
//   node main.mjs [--only CHECK]... [--all] [NAME...]     all of it, or the sandboxes whose names contain NAME
//   node main.mjs --calls [--write] [--all] [CALL...]     the calls only; --write brings system-calls.json up to date
//
// Prints what failed, which limits of each sandbox were met, and one table of counts. Exits with 1 where something failed that
// is no limit, or where a limit was not met. A sandbox that is not to be had here is named with the reason.
import { parseArgs } from 'node:util'
import { judge } from '../limits.mjs'
import { tryDenials } from './call-denials.mjs'
import { SANDBOXES } from './definitions/index.mjs'
import { runSuite } from './run-suite.mjs'
import { openStage } from './stage.mjs'

/** @typedef {import('./run-suite.mjs').Sandbox} Sandbox */
/** @typedef {import('./stage.mjs').Stage} Stage */

const MOST_SHOWN = 25
/** More than cores: a run waits as long as it computes. */
const AT_A_TIME = 3

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', multiple: true, default: [] },
    all: { type: 'boolean', default: false },
    calls: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})

const chosen = SANDBOXES.filter(
  ({ name }) =>
    positionals.length === 0 || positionals.some((word) => name.toLowerCase().includes(word.toLowerCase())),
)

/** @type {Map<string, readonly string[]>} */
const rows = new Map()

/**
 * @param {Sandbox} sandbox
 * @param {Stage} stage
 * @returns {Promise<number>} how much failed
 */
async function runOne(sandbox, stage) {
  const started = performance.now()
  const outcome = await runSuite(sandbox, stage, values.only)
  if (outcome.missing !== undefined) {
    console.log(`\nSkipped ${sandbox.name}: ${outcome.missing}`)
    rows.set(sandbox.name, ['-', '-', '-', '-'])
    return 0
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  const { faults, within, unmet } = judge(outcome.failures, sandbox.limits)
  const allowed = [...within.values()].reduce((sum, count) => sum + count, 0)
  const stale = values.only.length > 0 ? [] : unmet
  const failed = faults.length + stale.length
  console.log(`\n${failed === 0 ? 'ok ' : 'RED'} ${sandbox.name}`)
  for (const note of outcome.notes) console.log(`    note ${note}`)
  for (const [{ reason }, count] of within) console.log(`    limit (${count} times): ${reason}`)
  for (const { line, reason } of stale) console.log(`    FAIL nothing met the limit ${line}: ${reason}`)
  const shown = values.all ? faults : faults.slice(0, MOST_SHOWN)
  for (const fault of shown) console.log(`    FAIL ${fault}`)
  if (shown.length < faults.length) console.log(`    and ${faults.length - shown.length} more (--all)`)
  rows.set(sandbox.name, [String(outcome.passed), String(failed), String(allowed), seconds])
  return failed
}

function table() {
  const lines = chosen.map(({ name }) => [name, ...(rows.get(name) ?? [])])
  return [['sandbox', 'passed', 'failed', 'limits', 'seconds'], ...lines]
    .map(([name = '', ...counts]) => name.padEnd(36) + counts.map((count) => count.padStart(8)).join(''))
    .join('\n')
}

async function runAll() {
  const stage = openStage()
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.once(signal, () => process.exit(130))
  process.once('exit', stage.close)
  let failed = 0
  if (!values.calls) failed += await runSandboxes(stage)
  if (values.calls || positionals.length + values.only.length === 0) {
    const only = values.calls ? positionals : []
    failed += await tryDenials(stage, { only, write: values.write, all: values.all }, inParallel)
  }
  process.exitCode = failed === 0 ? 0 : 1
}

/**
 * @param {Stage} stage
 * @returns {Promise<number>} how much failed
 */
async function runSandboxes(stage) {
  if (chosen.length === 0) throw new Error(`no sandbox is called ${positionals.join(', ')}`)
  const waiting = [...chosen]
  let failed = 0
  await inParallel(async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      failed += await runOne(next, stage)
  })
  console.log(`\n${table()}`)
  return failed
}

/** @param {() => Promise<void>} work */
async function inParallel(work) {
  await Promise.all(Array.from({ length: AT_A_TIME }, work))
}

if (process.platform === 'linux') await runAll()
else console.log(`Skipped all sandboxes: this is ${process.platform}`)
