// The same thing twice: a tree onto itself, into itself, onto its parent, a file onto itself, by every way to say so; and
// names that are one on a filesystem that ignores case.
import { linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { cp, move } from '../../src/index.js'
import { expectContent } from '../support/compare.js'
import { writeRandom } from '../support/files.js'
import { CASE_INSENSITIVE, onFilesystems } from '../support/filesystems.js'
import { run } from '../support/mounts.js'
import { TABLE_FILESYSTEMS } from '../support/fault-table.js'
import { SMALL_TREE, writeTree } from '../support/tree-faults.js'
import { expectSameTree, snapshotTree } from '../support/trees.js'

const RECURSIVE = { recursive: true } as const

/** Ways to say "this tree" or "a place in it" that end at the same directory. */
const INTO_ITSELF: Readonly<Record<string, (dir: string, tree: string) => string>> = {
  itself: (_, tree) => tree,
  'itself, written otherwise': (dir) => `${dir}/./other/../tree/`,
  'a directory in it': (_, tree) => join(tree, 'sub'),
  'a new place in it': (_, tree) => join(tree, 'sub/new'),
  'a new place deep in it': (_, tree) => join(tree, 'sub/new/deeper'),
  'a place in it by a link': (dir) => {
    symlinkSync('tree/sub', join(dir, 'by-link'))
    return join(dir, 'by-link/new')
  },
  'itself by a bind mount': (dir, tree) => bound(dir, tree),
}

function bound(dir: string, tree: string): string {
  const point = join(dir, 'bound')
  mkdirSync(point)
  run('mount', '--bind', tree, point)
  return point
}

onFilesystems(TABLE_FILESYSTEMS, 'a tree onto', ['root', 'python3'], (test) => {
  for (const [title, name] of Object.entries(INTO_ITSELF)) {
    test(`${title} is refused before anything is written, by cp and by move`, async ({ dir }) => {
      const tree = join(dir, 'tree')
      writeTree(tree, SMALL_TREE)
      mkdirSync(join(dir, 'other'))
      const dest = name(dir, tree)
      const before = snapshotTree(tree)
      await expect(cp(tree, dest, RECURSIVE)).rejects.toMatchObject({ code: 'ERR_FS_CP_EINVAL' })
      expectSameTree(snapshotTree(tree), before, ['atime'])
      const moving = move(tree, dest, { overwrite: true }).catch((error: unknown) => error)
      // The same directory under another name is no move at all.
      if (title.startsWith('itself')) expect(await moving).not.toMatchObject({ files: 5 })
      else expect(await moving).toMatchObject({ code: 'EINVAL' })
      expectSameTree(snapshotTree(tree), before, ['atime'])
    })
  }

  test('a place in it by a bind mount, which no look upwards shows, ends with an error and harms no file', async ({
    dir,
  }) => {
    const tree = join(dir, 'tree')
    writeTree(tree, SMALL_TREE)
    const before = snapshotTree(tree)
    const dest = join(bound(dir, join(tree, 'sub')), 'new')
    await expect(cp(tree, dest, RECURSIVE)).rejects.toMatchObject({ code: 'ERR_FS_CP_EINVAL' })
    const after = Object.entries(snapshotTree(tree)).filter(([path]) => !path.startsWith('sub/new'))
    expectSameTree(Object.fromEntries(after), before, ['atime', 'mtime'])
  })

  test('its own parent merges by cp; by move it is refused, as by rename(2), and nothing is lost', async ({
    dir,
  }) => {
    const [outer, tree] = [join(dir, 'outer'), join(dir, 'outer/tree')]
    writeTree(tree, SMALL_TREE)
    const before = snapshotTree(tree)
    expect(await cp(tree, outer, RECURSIVE)).toMatchObject({ files: 5 })
    expectSameTree(snapshotTree(tree), before, ['atime'])
    await expect(move(tree, outer)).rejects.toMatchObject({ code: 'EEXIST' })
    const whole = snapshotTree(outer)
    await expect(move(tree, outer, { overwrite: true })).rejects.toMatchObject({ code: 'ENOTEMPTY' })
    expectSameTree(snapshotTree(outer), whole, ['atime'])
    expect(readdirSync(dir)).toEqual(['outer'])
  })

  test('the same file by a hard link or a link is no loss', async ({ dir }) => {
    const [file, hard, soft] = [join(dir, 'file'), join(dir, 'hard'), join(dir, 'soft')]
    const content = writeRandom(file, 5000)
    linkSync(file, hard)
    symlinkSync('file', soft)
    for (const [from, to] of [
      [file, hard],
      [hard, file],
      [soft, file],
      [file, soft],
      [file, file],
    ] as const) {
      await cp(from, to, RECURSIVE).catch((error: unknown) =>
        expect(error).toMatchObject({ code: expect.any(String) }),
      )
      expectContent(file, content)
      expectContent(hard, content)
    }
  })
})

onFilesystems(
  [CASE_INSENSITIVE],
  'names that differ by case, where that is no difference,',
  ['root'],
  (test) => {
    test('collide: an error says so, and nothing is merged', async ({ dir }) => {
      const tree = join(dir, '..', '..', 'case-tree')
      run('rm', '-rf', tree)
      mkdirSync(tree)
      writeFileSync(join(tree, 'name'), 'lower case')
      writeFileSync(join(tree, 'NAME'), 'UPPER CASE')
      const copy = join(dir, 'copy')
      await expect(cp(tree, copy, RECURSIVE)).rejects.toMatchObject({
        code: expect.stringMatching(/^(EEXIST|ERR_FS_CP_EEXIST)$/),
      })
      const [left = ''] = readdirSync(copy)
      expect(readdirSync(copy)).toHaveLength(1)
      expect(['lower case', 'UPPER CASE']).toContain(readFileSync(join(copy, left), 'utf8'))
      run('rm', '-rf', tree)
    })

    test('collide in a directory that was there before, too, but not with what was in it', async ({
      dir,
    }) => {
      const tree = join(dir, '..', '..', 'case-tree')
      run('rm', '-rf', tree)
      writeTree(tree, { name: 10, NAME: 20, old: 30, 'inner/file': 40, 'INNER/file': 50 })
      const copy = join(dir, 'copy')
      writeTree(copy, { OLD: 5, 'inner/other': 60 })
      const result = await cp(tree, copy, { ...RECURSIVE, onError: 'collect' })
      expect(result.errors).toMatchObject([{ code: 'EEXIST' }, { code: 'EEXIST' }])
      expect(readdirSync(copy).map((name) => name.toLowerCase())).toEqual(['inner', 'name', 'old'])
      expect(readFileSync(join(copy, 'old'))).toHaveLength(30)
      run('rm', '-rf', tree)
    })

    for (const old of ['name', 'NAME']) {
      test(`collide where ${old} was there before, whichever comes first`, async ({ dir }) => {
        const tree = join(dir, '..', '..', 'case-tree')
        const copy = join(dir, 'copy')
        for (const [below, size] of [
          ['', 10],
          ['/file', 10],
        ] as const) {
          for (const path of [tree, copy]) run('rm', '-rf', path)
          writeTree(tree, { [`name${below}`]: size, [`NAME${below}`]: size })
          writeTree(copy, { [`${old}${below}`]: 5 })
          const result = await cp(tree, copy, { ...RECURSIVE, concurrency: 1, onError: 'collect' })
          expect(result.errors).toMatchObject([{ code: 'EEXIST' }])
        }
        run('rm', '-rf', tree)
      })
    }

    test('collide where no letter of theirs is ASCII', async ({ dir }) => {
      const tree = join(dir, '..', '..', 'case-tree')
      run('rm', '-rf', tree)
      writeTree(tree, { отчёт: 10, ОТЧЁТ: 20, 1: 30, 'a-file': 40 })
      const copy = join(dir, 'copy')
      writeTree(copy, { old: 5 })
      const result = await cp(tree, copy, { ...RECURSIVE, onError: 'collect' })
      expect(result.errors).toMatchObject([{ code: 'EEXIST' }])
      expect(result.files).toBe(3)
      run('rm', '-rf', tree)
    })

    test('collide as a directory and a file, and as two directories', async ({ dir }) => {
      const tree = join(dir, '..', '..', 'case-tree')
      for (const other of ['file', 'directory']) {
        run('rm', '-rf', tree)
        writeTree(tree, { 'name/lower': 10, ...(other === 'file' ? { NAME: 10 } : { 'NAME/upper': 10 }) })
        const copy = join(dir, `copy-${other}`)
        await expect(cp(tree, copy, RECURSIVE)).rejects.toMatchObject({
          code: expect.stringMatching(/EEXIST|ERR_FS_CP/),
        })
      }
      run('rm', '-rf', tree)
    })

    test('are the same file: a copy onto itself is refused, a move has nothing to do', async ({ dir }) => {
      const [lower, upper] = [join(dir, 'file'), join(dir, 'FILE')]
      writeFileSync(lower, 'content')
      await expect(cp(lower, upper)).rejects.toMatchObject({ code: 'ERR_FS_CP_EINVAL' })
      expect(readFileSync(lower, 'utf8')).toBe('content')
      expect(await move(lower, upper)).toMatchObject({ method: 'none', skipped: 1 })
      // This filesystem lists every name in lower case, so that nothing was renamed.
      expect(readdirSync(dir)).toEqual(['file'])
      expect(readFileSync(upper, 'utf8')).toBe('content')
    })
  },
)
