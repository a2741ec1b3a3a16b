// A copy of a tree of links over an earlier copy of it: a link that leads nowhere, in a circle or to a directory takes the place
// of a link like any other, for nothing is followed. So do cp -a, rsync -a and fs-extra; fs.cp follows the source's link.
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { cp, cpSync, type CpOptions, type CopyResult } from '../../src/index.js'
import { runUnder } from '../support/faults.js'
import { onFilesystems, scratch, whenRoot } from '../support/filesystems.js'
import { mountImage, removeDirectory } from '../support/mounts.js'
import { withNode26 } from '../support/node26.js'
import { expectSameTree, gnuCopy, snapshotTree } from '../support/trees.js'

/** Links in a tree beside the directory `inner` with a file in it; `ROOT` is the tree's own path. */
const LINKS: Readonly<Record<string, string>> = {
  dangling: 'nowhere',
  'absolute and dangling': '/nowhere/at/all',
  'to itself': 'to itself',
  'one of two in a circle': 'the other of two in a circle',
  'the other of two in a circle': 'one of two in a circle',
  'to a file': 'inner/file',
  'to a directory': 'inner',
  'to the tree': '.',
  'above the tree': '../..',
  'absolute to a directory': 'ROOT/inner',
  'absolute to the tree': 'ROOT',
}

function writeLinks(tree: string, links = Object.entries(LINKS)): void {
  mkdirSync(join(tree, 'inner'), { recursive: true })
  writeFileSync(join(tree, 'inner/file'), 'content')
  for (const [name, text] of links) symlinkSync(text.replace('ROOT', tree), join(tree, name))
}

const texts = (dir: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(dir)
      .filter((name) => lstatSync(join(dir, name)).isSymbolicLink())
      .map((name) => [name, readlinkSync(join(dir, name))]),
  )

const KEPT: readonly Omit<CpOptions, 'filter'>[] = [
  { preserve: 'all' },
  { preserve: 'all', force: false },
  { preserve: ['links'] },
  { preserve: ['links', 'timestamps'], verbatimSymlinks: true },
  { verbatimSymlinks: true },
  { verbatimSymlinks: true, force: false, errorOnExist: false },
]

onFilesystems(['ext4', 'btrfs', 'tmpfs', 'overlay'], 'a tree of links copied twice', ['linux'], (test) => {
  for (const options of KEPT) {
    test(`is the same the second time, with ${JSON.stringify(options)}`, async ({ dir }) => {
      const [tree, copy] = [join(dir, 'tree'), join(dir, 'copy')]
      writeLinks(tree)
      await cp(tree, copy, { recursive: true, ...options })
      const first = texts(copy)
      expect(Object.keys(first)).toHaveLength(Object.keys(LINKS).length)
      const second = await cp(tree, copy, { recursive: true, ...options })
      expect(second.symlinks).toBe(Object.keys(LINKS).length)
      expect(texts(copy)).toEqual(first)
      expect(cpSync(tree, copy, { recursive: true, ...options }).symlinks).toBe(second.symlinks)
      expect(texts(copy)).toEqual(first)
    })
  }

  test("is what cp -a makes twice, with preserve: 'all'", async ({ dir }) => {
    const [tree, ours, gnu] = [join(dir, 'tree'), join(dir, 'ours'), join(dir, 'gnu')]
    writeLinks(tree)
    for (const _ of [1, 2]) {
      await cp(tree, ours, { recursive: true, preserve: 'all' })
      gnuCopy(`${tree}/.`, gnu)
    }
    expectSameTree(snapshotTree(ours), snapshotTree(gnu), ['atime', 'mtime'])
    expectSameTree(snapshotTree(ours), snapshotTree(tree), ['atime'])
  })

  test('takes the text of a link that leads elsewhere by now', async ({ dir }) => {
    const [tree, copy] = [join(dir, 'tree'), join(dir, 'copy')]
    writeLinks(tree)
    mkdirSync(join(copy, 'inner'), { recursive: true })
    for (const name of Object.keys(LINKS)) symlinkSync('inner', join(copy, name))
    await cp(tree, copy, { recursive: true, preserve: 'all' })
    expect(texts(copy)).toEqual(texts(tree))
    expect(readdirSync(join(copy, 'inner'))).toEqual(['file'])
  })

  test('replaces no file by a link, and no directory', async ({ dir }) => {
    for (const [index, make] of [
      (path: string) => writeFileSync(path, 'a file'),
      (path: string) => mkdirSync(path),
    ].entries()) {
      const [tree, copy] = [join(dir, `tree-${index}`), join(dir, `copy-${index}`)]
      writeLinks(tree, [['link', 'nowhere']])
      mkdirSync(copy)
      make(join(copy, 'link'))
      await expect(cp(tree, copy, { recursive: true, preserve: 'all' })).rejects.toMatchObject({
        code: index === 0 ? 'EEXIST' : 'ERR_FS_CP_NON_DIR_TO_DIR',
      })
      expect(lstatSync(join(copy, 'link')).isSymbolicLink()).toBe(false)
    }
  })

  test('is one link copied twice, where a link is all that is copied', async ({ dir }) => {
    const [link, copy] = [join(dir, 'link'), join(dir, 'copy')]
    symlinkSync('nowhere', link)
    for (const _ of [1, 2]) {
      expect(await cp(link, copy, { preserve: 'all' })).toMatchObject({ symlinks: 1, skipped: 0 })
      expect(readlinkSync(copy)).toBe('nowhere')
    }
  })
})

