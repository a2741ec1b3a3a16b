// @ts-check
// ENOSYS and EPERM for each system call that the engine makes, and for each family of calls that do one thing. What becomes of
// the package's work is in system-calls.json, the one list of these calls: a trace shows that it is whole, and each run that it
// is true.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isCall } from './call-numbers.mjs'
import { isGood, outcomeWord } from './call-outcome.mjs'
import { engineCalls, tracing } from './engine-calls.mjs'
import { execute, runSuite } from './run-suite.mjs'
import { deny } from './seccomp.mjs'
import { isInstalled, isRoot } from './stage.mjs'

/** @typedef {import('./run-suite.mjs').Sandbox} Sandbox */
/** @typedef {import('./stage.mjs').Stage} Stage */
/** @typedef {import('./call-outcome.mjs').OutcomeWord} OutcomeWord */
/** @typedef {'ENOSYS' | 'EPERM'} DeniedBy */

/**
 * @typedef {object} CallRow
 * @property {OutcomeWord} ENOSYS
 * @property {OutcomeWord} EPERM
 * @property {string} [reason] why an outcome that is not good stays so
 */

/**
 * @typedef {object} Denial
 * @property {string} calls one, or several with spaces between them
 * @property {DeniedBy} error
 * @property {OutcomeWord} word
 * @property {readonly string[]} lines what fails by it
 */

const LIST = join(import.meta.dirname, 'system-calls.json')
const ERRORS = /** @type {const} */ (['ENOSYS', 'EPERM'])

/** The other checks probe outside the sandbox what the package finds inside. */
const CHECKS = ['tree-in', 'plain', 'readdir', 'replace', 'move', 'rm', 'leftovers']
const TRACED_CHECKS = [...CHECKS, 'tree-within', 'capabilities', 'xattr', 'holes', 'update']

/** With these gone the engine shows what it does instead. */
const REPLACED = ['statx', 'renameat2', 'fchmodat2', 'faccessat2', 'splice', 'sendfile']

/** What a sandbox denies together, those that the engine does not make too. */
const FAMILIES = [
  ['listxattr', 'llistxattr', 'flistxattr', 'listxattrat'],
  ['getxattr', 'lgetxattr', 'fgetxattr', 'getxattrat'],
  ['setxattr', 'lsetxattr', 'fsetxattr', 'setxattrat'],
  ['removexattr', 'lremovexattr', 'fremovexattr', 'removexattrat'],
  ['chown', 'lchown', 'fchown', 'fchownat'],
  ['chmod', 'fchmod', 'fchmodat', 'fchmodat2'],
  ['utime', 'utimes', 'futimesat', 'utimensat'],
  ['link', 'linkat'],
  ['mknod', 'mknodat'],
].map((calls) => calls.join(' '))

/** @returns {Readonly<Record<string, CallRow>>} */
function readList() {
  return JSON.parse(readFileSync(LIST, 'utf8'))
}

/**
 * @param {string} name
 * @param {Sandbox['command']} command
 * @returns {Sandbox}
 */
function denial(name, command) {
  return { name, as: 'root', inside: 'package', brief: true, command, limits: [] }
}

/**
 * The calls that the engine makes here, as strace sees them.
 * @param {Stage} stage
 * @returns {Promise<readonly string[]>}
 */
async function traceCalls(stage) {
  const log = join(stage.root, 'trace')
  const rules = REPLACED.filter((call) => isCall(call)).map((call) => deny('ENOSYS', call))
  const runs = [
    denial('traced', (words) => [...tracing(log), ...words]),
    denial('traced without some calls', (words) => [
      ...tracing(log),
      stage.denyCalls,
      ...rules,
      '--',
      ...words,
    ]),
  ]
  await Promise.all(runs.map(async (run) => runSuite({ ...run, brief: false }, stage, TRACED_CHECKS)))
  return [...engineCalls(log)].toSorted()
}

/**
 * @param {Stage} stage
 * @returns {Promise<ReadonlySet<string>>} what fails without any denial
 */
async function failuresWithoutDenial(stage) {
  const { failures } = await runSuite(
    denial('no call denied', (words) => words),
    stage,
    CHECKS,
  )
  return new Set(failures.map((line) => general(line, stage)))
}

/**
 * @param {Stage} stage
 * @param {string} calls
 * @param {DeniedBy} error
 * @param {ReadonlySet<string>} usual
 * @returns {Promise<Denial>}
 */
