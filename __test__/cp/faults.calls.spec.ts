// Trees, and system calls that fail: those that move data go on by another method, all others are an error that names
// the call and the entry. What is in the destination is whole, and nothing temporary is left.
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { runUnder, type Fault, type Injection } from '../support/faults.js'
import { MIB, setXattr } from '../support/files.js'
import { LONG, onFilesystems, type Need } from '../support/filesystems.js'
import { run } from '../support/mounts.js'
import { methods, nodeName, TABLE_FILESYSTEMS } from '../support/fault-table.js'
import {
  copyingTree,
  expectWholeAndClean,
  failureOf,
  filesOf,
  SMALL_TREE,
  writeTree,
} from '../support/tree-faults.js'
import { expectSameTree, snapshotTrees } from '../support/trees.js'

const NEEDS: readonly Need[] = ['root', 'strace', 'python3']
const TIMES = ['atime', 'mtime'] as const

/** Copies under `fault`; the copy is the source, but for times and inode flags. */
async function expectCopied(dir: string, fault: Fault, options = {}): Promise<number> {
  const [tree, copy] = [join(dir, 'tree'), join(dir, 'copy')]
  writeTree(tree, { ...SMALL_TREE, 'sub/large': 2 * MIB })
  symlinkSync('a-file', join(tree, 'sub/link'))
  const done = await runUnder(fault, copyingTree(tree, copy, { verbatimSymlinks: true, ...options }))
  expect(done.outcomes[0]?.error).toBeUndefined()
  const [expected = {}, actual = {}] = snapshotTrees(tree, copy)
  expectSameTree(actual, expected, [...TIMES, 'flags'])
  return done.hits
}

const SOFT = ['ENOSYS', 'EXDEV', 'EOPNOTSUPP', 'EINVAL', 'EPERM', 'EBADF', 'ETXTBSY', 'EAGAIN']
const SOFT_CHOSEN = LONG ? SOFT : ['ENOSYS', 'EXDEV', 'EPERM']

onFilesystems(TABLE_FILESYSTEMS, 'a tree where copy_file_range is refused', NEEDS, (test) => {
  for (const error of SOFT_CHOSEN) {
    test(`with ${error} is copied by the next method`, async ({ dir }) => {
      const fault = { inject: [{ calls: 'copy_file_range', error }] }
      const limited = methods('copy_file_range', 'sendfile', 'read_write')
      expect(await expectCopied(dir, { ...fault, ...limited }, { reflink: 'auto' })).toBeGreaterThan(0)
    })
  }

  for (const error of ['ENOSYS', 'EPERM']) {
    test(`and every other way but reading and writing, too (${error})`, async ({ dir }) => {
      await expectCopied(dir, { deny: { error, calls: 'copy_file_range,sendfile,splice,ficlone' } })
    })

    test(`and the calls of younger kernels (${error})`, async ({ dir }) => {
      const calls = 'openat2,faccessat2,fchmodat2,io_uring_setup,renameat2'
      await expectCopied(dir, { deny: { error, calls } }, { preserve: 'all' })
    })
  }

  test('by no /proc: nothing depends on it', async ({ dir }) => {
    await expectCopied(dir, { withoutProc: true }, { preserve: 'all' })
  })

  test('cut short or empty: the bytes are all there', async ({ dir }) => {
    const limited = methods('copy_file_range', 'read_write')
    await expectCopied(dir, { inject: [{ calls: 'copy_file_range', returns: 0 }], ...limited })
  })

  test('interrupted: it goes on', async ({ dir }) => {
    const inject = [{ calls: 'copy_file_range', error: 'EINTR', when: '1..2' }]
    expect(await expectCopied(dir, { inject, ...methods('copy_file_range', 'read_write') })).toBeGreaterThan(
      0,
    )
  })
})

onFilesystems(
  ['ext4', 'tmpfs'],
  'reflink: always on a tree where storage cannot be shared',
  NEEDS,
  (test) => {
    test('is a typed error, and no file is there', async ({ dir }) => {
      const [tree, copy] = [join(dir, 'tree'), join(dir, 'copy')]
      writeTree(tree, SMALL_TREE)
      const done = await runUnder({}, copyingTree(tree, copy, { reflink: 'always' }))
      expect(failureOf(done).code).toMatch(/^(ENOTSUP|EOPNOTSUPP|EXDEV|EINVAL|ENOTTY)$/)
      expect(filesOf(expectWholeAndClean(copy, tree)).filter((path) => path !== 'b-empty')).toEqual([])
    })
  },
)