withNode26('a tree of links copied twice without a word about links', (node26) => {
  onFilesystems(['ext4'], 'as fs.promises.cp of Node 26', ['linux'], (test) => {
    for (const [name, text] of Object.entries(LINKS)) {
      test(`a link ${name}: the same error, in the same words`, async ({ dir }) => {
        const tree = join(dir, 'tree')
        writeLinks(tree, [[name, text]])
        const twice = (from: string, to: string, node?: string) => {
          const operation = { from: from as 'palfs', call: 'cp', args: [tree, to, { recursive: true }] }
          return runUnder(node === undefined ? {} : { node }, operation, operation)
        }
        const theirs = await twice('node:fs/promises', join(dir, 'copy'), node26)
        removeDirectory(join(dir, 'copy'))
        const ours = await twice('palfs', join(dir, 'copy'))
        const said = ({ outcomes }: Awaited<ReturnType<typeof twice>>): unknown[] =>
          outcomes.map(({ error }) =>
            error === undefined
              ? 'copied'
              : {
                  code: error.code,
                  syscall: error.syscall,
                  path: error.path,
                  // What is said of two paths is said of other two by Node: of what both links lead to.
                  message: error.code?.startsWith('ERR_') === true ? '' : error.message,
                },
          )
        expect(said(ours)).toEqual(said(theirs))
      })
    }
  })
})

whenRoot('where times of links are kept in whole seconds', (test) => {
  test('update leaves links as they are the second time', async () => {
    const dir = mountImage(scratch, 'whole-seconds', 16, ['mkfs.ext4', '-q', '-F', '-I', '128'])
    try {
      const [tree, copy] = [join(scratch, 'fine-times'), join(dir, 'copy')]
      writeLinks(tree)
      utimesSync(join(tree, 'inner/file'), 1, 1)
      const options = { recursive: true, preserve: 'all', update: true } as const
      expect(await cp(tree, copy, options)).toMatchObject({ symlinks: Object.keys(LINKS).length })
      const inodes = (): number[] => Object.keys(LINKS).map((name) => lstatSync(join(copy, name)).ino)
      const first = inodes()
      const second: CopyResult = await cp(tree, copy, options)
      expect(second).toMatchObject({ symlinks: 0, files: 0 })
      expect(second.skipped).toBe(Object.keys(LINKS).length + 1)
      expect(inodes()).toEqual(first)
    } finally {
      removeDirectory(join(scratch, 'fine-times'))
      removeDirectory(dir)
    }
  })
})
