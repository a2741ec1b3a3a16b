// `update` where the destination's times are coarser than the source's, or its range ends before them: a second copy has
// nothing to do, as with `cp -au`.
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { copyFile, copyFileSync, cp, cpSync } from '../../src/index.js'
import { timesOf } from '../support/compare.js'
import { setTimes } from '../support/files.js'
import {
  betweenFilesystems,
  CASE_INSENSITIVE,
  onFilesystems,
  scratch,
  whenRoot,
} from '../support/filesystems.js'
import { mountImage, removeDirectory } from '../support/mounts.js'

const UPDATE = { recursive: true, preserve: 'all', update: true } as const
const TIMES = ['1000000000.123456789', '1000000001.999999999', '1700000000', '1700000001.000000001'] as const

/** A tree whose files have these times. */
function makeTree(dir: string, times: readonly string[] = TIMES): string {
  const tree = join(dir, 'tree')
  mkdirSync(tree)
  times.forEach((time, index) => {
    writeFileSync(join(tree, `file-${index}`), `content ${index}`)
    setTimes(join(tree, `file-${index}`), time, time)
  })
  return tree
}

/** Copies twice: the second time everything is skipped. Then again with one file that is newer. */
async function expectNothingToDo(tree: string, copy: string): Promise<void> {
  await cp(tree, copy, { ...UPDATE, update: false })
  expect(await cp(tree, copy, UPDATE)).toMatchObject({ files: 0, skipped: TIMES.length })
  expect(copyFileSync(join(tree, 'file-0'), join(copy, 'file-0'), { update: true })).toMatchObject({
    skipped: 1,
  })
  writeFileSync(join(tree, 'file-1'), 'newer')
  expect(cpSync(tree, copy, UPDATE)).toMatchObject({ files: 1, skipped: TIMES.length - 1 })
  expect(readFileSync(join(copy, 'file-1'), 'utf8')).toBe('newer')
}

betweenFilesystems(
  [
    ['ext4', CASE_INSENSITIVE],
    ['xfs', 'ext4'],
    ['ext4', 'overlay'],
  ],
  'a tree that is copied a second time with update',
  ['acl'],
  (test) => {
    test('is left alone', async ({ from, to }) => {
      await expectNothingToDo(makeTree(from), join(to, 'copy'))
    })
  },
)

whenRoot('a filesystem that counts in seconds and ends in 2038', (test) => {
  const inodes = ['mkfs.ext4', '-q', '-F', '-I', '128']

  test('has nothing to do for a second copy with update', async () => {
    const dir = mkdtempSync(join(scratch, 'seconds-'))
    try {
      await expectNothingToDo(makeTree(dir), join(mountImage(dir, 'seconds', 64, inodes), 'copy'))
    } finally {
      removeDirectory(dir)
    }
  })

  test('has nothing to do for times beyond its range, before or after', () => {
    const dir = mkdtempSync(join(scratch, 'seconds-'))
    try {
      const tree = makeTree(dir, ['2377555200.5', '-3000000000', '2147483647'])
      const copy = join(mountImage(dir, 'seconds', 64, inodes), 'copy')
      cpSync(tree, copy, { ...UPDATE, update: false })
      expect(timesOf(join(copy, 'file-0')).mtime).toBe(2_147_483_647_000_000_000n)
      expect(cpSync(tree, copy, UPDATE)).toMatchObject({ files: 0, skipped: 3 })
    } finally {
      removeDirectory(dir)
    }
  })
})

onFilesystems(['ext4', 'xfs', 'btrfs', 'tmpfs', 'overlay'], 'a file with update', [], (test) => {
  for (const [source, old] of [
    ['1700000000.5', '1700000000'],
    ['1700000001', '1700000000'],
    ['1700000000.000000001', '1700000000'],
    ['1700000000.123456789', '1700000000.123456'],
  ] as const) {
    test(`is copied if it is newer by less than coarse times would show (${source} over ${old})`, async ({
      dir,
    }) => {
      const [from, to] = [join(dir, 'from'), join(dir, 'to')]
      writeFileSync(from, 'new')
      writeFileSync(to, 'old')
      setTimes(from, source, source)
      setTimes(to, old, old)
      expect(await copyFile(from, to, { update: true })).toMatchObject({ files: 1 })
      expect(readFileSync(to, 'utf8')).toBe('new')
    })
  }
})
