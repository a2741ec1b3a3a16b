// Moving within one filesystem: a rename, that overwrites nothing unless told, and then replaces as a whole.
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { move, moveSync, type CopyResult, type MoveOptions } from '../../src/index.js'
import { expectNothingTemporary, snapshot, statOf } from '../support/compare.js'
import { runUnder } from '../support/faults.js'
import { makeSpecial, SPECIAL_KINDS } from '../support/files.js'
import { onEveryFilesystem, onFilesystems } from '../support/filesystems.js'
import { run } from '../support/mounts.js'
import { SMALL_TREE, writeTree } from '../support/tree-faults.js'
import { buildTree, differences, expectSameTree, snapshotTree, told } from '../support/trees.js'

type Move = (from: string, to: string, options?: MoveOptions) => Promise<CopyResult>

const FORMS: readonly (readonly [name: string, move: Move])[] = [
  ['move', (from, to, options) => move(from, to, options)],
  ['moveSync', async (from, to, options) => Promise.resolve(moveSync(from, to, options))],
]

for (const [form, moving] of FORMS) {
  onEveryFilesystem(`${form} within a filesystem`, ['linux', 'python3'], (test) => {
    test('renames a tree: nothing of it changes', async ({ dir }) => {
      const [tree, dest] = [join(dir, 'tree'), join(dir, 'dest')]
      if (process.getuid?.() === 0) buildTree(tree, 5)
      else writeTree(tree, SMALL_TREE)
      const [before, inode] = [snapshotTree(tree), statOf(tree).ino]
      expect(await moving(tree, dest)).toMatchObject({ method: 'rename' })
      expectSameTree(snapshotTree(dest), before)
      expect([existsSync(tree), statOf(dest).ino]).toEqual([false, inode])
    })

    test('makes the parents that are missing', async ({ dir }) => {
      const [file, dest] = [join(dir, 'file'), join(dir, 'new/deep/deeper/dest')]
      writeFileSync(file, 'content')
      await moving(file, dest)
      expect([existsSync(file), readFileSync(dest, 'utf8')]).toEqual([false, 'content'])
    })

    for (const [what, occupy] of Object.entries(OCCUPANTS)) {
      test(`does not overwrite ${what} unless told: EEXIST, and both stay`, async ({ dir }) => {
        const [file, dest] = [join(dir, 'file'), join(dir, 'dest')]
        writeFileSync(file, 'content')
        occupy(dest)
        const before = snapshot(dest)
        await expect(moving(file, dest)).rejects.toMatchObject({
          code: 'EEXIST',
          path: file,
          dest,
        })
        expect(snapshot(dest)).toEqual(before)
        expect(readFileSync(file, 'utf8')).toBe('content')
        expect(readdirSync(dir).toSorted()).toEqual(['dest', 'file'])
      })
    }

    test('overwrites a directory as a whole when told', async ({ dir }) => {
      for (const occupant of DIRECTORIES) {
        const [tree, dest] = [join(dir, 'tree'), join(dir, 'dest')]
        writeTree(tree, SMALL_TREE)
        const before = snapshotTree(tree)
        OCCUPANTS[occupant]?.(dest)
        expect(await moving(tree, dest, { overwrite: true }), occupant).toMatchObject({ method: 'rename' })
        // Never merged: what was in the old directory is gone.
        expectSameTree(snapshotTree(dest), before)
        expect(readdirSync(dir)).toEqual(['dest'])
        run('rm', '-r', dest)
      }
    })

    test('overwrites a file and a link by a file when told', async ({ dir }) => {
      for (const occupant of Object.keys(OCCUPANTS).filter((what) => !DIRECTORIES.includes(what))) {
        const [file, dest] = [join(dir, 'file'), join(dir, 'dest')]
        writeFileSync(file, 'content')
        OCCUPANTS[occupant]?.(dest)
        expect(await moving(file, dest, { overwrite: true }), occupant).toMatchObject({ method: 'rename' })
        expect([readdirSync(dir), readFileSync(dest, 'utf8')]).toEqual([['dest'], 'content'])
        run('rm', dest)
      }
    })

    for (const [occupant, occupy] of Object.entries(OCCUPANTS)) {
      const isDirectory = DIRECTORIES.includes(occupant)
      test(`leaves ${occupant} where ${isDirectory ? 'a file' : 'a directory'} would take its place: ${isDirectory ? 'EISDIR' : 'ENOTDIR'}`, async ({
        dir,
      }) => {
        const [source, dest] = [join(dir, 'source'), join(dir, 'dest')]
        if (isDirectory) writeFileSync(source, 'content')
        else writeTree(source, SMALL_TREE)
        occupy(dest)
        const before = snapshotTree(dir)
        const code = isDirectory ? 'EISDIR' : 'ENOTDIR'
        const done = moving(source, dest, { overwrite: true })
        await expect(done).rejects.toMatchObject({ code, path: source, dest })
        expectSameTree(snapshotTree(dir), before, ['atime'])
      })
    }

    test('changes the case of a name', async ({ dir }) => {
      const [lower, upper] = [join(dir, 'name'), join(dir, 'NAME')]
      writeTree(lower, { file: 10 })
      expect(await moving(lower, upper)).toMatchObject({ method: 'rename' })
      expect(readdirSync(dir)).toEqual(['NAME'])
    })

    test('of something onto itself is nothing, by any name', async ({ dir }) => {
      const [tree, linked] = [join(dir, 'tree'), join(dir, 'linked')]
      writeTree(tree, SMALL_TREE)
      const before = snapshotTree(tree)
      for (const name of [tree, `${tree}/`, join(dir, './tree/../tree')])
        expect(await moving(tree, name)).toMatchObject({ files: 0, directories: 0, method: 'none' })
      expectSameTree(snapshotTree(tree), before)
      writeFileSync(join(dir, 'file'), 'content')
      linkSync(join(dir, 'file'), linked)
      expect(await moving(join(dir, 'file'), linked)).toMatchObject({ files: 0, method: 'none' })
      expect(readFileSync(linked, 'utf8')).toBe('content')
    })

    test('into itself is EINVAL, by any name, and nothing is made', async ({ dir }) => {
      const tree = join(dir, 'tree')
      writeTree(tree, SMALL_TREE)
      symlinkSync('tree/sub', join(dir, 'link'))
      const before = snapshotTree(dir)
      for (const dest of [join(tree, 'new'), join(tree, 'sub/new/deep'), join(dir, 'link/new')])
        await expect(moving(tree, dest)).rejects.toMatchObject({ code: 'EINVAL', path: tree, dest })
      expectSameTree(snapshotTree(dir), before, ['atime'])
    })

    test('of what is not there is ENOENT, and no parent is made', async ({ dir }) => {
      const [missing, dest] = [join(dir, 'missing'), join(dir, 'new/dest')]
      await expect(moving(missing, dest)).rejects.toMatchObject({ code: 'ENOENT', path: missing })
      expect(readdirSync(dir)).toEqual([])
    })

    test('below a file is ENOTDIR', async ({ dir }) => {
      for (const name of ['file', 'other']) writeFileSync(join(dir, name), name)
      const moving_ = moving(join(dir, 'file'), join(dir, 'other/dest'))
      await expect(moving_).rejects.toMatchObject({ code: 'ENOTDIR' })
      expect(readFileSync(join(dir, 'file'), 'utf8')).toBe('file')
    })

    test('moves a link, not what it points to', async ({ dir }) => {
      const [link, dest] = [join(dir, 'link'), join(dir, 'dest')]
      writeTree(join(dir, 'target'), { file: 10 })
      symlinkSync('target', link)
      await moving(link, dest)
      expect(readlinkSync(dest)).toBe('target')
      expect(readdirSync(join(dir, 'target'))).toEqual(['file'])
    })
  })
}

