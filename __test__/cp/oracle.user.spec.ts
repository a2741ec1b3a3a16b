// Random trees copied by an ordinary user with `preserve: 'all'`: all that the user may read is copied, all that the user
// may set is set, what is lost is counted exactly, and `cp -a` run by the same user keeps no more. Seeds as for root:
// `PALFS_TEST_SEED=<seed> npx vitest run __test__/cp/oracle.user.spec.ts`.
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { CopyResult } from '../../src/index.js'
import { runUnder } from '../support/faults.js'
import { betweenFilesystems, LONG } from '../support/filesystems.js'
import { expectNoWorse, ORACLE_NEEDS, PAIRS, seedsOf } from '../support/oracle.js'
import {
  buildTree,
  differences,
  gnuCopy,
  lossy,
  snapshotTree,
  snapshotTrees,
  told,
  unpreservedOf,
  type Difference,
  type Tree,
} from '../support/trees.js'

const NOBODY = 65_534

interface UserCopy {
  readonly before: Tree
  readonly copy: Tree
  readonly copyOfGnu: Tree
  readonly result: CopyResult
}

async function copyAsUser(seed: number, from: string, to: string): Promise<UserCopy> {
  const [tree, ours, gnu] = [join(from, 'tree'), join(to, 'ours'), join(to, 'gnu')]
  for (const dir of [from, to]) chmodSync(dir, 0o777)
  buildTree(tree, seed, { user: NOBODY, entries: 80 })
  const before = snapshotTree(tree)
  const options = { recursive: true, preserve: 'all', onError: 'collect' }
  const { outcomes } = await runUnder({ uid: NOBODY }, { call: 'cp', args: [tree, ours, options] })
  gnuCopy(tree, gnu, { user: NOBODY })
  const [copy = {}, copyOfGnu = {}] = snapshotTrees(ours, gnu)
  expect(outcomes[0]?.error).toBeUndefined()
  const result = outcomes[0]?.result
  if (result === undefined) throw new Error('the copy gave no result')
  return { before, copy, copyOfGnu, result }
}

/** Below one of `paths`, or one of them. */
function isWithin(path: string, paths: readonly string[]): boolean {
  return paths.some((each) => path === each || path.startsWith(`${each}/`))
}

betweenFilesystems(
  PAIRS,
  'a random tree copied by an ordinary user',
  ORACLE_NEEDS,
  (test, source, target) => {
    for (const seed of seedsOf(source, target, LONG ? 20 : 1)) {
      test(`is copied as far as the user may, and the rest is told (seed ${seed})`, async ({ from, to }) => {
        const { before, copy, copyOfGnu, result } = await copyAsUser(seed, from, to)
        const root = join(from, 'tree')
        const failed = entriesNamed(before, root, result.errors ?? [])
        expect(result.errorCount ?? 0).toBe(failed.length)
        for (const error of result.errors ?? []) expect(error.code).toMatch(/^(EACCES|EPERM)$/)
        const lost = differences(before, copy)
        const missing = lost.filter(({ field }) => field === 'presence')
        expect(missing.filter(({ path }) => !isWithin(path, failed)).map(told)).toEqual([])
        // What is there is the source's, but for what is counted.
        const changed = lost.filter(({ field, path }) => field !== 'presence' && !failed.includes(path))
        // The attributes that only root sees cannot be missed by another user.
        const counted = changed.map(withoutTrusted)
        expect(result.unpreserved).toEqual(unpreservedOf(counted, before))
        // A set-id bit of a node that is somebody else's by now goes, whatever `cp -a` does.
        const foreign = new Set(changed.filter(({ field }) => field === 'owner').map(({ path }) => path))
        const comparable = lost.filter(({ field, path }) => field !== 'mode' || !foreign.has(path))
        expectNoWorse(
          comparable.filter(({ path }) => !isWithin(path, failed)),
          differences(before, copyOfGnu),
        )
      })
    }
  },
)

/** The entries that the errors name. A path in an error shows bytes that are not UTF-8 as U+FFFD. */
function entriesNamed(tree: Tree, root: string, errors: readonly { readonly path?: string }[]): string[] {
  const paths = new Set(errors.map(({ path }) => path))
  return Object.keys(tree).filter((path) => paths.has(path === '.' ? root : join(root, lossy(path))))
}

function withoutTrusted(difference: Difference): Difference {
  if (difference.field !== 'xattr') return difference
  const visible = Object.entries(Object(difference.expected)).filter(([name]) => !name.startsWith('trusted.'))
  return { ...difference, expected: Object.fromEntries(visible) }
}
