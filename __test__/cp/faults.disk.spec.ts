// Trees copied to and from real filesystems that fail: full, over quota, over the file size limit, damaged.
// What is in the destination afterwards is whole, what was there before is old or new, nothing temporary is left.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { cp, move } from '../../src/index.js'
import { damagedFilesystem, limitedVolume, overcommittedDisk } from '../support/failing-disks.js'
import { runUnder } from '../support/faults.js'
import { KIB, MIB } from '../support/files.js'
import { betweenFilesystems, onFilesystems, scratch, whenRoot } from '../support/filesystems.js'
import { run, unmountBelow } from '../support/mounts.js'
import {
  copyingTree,
  expectWholeAndClean,
  failureOf,
  filesOf,
  SMALL_TREE,
  writeTree,
} from '../support/tree-faults.js'

const RECURSIVE = { recursive: true } as const
const LARGE_LAST = { a: 100 * KIB, 'sub/b': 100 * KIB, 'sub/z': 2 * MIB, z: 2 * MIB }
const MANY = Object.fromEntries(
  Array.from({ length: 100 }, (_, index) => [`sub-${index % 7}/file-${index}`, 10]),
)

betweenFilesystems(
  [
    ['ext4', 'tiny tmpfs'],
    ['btrfs', 'tiny tmpfs'],
  ],
  'a tree onto a full filesystem',
  ['root', 'python3'],
  (test) => {
    for (const replace of ['auto', 'atomic'] as const) {
      test(`is ENOSPC by bytes: what is there is whole, and old files stay (${replace})`, async ({
        from,
        to,
      }) => {
        const [tree, copy, old] = [join(from, 'tree'), join(to, 'copy'), join(from, 'old')]
        writeTree(tree, LARGE_LAST)
        writeTree(old, { z: 50 * KIB }, 2)
        writeTree(copy, { z: 50 * KIB }, 2)
        const copying = cp(tree, copy, { ...RECURSIVE, replace })
        await expect(copying).rejects.toMatchObject({
          code: 'ENOSPC',
          path: expect.stringMatching(/\/z$/),
          dest: expect.stringMatching(/\/z$/),
        })
        const left = expectWholeAndClean(copy, tree, old)
        expect(left['z']?.size).toBe(50 * KIB)
        expect(left['sub/z']).toBeUndefined()
      })
    }

    test('is ENOSPC by inodes', async ({ from, to }) => {
      const [tree, copy] = [join(from, 'tree'), join(to, 'copy')]
      writeTree(tree, MANY)
      await expect(cp(tree, copy, RECURSIVE)).rejects.toMatchObject({ code: 'ENOSPC' })
      expect(filesOf(expectWholeAndClean(copy, tree)).length).toBeGreaterThan(20)
    })

    test('goes on with what has room when errors are collected', async ({ from, to }) => {
      const [tree, copy] = [join(from, 'tree'), join(to, 'copy')]
      writeTree(tree, LARGE_LAST)
      const result = await cp(tree, copy, { ...RECURSIVE, onError: 'collect' })
      expect(result).toMatchObject({ errorCount: 2, files: 2, directories: 2 })
      expect(result.errors?.map(({ code, path }) => [code, path]).toSorted()).toEqual([
        ['ENOSPC', join(tree, 'sub/z')],
        ['ENOSPC', join(tree, 'z')],
      ])
      expect(filesOf(expectWholeAndClean(copy, tree))).toEqual(['a', 'sub/b'])
    })

    test('is not moved: the source is complete, and nothing is at the destination', async ({ from, to }) => {
      const [tree, moved, twin] = [join(from, 'tree'), join(to, 'moved'), join(from, 'twin')]
      writeTree(tree, LARGE_LAST)
      writeTree(twin, LARGE_LAST)
      await expect(move(tree, moved)).rejects.toMatchObject({ code: 'ENOSPC' })
      expect(filesOf(expectWholeAndClean(tree, twin))).toEqual(Object.keys(LARGE_LAST).toSorted())
      expect(run('ls', '-A', to)).toBe('')
    })
  },
)

