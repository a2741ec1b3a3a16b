// Where no thread can be made (RLIMIT_NPROC, a limit of a container on processes) the calling thread works.
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'vitest'
import { runUnder, type Operation, type Outcome } from '../support/faults.js'
import { betweenFilesystems, onFilesystems } from '../support/filesystems.js'
import { run } from '../support/mounts.js'
import { isTemporary, SMALL_TREE, writeTree } from '../support/tree-faults.js'
import { expectSameTree, snapshotTree } from '../support/trees.js'

const USER = 61_234
const HERE = pathToFileURL(join(import.meta.dirname, '../support/thread-limit.mjs')).href
const RECURSIVE = { recursive: true } as const
const FILES = 5
const NOT_COMPARED = ['atime', 'mtime'] as const

/** A call of the module that forbids threads. */
function here(call: string, ...args: readonly unknown[]): Operation {
  return { from: HERE as 'palfs', call, args }
}

/** Runs the operations as an ordinary user. */
async function asUser(...operations: Operation[]): Promise<readonly Outcome[]> {
  return (await runUnder({ uid: USER }, ...operations)).outcomes
}

/** Runs the operations where no thread can be made. */
async function withoutThreads(...operations: Operation[]): Promise<readonly Outcome[]> {
  const [, ...outcomes] = await asUser(here('forbidThreads'), ...operations, here('palfsThreads'))
  expect(outcomes.pop()).toEqual({ result: 0 })
  return outcomes
}

function writeUsers(tree: string): void {
  writeTree(tree, SMALL_TREE)
  run('chown', '-R', `${USER}:${USER}`, tree)
}

