// @ts-check
// Runs the suite in one sandbox and reads what it printed: in gVisor's overlay no file of it reaches this side.
import { execFileSync, spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { become, directoriesFor, isInstalled, isRoot, USER } from './stage.mjs'

/** Without what version managers put before it: their programs make calls of their own. */
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const LONGEST_RUN = 200_000
/** How often a run is repeated in which an accident of the sandbox shows. */
const TRIES = 5

/** Those that hand no function and no signal to the package, which cannot be sent to another process. */
const CHECKS_OF_A_REMOTE_PACKAGE = [
  'capabilities',
  'tree-in',
  'tree-within',
  'tree-back',
  'plain',
  'readdir',
  'xattr',
  'replace',
  'move',
  'rm',
  'update',
  'holes',
  'leftovers',
]

/** What is said once more after a line for each entry. */
const SUMMARY = /: (?:cp -a keeps no more: gnu|kinds, names and content are the source.s): /u

/** @typedef {import('./stage.mjs').Stage} Stage */

/**
 * @typedef {object} Sandbox
 * @property {string} name
 * @property {'root' | 'user'} as
 * @property {number} [user] another one than the usual unprivileged one
 * @property {readonly string[]} [needs] programs
 * @property {(words: readonly string[], stage: Stage) => readonly string[]} command the command that runs `words` in it
 * @property {'suite' | 'package'} [inside] whether all of the suite is in it, or only the package and `cp`
 * @property {boolean} [limitedPackage] the package is called through limited-package.mjs
 * @property {boolean} [buildsTree] the suite's tree is built inside, because what is outside looks different from there
 * @property {string} [local] where the suite's second filesystem is, if not that of the stage
 * @property {Readonly<Record<string, string>>} [environment]
 * @property {boolean} [brief] without variants
 * @property {readonly string[]} [checks] all of them unless named
 * @property {RegExp} [accident] a line of a run that the sandbox spoiled now and then
 * @property {readonly import('../limits.mjs').Limit[]} limits
 */

/**
 * @typedef {object} Outcome
 * @property {string} [missing] why the sandbox is not to be had here
 * @property {number} passed
 * @property {readonly string[]} failures
 * @property {readonly string[]} notes
 */

/** @typedef {{ status: number | null, output: string, end: string }} Ended */

/**
 * @param {Sandbox} sandbox
 * @param {Stage} stage
 * @param {readonly string[]} checks those of the sandbox unless named
 * @returns {Promise<Outcome>}
 */
export async function runSuite(sandbox, stage, checks) {
  const missing = await whyMissing(sandbox, stage)
  if (missing !== undefined) return { missing, passed: 0, failures: [], notes: [] }
  const { accident } = sandbox
  const own = sandbox.inside === 'package' ? CHECKS_OF_A_REMOTE_PACKAGE : []
  const chosen = checks.length > 0 ? checks : (sandbox.checks ?? own)
  for (let tries = 1; ; tries += 1) {
    const outcome = await runOnce(sandbox, stage, chosen)
    const isSpoiled = accident !== undefined && outcome.failures.some((line) => accident.test(line))
    if (!isSpoiled || tries === TRIES) return outcome
  }
}

/**
 * @param {Sandbox} sandbox
 * @param {Stage} stage
 * @param {readonly string[]} checks
 * @returns {Promise<Outcome>}
 */
async function runOnce(sandbox, stage, checks) {
  const directories = directoriesFor(stage, sandbox.name.replaceAll(/[^\w-]+/gu, '-'), userOf(sandbox))
  try {
    const words = suiteWords(sandbox, stage, directories, checks)
    const ended =
      sandbox.inside === 'package'
        ? await execute(words, sandbox, stage, {
            inside: JSON.stringify(sandbox.command([], stage)),
            command: words,
          })
        : await execute(words, sandbox, stage)
    return read(ended, Object.values(directories).flatMap(leftBehind))
  } finally {
    for (const directory of Object.values(directories)) rmSync(directory, { recursive: true, force: true })
  }
}

/**
 * @param {Sandbox} sandbox
 * @param {Stage} stage
 * @param {{ on: string, local: string }} directories
 * @param {readonly string[]} checks
 */
function suiteWords({ as, inside, limitedPackage, buildsTree, local, brief }, stage, directories, checks) {
  const trees = buildsTree === true ? [] : (stage.trees[as] ?? [])
  const package_ =
    inside === 'package'
      ? stage.insidePackage
      : limitedPackage === true
        ? stage.limitedPackage
        : stage.package
  return [
    stage.node,
    stage.suite,
    '--package',
    package_,
    '--on',
    directories.on,
    '--local',
    local ?? directories.local,
    ...(brief === true ? ['--brief'] : []),
    ...trees.flatMap((tree) => ['--tree', tree]),
    ...checks.flatMap((check) => ['--only', check]),
  ]
}

/** @param {Sandbox} sandbox */
function userOf({ as, user = USER }) {
  if (!isRoot) return process.getuid?.() ?? user
  return as === 'root' ? 0 : user
}

/**
 * @param {Sandbox} sandbox
 * @param {Stage} stage
 * @returns {Promise<string | undefined>}
 */
async function whyMissing(sandbox, stage) {
  if (sandbox.as === 'root' && !isRoot) return 'not running as root'
  const absent = (sandbox.needs ?? []).filter((program) => !isInstalled(program))
  if (absent.length > 0) return `${absent.join(' and ')} is not installed`
  const { status, output } = await execute(['/bin/true'], sandbox, stage)
  return status === 0 ? undefined : `it does not start: ${output.trim().split('\n').at(-1)}`
}

/**
 * Runs a command in the sandbox, as its user, to its end.
 * @param {readonly string[]} words
 * @param {Sandbox} sandbox
 * @param {Stage} stage
 * @param {{ inside: string, command: readonly string[] }} [outside] a command beside the sandbox, and the words that start one in it
 * @returns {Promise<Ended>}
 */
export function execute(words, sandbox, stage, outside) {
  const as = isRoot && sandbox.as === 'user' ? become(userOf(sandbox)) : []
  const [program = '', ...args] = [...as, ...(outside?.command ?? sandbox.command(words, stage))]
  return new Promise((resolve, reject) => {
    // A process group of its own: what does not end is ended with all that it started.
    const child = spawn(program, args, {
      cwd: '/',
      detached: true,
      env: {
        PATH: SYSTEM_PATH,
        LC_ALL: 'C.UTF-8',
        HOME: stage.root,
        REAL_PACKAGE: stage.package,
        ...(outside === undefined ? {} : { SUITE_INSIDE: outside.inside }),
        ...sandbox.environment,
      },
      // A pipe as standard input: runsc gives what it gets there to nobody, and with 'ignore' that is /dev/null.
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    let [output, isLate] = ['', false]
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => (output += text))
    }
    const timer = setTimeout(() => {
      isLate = true
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    }, LONGEST_RUN)
    child.once('error', reject)
    child.once('close', (status, signal) => {
      clearTimeout(timer)
      const end = isLate ? `no end after ${LONGEST_RUN / 1000} s` : (signal ?? `status ${status}`)
      resolve({ status, output, end })
    })
  })
}

/**
 * @param {Ended} ended
 * @param {readonly string[]} left
 * @returns {Outcome}
 */
function read({ status, output, end }, left) {
  const lines = output.split('\n')
  const after = (/** @type {string} */ word) =>
    lines.filter((line) => line.startsWith(word)).map((line) => line.slice(word.length))
  const counts = [...output.matchAll(/^[\w-]+ +(\d+) +\d+ +\d+\.\d$/gmu)].map(([, passed]) => Number(passed))
  const failed = after('FAIL ').filter((line) => !SUMMARY.test(line))
  const failures = [...failed, ...left.map((path) => `leftovers: outside: ${path}`)]
  if (counts.length === 0 || (status !== 0 && failures.length === 0)) {
    failures.push(`suite: does not run to its end (${end}): ${lastWords(lines)}`)
  }
  return { passed: counts.reduce((sum, count) => sum + count, 0), failures, notes: after('note ') }
}

/** @param {readonly string[]} lines */
function lastWords(lines) {
  const error = lines.find((line) => /error|assert|cannot/iu.test(line))
  return (error ?? lines.findLast((line) => line !== '') ?? 'nothing said').trim().slice(0, 200)
}

/**
 * What was made for a moment and is still there.
 * @param {string} directory
 */
function leftBehind(directory) {
  const names = ['.palfs-*', '.fuse_hidden*', '.nfs*'].flatMap((name) => ['-o', '-name', name]).slice(1)
  const found = execFileSync('find', [directory, ...names], { encoding: 'latin1' })
  return found.split('\n').filter((path) => path !== '')
}
