// @ts-check
// What docs/mergerfs.md says, statement by statement, each on a pool with the options that it speaks of. One branch is on the
// good disk, the other one a small filesystem in memory: what crosses branches crosses filesystems.
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { codeOf, readAttribute } from '../suite/attributes.mjs'
import { failureLine, Report } from '../suite/report.mjs'
import { contentOf } from '../suite/tree-entries.mjs'
import { command, unmountBelow } from './scratch.mjs'
import { Server } from './server.mjs'

/** @typedef {import('../suite/attributes.mjs').Palfs} Palfs */
/** @typedef {{ palfs: Palfs, report: Report, pool: string, one: string, two: string }} Pool `one` is large, `two` small */

const MIB = 2 ** 20
const SMALL = 24 * MIB
const ROOM = 'minfreespace=1M'

/** @type {readonly { name: string, options: readonly string[], run: (pool: Pool) => Promise<void> }[]} */
const STATEMENTS = [
  {
    name: 'replace',
    options: [ROOM, 'category.create=mfs'],
    // `mfs`: most free space, which is `one`.
    run: async ({ palfs, report, pool, one, two }) => {
      for (const name of ['renamed', 'in-place']) writeFileSync(join(two, name), 'old')
      writeFileSync(join(pool, 'source'), 'new content')
      await palfs.copyFile(join(pool, 'source'), join(pool, 'renamed'))
      await palfs.copyFile(join(pool, 'source'), join(pool, 'in-place'), { replace: 'in-place' })
      report.expect(
        'a replaced file lies where the policy creates one',
        'renamed',
        [true, false],
        lies('renamed', one, two),
      )
      report.expect(
        'one rewritten in place stays on its branch',
        'in-place',
        [false, true],
        lies('in-place', one, two),
      )
      for (const name of ['renamed', 'in-place']) {
        report.expect('it has the new content', name, 'new content', readFileSync(join(pool, name), 'utf8'))
      }
    },
  },
  {
    name: 'path-preserving policy',
    options: [ROOM, 'category.create=epmfs'],
    run: async ({ palfs, report, pool, one, two }) => {
      mkdirSync(join(two, 'films'))
      mkdirSync(join(one, 'music'))
      writeFileSync(join(pool, 'music/a'), contentOf('a', 1000))
      await palfs.copyFile(join(pool, 'music/a'), join(pool, 'films/a'))
      report.expect(
        'a copy lies on the branch that has its directory',
        'films/a',
        [false, true],
        lies('films/a', one, two),
      )
      const { method } = await palfs.move(join(pool, 'music/a'), join(pool, 'films/b'))
      report.expect('a move to a directory of another branch copies', 'films/b', true, method !== 'rename')
      report.expect('to the branch that has it', 'films/b', [false, true], lies('films/b', one, two))
      report.expect('and removes the source', 'music/a', false, existsSync(join(pool, 'music/a')))
      const within = await palfs.move(join(pool, 'films/a'), join(pool, 'films/c'))
      report.expect('within its directory it renames', 'films/c', 'rename', within.method)
    },
  },
  {
    name: 'minfreespace',
    options: ['minfreespace=1T'],
    run: async ({ palfs, report, pool }) => {
      const error = await errorOf(palfs.copyFile(import.meta.filename, join(pool, 'file')))
      report.expect('no branch with enough room is ENOSPC', 'file', 'ENOSPC', codeOf(error))
      report.expect('nothing is left', 'pool', [], readdirSync(pool))
    },
  },
  {
    name: 'a full branch',
    options: [ROOM, 'category.create=lfs'],
    // `lfs`: least free space, which is `two`, too small for the file.
    run: async ({ palfs, report, pool }) => {
      await fillsUp(palfs, pool, async (copying, source) => {
        report.expect('it is ENOSPC', 'large', 'ENOSPC', codeOf(await errorOf(copying)))
        report.expect('nothing is left', 'pool', [], readdirSync(pool))
        report.expect('the source stays', 'source', true, existsSync(source))
      })
    },
  },
  {
    name: 'moveonenospc',
    options: [ROOM, 'category.create=lfs', 'moveonenospc=true'],
    run: async ({ palfs, report, pool, one, two }) => {
      await fillsUp(palfs, pool, async (copying, source) => {
        report.expect('the copy succeeds', 'large', undefined, await errorOf(copying))
        const copy = join(pool, 'large')
        report.expect(
          'the content is the source’s',
          'large',
          true,
          existsSync(copy) && readFileSync(copy).equals(readFileSync(source)),
        )
        report.expect('it lies on the other branch', 'large', [true, false], lies('large', one, two))
        report.expect('nothing else is left', 'pool', ['large'], readdirSync(pool))
      })
    },
  },
  {
    name: 'methods',
    options: [ROOM, 'category.create=mfs', 'use_ino'],
    run: async ({ palfs, report, pool, two }) => {
      writeFileSync(join(pool, 'a'), contentOf('a', 200_000))
      writeFileSync(join(two, 'b'), contentOf('b', 200_000))
      const same = await palfs.copyFile(join(pool, 'a'), join(pool, 'a2'))
      report.expect('within a branch copy_file_range copies', 'a2', 'copy_file_range', same.method)
      const other = await palfs.copyFile(join(pool, 'b'), join(pool, 'b2'))
      report.expect('between branches as well', 'b2', 'copy_file_range', other.method)
      report.expect(
        'with the same bytes',
        'b2',
        true,
        readFileSync(join(pool, 'b2')).equals(readFileSync(join(pool, 'b'))),
      )
      const error = await errorOf(palfs.copyFile(join(pool, 'a'), join(pool, 'a3'), { reflink: 'always' }))
      report.expect('no clone is possible', 'a3', 'ENOTSUP', codeOf(error))
      report.expect(
        'which detectCapabilities says',
        'reflink',
        false,
        (await palfs.detectCapabilities(pool)).reflink,
      )
    },
  },
  {
    name: 'hard links',
    options: [ROOM, 'category.create=mfs', 'use_ino'],
    run: async ({ palfs, report, pool }) => {
      report.expect('with use_ino names of one file stay that', 'copy', true, await keepsLinks(palfs, pool))
    },
  },
  {
    name: 'hard links without use_ino',
    options: [ROOM, 'category.create=mfs'],
    run: async ({ palfs, report, pool }) => {
      report.expect(
        'without use_ino they are copied as files of their own',
        'copy',
        false,
        await keepsLinks(palfs, pool),
      )
    },
  },
  {
    name: 'attributes',
    options: [ROOM, 'category.create=mfs', 'use_ino'],
    run: async ({ palfs, report, pool }) => {
      writeFileSync(join(pool, 'file'), 'content')
      await palfs.xattr.set(join(pool, 'file'), 'user.mine', '1')
      const branch = readAttribute(pool, 'file', 'user.mergerfs.basepath', palfs)
      report.expect('a file says by an attribute where it lies', 'file', true, branch !== undefined)
      const copy = join(pool, 'copy')
      await palfs.copyFile(join(pool, 'file'), copy, { preserve: ['xattr'] })
      report.expect(
        'that is listed nowhere, and not copied',
        'copy',
        ['user.mine'],
        await palfs.xattr.list(copy),
      )
    },
  },
]

