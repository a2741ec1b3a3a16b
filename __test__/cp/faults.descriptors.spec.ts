// Trees beyond what a process may have open and what a path may hold: few descriptors, none left in the middle, paths
// longer than PATH_MAX, 30,000 levels. Copy, move and removal all work, and no descriptor is left behind.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { cp, cpSync, move, rm } from '../../src/index.js'
import { PYTHON, runUnder } from '../support/faults.js'
import { LONG, onFilesystems, type Need } from '../support/filesystems.js'
import { run } from '../support/mounts.js'
import { TABLE_FILESYSTEMS } from '../support/fault-table.js'
import { expectWholeAndClean, filesOf, SMALL_TREE, writeTree } from '../support/tree-faults.js'
import { expectSameTree, snapshotTrees } from '../support/trees.js'

const NEEDS: readonly Need[] = ['root', 'strace', 'python3']
const FEW = 64

/** A tree that is wide, and one that is deeper than there are descriptors. */
const SHAPES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  wide: Object.fromEntries(
    Array.from({ length: 1500 }, (_, index) => [`sub-${index % 150}/file-${index}`, 100]),
  ),
  deep: Object.fromEntries(
    Array.from({ length: 200 }, (_, level) => [`${'d/'.repeat(level)}file-${level}`, 100]),
  ),
}

onFilesystems(TABLE_FILESYSTEMS, 'with 64 descriptors', NEEDS, (test) => {
  for (const [shape, files] of Object.entries(SHAPES)) {
    test(`a ${shape} tree is copied, moved to another filesystem and removed`, async ({ dir }) => {
      const [tree, copy, place] = [join(dir, 'tree'), join(dir, 'copy'), join(dir, 'mounted')]
      writeTree(tree, files)
      mkdirSync(place)
      run('mount', '-t', 'tmpfs', 'tmpfs', place)
      const options = { recursive: true, preserve: 'all' }
      const done = await runUnder(
        { openFiles: FEW },
        { call: 'cp', args: [tree, copy, options] },
        { call: 'move', args: [copy, join(place, 'moved')] },
      )
      expect(done.outcomes.map(({ error }) => error)).toEqual([undefined, undefined])
      const [expected = {}, actual = {}] = snapshotTrees(tree, join(place, 'moved'))
      expectSameTree(actual, expected, ['atime'])
      const removed = await runUnder({ openFiles: FEW }, { call: 'rm', args: [tree, { recursive: true }] })
      expect(removed.outcomes[0]?.result).toMatchObject({ files: Object.keys(files).length })
      expect(readdirSync(dir)).toEqual(['mounted'])
    })
  }
})

onFilesystems(['ext4'], 'EMFILE in the middle of a tree', NEEDS, (test) => {
  // Counted per thread. The first hundred are of Node, which from 22 on opens every module in its main thread.
  for (const [error, when] of [
    ['EMFILE', '400'],
    ['EMFILE', '420+'],
    ['ENFILE', '420..430'],
  ] as const) {
    test(`${error} at call ${when} is waited out or is an error that says so; what is there is whole`, async ({
      dir,
    }) => {
      const [tree, copy] = [join(dir, 'tree'), join(dir, 'copy')]
      writeTree(tree, SHAPES['wide'] ?? {})
      const operation = { call: 'cp', args: [tree, copy, { recursive: true, concurrency: 2 }] }
      const done = await runUnder({ inject: [{ calls: 'openat', error, when }] }, operation)
      expect(done.hits).toBeGreaterThan(0)
      const { error: failure, result } = done.outcomes[0] ?? {}
      if (failure === undefined) expect(result?.files).toBe(1500)
      else expect(failure).toMatchObject({ code: error, path: expect.stringContaining(dir) })
      expectWholeAndClean(copy, tree)
    })
  }
})

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length
}

