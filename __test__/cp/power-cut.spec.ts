// A power cut after a durable copy of a tree, and after a move from another filesystem.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { cp, move } from '../../src/index.js'
import { onFilesystems, scratch } from '../support/filesystems.js'
import { overPowerCut } from '../support/power-cut.js'
import { SMALL_TREE, writeTree } from '../support/tree-faults.js'
import { buildTree, expectSameTree, snapshotTree } from '../support/trees.js'

onFilesystems(['xfs'], 'after a power cut', ['root', 'xfs_io', 'python3'], (test) => {
  for (const replace of ['auto', 'atomic', 'in-place'] as const) {
    test(`a durable copy of a tree is there, over an old tree and under a new name (${replace})`, async () => {
      const tree = join(scratch, `power-tree-${replace}`)
      writeTree(tree, SMALL_TREE)
      const expected = snapshotTree(tree)
      await overPowerCut(`power-cp-${replace}`, {
        before: (mount) => writeTree(join(mount, 'old'), { 'a-file': 3, 'sub/c-file': 4 }, 2),
        work: async (mount) => {
          const options = {
            recursive: true,
            durable: true,
            replace,
            preserve: ['mode', 'timestamps'],
          } as const
          for (const to of ['old', 'new']) await cp(tree, join(mount, to), options)
        },
        after: (mount) => {
          for (const to of ['old', 'new']) expectSameTree(snapshotTree(join(mount, to)), expected, ['atime'])
        },
      })
    })
  }

  test('what was moved from another filesystem is there, everything of it, and the source is gone', async () => {
    const tree = join(scratch, 'power-moved')
    buildTree(tree, 77)
    const expected = snapshotTree(tree)
    await overPowerCut('power-move', {
      work: (mount) => move(tree, join(mount, 'moved')),
      after: (mount) => expectSameTree(snapshotTree(join(mount, 'moved')), expected, ['atime']),
    })
    expect(existsSync(tree)).toBe(false)
  })
})
