// A directory may be reached by two paths, and lie in itself by the second: then nothing is copied at all.
import { lstatSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { cp, move } from '../../src/index.js'
import { onEveryFilesystem } from '../support/filesystems.js'
import { run } from '../support/mounts.js'
import { SMALL_TREE, writeTree } from '../support/tree-faults.js'
import { expectSameTree, snapshotTree } from '../support/trees.js'

const RECURSIVE = { recursive: true } as const

onEveryFilesystem('a bind mount', ['root', 'linux', 'python3'], (test) => {
  test('of the source is not copied onto it', async ({ dir }) => {
    const [tree, again] = [join(dir, 'tree'), join(dir, 'again')]
    writeTree(tree, SMALL_TREE)
    mkdirSync(again)
    run('mount', '--bind', tree, again)
    const before = snapshotTree(tree)
    for (const [from, to] of [
      [tree, again],
      [again, tree],
    ] as const) {
      await expect(cp(from, to, RECURSIVE)).rejects.toMatchObject({ code: 'ERR_FS_CP_EINVAL' })
      expectSameTree(snapshotTree(tree), before, ['atime'])
    }
  })

  for (const below of ['', 'sub', 'sub/deeper'] as const) {
    test(`that leads into the source is no destination: source/${below}`, async ({ dir }) => {
      const [tree, point] = [join(dir, 'tree'), join(dir, 'a point')]
      writeTree(tree, SMALL_TREE)
      mkdirSync(point)
      run('mount', '--bind', join(tree, below), point)
      const before = snapshotTree(tree)
      for (const dest of [join(point, 'new'), join(point, 'new/newer')]) {
        await expect(cp(tree, dest, RECURSIVE)).rejects.toMatchObject({
          code: 'ERR_FS_CP_EINVAL',
          path: dest,
        })
        await expect(move(tree, dest)).rejects.toMatchObject({ code: 'EINVAL', path: tree, dest })
        expectSameTree(snapshotTree(tree), before, ['atime'])
      }
    })
  }

  test('of what a link in the source leads to is no destination either, with `dereference`', async ({
    dir,
  }) => {
    const [tree, dest] = [join(dir, 'tree'), join(dir, 'dest')]
    writeTree(tree, { 'sub/file': 10 })
    symlinkSync(join(dest, 'sub'), join(tree, 'sub/link'))
    const copying = cp(tree, dest, { ...RECURSIVE, dereference: true })
    await expect(copying).rejects.toMatchObject({ code: 'ERR_FS_CP_EINVAL' })
    expect(lstatSync(join(dest, 'sub/link'), { throwIfNoEntry: false })).toBeUndefined()
  })

  test('beside the source is a destination as any other', async ({ dir }) => {
    const [tree, beside, point] = [join(dir, 'tree'), join(dir, 'tree-2'), join(dir, 'point')]
    writeTree(tree, SMALL_TREE)
    for (const path of [beside, point]) mkdirSync(path)
    run('mount', '--bind', beside, point)
    await cp(tree, join(point, 'copy'), RECURSIVE)
    expect(readdirSync(join(beside, 'copy')).toSorted()).toEqual(readdirSync(tree).toSorted())
  })

  test('in the destination that leads into the source ends the copy, which has no end otherwise', async ({
    dir,
  }) => {
    const [tree, dest] = [join(dir, 'tree'), join(dir, 'dest')]
    writeTree(tree, { 'a/b/file': 10 })
    mkdirSync(join(dest, 'a'), { recursive: true })
    run('mount', '--bind', join(tree, 'a/b'), join(dest, 'a'))
    await expect(cp(tree, dest, RECURSIVE)).rejects.toMatchObject({ code: 'ERR_FS_CP_EINVAL' })
    run('umount', join(dest, 'a'))
  })

  test('in the source of a directory that is merged with copies nothing twice, and keeps what was there', async ({
    dir,
  }) => {
    const [tree, dest] = [join(dir, 'tree'), join(dir, 'dest')]
    writeTree(tree, { 'sub/point/.keep': 0, 'sub/file': 10 })
    writeTree(dest, { 'sub/old': 10 })
    const old = snapshotTree(join(dest, 'sub'))['old']
    run('mount', '--bind', join(dest, 'sub'), join(tree, 'sub/point'))
    // Without an end it would fill the filesystem.
    const copying = cp(tree, dest, { ...RECURSIVE, signal: AbortSignal.timeout(10_000) })
    // btrfs does not list what came after the directory was opened: there it has an end by itself.
    const ended = await copying.then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.code,
    )
    run('umount', join(tree, 'sub/point'))
    expect([undefined, 'ERR_FS_CP_EINVAL']).toContain(ended)
    expect(lstatSync(join(dest, 'sub/point/point'), { throwIfNoEntry: false })).toBeUndefined()
    expect(snapshotTree(join(dest, 'sub'))['old']).toEqual({ ...old, atime: expect.anything() as unknown })
  })
})
