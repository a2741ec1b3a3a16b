// @ts-check
// The small programs that node:fs has no replacement for. A guest may lack each of them.
import { spawnSync } from 'node:child_process'

const LONGEST_RUN = 60_000

/**
 * @param {string} program
 * @param {readonly (string | Buffer)[]} args
 * @param {{ cwd?: string, input?: string | Buffer }} [options]
 * @returns {{ status: number | null, stdout: Buffer, stderr: string, missing: boolean }}
 */
export function run(program, args, options = {}) {
  // Arguments are bytes to execve(2), and UTF-8 to node: a path that is not UTF-8 has to come by `cwd` or `input`.
  const { status, stdout, stderr, error } = spawnSync(program, args.map(String), {
    ...options,
    env: { ...process.env, LC_ALL: 'C' },
    maxBuffer: 1 << 28,
    timeout: LONGEST_RUN,
  })
  const missing = error !== undefined && 'code' in error && error.code === 'ENOENT'
  return { status, stdout: stdout ?? Buffer.alloc(0), stderr: String(stderr ?? ''), missing }
}

/**
 * As {@link run}, where the package under test runs: in a sandbox, if the words of SUITE_INSIDE start commands in one.
 * @param {'cp' | 'python3'} program
 * @param {readonly string[]} args
 */
export function runBeside(program, args) {
  const [first = program, ...rest] = [...INSIDE, program, ...args]
  return run(first, rest)
}

/** @type {readonly string[]} */
const INSIDE = JSON.parse(process.env['SUITE_INSIDE'] ?? '[]')

/** @type {Map<string, boolean>} */
const known = new Map()

/**
 * Whether a program is there and is the one that is meant: busybox has a touch and a cp of its own.
 * @param {'cp' | 'touch' | 'setfattr' | 'getfattr' | 'getfacl' | 'mkfifo' | 'mknod' | 'lsattr' | 'chattr' | 'python3' | 'sh'} program
 * @returns {boolean}
 */
export function has(program) {
  let found = known.get(program)
  if (found === undefined) {
    found = looksRight(program)
    known.set(program, found)
  }
  return found
}

/** @param {string} program */
function looksRight(program) {
  if (program === 'sh') return run('sh', ['-c', 'exit 0']).status === 0
  // These print their version to stderr.
  if (program === 'lsattr' || program === 'chattr') return !run(program, ['-V']).missing
  const { status, stdout } = run(program, ['--version'])
  if (status !== 0) return false
  return program === 'cp' || program === 'touch' ? stdout.includes('GNU coreutils') : true
}