/** What may stand where something is to go. */
const OCCUPANTS: Readonly<Record<string, (path: string) => void>> = {
  'a file': (path) => writeFileSync(path, 'old'),
  'an empty directory': (path) => mkdirSync(path),
  'a full directory': (path) => writeTree(path, { 'old/file': 10 }),
  'a dangling link': (path) => symlinkSync('nowhere', path),
  'a link to a directory': (path) => symlinkSync('.', path),
}

const DIRECTORIES: readonly string[] = ['an empty directory', 'a full directory']

onFilesystems(['ext4', 'xfs'], 'move', ['root', 'strace', 'python3'], (test) => {
  test('moves special files without opening them', async ({ dir }) => {
    for (const kind of SPECIAL_KINDS) {
      const special = makeSpecial(dir, 'special', kind)
      const before = snapshot(special)
      await move(special, join(dir, 'dest'), { overwrite: true })
      expect(snapshot(join(dir, 'dest'))).toEqual(before)
    }
  })

  for (const error of ['ENOSYS', 'EINVAL', 'EPERM']) {
    test(`overwrites nothing and replaces as a whole where renameat2 is ${error}`, async ({ dir }) => {
      const [one, two, tree, old] = ['one', 'two', 'tree', 'old'].map((name) => join(dir, name))
      writeFileSync(one ?? '', '1')
      writeFileSync(two ?? '', '2')
      writeTree(tree ?? '', SMALL_TREE)
      writeTree(old ?? '', { 'a/b/c': 10 })
      const before = snapshotTree(tree ?? '')
      const { outcomes } = await runUnder(
        { deny: { error, calls: 'renameat2' } },
        { call: 'move', args: [one, two] },
        { call: 'move', args: [one, join(dir, 'three')] },
        { call: 'move', args: [tree, old, { overwrite: true }] },
        { call: 'move', args: [two, join(dir, 'three'), { overwrite: true }] },
      )
      expect(outcomes[0]?.error).toMatchObject({ code: 'EEXIST' })
      expect(outcomes.slice(1).map((each) => each.error)).toEqual([undefined, undefined, undefined])
      expect(readFileSync(join(dir, 'three'), 'utf8')).toBe('2')
      expect(differences(before, snapshotTree(old ?? ''), ['atime']).map(told)).toEqual([])
      expect(readdirSync(dir).toSorted()).toEqual(['old', 'three'])
      expectNothingTemporary(dir)
    })
  }

  test('of a directory onto a directory never leaves neither: a failed rename changes nothing', async ({
    dir,
  }) => {
    const [tree, old] = [join(dir, 'tree'), join(dir, 'old')]
    writeTree(tree, SMALL_TREE)
    writeTree(old, { 'a/b': 10 })
    const before = snapshotTree(dir)
    for (const error of ['EIO', 'ENOSPC', 'EACCES']) {
      const done = await runUnder(
        { inject: [{ calls: 'rename,renameat,renameat2', error }] },
        { call: 'move', args: [tree, old, { overwrite: true }] },
      )
      expect(done.hits).toBeGreaterThan(0)
      expect(done.outcomes[0]?.error).toMatchObject({ code: error, path: tree, dest: old })
      expectSameTree(snapshotTree(dir), before, ['atime', 'mtime'])
    }
  })

  test('in a directory that may not be written is EACCES, and both stay', async ({ dir }) => {
    const closed = join(dir, 'closed')
    writeTree(closed, { file: 10 })
    run('chmod', '777', dir)
    const { outcomes } = await runUnder(
      { uid: 65_534 },
      { call: 'move', args: [join(closed, 'file'), join(dir, 'dest')] },
    )
    expect(outcomes[0]?.error).toMatchObject({ code: 'EACCES' })
    expect(readdirSync(dir)).toEqual(['closed'])
    expect(readdirSync(closed)).toEqual(['file'])
  })
})
