// Random trees copied with `preserve: 'all'`, seen by a tool that shares no code with the engine. The copy must equal
// its source in every field, and lose nothing that `cp -a` keeps. The seed is in the name of the test: the same tree
// again is `PALFS_TEST_SEED=<seed> npx vitest run __test__/cp/oracle.spec.ts`.
import { join } from 'node:path'
import { expect } from 'vitest'
import { cp, cpSync, type CopyResult } from '../../src/index.js'
import { expectNothingTemporary } from '../support/compare.js'
import { betweenFilesystems, LONG } from '../support/filesystems.js'
import { expectNoWorse, ORACLE_NEEDS, PAIRS, seedsOf } from '../support/oracle.js'
import {
  buildTree,
  buildTrees,
  countsOf,
  differences,
  gnuCopy,
  snapshotTree,
  snapshotTrees,
  told,
  unpreservedOf,
} from '../support/trees.js'

/** How many trees share a test, so that fewer processes are started. */
const AT_ONCE = 10

betweenFilesystems(PAIRS, 'a random tree', ORACLE_NEEDS, (test, source, target) => {
  const seeds = seedsOf(source, target, LONG ? 80 : 2)
  for (let first = 0; first < seeds.length; first += AT_ONCE) {
    const some = seeds.slice(first, first + AT_ONCE)
    test(`is copied whole, every field of every entry (seeds ${some.join(', ')})`, async ({ from, to }) => {
      const places = some.map((seed) => ({
        seed,
        tree: join(from, `tree-${seed}`),
        ours: join(to, `ours-${seed}`),
        gnu: join(to, `gnu-${seed}`),
      }))
      buildTrees(places.map(({ tree, seed }) => [tree, seed, { entries: seed % 7 === 0 ? 300 : 60 }]))
      const befores = snapshotTrees(...places.map(({ tree }) => tree))
      const results: CopyResult[] = []
      for (const { seed, tree, ours, gnu } of places) {
        const options = { recursive: true, preserve: 'all' } as const
        results.push(seed % 3 === 0 ? cpSync(tree, ours, options) : await cp(tree, ours, options))
        gnuCopy(tree, gnu)
      }
      const seen = snapshotTrees(...places.flatMap(({ tree, ours, gnu }) => [tree, ours, gnu]))
      places.forEach(({ seed }, index) => {
        const before = befores[index] ?? {}
        const [after = {}, copy = {}, copyOfGnu = {}] = seen.slice(3 * index)
        const result = results[index]
        expect(differences(before, copy).map(told), `seed ${seed}`).toEqual([])
        expectNoWorse(differences(before, copy), differences(before, copyOfGnu))
        // Reading changes access times, and nothing else.
        expect(differences(before, after, ['atime']).map(told), `seed ${seed}`).toEqual([])
        expect(result, `seed ${seed}`).toMatchObject(countsOf(before))
        expect(result).not.toHaveProperty('unpreserved')
      })
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
