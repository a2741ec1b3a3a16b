// Hard-link groups while names come, go and lock each other, and names of a group that exist at the destination.
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'vitest'
import { cp } from '../../src/index.js'
import { runUnder } from '../support/faults.js'
import { makeSpecial, setInodeFlags } from '../support/files.js'
import { onEveryFilesystem, onFilesystems } from '../support/filesystems.js'
import { run } from '../support/mounts.js'
import { copyingTree } from '../support/tree-faults.js'
import { expectSameTree, snapshotTree } from '../support/trees.js'

const EVERYTHING = { recursive: true, preserve: 'all' } as const

function inode(path: string): bigint {
  return lstatSync(path, { bigint: true }).ino
}

function contentOf(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false }) === undefined ? undefined : readFileSync(path, 'utf8')
}

onEveryFilesystem('a group of hard links', ['python3', 'linux'], (test) => {
  test('is not mixed up with another whose file gets the inode number of a removed one', async ({ dir }) => {
    const [tree, dest, outside] = [join(dir, 'tree'), join(dir, 'dest'), join(dir, 'outside')]
    for (const name of ['first', 'second']) mkdirSync(join(tree, name), { recursive: true })
    writeFileSync(join(tree, 'first/old'), 'old')
    linkSync(join(tree, 'first/old'), outside)
    writeFileSync(join(tree, 'second/new'), 'unused')
    const number = inode(outside)
    let gets: bigint | undefined
    const exchange = async (): Promise<void> => {
      while (contentOf(join(dest, 'first/old')) !== 'old') await delay(5)
      rmSync(join(tree, 'first/old'))
      rmSync(outside)
      writeFileSync(join(dir, 'newer'), 'new')
      gets = inode(join(dir, 'newer'))
      linkSync(join(dir, 'newer'), outside)
      renameSync(join(dir, 'newer'), join(tree, 'second/new'))
    }
    const filter = async (source: string): Promise<boolean> => {
      if (source.endsWith('/second/new')) await exchange()
      return true
    }
    await cp(tree, dest, { ...EVERYTHING, filter })
    console.log(gets === number ? 'the number was given again' : 'the number was not given again')
    expect(contentOf(join(dest, 'second/new'))).toBe('new')
  })
})

