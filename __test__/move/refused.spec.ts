// A move to another filesystem ends with the removal of its source. What could not be removed is found before anything is
// copied to its place: the source stays whole, and nothing is left at the destination.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { move } from '../../src/index.js'
import { runUnder } from '../support/faults.js'
import { setInodeFlags } from '../support/files.js'
import { betweenFilesystems, onFilesystems, type Need } from '../support/filesystems.js'
import { run } from '../support/mounts.js'
import { failureOf, movingTree, SMALL_TREE, writeTree } from '../support/tree-faults.js'
import { expectSameTree, snapshotTree } from '../support/trees.js'

const NEEDS: readonly Need[] = ['root', 'python3', 'chattr']
const PAIRS = [
  ['ext4', 'xfs'],
  ['xfs', 'btrfs'],
  ['btrfs', 'tmpfs'],
  ['tmpfs', 'ext4'],
] as const

/** What has the flag, below the tree. */
const FLAGGED = ['sub/c-file', 'sub/deeper', 'void', ''] as const

betweenFilesystems(PAIRS, 'a tree that is moved', NEEDS, (test) => {
  for (const flag of ['i', 'a'] as const) {
    for (const name of FLAGGED) {
      test(`stays where it was, and nothing is left at the destination: chattr +${flag} of ${name === '' ? 'the tree itself' : name}`, async ({
        from,
        to,
      }) => {
        const [tree, path] = [join(from, 'tree'), join(from, 'tree', name)]
        writeTree(tree, SMALL_TREE)
        const before = snapshotTree(tree)
        setInodeFlags(path, `+${flag}`)
        try {
          for (const options of [{}, { metadataErrors: 'ignore' }] as const) {
            const moving = move(tree, join(to, 'dest'), options)
            await expect(moving).rejects.toMatchObject({ code: 'EPERM', path })
            expect(readdirSync(to)).toEqual([])
          }
        } finally {
          setInodeFlags(path, `-${flag}`)
        }
        expectSameTree(snapshotTree(tree), before, ['atime', 'flags'])
      })
    }
  }

  test('stays where it was when something is mounted in it', async ({ from, to }) => {
    const [tree, point] = [join(from, 'tree'), join(from, 'tree/sub/point')]
    writeTree(tree, { ...SMALL_TREE, 'sub/point/': 0 })
    run('mount', '-t', 'tmpfs', 'tmpfs', point)
    writeFileSync(join(point, 'kept'), 'kept')
    const moving = move(tree, join(to, 'dest'))
    await expect(moving).rejects.toMatchObject({ code: 'EBUSY', path: point })
    expect([readFileSync(join(point, 'kept'), 'utf8'), readdirSync(to)]).toEqual(['kept', []])
    await expect(move(point, join(to, 'dest'))).rejects.toMatchObject({ code: 'EBUSY', path: point })
    expect([readFileSync(join(point, 'kept'), 'utf8'), readdirSync(to)]).toEqual(['kept', []])
    run('umount', point)
    // A file of the same filesystem.
    const [file, source] = [join(tree, 'a-file'), join(tree, 'b-empty')]
    run('mount', '--bind', source, file)
    await expect(move(tree, join(to, 'dest'))).rejects.toMatchObject({ code: 'EBUSY', path: file })
    expect(readdirSync(to)).toEqual([])
    run('umount', file)
  })

  test('stays where it was on a read-only mount', async ({ from, to }) => {
    const tree = join(from, 'tree')
    writeTree(tree, SMALL_TREE)
    run('mount', '--bind', from, from)
    run('mount', '-o', 'remount,bind,ro', from)
    await expect(move(tree, join(to, 'dest'))).rejects.toMatchObject({ code: 'EROFS', path: tree })
    expect(readdirSync(to)).toEqual([])
    run('umount', from)
  })

  for (const [name, what] of [
    ['..', 'the directory that it is in'],
    ['', 'it'],
    ['sub/deeper', 'a directory in it'],
  ] as const) {
    test(`stays where it was when its owner may not remove what is in ${what}`, async ({ from, to }) => {
      const [home, tree] = [join(from, 'home'), join(from, 'home/tree')]
      writeTree(tree, SMALL_TREE)
      run('chown', '-R', '65534:65534', home)
      chmodSync(from, 0o755)
      chmodSync(join(tree, name), 0o555)
      chmodSync(to, 0o777)
      const before = snapshotTree(home)
      const failure = failureOf(await runUnder({ uid: 65_534 }, movingTree(tree, join(to, 'dest'))))
      expect(failure).toMatchObject({ code: 'EACCES', path: name === '..' ? tree : join(tree, name) })
      expectSameTree(snapshotTree(home), before, ['atime'])
      expect(readdirSync(to)).toEqual([])
    })
  }

  test('leaves nothing in a directory that can only be added to', async ({ from, to }) => {
    const [tree, locked] = [join(from, 'tree'), join(to, 'locked')]
    writeTree(tree, SMALL_TREE)
    mkdirSync(locked)
    setInodeFlags(locked, '+a')
    const moving = move(tree, join(locked, 'dest'))
    await expect(moving).rejects.toMatchObject({ code: 'EPERM', path: tree })
    expect(readdirSync(locked)).toEqual([])
    setInodeFlags(locked, '-a')
  })
})

onFilesystems(['ext4', 'tmpfs'], 'a directory that is to be replaced', ['linux', 'root'], (test) => {
  for (const name of ['point', 'with a space/sub/point'] as const) {
    test(`stays, and so does the source, when something is mounted in it: ${name}`, async ({ dir }) => {
      const [source, dest] = [join(dir, 'source'), join(dir, 'dest')]
      const [point, neighbour] = [join(dest, name), join(dir, 'dest-2/point')]
      for (const path of [source, point, neighbour]) mkdirSync(path, { recursive: true })
      writeFileSync(join(dest, 'old'), 'old')
      run('mount', '-t', 'tmpfs', 'tmpfs', neighbour)
      run('mount', '-t', 'tmpfs', 'tmpfs', point)
      writeFileSync(join(point, 'kept'), 'kept')
      const moving = move(source, dest, { overwrite: true })
      await expect(moving).rejects.toMatchObject({ code: 'EBUSY', path: source, dest: point })
      expect(readFileSync(join(point, 'kept'), 'utf8')).toBe('kept')
      expect([existsSync(source), existsSync(join(dest, 'old'))]).toEqual([true, true])
      run('umount', point)
      await move(source, dest, { overwrite: true })
      expect(readdirSync(dest)).toEqual([])
      run('umount', neighbour)
    })
  }
})