interface Row {
  readonly calls: string
  readonly error: string
  readonly when?: string
  readonly options?: Readonly<Record<string, unknown>>
  /** Changes the source before it is copied. */
  readonly prepare?: (tree: string) => void
  /** Only calls on this entry, in source and destination. */
  readonly entry?: string
}

const ALL = { preserve: 'all', metadataErrors: 'error' }
const FULL = ['ENOSPC', 'EDQUOT', 'EIO']
const RENAMES = 'rename,renameat,renameat2'

/** Each ends the copy with an error that names the call. */
const FATAL: readonly Row[] = [
  ...FULL.map((error) => ({ calls: 'mkdir,mkdirat', error, entry: 'sub' })),
  ...FULL.map((error) => ({
    calls: 'copy_file_range',
    error,
    // Small files are read and written on some filesystems.
    prepare: (tree: string): void => writeTree(tree, { 'sub/large': 4 * MIB }, 7),
    ...methods('copy_file_range', 'read_write'),
  })),
  { calls: 'getdents64', error: 'EIO' },
  { calls: 'getdents64', error: 'EIO', when: '3' },
  { calls: 'fchmod,fchmodat', error: 'EIO', options: ALL },
  {
    calls: 'fchown,fchownat',
    error: 'EIO',
    options: ALL,
    prepare: (tree) => run('chown', '-R', '7:7', tree),
  },
  { calls: 'utimensat', error: 'EIO', options: ALL },
  {
    calls: 'fsetxattr,setxattr,lsetxattr',
    error: 'EIO',
    options: ALL,
    prepare: (tree) => setXattr(join(tree, 'sub/c-file'), 'user.colour', 'blue'),
  },
  { calls: 'flistxattr,listxattr,llistxattr', error: 'EIO', options: ALL },
  { calls: 'symlink,symlinkat', error: 'ENOSPC', prepare: (tree) => symlinkSync('to', join(tree, 'link')) },
  {
    calls: 'readlink,readlinkat',
    error: 'EIO',
    entry: 'link',
    prepare: (tree) => symlinkSync('to', join(tree, 'link')),
  },
  {
    calls: 'mknod,mknodat',
    error: 'ENOSPC',
    options: ALL,
    prepare: (tree) => run('mkfifo', join(tree, 'fifo')),
  },
  {
    calls: 'link,linkat',
    error: 'EIO',
    options: ALL,
    prepare: (tree) => run('ln', join(tree, 'a-file'), join(tree, 'sub/linked')),
  },
  { calls: 'fsync,fdatasync', error: 'EIO', options: { durable: true } },
  { calls: RENAMES, error: 'EIO', options: { replace: 'atomic' } },
  ...FULL.map((error) => ({ calls: 'close', error, entry: 'a-file' })),
]

