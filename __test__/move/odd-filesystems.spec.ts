// Moves to and from filesystems that keep less than they are told, show old sizes and times for a while, or refuse calls of their
// own. What was lost keeps the source where it is, unless the caller says that it does not matter; nothing else does.
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { expect, vi } from 'vitest'
import { move, moveSync, type CopyResult, type MoveOptions } from '../../src/index.js'
import { startUnder } from '../support/faults.js'
import { makeSpecial } from '../support/files.js'
import { onOddFilesystems, type OddFilesystem } from '../support/odd-filesystems.js'
import { failureOf, movingTree, SMALL_TREE, writeTree } from '../support/tree-faults.js'
import { expectSameTree, snapshotTree } from '../support/trees.js'

type Move = (from: string, to: string, options?: MoveOptions) => Promise<CopyResult>

const FORMS: Readonly<Record<string, Move>> = {
  move,
  moveSync: async (...args) => Promise.resolve(moveSync(...args)),
}

/** Later than 32 bits of seconds reach. */
const FAR = new Date('2045-05-05T00:00:00Z')

/** What each filesystem loses of a file. */
const LOSSES: Readonly<Partial<Record<OddFilesystem, (path: string) => void>>> = {
  'bindfs that ignores owners and modes': (path) => chmodSync(path, 0o4711),
  'ntfs-3g': (path) => chmodSync(path, 0o640),
  rclone: (path) => chmodSync(path, 0o4711),
  'ext4 with 128-byte inodes': (path) => utimesSync(path, FAR, FAR),
}

/** rclone (1.60.1) answers EIO to the first open of a file whose directory was renamed while it was uploaded; mv(1) meets that, too. */
async function readInTheEnd(path: string): Promise<Buffer> {
  return vi.waitFor(() => readFileSync(path), { timeout: 20_000, interval: 500 })
}

