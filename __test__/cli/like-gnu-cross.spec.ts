// Options in every combination with kinds of sources and destinations: what GNU's program does in one directory, ours does in
// an equal one. Status, both streams, and every name with its type, mode, owner, content, links and old times.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, linkSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'
import { scratchInMemory } from '../support/child.js'
import { makeSpecial } from '../support/files.js'
import { LONG } from '../support/filesystems.js'
import { whyNoGnuCp, type Outcome } from './program.js'
import {
  aged,
  directory,
  file,
  hardLink,
  mine,
  mode,
  NOBODY,
  OLDER,
  snapshot,
  symlink,
  type Build,
} from './small-tree.js'

const scratch = scratchInMemory()
chmodSync(scratch, 0o755)
const NEWER = new Date('2011-01-01T00:00:00Z')
const ROOT = 0

/** a, o, q and v are files, w one that is root's, d and t directories with content, e an empty one; k, l, m lead to one of them, g and h
 * (one link) nowhere, z to itself. */
function place(pipe: string): readonly Build[] {
  return [
    file('a', 'content of a', 0o640),
    hardLink('a', 'b'),
    symlink('a', 'l'),
    symlink('d', 'k'),
    symlink('nowhere', 'g'),
    hardLink('g', 'h'),
    symlink('z', 'z'),
    directory('d'),
    file('d/f', 'f', 0o751),
    hardLink('d/f', 'd/h'),
    symlink('f', 'd/l'),
    symlink('s', 'd/k'),
    directory('d/s'),
    file('d/s/x', 'x', 0o600),
    hardLink('d/s/x', 'd/s/y'),
    // The same one everywhere: making one takes a process.
    (at) => linkSync(pipe, join(at, 'd/p')),
    directory('e'),
    file('o', 'older', 0o600, OLDER),
    file('q', 'newer', 0o604, NEWER),
    symlink('o', 'm'),
    file('v', 'content of v', 0o666),
    file('w', 'anybody may write it', 0o666, OLDER),
    directory('t'),
    directory('t/d'),
    file('t/d/f', 'older f', 0o400, OLDER),
    directory('t/d/l'),
    file('t/a', 'newer a', 0o606, NEWER),
    mode('d/s', 0o2750),
    aged('d/s', 'd', 'e', 't/d', 't'),
  ]
}

const OWNED = 'a,l,k,g,d,d/f,d/s,d/s/x,e,o,q,m,v,t,t/d,t/d/f,t/d/l,t/a'.split(',')

const FLAGS =
  '-r -a -d -H -L -P -p -f -n -u -v -x -T -rH -rL -rP -rd -rp -rf -rn -ru -rv -rx -rT -aT -av -au -an -ax -aL -aH -rTv -rTn ' +
  '-rTu -aTv -vn -vu -pT -dT -PT -pf -pu --remove-destination --preserve=links --preserve=timestamps --preserve=mode ' +
  '--preserve=ownership --preserve=all'
const LONGER = [
  '',
  '-r --remove-destination',
  '-rT --remove-destination',
  '-P --remove-destination',
  ...'mode links timestamps all ownership'.split(' ').map((item) => `-r --preserve=${item}`),
  ...'mode links timestamps all'.split(' ').map((item) => `-a --no-preserve=${item}`),
  '-r --no-preserve=mode',
]
const CP_OPERANDS =
  'a n,a e,a o,a q,a m,a g,a t,a b,a l,a a,a no/n,a n/,d n,d e,d o,d m,d k,d t,d d,d d/n,d g,l n,l e,l o,l a,l m,l t,' +
  'k n,k e,k o,k t,g n,g e,g o,g m,v w,w n,a z,l z,d z,z n,z o,g h,g ./g,a b d e,a d l k g e,a a e,d d e,a ./a e/../a e,d ./d e,g h e,k k e,d/l d/s/../l e,-t e a d,no n,no a e,d/f d/h d/s e,d d/s e'
const MV_OPERANDS =
  'a n,a e,a o,a q,a m,a g,a t,a b,a l,a no/n,d n,d e,d o,d m,d t,d d/n,l n,l o,l a,l m,k n,k e,g n,g o,a d l e,d/f d/k e,' +
  '-t e a d,no n,no a e,a a,a n/,a b/,a e/,a e/.,d n/,d e/,d k/,k/ n,a/ n,l/ n,d/ n,g n/'
const RM_OPERANDS = 'a,a b,d,e,e a,l,k,g,d/p,no,no a,d/s t,d/f d/l d/k,a no/x'

/** Programs, their options, their operands. */
const TABLES: readonly (readonly [string, readonly string[], string])[] = [
  ['cp', [...FLAGS.split(' '), ...LONGER], CP_OPERANDS],
  ['mv', ['', '-f', '-n', '-u', '-v', '-T', '-nv', '-uv', '-Tv', '-fT', '-nT', '-uT'], MV_OPERANDS],
  ['rm', ['', '-r', '-f', '-d', '-v', '-rf', '-rd', '-df'], RM_OPERANDS],
]