onFilesystems(TABLE_FILESYSTEMS, 'a tree, and a call that fails', NEEDS, (test) => {
  for (const { calls, error, when, options = {}, prepare, entry, ...env } of FATAL) {
    const title = `${calls} with ${error}${when === undefined ? '' : ` (call ${when})`}`
    test(`${title}: the copy fails, names the call, leaves only whole files`, async ({ dir }) => {
      const [tree, copy] = [join(dir, 'tree'), join(dir, 'copy')]
      writeTree(tree, SMALL_TREE)
      prepare?.(tree)
      const injection: Injection = { calls, error, ...(when === undefined ? {} : { when }) }
      // Calls may name an entry by its path, by its name in an open directory, or by its descriptor.
      const paths = entry === undefined ? {} : { paths: [join(tree, entry), join(copy, entry), entry] }
      const done = await runUnder({ inject: [injection], ...paths, ...env }, copyingTree(tree, copy, options))
      expect(done.hits, done.trace.join('\n')).toBeGreaterThan(0)
      const failure = failureOf(done)
      expect(failure).toMatchObject({ code: nodeName(error) })
      const named = failure.call ?? ''
      expect([...calls.split(','), 'readdir', 'futimens', 'opendir'].includes(named), named).toBe(true)
      expect(failure.path ?? failure.dest).toContain(dir)
      expectWholeAndClean(copy, tree)
    })
  }

  test('one of many that cannot be read is told when errors are collected, and the rest is copied', async ({
    dir,
  }) => {
    const [tree, copy] = [join(dir, 'tree'), join(dir, 'copy')]
    writeTree(tree, { ...SMALL_TREE, 'sub/sick-file': 100 })
    const fault = {
      inject: [{ calls: 'openat', error: 'EIO' }],
      paths: [join(tree, 'sub/sick-file'), 'sick-file'],
    }
    const done = await runUnder(fault, copyingTree(tree, copy, { onError: 'collect' }))
    expect(done.hits).toBeGreaterThan(0)
    expect(done.outcomes[0]?.result).toMatchObject({ errorCount: 1, files: 5 })
    expect(done.outcomes[0]?.result?.errors).toMatchObject([
      { code: 'EIO', path: join(tree, 'sub/sick-file') },
    ])
    const left = expectWholeAndClean(copy, tree)
    expect(left['sub/sick-file']).toBeUndefined()
  })

  test('getdents in the middle of a large directory: no early end that looks like success', async ({
    dir,
  }) => {
    const [tree, copy] = [join(dir, 'tree'), join(dir, 'copy')]
    mkdirSync(tree)
    // More names than one buffer of the engine holds.
    run('sh', '-c', `cd '${tree}' && seq -f '%0200.0f' 1 3000 | xargs touch`)
    const inject = [{ calls: 'getdents64', error: 'EIO', when: '2+' }]
    for (const onError of ['stop', 'collect']) {
      const done = await runUnder({ inject }, copyingTree(tree, copy, { onError }))
      expect(done.hits).toBeGreaterThan(0)
      const told = done.outcomes[0]?.error ?? done.outcomes[0]?.result?.errors?.[0]
      expect(told).toMatchObject({ code: 'EIO', path: tree })
    }
  })
})

onFilesystems(['ext4'], 'a tree where threads cannot be made', NEEDS, (test) => {
  const threads = 'clone,clone3'
  for (const call of ['cp', 'cpSync']) {
    test(`is copied by fewer, or is an error that says so (${call})`, async ({ dir }) => {
      const [tree, copy] = [join(dir, 'tree'), join(dir, 'copy')]
      writeTree(tree, SMALL_TREE)
      chmodSync(dir, 0o755)
      // Node's own threads come first; they are counted, and only what follows is refused.
      const idle = await runUnder({ trace: threads }, { call: 'getPlatformInfo', args: [] })
      const own = idle.trace.filter((line) => /clone3?\(/.test(line)).length
      const inject = [{ calls: threads, error: 'EAGAIN', when: `${own + 1}+` }]
      const done = await runUnder({ inject }, { call, args: [tree, copy, { recursive: true }] })
      const { error, result } = done.outcomes[0] ?? {}
      if (error !== undefined) expect(error).toMatchObject({ code: 'EAGAIN' })
      else expect(result).toMatchObject({ files: 5, directories: 4 })
      expectWholeAndClean(copy, tree)
      console.log(`threads refused ${done.hits} times: ${error === undefined ? 'copied' : error.message}`)
    })
  }
})

onFilesystems(['ext4', 'tmpfs'], 'a durable copy of a tree', NEEDS, (test) => {
  test('syncs the directory that has the new tree, too: else a power cut takes it all away', async ({
    dir,
  }) => {
    const [tree, copy] = [join(dir, 'tree'), join(dir, 'copy')]
    writeTree(tree, SMALL_TREE)
    const done = await runUnder(
      { trace: 'fsync', paths: [dir] },
      copyingTree(tree, copy, { durable: true }),
      copyingTree(tree, join(dir, 'slash/'), { durable: true }),
    )
    expect(done.outcomes.map(({ error }) => error)).toEqual([undefined, undefined])
    expect(done.trace.filter((line) => line.endsWith('= 0'))).toHaveLength(2)
  })
})
