// Moving to another filesystem: everything comes along, or nothing moves.
import { chmodSync, existsSync, linkSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { move, moveSync } from '../../src/index.js'
import { expectNothingTemporary } from '../support/compare.js'
import { runUnder, startUnder } from '../support/faults.js'
import { setAcl, setXattr } from '../support/files.js'
import { betweenFilesystems, LONG, type Need } from '../support/filesystems.js'
import { run } from '../support/mounts.js'
import { expectWholeAndClean, filesOf, movingTree, SMALL_TREE, writeTree } from '../support/tree-faults.js'
import { buildTree, countsOf, expectSameTree, snapshotTree } from '../support/trees.js'

const NEEDS: readonly Need[] = ['root', 'strace', 'python3', 'attr', 'acl']
const PAIRS = [
  ['ext4', 'xfs'],
  ['xfs', 'btrfs'],
  ['btrfs', 'tmpfs'],
  ['tmpfs', 'overlay'],
  ['overlay', 'ext4'],
] as const
const ORDERLY = Object.keys(SMALL_TREE)
  .filter((name) => !name.endsWith('/'))
  .toSorted()

betweenFilesystems(PAIRS, 'a tree moved', NEEDS, (test) => {
  for (let seed = 1; seed <= (LONG ? 60 : 3); seed += 1) {
    test(`keeps everything, and is gone where it was (seed ${seed})`, async ({ from, to }) => {
      const [tree, dest] = [join(from, 'tree'), join(to, 'new/dest')]
      buildTree(tree, seed + 900_000)
      const before = snapshotTree(tree)
      const result = seed % 2 === 0 ? await move(tree, dest) : moveSync(tree, dest)
      expectSameTree(snapshotTree(dest), before)
      expect(result).toMatchObject(countsOf(before))
      expect(readdirSync(from)).toEqual([])
      expectNothingTemporary(join(to, 'new'))
    })
  }

  test('overwrites nothing unless told, and then as a whole', async ({ from, to }) => {
    const [tree, dest] = [join(from, 'tree'), join(to, 'dest')]
    writeTree(tree, SMALL_TREE)
    writeTree(dest, { 'old/file': 10 }, 2)
    const [source, old] = [snapshotTree(tree), snapshotTree(dest)]
    await expect(move(tree, dest)).rejects.toMatchObject({ code: 'EEXIST', path: tree, dest })
    expectSameTree(snapshotTree(tree), source)
    expectSameTree(snapshotTree(dest), old)
    await move(tree, dest, { overwrite: true })
    expectSameTree(snapshotTree(dest), source)
    expect([readdirSync(from), readdirSync(to)]).toEqual([[], ['dest']])
  })

  test('overwrites a file by a file when told', async ({ from, to }) => {
    const [file, dest] = [join(from, 'file'), join(to, 'dest')]
    writeFileSync(file, 'new')
    writeFileSync(dest, 'old')
    await expect(move(file, dest)).rejects.toMatchObject({ code: 'EEXIST' })
    await move(file, dest, { overwrite: true })
    expect([readFileSync(dest, 'utf8'), existsSync(file)]).toEqual(['new', false])
  })

  test('keeps the hard links in it, and leaves those outside', async ({ from, to }) => {
    const tree = join(from, 'tree')
    writeTree(tree, { 'a/one': 100, 'b/': 0 })
    linkSync(join(tree, 'a/one'), join(tree, 'b/two'))
    linkSync(join(tree, 'a/one'), join(from, 'outside'))
    await move(tree, join(to, 'dest'))
    const moved = snapshotTree(join(to, 'dest'))
    expect([moved['a/one']?.group, moved['b/two']?.group]).toEqual(['a/one', 'a/one'])
    expect(readdirSync(from)).toEqual(['outside'])
  })
})

betweenFilesystems(
  [
    ['ext4', 'ramfs'],
    ['xfs', 'ramfs'],
  ],
  'a tree moved to where metadata cannot be held',
  NEEDS,
  (test) => {
    for (const [what, dress] of [
      ['attributes', (path: string) => setXattr(path, 'user.colour', 'blue')],
      ['ACLs', (path: string) => setAcl(path, 'u:1234:r')],
    ] as const) {
      test(`is refused for its ${what}, and nothing moves; it moves when told to ignore that`, async ({
        from,
        to,
      }) => {
        const [tree, dest] = [join(from, 'tree'), join(to, 'dest')]
        writeTree(tree, SMALL_TREE)
        dress(join(tree, 'sub/c-file'))
        const before = snapshotTree(from)
        await expect(move(tree, dest)).rejects.toMatchObject({
          code: expect.stringMatching(/^(ENOTSUP|EOPNOTSUPP)$/),
          path: join(tree, 'sub/c-file'),
        })
        expectSameTree(snapshotTree(from), before, ['atime'])
        expect(readdirSync(to)).toEqual([])
        const result = await move(tree, dest, { metadataErrors: 'ignore' })
        expect(result.unpreserved).toEqual(what === 'ACLs' ? { acl: 1 } : { xattr: 1 })
        expect(filesOf(snapshotTree(dest))).toEqual(ORDERLY)
        expect(readdirSync(from)).toEqual([])
      })
    }
  },
)

betweenFilesystems([['ext4', 'xfs']], 'a tree moved by another user', NEEDS, (test) => {
  test('is refused where owners would be lost, and nothing moves', async ({ from, to }) => {
    const [tree, dest] = [join(from, 'tree'), join(to, 'dest')]
    writeTree(tree, SMALL_TREE)
    run('chown', '-R', '65534:65534', from)
    run('chown', '0:0', join(tree, 'sub/c-file'))
    chmodSync(to, 0o777)
    const before = snapshotTree(tree)
    const { outcomes } = await runUnder({ uid: 65_534 }, movingTree(tree, dest))
    expect(outcomes[0]?.error).toMatchObject({ code: 'EPERM', path: join(tree, 'sub/c-file') })
    expectSameTree(snapshotTree(tree), before, ['atime'])
    expect(readdirSync(to)).toEqual([])
  })
})

/** Calls of the copy, of the sync before the name appears, and of the naming. */
const FAILING = [
  'copy_file_range,sendfile,splice,pwrite64',
  'fsync,fdatasync',
  'mkdirat',
  'fchmod',
  'renameat,renameat2',
  'close',
]

betweenFilesystems([['ext4', 'xfs']], 'a tree moved, and a call that fails,', NEEDS, (test) => {
  for (const calls of FAILING) {
    test(`stays where it was, and nothing is at the destination: ${calls}`, async ({ from, to }) => {
      const [tree, dest] = [join(from, 'tree'), join(to, 'dest')]
      writeTree(tree, SMALL_TREE)
      const before = snapshotTree(tree)
      // What Node itself closes is left alone.
      const paths = calls === 'close' ? { paths: [join(tree, 'a-file')] } : {}
      const inject = [{ calls, error: 'EIO' }]
      const done = await runUnder({ inject, ...paths }, movingTree(tree, dest))
      if (calls === 'close' && done.outcomes[0]?.error === undefined) return
      expect(done.hits).toBeGreaterThan(0)
      expect(done.outcomes[0]?.error).toMatchObject({ code: 'EIO' })
      expectSameTree(snapshotTree(tree), before, ['atime'])
      expect(readdirSync(to)).toEqual([])
    })
  }

  test('has arrived when the source cannot be removed: an error says so, and no file is lost', async ({
    from,
    to,
  }) => {
    const [tree, dest, twin] = [join(from, 'tree'), join(to, 'dest'), join(from, 'twin')]
    writeTree(tree, SMALL_TREE)
    writeTree(twin, SMALL_TREE)
    const inject = [{ calls: 'unlink,unlinkat,rmdir', error: 'EIO' }]
    const done = await runUnder({ inject }, movingTree(tree, dest))
    expect(done.outcomes[0]?.error).toMatchObject({ code: 'EIO' })
    expect(filesOf(expectWholeAndClean(dest, twin))).toEqual(ORDERLY)
  })

  test('syncs what it has copied before the source goes', async ({ from, to }) => {
    const tree = join(from, 'tree')
    writeTree(tree, SMALL_TREE)
    const trace = 'fsync,fdatasync,syncfs,renameat,renameat2,rename,unlinkat'
    const done = await runUnder({ trace }, movingTree(tree, join(to, 'dest')))
    const calls = done.trace.map((line) => /^\d+ +(\w+)\(/.exec(line)?.[1] ?? '')
    const lastSync = calls.findLastIndex((call) => /sync/.test(call))
    const removal = calls.findIndex((call) => call === 'unlinkat')
    expect(calls.filter((call) => /sync/.test(call)).length).toBeGreaterThan(0)
    expect(removal).toBeGreaterThan(calls.findIndex((call) => /sync/.test(call)))
    expect(lastSync).toBeLessThan(removal)
  })

  for (const error of ['ESTALE', 'ENOSYS', 'EPERM', 'EOPNOTSUPP']) {
    test(`syncs each file and directory by itself where syncfs says ${error}`, async ({ from, to }) => {
      const [tree, dest] = [join(from, 'tree'), join(to, 'dest')]
      writeTree(tree, SMALL_TREE)
      const before = snapshotTree(tree)
      const done = await runUnder(
        { inject: [{ calls: 'syncfs', error }], trace: 'openat,fsync,renameat,renameat2' },
        movingTree(tree, dest),
      )
      expect(done.outcomes[0]?.error).toBeUndefined()
      expect(done.hits).toBe(1)
      const syncfs = done.trace.findIndex((line) => line.includes('syncfs('))
      const naming = done.trace.findLastIndex((line) => /renameat2?\(/.test(line))
      const synced = done.trace.slice(syncfs, naming).filter((line) => /fsync\(\d+\) += 0/.test(line))
      expect(synced.length).toBe(Object.keys(before).length)
      expectSameTree(snapshotTree(dest), before, ['atime'])
      expect(readdirSync(from)).toEqual([])
    })
  }

  for (const error of ['EIO', 'ENOSPC', 'EDQUOT']) {
    test(`stays where it was where syncfs says ${error}`, async ({ from, to }) => {
      const tree = join(from, 'tree')
      writeTree(tree, SMALL_TREE)
      const before = snapshotTree(tree)
      const inject = [{ calls: 'syncfs', error }]
      const done = await runUnder({ inject }, movingTree(tree, join(to, 'dest')))
      expect(done.outcomes[0]?.error).toMatchObject({ code: error, call: 'syncfs' })
      expectSameTree(snapshotTree(tree), before, ['atime'])
      expect(readdirSync(to)).toEqual([])
    })
  }

  test('learns of every write that failed: by a descriptor that was open before the first of them', async ({
    from,
    to,
  }) => {
    const tree = join(from, 'tree')
    writeTree(tree, SMALL_TREE)
    const trace = 'openat,close,pwrite64,copy_file_range,sendfile,splice,ioctl,syncfs'
    const done = await runUnder({ trace }, movingTree(tree, join(to, 'dest')))
    const lines = done.trace.map((line) => line.replace(/^\d+ +/, ''))
    const sync = lines.findIndex((line) => line.startsWith('syncfs('))
    const [, fd = ''] = /^syncfs\((\d+)/.exec(lines[sync] ?? '') ?? []
    const opened = lines.slice(0, sync).findLastIndex((line) => line.endsWith(`= ${fd}`))
    const files = lines.findIndex((line) => /^openat\(\d+, "a-file"/.test(line))
    expect(files).toBeGreaterThan(0)
    expect(opened).toBeLessThan(files)
  })

  test('keeps a file that came into the source meanwhile', async ({ from, to }) => {
    const [tree, dest] = [join(from, 'tree'), join(to, 'dest')]
    writeTree(tree, SMALL_TREE)
    const inject = [{ calls: 'unlinkat', signal: 'STOP', when: '1' }] as const
    const subject = startUnder({ inject }, movingTree(tree, dest))
    await subject.traced('stopped by SIGSTOP')
    writeFileSync(join(tree, 'newcomer'), 'do not lose me')
    subject.resume()
    await subject.done
    const where = [tree, dest].map((root) => join(root, 'newcomer')).filter((path) => existsSync(path))
    expect(where.map((path) => readFileSync(path, 'utf8'))).toEqual(['do not lose me'])
  })
})
