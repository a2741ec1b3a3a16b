// Random trees copied to where not everything can be held: no attributes and ACLs at all, or none that large. All else is
// the source's, what is lost is counted exactly, `cp -a` loses no less, and `metadataErrors: 'error'` refuses.
import { join } from 'node:path'
import { expect } from 'vitest'
import { cp } from '../../src/index.js'
import { betweenFilesystems, LONG } from '../support/filesystems.js'
import { expectNoWorse, ORACLE_NEEDS, seedsOf } from '../support/oracle.js'
import {
  buildTree,
  countsOf,
  differences,
  gnuCopy,
  snapshotTree,
  snapshotTrees,
  told,
  unpreservedOf,
  type Difference,
  type TreeOptions,
} from '../support/trees.js'

interface Limit {
  readonly pairs: readonly (readonly [source: string, target: string])[]
  readonly why: string
  readonly tree: TreeOptions
  /** What may be lost. Holes are no metadata: where there are none, nothing is counted. */
  readonly lost: readonly Difference['field'][]
}

const LIMITS: readonly Limit[] = [
  {
    pairs: [
      ['ext4', 'ramfs'],
      ['xfs', 'ramfs'],
      ['btrfs', 'ramfs'],
    ],
    why: 'without attributes, ACLs and flags',
    tree: {},
    lost: ['xattr', 'acl', 'flags', 'data'],
  },
  {
    pairs: [
      ['xfs', 'ext4'],
      ['xfs', 'btrfs'],
      ['tmpfs', 'overlay'],
    ],
    why: 'that holds no large attributes',
    tree: { limits: { xattr: 60_000 } },
    lost: ['xattr'],
  },
]

for (const { pairs, why, tree: options, lost: mayBeLost } of LIMITS) {
  betweenFilesystems(pairs, `a random tree to a filesystem ${why}`, ORACLE_NEEDS, (test, source, target) => {
    for (const seed of seedsOf(source, target, LONG ? 20 : 1)) {
      test(`is copied as far as that goes, and the rest is counted (seed ${seed})`, async ({ from, to }) => {
        const [tree, ours, gnu] = [join(from, 'tree'), join(to, 'ours'), join(to, 'gnu')]
        buildTree(tree, seed, { entries: 100, ...options })
        const before = snapshotTree(tree)
        const result = await cp(tree, ours, { recursive: true, preserve: 'all' })
        gnuCopy(tree, gnu, { mayFail: true })
        const [copy = {}, copyOfGnu = {}] = snapshotTrees(ours, gnu)
        const lost = differences(before, copy)
        expect(lost.filter(({ field }) => !mayBeLost.includes(field)).map(told)).toEqual([])
        expect(lost.length).toBeGreaterThan(0)
        expect(result.unpreserved).toEqual(unpreservedOf(lost, before))
        expect(result).toMatchObject(countsOf(before))
        expectNoWorse(lost, differences(before, copyOfGnu))
        const strict = cp(tree, join(to, 'strict'), {
          recursive: true,
          preserve: 'all',
          metadataErrors: 'error',
        })
        await expect(strict).rejects.toMatchObject({
          code: expect.stringMatching(/^(ENOTSUP|EOPNOTSUPP|ENOTTY|ERR_PALFS_XATTR_TOO_LARGE)$/),
          path: expect.stringContaining(tree),
        })
      })
    }
  })
}
