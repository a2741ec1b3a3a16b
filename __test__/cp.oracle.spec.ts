// Random trees copied with `preserve: 'all'`, seen by a tool that shares no code with the engine. The copy must equal
// its source in every field, and lose nothing that `cp -a` keeps. The seed is in the name of the test: the same tree
// again is `PALFS_TEST_SEED=<seed> npx vitest run __test__/cp.oracle.spec.ts`.
import { join } from 'node:path'
import { expect } from 'vitest'
import { cp, cpSync } from '../src/index.js'
import { expectNothingTemporary } from './fixtures/compare.js'
import { betweenFilesystems, LONG } from './fixtures/filesystems.js'
import { expectNoWorse, ORACLE_NEEDS, PAIRS, seedsOf } from './fixtures/oracle.js'
import {
  buildTree,
  countsOf,
  differences,
  expectSameTree,
  gnuCopy,
  snapshotTree,
  snapshotTrees,
  told,
  unpreservedOf,
} from './fixtures/trees.js'

betweenFilesystems(PAIRS, 'a random tree', ORACLE_NEEDS, (test, source, target) => {
  for (const seed of seedsOf(source, target, LONG ? 80 : 2)) {
    test(`is copied whole, every field of every entry (seed ${seed})`, async ({ from, to }) => {
      const [tree, ours, gnu] = [join(from, 'tree'), join(to, 'ours'), join(to, 'gnu')]
      buildTree(tree, seed, { entries: seed % 7 === 0 ? 300 : 60 })
      const before = snapshotTree(tree)
      const options = { recursive: true, preserve: 'all' } as const
      const result = seed % 3 === 0 ? cpSync(tree, ours, options) : await cp(tree, ours, options)
      gnuCopy(tree, gnu)
      const [after = {}, copy = {}, copyOfGnu = {}] = snapshotTrees(tree, ours, gnu)
      expectSameTree(copy, before)
      expectNoWorse(differences(before, copy), differences(before, copyOfGnu))
      // Reading changes access times, and nothing else.
      expectSameTree(after, before, ['atime'])
      expect(result).toMatchObject(countsOf(before))
      expect(result).not.toHaveProperty('unpreserved')
      expectNothingTemporary(to)
    })
  }

  test('with append-only and immutable files and directories is copied whole', async ({ from, to }) => {
    const [tree, ours] = [join(from, 'tree'), join(to, 'ours')]
    const [seed = 1] = seedsOf(source, target, 1)
    buildTree(tree, seed, { flags: true, entries: 80 })
    const before = snapshotTree(tree)
    const result = await cp(tree, ours, { recursive: true, preserve: 'all' })
    const copy = snapshotTree(ours)
    const lost = differences(before, copy)
    // Some filesystems hold fewer flags than others.
    expect(lost.filter(({ field }) => field !== 'flags').map(told)).toEqual([])
    expect(result.unpreserved).toEqual(unpreservedOf(lost, before))
  })
})
