// @ts-check
// Runs the suite of __test__/environments on FUSE filesystems from Debian: `node main.mjs [--only CHECK]... [--all] [NAME...]`.
//
// Two at a time. Prints what failed, which limits of each filesystem were met, and one table of counts. Exits with 1 where
// something failed that is no limit, or where a limit was not met.
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { judge } from '../limits.mjs'
import { bindfs } from './definitions/bindfs.mjs'
import { encrypted } from './definitions/gocryptfs.mjs'
import { fat } from './definitions/fusefat.mjs'
import { fuse2fs } from './definitions/fuse2fs.mjs'
import { mergerfs } from './definitions/mergerfs.mjs'
import { ntfs } from './definitions/ntfs.mjs'
import { overlay } from './definitions/fuse-overlayfs.mjs'
import { rclone } from './definitions/rclone.mjs'
import { squashfuse } from './definitions/squashfuse.mjs'
import { sshfs } from './definitions/sshfs.mjs'
import { runPoolStatements } from './pool-statements.mjs'
import { runSuite, versionOf } from './run-suite.mjs'
import { makeScratch, mountImage, removeScratch } from './scratch.mjs'

/** @typedef {import('./run-suite.mjs').Filesystem} Filesystem */
/** @typedef {Pick<Filesystem, 'name' | 'debianPackage' | 'limits'>} Named */
/** @typedef {Named & { run: (disk: string, mounts: string) => Promise<import('./run-suite.mjs').Outcome> }} Row */

const MOST_SHOWN = 25
const AT_A_TIME = 2

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', multiple: true, default: [] },
    all: { type: 'boolean', default: false },
  },
})

// The slowest first: then the last ones end at the same time.
const all = [
  ...rclone,
  ...sshfs,
  ...ntfs,
  ...mergerfs,
  ...fuse2fs,
  ...fat,
  ...encrypted,
  ...overlay,
  ...bindfs,
  ...squashfuse,
]
/** @type {readonly Row[]} */
const rows = [
  ...all.map((filesystem) => {
    const { name, debianPackage, limits } = filesystem
    const run = (/** @type {string} */ disk, /** @type {string} */ mounts) =>
      runSuite(filesystem, disk, mounts, values.only)
    return { name, debianPackage, limits, run }
  }),
  { name: 'docs/mergerfs.md', debianPackage: 'mergerfs', limits: [], run: runPoolStatements },
]
const chosen = rows.filter(({ name }) => positionals.length === 0 || positionals.includes(name))

/** @type {string[][]} */
const counted = []

/**
 * @param {Row} row
 * @param {string} scratch
 */
async function runOne(row, scratch) {
  const started = performance.now()
  /** @type {import('./run-suite.mjs').Outcome} */
  let outcome
  try {
    outcome = await row.run(join(scratch, 'disk'), join(scratch, 'mounts'))
  } catch (error) {
    outcome = { failures: [`bench: ${String(error)}`], passed: 0, notes: [] }
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  const { faults, within, unmet } = judge(outcome.failures, row.limits)
  const allowed = [...within.values()].reduce((sum, count) => sum + count, 0)
  const stale = values.only.length > 0 ? [] : unmet
  console.log(`\n${faults.length + stale.length === 0 ? 'ok ' : 'RED'} ${row.name}`)
  for (const note of outcome.notes) console.log(`    note ${note}`)
  for (const [{ reason }, count] of within) console.log(`    limit (${count} times): ${reason}`)
  for (const { line, reason } of stale) console.log(`    FAIL nothing met the limit ${line}: ${reason}`)
  const shown = values.all ? faults : faults.slice(0, MOST_SHOWN)
  for (const fault of shown) console.log(`    FAIL ${fault}`)
  if (shown.length < faults.length) console.log(`    and ${faults.length - shown.length} more (--all)`)
  const counts = [outcome.passed, faults.length + stale.length, allowed].map(String)
  counted.push([row.name, versionOf(row), ...counts, seconds])
  return faults.length + stale.length
}

function table() {
  const order = new Map(rows.map(({ name }, index) => [name, index]))
  const sorted = counted.toSorted(
    ([one = ''], [other = '']) => (order.get(one) ?? 0) - (order.get(other) ?? 0),
  )
  const [title, ...lines] = [
    ['filesystem', 'version', 'passed', 'failed', 'limits', 'seconds'],
    ...sorted,
  ].map(
    ([name = '', version = '', ...counts]) =>
      name.padEnd(34) + version.padEnd(26) + counts.map((count) => count.padStart(8)).join(''),
  )
  return [title, ...lines].join('\n')
}

/** @returns {string | undefined} */
function whySkipped() {
  if (process.platform !== 'linux') return `this is ${process.platform}`
  if (process.getuid?.() !== 0) return 'not running as root'
  return existsSync('/dev/fuse') ? undefined : 'there is no /dev/fuse'
}

async function runAll() {
  const scratch = makeScratch()
  process.once('exit', () => removeScratch(scratch))
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.once(signal, () => process.exit(130))
  mkdirSync(join(scratch, 'mounts'))
  mountImage(join(scratch, 'disk.img'), join(scratch, 'disk'), 2048, ['mkfs.ext4', '-q', '-F'])
  const waiting = [...chosen]
  let failed = 0
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      failed += await runOne(next, scratch)
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, work))
  console.log(`\n${table()}`)
  process.exitCode = failed === 0 && chosen.length > 0 ? 0 : 1
}

const why = whySkipped()
if (why === undefined) await runAll()
else console.log(`Skipped all FUSE filesystems: ${why}`)
