// PlatformFileSystem beside node:fs: the same random operations, in processes and directories of their own, give the same
// results, raise the same errors and leave the same trees.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import { LONG, onFilesystems } from '../support/filesystems.js'
import { run } from '../support/mounts.js'
import { OPERATIONS, sequence } from '../support/operations.mjs'

/** `PALFS_DIFFERENTIAL_SEED` plays one sequence again. */
const GIVEN = process.env['PALFS_DIFFERENTIAL_SEED']
const FIRST = LONG ? Date.now() % 2 ** 30 : 1
const COUNT = LONG ? 100 : 6
const SEEDS =
  GIVEN === undefined ? Array.from({ length: COUNT }, (_, index) => FIRST + index) : [Number(GIVEN)]
const LENGTH = 400
const NOBODY = 65_534
const A_DAY = 86_400_000
const SUBJECT = join(import.meta.dirname, '../support/operations-child.mjs')

const WAYS = [
  { name: 'fs.…Sync', ours: false, sync: true },
  { name: 'fs.promises', ours: false, sync: false },
  { name: 'PlatformFileSystem, sync', ours: true, sync: true },
  { name: 'PlatformFileSystem, by promises', ours: true, sync: false },
] as const

interface Outcome {
  readonly result?: unknown
  readonly error?: unknown
}

/** What every sequence finds: a FIFO, which is never opened to wait. */
function prepare(top: string, uid: number): void {
  mkdirSync(top)
  chmodSync(top, 0o777)
  for (const seed of SEEDS) {
    const directory = join(top, String(seed))
    mkdirSync(directory)
    run('mknod', join(directory, 'fifo'), 'p')
    run('chown', '-R', `${uid}:${uid}`, directory)
  }
}

function play(top: string, way: { ours: boolean; sync: boolean }, uid: number): Outcome[][] {
  const job = JSON.stringify({ ...way, seeds: SEEDS, length: LENGTH })
  execFileSync(process.execPath, [SUBJECT, job], {
    cwd: top,
    uid,
    gid: uid,
    timeout: LONG ? 600_000 : 100_000,
  })
  return JSON.parse(readFileSync(join(top, 'outcomes.json'), 'utf8')) as Outcome[][]
}

/** Everything in a directory, one line for each name. */
function tree(directory: Buffer, prefix = ''): string[] {
  const names = readdirSync(directory, { encoding: 'buffer' }).toSorted((one, other) => one.compare(other))
  return names.flatMap((name) => {
    const path = Buffer.concat([directory, Buffer.from('/'), name])
    const shown = prefix + name.toString('latin1')
    const isDirectory = lstatSync(path).isDirectory()
    return [`${shown}: ${account(path)}`, ...(isDirectory ? tree(path, `${shown}/`) : [])]
  })
}

/** Type, mode, owner, links, time of modification where one was set, content. */
function account(path: Buffer): string {
  const stat = lstatSync(path)
  const { mode, uid, gid, nlink, mtimeMs } = stat
  const time = Math.abs(mtimeMs - Date.now()) < A_DAY ? 'now' : Math.round(mtimeMs)
  return [mode.toString(8), `${uid}:${gid}`, nlink, time, contentOf(path, stat)].join(' ')
}

function contentOf(path: Buffer, stat: Stats): string {
  if (stat.isSymbolicLink()) return readlinkSync(path, 'latin1')
  return stat.isFile() ? `${stat.size} ${createHash('sha1').update(readFileSync(path)).digest('hex')}` : ''
}

/** The first difference between two ways, with what was done up to there. */
function expectSame(expected: Outcome[], actual: Outcome[], seed: number): void {
  const at = expected.findIndex((outcome, index) => !isDeepStrictEqual(outcome, actual[index]))
  if (at === -1) return
  const steps = sequence(seed, LENGTH).slice(0, at + 1)
  const story = steps.slice(-12).map(([name, args]) => `${name} ${JSON.stringify(args)}`)
  expect(actual[at], `PALFS_DIFFERENTIAL_SEED=${seed}, operation ${at}, after\n${story.join('\n')}`).toEqual(
    expected[at],
  )
}

onFilesystems(
  LONG ? ['ext4', 'xfs', 'btrfs', 'tmpfs'] : ['ext4', 'tmpfs'],
  'random operations',
  ['root'],
  (test) => {
    for (const [who, uid] of [
      ['root', 0],
      ['an ordinary user', NOBODY],
    ] as const) {
      test(`by ${who} are done as node:fs does them`, { timeout: LONG ? 3_000_000 : 300_000 }, ({ dir }) => {
        chmodSync(dir, 0o755)
        const tops = WAYS.map((_, index) => join(dir, String(index)))
        const played = WAYS.map((way, index) => {
          const top = tops[index] ?? ''
          prepare(top, uid)
          return play(top, way, uid)
        })
        const [expected = []] = played
        const [expectedTree] = tops.map((top) => tree(Buffer.from(top)))
        for (const [index, { name }] of WAYS.entries()) {
          for (const [order, seed] of SEEDS.entries()) {
            expectSame(expected[order] ?? [], played[index]?.[order] ?? [], seed)
          }
          const found = tree(Buffer.from(tops[index] ?? ''))
          expect(found, `the tree that ${name} leaves, sequences ${SEEDS[0]} and following`).toEqual(
            expectedTree,
          )
        }
        expectEnoughHappened(expected)
      })
    }
  },
)

/** A sequence in which everything fails would compare well, too. */
function expectEnoughHappened(all: Outcome[][]): void {
  const succeeded = new Map<unknown, number>(OPERATIONS.map((name) => [name, 0]))
  const codes = new Set<unknown>()
  for (const [order, seed] of SEEDS.entries()) {
    for (const [index, [name]] of sequence(seed, LENGTH).entries()) {
      const { error } = all[order]?.[index] ?? {}
      if (error === undefined) succeeded.set(name, (succeeded.get(name) ?? 0) + 1)
      else codes.add(Reflect.get(Object(error), 'code'))
    }
  }
  const counts = [...succeeded].map(([name, count]) => `${String(name)} ${count}`)
  console.log(`succeeded: ${counts.join(', ')}; failed: ${[...codes].join(' ')}`)
  if (GIVEN !== undefined) return
  for (const [name, count] of succeeded) expect([name, count]).toEqual([name, expect.toSatisfy((n) => n > 2)])
  expect(codes.size).toBeGreaterThan(8)
}