async function tryDenial(stage, calls, error, usual) {
  const rules = calls
    .split(' ')
    .filter((call) => isCall(call))
    .map((call) => deny(error, call))
  const sandbox = denial(`${error} for ${calls}`, (words) => [stage.denyCalls, ...rules, '--', ...words])
  const { status, output, end } = await execute([stage.node, '-e', START], sandbox, stage)
  if (status !== 0) {
    return { calls, error, word: 'no Node', lines: [`${end}: ${output.trim().split('\n')[0]}`] }
  }
  const { failures } = await runSuite(sandbox, stage, CHECKS)
  const lines = failures.filter((line) => !usual.has(general(line, stage)))
  return { calls, error, word: outcomeWord(lines), lines }
}

/** What each program of Node does: its pool starts, a module is read, a child runs. */
const START = `
  const { promises } = require('node:fs')
  Promise.all([promises.readdir('/'), promises.stat('/'), promises.readFile(process.execPath).then(() => import('node:os'))])
    .then(() => require('node:child_process').execFileSync('/bin/true'))
`

/**
 * A line without what differs from run to run.
 * @param {string} line
 * @param {Stage} stage
 */
function general(line, stage) {
  return line
    .replaceAll(stage.root, '')
    .replaceAll(/\/(on|local)\/[^/]+/gu, '/$1')
    .replaceAll(/\b(?:[\da-f]{16,32}|\d{15,})\b/gu, '#')
}

/**
 * @param {Stage} stage
 * @param {{ only: readonly string[], write: boolean, all: boolean }} options `only` these calls
 * @param {(work: () => Promise<void>) => Promise<void>} inParallel runs `work` as often at once as the machine bears
 * @returns {Promise<number>} how much is not as it should be
 */
export async function tryDenials(stage, { only, write, all }, inParallel) {
  const why = whySkipped()
  if (why !== undefined) {
    console.log(`\nSkipped ENOSYS and EPERM for each system call: ${why}`)
    return 0
  }
  const listed = readList()
  const [traced, usual] = await Promise.all([traceCalls(stage), failuresWithoutDenial(stage)])
  const calls = [...new Set([...traced, ...Object.keys(listed), ...FAMILIES])].filter(
    (each) => only.length === 0 || only.includes(each),
  )
  const waiting = calls.flatMap((each) => ERRORS.map((error) => /** @type {const} */ ([each, error])))
  /** @type {Denial[]} */
  const denials = []
  await inParallel(async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      denials.push(await tryDenial(stage, ...next, usual))
  })
  if (write) writeList(denials, listed)
  const unlisted = traced.filter((call) => !(call in listed))
  for (const call of unlisted)
    console.log(`FAIL ${call} is made by the engine and is not in system-calls.json`)
  return unlisted.length + report(denials, listed, all)
}

/** @returns {string | undefined} */
function whySkipped() {
  if (!isRoot) return 'not running as root'
  return isInstalled('strace') ? undefined : 'strace is not installed'
}

const MOST_SHOWN = 5

/**
 * @param {readonly Denial[]} denials
 * @param {Readonly<Record<string, CallRow>>} listed
 * @param {boolean} all
 */
function report(denials, listed, all) {
  let failed = 0
  console.log('\nENOSYS and EPERM for each system call of the engine')
  for (const { calls, error, word, lines } of denials.toSorted((one, other) =>
    one.calls < other.calls ? -1 : 1,
  )) {
    const row = listed[calls]
    const isAsListed = row?.[error] === word
    const isRed = !isAsListed || (!isGood(word) && row?.reason === undefined)
    if (isRed) failed += 1
    const note = isAsListed ? (row?.reason ?? '') : `listed: ${row?.[error] ?? 'not at all'}`
    console.log(
      `${isRed ? 'RED' : 'ok '} ${error.padEnd(6)} ${calls.padEnd(20)} ${word}${note === '' ? '' : ` (${note})`}`,
    )
    if (!isRed || word === 'no Node') continue
    for (const line of all ? lines : lines.slice(0, MOST_SHOWN)) console.log(`      ${line}`)
    if (!all && lines.length > MOST_SHOWN) console.log(`      and ${lines.length - MOST_SHOWN} more (--all)`)
  }
  return failed
}

/**
 * @param {readonly Denial[]} denials
 * @param {Readonly<Record<string, CallRow>>} listed
 */
function writeList(denials, listed) {
  /** @type {Record<string, Partial<CallRow>>} */
  const rows = structuredClone(listed)
  for (const { calls, error, word } of denials) rows[calls] = { ...rows[calls], [error]: word }
  const sorted = Object.entries(rows).toSorted(([one], [other]) => (one < other ? -1 : 1))
  writeFileSync(LIST, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`)
}