onFilesystems(['ext4', 'xfs'], 'a group of hard links', ['root', 'strace', 'chattr', 'python3'], (test) => {
  for (const flag of ['i', 'a'] as const) {
    test(`of a file with chattr +${flag} stays one though several threads make its names`, async ({
      dir,
    }) => {
      const [tree, dest] = [join(dir, 'tree'), join(dir, 'dest')]
      const names = Array.from({ length: 400 }, (_, number) => `${number % 20}/${number}`)
      for (let number = 0; number < 20; number += 1)
        mkdirSync(join(tree, String(number)), { recursive: true })
      writeFileSync(join(tree, 'first'), 'content')
      for (const name of names) linkSync(join(tree, 'first'), join(tree, name))
      setInodeFlags(join(tree, 'first'), `+${flag}`)
      // Between two flags and between their change and the link others have time.
      const inject = [{ calls: 'ioctl', delay: 3000 }] as const
      await runUnder({ inject }, copyingTree(tree, dest, { preserve: 'all', concurrency: 8 }))
      expect(new Set(names.map((name) => inode(join(dest, name))))).toEqual(
        new Set([inode(join(dest, 'first'))]),
      )
      expect(run('lsattr', join(dest, 'first')).split(' ')[0]).toContain(flag)
      for (const root of [tree, dest]) setInodeFlags(join(root, 'first'), `-${flag}`)
    })
  }

  const OLD_ONES = [
    ['stays with `force: false`', { force: false }],
    ['is an error with `errorOnExist`', { force: false, errorOnExist: true }],
    ['stays when it is newer, with `update`', { update: true }],
  ] as const
  for (const [title, options] of OLD_ONES) {
    test(`whose second name is taken: what has it ${title}`, async ({ dir }) => {
      const [tree, dest] = [join(dir, 'tree'), join(dir, 'dest')]
      for (const root of [tree, dest]) mkdirSync(root)
      const fifo = makeSpecial(tree, 'one', 'FIFO')
      linkSync(fifo, join(tree, 'two'))
      const old = makeSpecial(dest, 'two', 'FIFO')
      const before = inode(old)
      const copying = cp(tree, dest, { ...EVERYTHING, ...options, concurrency: 1 })
      if ('errorOnExist' in options) {
        await expect(copying).rejects.toMatchObject({ code: 'ERR_FS_CP_EEXIST' })
      } else {
        expect(await copying).toMatchObject({ others: 1, skipped: 1 })
      }
      expect(inode(old)).toBe(before)
    })
  }

  test('is parted by update where one of its names is newer at the destination', async ({ dir }) => {
    const [tree, dest] = [join(dir, 'tree'), join(dir, 'dest')]
    for (const root of [tree, dest]) mkdirSync(root)
    writeFileSync(join(tree, 'one'), 'source')
    linkSync(join(tree, 'one'), join(tree, 'two'))
    linkSync(join(tree, 'one'), join(tree, 'three'))
    utimesSync(join(tree, 'one'), 1_000_000_000, 1_000_000_000)
    writeFileSync(join(dest, 'two'), 'newer')
    expect(await cp(tree, dest, { ...EVERYTHING, update: true })).toMatchObject({ files: 2, skipped: 1 })
    expect(['one', 'two', 'three'].map((name) => contentOf(join(dest, name)))).toEqual([
      'source',
      'newer',
      'source',
    ])
    expect(inode(join(dest, 'one'))).toBe(inode(join(dest, 'three')))
  })

  // ENOSYS: FUSE servers without link(2), and seccomp profiles; EPERM: FAT, and older profiles.
  for (const error of ['ENOSYS', 'EPERM', 'EOPNOTSUPP', 'EINVAL']) {
    test(`where linkat is ${error} is copied under each name`, async ({ dir }) => {
      const [tree, dest] = [join(dir, 'tree'), join(dir, 'dest')]
      mkdirSync(join(tree, 'sub'), { recursive: true })
      writeFileSync(join(tree, 'one'), 'content')
      linkSync(join(tree, 'one'), join(tree, 'two'))
      linkSync(join(tree, 'one'), join(tree, 'sub/three'))
      linkSync(makeSpecial(tree, 'fifo', 'FIFO'), join(tree, 'sub/fifo'))
      run('ln', '-s', 'nowhere', join(tree, 'link'))
      run('ln', '-P', join(tree, 'link'), join(tree, 'sub/link'))
      const fault = { inject: [{ calls: 'link,linkat', error }] }
      const { outcomes, hits } = await runUnder(fault, copyingTree(tree, dest, { preserve: 'all' }))
      expect(hits).toBeGreaterThan(3)
      expect(outcomes[0]?.error).toBeUndefined()
      expect(outcomes[0]?.result).toMatchObject({ files: 3, symlinks: 2, others: 2 })
      expectSameTree(snapshotTree(dest), snapshotTree(tree), ['atime', 'group'])
    })
  }

  test('of links does not take the place of a directory, and says so as for one link', async ({ dir }) => {
    const [tree, dest] = [join(dir, 'tree'), join(dir, 'dest')]
    mkdirSync(tree)
    mkdirSync(join(dest, 'two'), { recursive: true })
    run('ln', '-s', 'nowhere', join(tree, 'one'))
    run('ln', '-P', join(tree, 'one'), join(tree, 'two'))
    const copying = cp(tree, dest, { ...EVERYTHING, concurrency: 1 })
    await expect(copying).rejects.toMatchObject({ code: 'ERR_FS_CP_NON_DIR_TO_DIR', path: join(dest, 'two') })
  })
})

onFilesystems(
  ['lowntfs-3g'],
  'a group of hard links on a filesystem that a program serves',
  ['root', 'strace'],
  (test) => {
    // As rclone 1.60.1 answers link(2).
    test('is copied under each name where linkat is EIO', async ({ dir }) => {
      const [tree, dest] = [join(dir, 'tree'), join(dir, 'dest')]
      mkdirSync(tree)
      writeFileSync(join(tree, 'one'), 'content')
      linkSync(join(tree, 'one'), join(tree, 'two'))
      const fault = { inject: [{ calls: 'link,linkat', error: 'EIO' }] }
      const { outcomes, hits } = await runUnder(fault, copyingTree(tree, dest, { preserve: ['links'] }))
      expect(hits).toBe(1)
      expect(outcomes[0]).toMatchObject({ result: { files: 2 } })
      expect(contentOf(join(dest, 'one'))).toBe('content')
      expect(contentOf(join(dest, 'two'))).toBe('content')
    })
  },
)