/**
 * Copies a file that is larger than the small branch.
 * @param {Palfs} palfs
 * @param {string} pool
 * @param {(copying: Promise<unknown>, source: string) => Promise<void>} judge
 */
async function fillsUp(palfs, pool, judge) {
  const source = `${pool}.source`
  writeFileSync(source, contentOf('large', 2 * SMALL))
  try {
    await judge(palfs.copyFile(source, join(pool, 'large')), source)
  } finally {
    rmSync(source)
  }
}

/**
 * @param {Palfs} palfs
 * @param {string} pool
 */
async function keepsLinks(palfs, pool) {
  mkdirSync(join(pool, 'tree'))
  writeFileSync(join(pool, 'tree/first'), 'content')
  linkSync(join(pool, 'tree/first'), join(pool, 'tree/second'))
  const out = `${pool}.copy`
  await palfs.cp(join(pool, 'tree'), out, { recursive: true, preserve: 'all' })
  const { nlink } = lstatSync(join(out, 'first'))
  rmSync(out, { recursive: true })
  return nlink === 2
}

/**
 * On which branches a name is.
 * @param {string} name
 * @param {readonly string[]} branches
 */
function lies(name, ...branches) {
  return branches.map((branch) => existsSync(join(branch, name)))
}

/** @param {Promise<unknown>} call */
async function errorOf(call) {
  try {
    await call
    return undefined
  } catch (error) {
    return error
  }
}

/**
 * @param {string} disk the good filesystem
 * @param {string} mounts
 * @returns {Promise<import('./run-suite.mjs').Outcome>}
 */
export async function runPoolStatements(disk, mounts) {
  /** @type {Palfs} */
  const palfs = await import(pathToFileURL(join(import.meta.dirname, '../../../dist/index.js')).href)
  const report = new Report({ quiet: true })
  for (const { name, options, run } of STATEMENTS) {
    const place = name.replaceAll(/\W+/g, '-')
    const [one, two] = [join(disk, `pool-${place}`), join(mounts, `branch-${place}`)]
    const pool = join(mounts, `pool-${place}`)
    for (const directory of [one, two, pool]) mkdirSync(directory)
    command(['mount', '-t', 'tmpfs', '-o', `size=${SMALL}`, 'tmpfs', two])
    const server = new Server(['mergerfs', '-f', '-o', options.join(','), `${one}:${two}`, pool], pool, {})
    await report.run(name, async () => {
      await server.start()
      await run({ palfs, report, pool, one, two })
    })
    await server.stop()
    unmountBelow(two)
    for (const directory of [one, two, pool]) rmSync(directory, { recursive: true, force: true })
  }
  return {
    failures: report.failures.map((failure) => failureLine(failure)),
    passed: report.rows.reduce((sum, { passed }) => sum + passed, 0),
    notes: report.notes.map(({ check, text }) => `${check}: ${text}`),
  }
}