onFilesystems(
  ['ext4', 'xfs', 'btrfs', 'tmpfs', 'overlay'],
  'a tree with a file over the size limit of the process',
  ['root', 'python3'],
  (test) => {
    test('is EFBIG, no signal, and the others are whole', async ({ dir }) => {
      const [tree, copy] = [join(dir, 'tree'), join(dir, 'copy')]
      writeTree(tree, { ...SMALL_TREE, 'sub/large': 3 * MIB })
      const operation = copyingTree(tree, copy, { reflink: 'never', onError: 'collect' })
      const { outcomes } = await runUnder({ fileSizeKib: 1000 }, operation)
      expect(outcomes[0]?.result).toMatchObject({ errorCount: 1, files: 5 })
      expect(outcomes[0]?.result?.errors).toMatchObject([{ code: 'EFBIG', path: join(tree, 'sub/large') }])
      const left = expectWholeAndClean(copy, tree)
      expect(left['sub/large']).toBeUndefined()
      const stopped = await runUnder({ fileSizeKib: 1000 }, copyingTree(tree, copy, { reflink: 'never' }))
      expect(failureOf(stopped)).toMatchObject({
        code: 'EFBIG',
        path: join(tree, 'sub/large'),
      })
    })
  },
)

whenRoot('a tree onto a btrfs volume with a quota', (test) => {
  const name = 'tree-quota'
  let volume = ''
  beforeAll(() => {
    volume = limitedVolume(scratch, name)
  })
  afterAll(() => unmountBelow(join(scratch, name)))

  test('is EDQUOT by name with the path of the file, and the others are whole', async () => {
    const [tree, copy] = [join(scratch, name, 'tree'), join(volume, 'copy')]
    writeTree(tree, { a: 1000, 'sub/z': 4 * MIB })
    await expect(cp(tree, copy, { ...RECURSIVE, reflink: 'never' })).rejects.toMatchObject({
      code: 'EDQUOT',
      errno: -122,
      path: join(tree, 'sub/z'),
      dest: join(copy, 'sub/z'),
    })
    expect(expectWholeAndClean(copy, tree)['sub/z']).toBeUndefined()
  })
})

function fillDamaged(mount: string): Buffer[] {
  const tree = join(mount, 'tree')
  writeTree(tree, { 'a-file': 300_000, 'sub/damaged': MIB, 'sub/other': 100_000 })
  return [readFileSync(join(tree, 'sub/damaged')).subarray(606_208, 610_304)]
}

whenRoot('a tree with a damaged block in the middle of a file', (test) => {
  const name = 'tree-damaged'
  let tree = ''
  beforeAll(() => {
    tree = join(damagedFilesystem(scratch, name, fillDamaged), 'tree')
  })
  afterAll(() => unmountBelow(join(scratch, name)))

  for (const onError of ['stop', 'collect'] as const) {
    test(`is EIO with the path of the file, never success (${onError})`, async () => {
      const copy = join(scratch, `${name}-${onError}`)
      const expected = { code: 'EIO', path: join(tree, 'sub/damaged'), dest: join(copy, 'sub/damaged') }
      const copying = cp(tree, copy, { ...RECURSIVE, onError })
      if (onError === 'stop') await expect(copying).rejects.toMatchObject({ ...expected })
      else expect((await copying).errors).toMatchObject([expected])
      expect(run('find', copy, '-name', 'damaged')).toBe('')
      if (onError === 'collect')
        expect(run('find', copy, '-type', 'f', '-printf', '%P %s\n').trim().split('\n').toSorted()).toEqual([
          'a-file 300000',
          'sub/other 100000',
        ])
    })
  }

  test('is not moved: the source stays, nothing appears', async () => {
    const moved = join(scratch, `${name}-moved`)
    await expect(move(tree, moved)).rejects.toMatchObject({ code: 'EIO', path: join(tree, 'sub/damaged') })
    expect(run('ls', '-A', tree).trim().split('\n')).toEqual(['a-file', 'sub'])
    expect(
      run(
        'find',
        scratch,
        '-maxdepth',
        '1',
        '-name',
        `${name}-moved*`,
        '-o',
        '-maxdepth',
        '1',
        '-name',
        '.palfs-*',
      ),
    ).toBe('')
  })
})

whenRoot('a tree onto a disk that is full only when the data is written back', (test) => {
  const name = 'tree-overcommitted'
  let disk = ''
  beforeAll(() => {
    disk = overcommittedDisk(scratch, name)
  })
  afterAll(() => unmountBelow(join(scratch, name)))

  test('is an error under durable, not success', async () => {
    const tree = join(scratch, `${name}-source`)
    writeTree(tree, { a: 8 * MIB, b: 8 * MIB, c: 8 * MIB })
    const copying = cp(tree, join(disk, 'copy'), { ...RECURSIVE, durable: true })
    await expect(copying).rejects.toMatchObject({
      code: expect.stringMatching(/^(EIO|ENOSPC)$/),
    })
  })
})