/** What the programs do not do alike, and which of it is right. */
function isKnownToDiffer(args: string): boolean {
  return [
    // GNU has copied a part of the directory before it sees that it is copied into itself; ours makes nothing.
    /^cp .*\bd (d|k|d\/n)$/,
    // GNU leaves out what -n and -u leave alone before it looks whether a directory is in the way of a link; ours says so.
    /^cp -[ra]T?[nu]\b.* t$/,
    // GNU sets the bits of somebody else's file though they are right already, and fails, once without a word.
    /^cp (-r )?--preserve=mode v w$/,
    /^cp -a --no-preserve=timestamps v w$/,
  ].some((pattern) => pattern.test(args))
}

/** The words in which both say the same. GNU names the step that failed, ours both ends; ours has the code behind. */
function normalized(stderr: string, name: string): string[] {
  return stderr
    .replaceAll(new RegExp(`^(palfs )?${name}: `, 'gm'), '')
    .replaceAll(`'palfs ${name} --help'`, `'${name} --help'`)
    .replaceAll(/ \(E[A-Z]+\)$/gm, '')
    .replaceAll(/^cannot (?:create regular file|copy .* to) (.*): .*$/gm, 'cannot make $1')
    .replaceAll(/(with non-directory) .*$/gm, '$1')
    .split('\n')
    .toSorted()
}

const quoted = (word: string): string => `'${word}'`

/** GNU's program in each directory. */
async function runGnu(at: string, cases: readonly (readonly string[])[], user: number): Promise<Outcome[]> {
  const script = cases.map((args, index) => {
    const command = args.map(quoted).join(' ')
    return `cd "$1/${index}"; ${command} </dev/null; printf '\\0%s\\0' $?; printf '\\0' >&2`
  })
  const env = { ...process.env, LC_ALL: 'C.UTF-8' }
  const child = spawn('sh', ['-s', at], { uid: user, gid: user, env })
  child.stdin.end(script.join('\n'))
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  const [stdout, stderr] = [out.split('\0'), err.split('\0')]
  return cases.map((_, index) => ({
    status: Number(stdout[index * 2 + 1]),
    stdout: stdout[index * 2] ?? '',
    stderr: stderr[index] ?? '',
  }))
}

/** Ours, all in one process. */
async function runOurs(at: string, cases: readonly (readonly string[])[], user: number): Promise<Outcome[]> {
  const stdio = ['pipe', 'pipe', 'inherit'] as const
  const script = join(import.meta.dirname, 'many.mjs')
  const child = spawn(process.execPath, [script], { uid: user, gid: user, stdio: [...stdio] })
  child.stdin?.end(JSON.stringify(cases.map((args, index) => ({ cwd: join(at, String(index)), args }))))
  return child.stdout ? (JSON.parse(await text(child.stdout)) as Outcome[]) : []
}

async function compare(name: string, cases: readonly (readonly string[])[], user: number): Promise<void> {
  const root = join(scratch, `${name}-${user}`)
  const pipe = makeSpecial(scratch, `pipe-${name}-${user}`, 'FIFO')
  const steps = user === ROOT ? place(pipe) : [...place(pipe), mine(...OWNED)]
  const [gnuAt, oursAt] = [join(root, 'gnu'), join(root, 'ours')]
  for (const at of [gnuAt, oursAt]) {
    for (const index of cases.keys()) {
      const each = join(at, String(index))
      mkdirSync(each, { recursive: true })
      for (const step of steps) step(each)
    }
  }
  const [theirs, ours] = await Promise.all([runGnu(gnuAt, cases, user), runOurs(oursAt, cases, user)])
  const seen = (at: string, outcomes: readonly Outcome[]): object[] =>
    cases.map((args, index) => {
      const { status, stdout, stderr } = outcomes[index] ?? { status: null, stdout: '', stderr: '' }
      return {
        command: args.join(' '),
        status,
        // Ours says what was done, GNU's what is tried. It removes a file before it puts a link there; ours renames.
        stdout:
          status === 0
            ? stdout
                .split('\n')
                .filter((line) => !/^removed '[^d].*'$/.test(line) || name === 'rm')
                .toSorted()
            : [],
        stderr: normalized(stderr, name),
        files: snapshot(join(at, String(index)), 'old'),
      }
    })
  const [left, right] = [seen(oursAt, ours), seen(gnuAt, theirs)]
  // Only what differs is shown.
  const differs = (index: number): boolean => !isDeepStrictEqual(left[index], right[index])
  expect(left.filter((_, index) => differs(index))).toEqual(right.filter((_, index) => differs(index)))
  rmSync(root, { recursive: true })
}

/** Every eighth, unless there is time. */
const STEP = LONG ? 1 : 8

const reason = whyNoGnuCp() ?? (process.getuid?.() === ROOT ? undefined : 'changing the user needs root')
describe.skipIf(reason !== undefined)(
  `options, sources and destinations in all combinations${reason ? ` (not run: ${reason})` : ''}`,
  () => {
    for (const [name, options, operands] of TABLES) {
      const all = options.flatMap((flags) => operands.split(',').map((rest) => `${name} ${flags} ${rest}`))
      const commands = all
        .filter((args) => !isKnownToDiffer(args))
        .map((args) => args.split(' ').filter(Boolean))
      test.for([ROOT, NOBODY])(`palfs ${name}, as user %d`, { timeout: 600_000 }, async (user) => {
        const shift = user === ROOT ? 0 : 2
        await compare(
          name,
          commands.filter((_, index) => (index + shift) % STEP === 0),
          user,
        )
      })
    }
  },
)