onFilesystems(['ext4', 'tmpfs'], 'where no thread can be made', ['root'], (test) => {
  const COPIES = [
    ['cp', {}],
    ['cp', { filter: { $filter: 'everything' } }],
    ['cp', { filter: { $filter: 'later' } }],
    ['cp', { preserve: 'all', concurrency: 4 }],
    ['cpSync', {}],
    ['cpSync', { filter: { $filter: 'everything' } }],
    ['cpSync', { preserve: 'all', onError: 'collect' }],
  ] as const
  for (const [call, options] of COPIES) {
    test(`${call} copies a tree, with ${JSON.stringify(options)}`, async ({ dir }) => {
      chmodSync(dir, 0o777)
      const [tree, copy] = [join(dir, 'tree'), join(dir, 'copy')]
      writeUsers(tree)
      const [copied] = await withoutThreads({ call, args: [tree, copy, { ...RECURSIVE, ...options }] })
      expect(copied?.error).toBeUndefined()
      expect(copied?.result).toMatchObject({ files: FILES, directories: 4 })
      expectSameTree(snapshotTree(copy), snapshotTree(tree), NOT_COMPARED)
    })
  }

  test('an error is that of the entry, a filter that throws is what is thrown', async ({ dir }) => {
    chmodSync(dir, 0o777)
    const tree = join(dir, 'tree')
    writeUsers(tree)
    writeTree(tree, { 'sub/c': 10 })
    chmodSync(join(tree, 'sub/c-file'), 0)
    chownSync(join(tree, 'sub/c-file'), 0, 0)
    const outcomes = await withoutThreads(
      ...['cp', 'cpSync'].flatMap((call) => [
        { call, args: [tree, join(dir, `${call}-1`), RECURSIVE] },
        { call, args: [tree, join(dir, `${call}-2`), { ...RECURSIVE, filter: { $filter: 'failing' } }] },
        { call, args: [tree, join(dir, `${call}-3`), { ...RECURSIVE, onError: 'collect' }] },
      ]),
    )
    for (const [first, second, third] of [outcomes.slice(0, 3), outcomes.slice(3)]) {
      expect(first?.error).toMatchObject({ code: 'EACCES', path: join(tree, 'sub/c-file') })
      expect(second?.error).toMatchObject({ name: 'RangeError', message: 'not this one' })
      expect(third?.result).toMatchObject({ errorCount: 1, files: FILES })
    }
  })

  test('files are copied, trees moved and removed, directories and attributes read', async ({ dir }) => {
    chmodSync(dir, 0o777)
    const [tree, moved, file] = [join(dir, 'tree'), join(dir, 'moved'), join(dir, 'tree/a-file')]
    writeUsers(tree)
    const outcomes = await withoutThreads(
      { call: 'copyFile', args: [file, join(dir, 'one')] },
      { call: 'copyFileSync', args: [file, join(dir, 'two')] },
      { call: 'copyFile', args: [file, join(dir, 'three'), { durable: true, replace: 'atomic' }] },
      { call: 'xattr.list', args: [file] },
      { call: 'detectCapabilities', args: [dir] },
      { call: 'platformIO.readFileOptimized', args: [file] },
      { call: 'platformIO.writeFileOptimized', args: [join(dir, 'four'), 'text'] },
      { call: 'move', args: [tree, moved] },
      { call: 'moveSync', args: [moved, tree] },
      { call: 'cp', args: [tree, moved, RECURSIVE] },
      { call: 'rm', args: [moved, RECURSIVE] },
      { call: 'rmSync', args: [tree, RECURSIVE] },
    )
    expect(outcomes.map(({ error }) => error)).toEqual(outcomes.map(() => undefined))
    expect(readdirSync(dir).toSorted()).toEqual(['four', 'one', 'three', 'two'])
  })

  for (const call of ['cp', 'cpSync']) {
    test(`${call}: an abort in the filter rejects, and leaves nothing temporary`, async ({ dir }) => {
      chmodSync(dir, 0o777)
      const [tree, copy] = [join(dir, 'tree'), join(dir, 'copy')]
      writeUsers(tree)
      const [aborted] = await asUser(here('filterAborts', tree, copy, call))
      expect(aborted?.result).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR', threads: 0 })
      expect(existsSync(copy) ? Object.keys(snapshotTree(copy)).filter(isTemporary) : []).toEqual([])
    })
  }

  for (const threads of [0, 1]) {
    for (const sync of [false, true]) {
      const kind = sync ? 'cpSync' : 'copyFile'
      test(`a filter that calls ${kind} goes on, with ${threads} threads of palfs`, async ({ dir }) => {
        chmodSync(dir, 0o777)
        const [tree, copy] = [join(dir, 'tree'), join(dir, 'copy')]
        writeUsers(tree)
        const [copied] = await asUser(here('filterCopies', tree, copy, tree, { threads, sync }))
        expect(copied?.result).toMatchObject({ files: FILES, copied: FILES + 4, threads })
        expectSameTree(snapshotTree(copy), snapshotTree(tree), NOT_COMPARED)
      })
    }
  }

  for (const sync of [false, true]) {
    const kind = sync ? 'copyFileSync' : 'copyFile'
    test(`a filter that waits for ${kind} queued behind another copy goes on with one thread`, async ({
      dir,
    }) => {
      chmodSync(dir, 0o777)
      const [tree, copy] = [join(dir, 'tree'), join(dir, 'copy')]
      writeUsers(tree)
      const [copied] = await asUser(here('queuedBehindFilter', tree, copy, tree, { sync }))
      expect(copied?.result).toMatchObject({ results: [{ files: FILES }, { files: FILES }], threads: 1 })
      for (const n of [1, 2]) expectSameTree(snapshotTree(`${copy}-${n}`), snapshotTree(tree), NOT_COMPARED)
    })
  }

  test('timers go on while a filter of promises decides', async ({ dir }) => {
    chmodSync(dir, 0o777)
    const [tree, copy] = [join(dir, 'tree'), join(dir, 'copy')]
    writeUsers(tree)
    const [copied] = await asUser(here('timersGoOn', tree, copy))
    expect(copied?.result).toMatchObject({ files: FILES, last: FILES, threads: 0 })
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the fixture gives it
    const { ticks } = (copied?.result ?? { ticks: 0 }) as unknown as { ticks: number }
    expect(ticks).toBeGreaterThan(3)
  })
})

betweenFilesystems([['ext4', 'tmpfs']], 'where no thread can be made', ['root'], (test) => {
  for (const call of ['move', 'moveSync']) {
    test(`${call} takes a tree to another filesystem`, async ({ from, to }) => {
      for (const path of [from, to]) chmodSync(path, 0o777)
      mkdirSync(join(from, 'above'))
      writeUsers(join(from, 'above/tree'))
      run('chown', '-R', `${USER}:${USER}`, join(from, 'above'))
      const before = snapshotTree(join(from, 'above/tree'))
      const args = [join(from, 'above/tree'), join(to, 'tree')]
      const [moved] = await withoutThreads({ call, args })
      expect(moved?.error).toBeUndefined()
      expectSameTree(snapshotTree(join(to, 'tree')), before, ['atime'])
      expect(readdirSync(join(from, 'above'))).toEqual([])
    })
  }
})
