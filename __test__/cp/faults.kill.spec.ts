// kill -9 at the n-th call that changes anything, for every n: what is in the destination of a tree afterwards, and that
// the next copy is not disturbed by it.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { cp } from '../../src/index.js'
import { runUnder, type Operation } from '../support/faults.js'
import { LONG, onFilesystems, type Need } from '../support/filesystems.js'
import { run } from '../support/mounts.js'
import { TABLE_FILESYSTEMS } from '../support/fault-table.js'
import {
  copyingTree,
  expectEachWhole,
  filesOf,
  isTemporary,
  movingTree,
  SMALL_TREE,
  writeTree,
} from '../support/tree-faults.js'
import { expectSameTree, snapshotTrees } from '../support/trees.js'

const NEEDS: readonly Need[] = ['root', 'strace', 'python3']
/** Calls that change what is in a filesystem and that Node itself does not make. */
const CHANGES = [
  'mkdirat',
  'copy_file_range',
  'sendfile',
  'pwrite64',
  'write',
  'ioctl',
  'ftruncate',
  'fallocate',
  'fchown',
  'fchmod',
  'utimensat',
  'symlinkat',
  'linkat',
  'fsync',
  'rename',
  'renameat',
  'renameat2',
  'unlinkat',
]
const CHOSEN = LONG ? CHANGES : ['mkdirat', 'copy_file_range', 'fchmod', 'utimensat', 'renameat', 'renameat2']
const TIMES_EACH = LONG ? 40 : 3
const OLD = { 'a-file': 3000, 'sub/c-file': 40_000, 'sub/deeper/e-file': 9 }

interface Place {
  readonly tree: string
  readonly copy: string
  readonly old: string
}

function prepare(dir: string, n: string): Place {
  const [tree, copy, old] = [join(dir, 'tree'), join(dir, `copy-${n}`), join(dir, 'old')]
  if (!existsSync(tree)) {
    writeTree(tree, SMALL_TREE)
    run('ln', join(tree, 'a-file'), join(tree, 'sub/linked'))
    writeTree(old, OLD, 2)
  }
  run('cp', '-a', old, copy)
  return { tree, copy, old }
}

/** Kills `operation` at each of the first calls of each kind; `check` looks at what is left. Gives how many died. */
async function killAtEach(
  start: (n: string) => Operation,
  check: (n: string) => Promise<void> | void,
): Promise<number> {
  let died = 0
  for (const calls of CHOSEN) {
    for (let when = 1; when <= TIMES_EACH; when += 1) {
      const n = `${calls}-${when}`
      const inject = [{ calls, signal: 'KILL', when: String(when) }] as const
      const done = await runUnder({ inject }, start(n))
      if (!done.killed) break
      died += 1
      await check(n)
    }
  }
  return died
}

onFilesystems(TABLE_FILESYSTEMS, 'kill -9 at a call of a copied tree', NEEDS, (test) => {
  const options = { replace: 'atomic', preserve: 'all', reflink: 'never' } as const

  test(
    'leaves every file old or new, whole, and the next copy completes it (atomic)',
    { timeout: LONG ? 3_600_000 : 600_000 },
    async ({ dir }) => {
      const died = await killAtEach(
        (n) => {
          const { tree, copy } = prepare(dir, n)
          return copyingTree(tree, copy, options)
        },
        async (n) => {
          const [tree, copy, old] = [join(dir, 'tree'), join(dir, `copy-${n}`), join(dir, 'old')]
          const left = expectEachWhole(copy, tree, old)
          // One worker, one file at a time; every old name is there still.
          expect(Object.keys(left).filter(isTemporary).length).toBeLessThanOrEqual(1)
          expect(filesOf(left)).toEqual(expect.arrayContaining(Object.keys(OLD)))
          await cp(tree, copy, { ...options, recursive: true })
          const [expected = {}, actual = {}] = snapshotTrees(tree, copy)
          const kept = Object.entries(actual).filter(([path]) => !isTemporary(path))
          // A temporary changed the times of its directory.
          expectSameTree(Object.fromEntries(kept), expected, ['atime', 'flags'])
          run('rm', '-r', copy)
        },
      )
      console.log(`killed ${died} times`)
      expect(died).toBeGreaterThan(3)
    },
  )
})

onFilesystems(
  TABLE_FILESYSTEMS,
  'kill -9 at a call of a tree that moves to another filesystem',
  NEEDS,
  (test) => {
    test(
      'leaves the source complete, or the destination, and never half of both',
      { timeout: LONG ? 3_600_000 : 600_000 },
      async ({ dir }) => {
        const place = join(dir, 'mounted')
        run('mkdir', place)
        run('mount', '-t', 'tmpfs', 'tmpfs', place)
        const twin = join(dir, 'twin')
        writeTree(twin, SMALL_TREE)
        const died = await killAtEach(
          (n) => {
            writeTree(join(dir, `tree-${n}`), SMALL_TREE)
            return movingTree(join(dir, `tree-${n}`), join(place, n))
          },
          (n) => {
            const names = Object.keys(SMALL_TREE)
              .filter((name) => !name.endsWith('/'))
              .toSorted()
            const moved = existsSync(join(place, n))
            const whole = moved ? join(place, n) : join(dir, `tree-${n}`)
            expect(filesOf(expectEachWhole(whole, twin)).filter((path) => !isTemporary(path))).toEqual(names)
            expectEachWhole(join(dir, `tree-${n}`), twin)
          },
        )
        console.log(`killed ${died} times`)
        expect(died).toBeGreaterThan(3)
      },
    )
  },
)