for (const [form, moving] of Object.entries(FORMS)) {
  for (const [place, dress] of Object.entries(LOSSES)) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys are those of the table
    onOddFilesystems([place as OddFilesystem], `${form} to where metadata is lost silently`, (test) => {
      test('is refused with the path of the item: the source is whole and nothing is at the destination', async ({
        from,
        to,
      }) => {
        const [tree, dest] = [join(from, 'tree'), join(to, 'new/dest')]
        writeTree(tree, SMALL_TREE)
        dress(join(tree, 'sub/c-file'))
        for (const source of [tree, join(tree, 'sub/c-file')]) {
          const before = snapshotTree(from)
          // Some lose modes of the other files, too, and any of them may be the first.
          const item: unknown = place.startsWith('ext4')
            ? join(tree, 'sub/c-file')
            : expect.stringContaining(source)
          await expect(moving(source, dest)).rejects.toMatchObject({ code: 'ENOTSUP', path: item })
          expectSameTree(snapshotTree(from), before, ['atime'])
          expect(readdirSync(join(to, 'new'))).toEqual([])
        }
      })

      test('moves, and counts what was lost, when that is to be ignored', async ({ from, to }) => {
        const [tree, dest] = [join(from, 'tree'), join(to, 'dest')]
        writeTree(tree, SMALL_TREE)
        dress(join(tree, 'sub/c-file'))
        const content = readFileSync(join(tree, 'sub/c-file'))
        const result = await moving(tree, dest, { metadataErrors: 'ignore' })
        expect(Object.values(result.unpreserved ?? {})).not.toEqual([])
        expect(await readInTheEnd(join(dest, 'sub/c-file'))).toEqual(content)
        expect(readdirSync(from)).toEqual([])
      })
    })
  }

  onOddFilesystems(['ext4 with 128-byte inodes'], `${form} of times that do not fit`, (test) => {
    test('removes the whole source when they are to be ignored: files, links, special files, hard links', async ({
      from,
      to,
    }) => {
      const tree = join(from, 'tree')
      mkdirSync(join(tree, 'sub'), { recursive: true })
      const names = ['file', 'twin', 'sub/inner'].map((name) => join(tree, name))
      for (const path of names.filter((name) => !name.endsWith('twin'))) writeFileSync(path, path)
      linkSync(join(tree, 'file'), join(tree, 'twin'))
      makeSpecial(tree, 'pipe', 'FIFO')
      symlinkSync('file', join(tree, 'link'))
      for (const name of ['file', 'sub/inner', 'pipe', 'sub']) utimesSync(join(tree, name), FAR, FAR)
      lutimesSync(join(tree, 'link'), FAR, FAR)
      // One that fits is compared as ever.
      writeFileSync(join(tree, 'plain'), 'plain')
      const result = await moving(tree, join(to, 'tree'), { metadataErrors: 'ignore' })
      expect(result.unpreserved).toEqual({ timestamps: 5 })
      expect(readdirSync(from)).toEqual([])
      expect(statSync(join(to, 'tree/twin')).ino).toBe(statSync(join(to, 'tree/file')).ino)
      expect(readdirSync(join(to, 'tree')).toSorted()).toEqual([
        'file',
        'link',
        'pipe',
        'plain',
        'sub',
        'twin',
      ])
    })

    test('keeps what changed since it was copied, to the same size', async ({ from, to }) => {
      const tree = join(from, 'tree')
      writeTree(tree, { one: 10, two: 10 })
      for (const name of readdirSync(tree)) utimesSync(join(tree, name), FAR, FAR)
      const inject = [{ calls: 'unlinkat', signal: 'STOP', when: '1' }] as const
      const options = { metadataErrors: 'ignore' }
      const subject = startUnder({ inject }, movingTree(tree, join(to, 'tree'), options))
      await subject.traced('stopped by SIGSTOP')
      for (const name of readdirSync(tree)) writeFileSync(join(tree, name), '0123456789')
      subject.resume()
      expect(failureOf(await subject.done)).toMatchObject({ code: 'ENOTEMPTY', destination: 'replaced' })
      // The first was looked at before.
      const left = readdirSync(tree).map((name) => readFileSync(join(tree, name), 'utf8'))
      expect(left).toEqual(['0123456789'])
    })

    for (const what of ['file', 'link'] as const) {
      test(`removes a ${what} that was named itself`, async ({ from, to }) => {
        const [source, dest] = [join(from, 'source'), join(to, 'dest')]
        if (what === 'file') writeFileSync(source, 'content')
        else symlinkSync('content', source)
        lutimesSync(source, FAR, FAR)
        await expect(moving(source, dest)).rejects.toMatchObject({ code: 'ENOTSUP', path: source })
        expect([readdirSync(from), readdirSync(to)]).toEqual([['source'], []])
        const result = await moving(source, dest, { metadataErrors: 'ignore' })
        expect(result.unpreserved).toEqual({ timestamps: 1 })
        expect([readdirSync(from), readdirSync(to)]).toEqual([[], ['dest']])
      })
    }
  })

  onOddFilesystems(['gocryptfs'], `${form} of hard links`, (test) => {
    test('removes the source, though the size that is shown after link(2) is another for a second', async ({
      from,
      to,
    }) => {
      const tree = join(from, 'tree')
      mkdirSync(tree)
      writeFileSync(join(tree, 'a'), 'hello')
      linkSync(join(tree, 'a'), join(tree, 'h'))
      await moving(tree, join(to, 'tree'))
      expect([existsSync(tree), readFileSync(join(to, 'tree/h'), 'utf8')]).toEqual([false, 'hello'])
    })
  })

  onOddFilesystems(['bindfs', 'mergerfs'], `${form} of hard links away from FUSE`, (test) => {
    test('takes no cached time for a change of the source', async ({ from: ext4, to: fuse }) => {
      const tree = join(fuse, 'tree')
      mkdirSync(tree)
      writeFileSync(join(tree, 'a'), 'hello')
      lstatSync(join(tree, 'a'))
      linkSync(join(tree, 'a'), join(tree, 'b'))
      await moving(tree, join(ext4, 'tree'))
      expect([existsSync(tree), readdirSync(join(ext4, 'tree')).toSorted()]).toEqual([false, ['a', 'b']])
    })
  })

  const POOLS = ['mergerfs of two branches', 'mergerfs of two branches with use_ino'] as const
  onOddFilesystems(POOLS, `${form} of a directory over one of another branch`, (test) => {
    test('replaces it and leaves nothing beside it', async ({ to: pool }) => {
      const [from, onto] = [join(pool, 'from'), join(pool, 'onto')]
      for (const directory of [from, onto]) mkdirSync(directory)
      writeFileSync(join(from, 'new'), 'hello')
      writeFileSync(join(onto, 'old'), 'hello')
      // The old directory is on both branches, the new one on one: rename(2) is EXDEV.
      const served = join(pool, '../../served')
      for (const branch of ['a', 'b']) {
        mkdirSync(join(served, branch, basename(pool), 'onto'), { recursive: true })
      }
      await moving(from, onto, { overwrite: true })
      expect([readdirSync(pool), readdirSync(onto)]).toEqual([['onto'], ['new']])
    })
  })

  onOddFilesystems(['mergerfs with write-back'], `${form} after removals`, (test) => {
    test('succeeds, though syncfs(2) answers ESTALE for files that are gone', async ({ from, to }) => {
      for (let round = 0; round < 5; round++) {
        const [old, tree] = [join(to, 'old'), join(from, 'tree')]
        writeTree(old, SMALL_TREE)
        rmSync(old, { recursive: true })
        writeTree(tree, SMALL_TREE)
        await moving(tree, join(to, `dest-${round}`))
        expect(readdirSync(from)).toEqual([])
      }
    })
  })

  onOddFilesystems(['rclone'], `${form} of a directory`, (test) => {
    test('renames it, though a directory may not replace an empty one there', async ({ to }) => {
      const [source, dest] = [join(to, 'source'), join(to, 'dest')]
      mkdirSync(source)
      writeFileSync(join(source, 'file'), 'content')
      expect(await moving(source, dest)).toMatchObject({ method: 'rename' })
      expect([readdirSync(to), String(await readInTheEnd(join(dest, 'file')))]).toEqual([['dest'], 'content'])
      await expect(moving(dest, dest)).resolves.toMatchObject({ method: 'none' })
    })
  })
}