onFilesystems(['ext4', 'tmpfs'], 'descriptors', ['root', 'python3'], (test) => {
  test('are all closed after operations that fail in every way', async ({ dir }) => {
    const tree = join(dir, 'tree')
    writeTree(tree, { ...SMALL_TREE, 'sub/deeper/last': 10 })
    run('mkfifo', join(tree, 'sub/deeper/fifo'))
    const occupied = join(dir, 'occupied')
    writeTree(occupied, { 'a-file/inner': 1 })
    const settled = async (promise: Promise<unknown>): Promise<void> => {
      await promise.catch(() => undefined)
    }
    const fail = async (n: number): Promise<void> => {
      await settled(cp(tree, join(dir, 'copy'), { recursive: true }))
      await settled(cp(tree, occupied, { recursive: true, onError: n % 2 === 0 ? 'stop' : 'collect' }))
      await settled(cp(join(dir, 'missing'), join(dir, 'copy'), { recursive: true }))
      await settled(cp(tree, join(dir, 'copy'), { recursive: true, signal: AbortSignal.timeout(1) }))
      await settled(move(tree, occupied))
      await settled(rm(tree))
      expect(() => cpSync(tree, join(tree, 'sub/new'), { recursive: true })).toThrow()
      const filter = (): boolean => {
        throw new Error('no')
      }
      await settled(cp(tree, join(dir, 'copy'), { recursive: true, filter }))
    }
    for (let n = 0; n < 5; n += 1) await fail(n)
    const before = openDescriptors()
    for (let n = 0; n < (LONG ? 1000 : 50); n += 1) await fail(n)
    expect(openDescriptors()).toBeLessThanOrEqual(before)
  })
})

function deep(what: 'make' | 'check' | 'remove', root: string, depth: number, name: string): void {
  run(PYTHON, join(import.meta.dirname, '../support/deep.py'), what, root, String(depth), name)
}

const CHAINS = [
  ['40 levels of names of 250 bytes', 40, 'n'.repeat(250)],
  ['20,000 levels', 20_000, 'd'],
  ['30,000 levels', 30_000, 'd'],
] as const

onFilesystems(['tmpfs', 'xfs'], 'a path beyond PATH_MAX', ['root', 'python3'], (test, { name: on }) => {
  // On a disk it takes a while: there the deepest one is for long runs.
  const chains = CHAINS.filter(([, depth]) => LONG || on === 'tmpfs' || depth < 30_000)
  for (const [title, depth, name] of chains) {
    for (const limits of [{ openFiles: 1024 }, { openFiles: FEW, stackKib: 512 }]) {
      test(
        `is copied, moved to another filesystem and removed: ${title}, ${JSON.stringify(limits)}`,
        { timeout: 120_000 },
        async ({ dir }) => {
          const [tree, copy, place] = [join(dir, 'tree'), join(dir, 'copy'), join(dir, 'mounted')]
          deep('make', tree, depth, name)
          mkdirSync(place)
          run('mount', '-t', 'tmpfs', 'tmpfs', place)
          try {
            const done = await runUnder(
              limits,
              { call: 'cp', args: [tree, copy, { recursive: true, preserve: 'all' }] },
              { call: 'move', args: [copy, join(place, 'moved')] },
            )
            expect(done.outcomes).toMatchObject([
              { result: { files: 1, directories: depth + 1 } },
              { result: { files: 1, directories: depth + 1 } },
            ])
            deep('check', join(place, 'moved'), depth, name)
            deep('check', tree, depth, name)
            const removing = { call: 'rm', args: [tree, { recursive: true }] }
            const removed = await runUnder(limits, removing)
            expect(removed.outcomes[0]?.result).toEqual({ files: 1, directories: depth + 1 })
            expect(readdirSync(dir)).toEqual(['mounted'])
          } finally {
            // Node's own removal does not get there.
            for (const left of readdirSync(dir).filter((each) => each !== 'mounted'))
              deep('remove', join(dir, left), depth, name)
          }
        },
      )
    }
  }
})

onFilesystems(['tmpfs'], 'a flat directory of 20,000 names', ['root', 'python3'], (test) => {
  test('is copied and removed with 64 descriptors', async ({ dir }) => {
    const [tree, copy] = [join(dir, 'tree'), join(dir, 'copy')]
    mkdirSync(tree)
    for (let n = 0; n < 20_000; n += 1) writeFileSync(join(tree, `file-${n}`), '')
    const done = await runUnder(
      { openFiles: FEW },
      { call: 'cp', args: [tree, copy, { recursive: true }] },
      { call: 'rm', args: [tree, { recursive: true }] },
    )
    expect(done.outcomes).toMatchObject([
      { result: { files: 20_000, directories: 1 } },
      { result: { files: 20_000, directories: 1 } },
    ])
    expect(filesOf(snapshotTrees(copy)[0] ?? {})).toHaveLength(20_000)
  })
})
