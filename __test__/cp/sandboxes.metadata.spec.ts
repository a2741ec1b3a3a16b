// Metadata where the kernel, a sandbox or a server lacks a call: nothing is left out of the copy for it, and what cannot be set
// is counted.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { expect, test as base } from 'vitest'
import { cp } from '../../src/index.js'
import { modeOf, ownerOf, timesOf, xattrsOf } from '../support/compare.js'
import { describeUnless } from '../support/describe-unless.js'
import { runUnder, type Fault } from '../support/faults.js'
import { setAcl, setXattr } from '../support/files.js'
import { betweenFilesystems, onFilesystems } from '../support/filesystems.js'
import { mayMount, run } from '../support/mounts.js'
import { onOddFilesystems } from '../support/odd-filesystems.js'
import { copyingTree, movingTree } from '../support/tree-faults.js'

/** A tree with one of each kind that is not opened. */
function writeNodes(dir: string): string {
  const tree = join(dir, 'tree')
  mkdirSync(tree)
  symlinkSync('nowhere', join(tree, 'link'))
  run('mkfifo', '-m', '0640', join(tree, 'fifo'))
  writeFileSync(join(tree, 'file'), 'content')
  for (const name of ['link', 'fifo', 'file']) {
    run('chown', '-h', '1234:5678', join(tree, name))
    run('touch', '-h', '-d', '2001-02-03T04:05:06.789Z', join(tree, name))
  }
  return tree
}

function expectLike(copy: string, owner: string): void {
  for (const name of ['link', 'fifo', 'file']) {
    expect(ownerOf(join(copy, name)), name).toBe(owner)
    expect(timesOf(join(copy, name)).mtime, name).toBe(981_173_106_789_000_000n)
  }
  expect(modeOf(join(copy, 'fifo'))).toBe('0640')
}

// listxattrat(2) and its kin.
const [major = 0, minor = 0] = release().split('.').map(Number)
const hasXattrAt = major > 6 || (major === 6 && minor >= 13)

const WITHOUT: readonly (readonly [name: string, fault: Fault])[] = [
  ['/proc', { withoutProc: true }],
  [
    '/proc and listxattrat(2): ENOSYS',
    { withoutProc: true, deny: { error: 'ENOSYS', calls: 'listxattrat' } },
  ],
  ['/proc and listxattrat(2): EPERM', { withoutProc: true, deny: { error: 'EPERM', calls: 'listxattrat' } }],
]

betweenFilesystems([['ext4', 'xfs']], 'links and FIFOs', ['root', 'strace', 'python3', 'attr'], (test) => {
  for (const [name, fault] of WITHOUT) {
    test(`are moved and copied without ${name}`, async ({ from, to }) => {
      const tree = writeNodes(from)
      setXattr(join(tree, 'link'), 'trusted.colour', 'blue')
      const copied = await runUnder(fault, copyingTree(tree, join(to, 'copy'), { preserve: 'all' }))
      expect(copied.outcomes[0]?.error).toBeUndefined()
      expect(copied.outcomes[0]?.result).not.toHaveProperty('unpreserved')
      const moved = await runUnder(fault, movingTree(tree, join(to, 'moved')))
      expect(moved.outcomes[0]?.error).toBeUndefined()
      expect(existsSync(tree)).toBe(false)
      for (const path of ['copy', 'moved']) {
        expectLike(join(to, path), '1234:5678')
        const kept = hasXattrAt && fault.deny === undefined ? ['trusted.colour'] : []
        expect(Object.keys(xattrsOf(join(to, path, 'link')))).toEqual(kept)
      }
    })
  }
})

onFilesystems(['ext4', 'overlay'], 'a tree', ['root', 'strace', 'python3', 'acl', 'attr'], (test) => {
  for (const error of ['EBADF', 'ENOSYS', 'EINVAL', 'ENOENT']) {
    test(`is copied where a descriptor that opens nothing cannot be given an owner (${error})`, async ({
      dir,
    }) => {
      const tree = writeNodes(dir)
      // The first call for each link or FIFO is the one by descriptor; files get fchown(2).
      const inject = [{ calls: 'fchownat', error, when: '1+2' }]
      const copy = join(dir, 'copy')
      const copied = await runUnder({ inject }, copyingTree(tree, copy, { preserve: 'all' }))
      expect(copied.outcomes[0]?.error).toBeUndefined()
      expect(copied.outcomes[0]?.result).not.toHaveProperty('unpreserved')
      expect(copied.hits).toBe(2)
      expectLike(copy, '1234:5678')
    })
  }

  test('is copied where no attribute may be listed (EPERM), and that is counted', async ({ dir }) => {
    const tree = join(dir, 'tree')
    mkdirSync(tree)
    writeFileSync(join(tree, 'file'), 'content')
    const deny = { error: 'EPERM', calls: 'flistxattr' } as const
    const copied = await runUnder({ deny }, copyingTree(tree, join(dir, 'copy'), { preserve: 'all' }))
    expect(copied.outcomes[0]?.error).toBeUndefined()
    expect(copied.outcomes[0]?.result).toMatchObject({ files: 1, unpreserved: { xattr: 2 } })
  })

  test('with a list of an id that the user namespace does not map is copied, and the list counted', async ({
    dir,
  }) => {
    const tree = join(dir, 'tree')
    mkdirSync(tree)
    writeFileSync(join(tree, 'file'), 'content')
    setAcl(join(tree, 'file'), 'u:1234:r')
    const { outcomes } = await runUnder(
      { userNamespace: true },
      copyingTree(tree, join(dir, 'copy'), { preserve: 'all' }),
    )
    expect(outcomes[0]?.error).toBeUndefined()
    expect(outcomes[0]?.result).toMatchObject({ files: 1, unpreserved: { acl: 1 } })
  })

  test('with an attribute whose name the server refuses is copied, and the attribute counted', async ({
    dir,
  }) => {
    const tree = join(dir, 'tree')
    mkdirSync(tree)
    writeFileSync(join(tree, 'file'), 'content')
    setXattr(join(tree, 'file'), 'user.with/slash', 'value')
    // samba: EINVAL of a slash or a colon.
    const inject = [{ calls: 'fsetxattr', error: 'EINVAL' }]
    const copied = await runUnder({ inject }, copyingTree(tree, join(dir, 'copy'), { preserve: ['xattr'] }))
    expect(copied.outcomes[0]?.result).toMatchObject({ files: 1, unpreserved: { xattr: 1 } })
  })

  test('with times that the system refuses is copied, and the times counted', async ({ dir }) => {
    const tree = writeNodes(dir)
    // gVisor: a time before 1970.
    const inject = [{ calls: 'utimensat', error: 'EINVAL' }]
    const { outcomes } = await runUnder({ inject }, copyingTree(tree, join(dir, 'copy'), { preserve: 'all' }))
    expect(outcomes[0]?.result).toMatchObject({ files: 1, unpreserved: { timestamps: 4 } })
  })
})

onOddFilesystems(['sshfs'], 'a link', (test) => {
  test('never lends its owner and time to what it leads to', async ({ from, to }) => {
    const tree = join(from, 'tree')
    mkdirSync(tree)
    const outside = join(to, 'outside')
    writeFileSync(outside, 'content')
    run('touch', '-d', '2020-01-01', outside)
    symlinkSync('nowhere', join(tree, 'dangling'))
    symlinkSync('../outside', join(tree, 'leading'))
    for (const name of ['dangling', 'leading']) {
      run('chown', '-h', '1234:5678', join(tree, name))
      run('touch', '-h', '-d', '2001-01-01', join(tree, name))
    }
    const before = { owner: ownerOf(outside), times: timesOf(outside) }
    const copy = join(to, 'copy')
    const result = await cp(tree, copy, { recursive: true, preserve: 'all' })
    expect(result.unpreserved).toEqual({ ownership: 2, timestamps: 2 })
    expect(readlinkSync(join(copy, 'dangling'))).toBe('nowhere')
    expect({ owner: ownerOf(outside), times: timesOf(outside) }).toEqual(before)
  })
})

const whyNoRunsc = ((): string | undefined => {
  if (process.getuid?.() !== 0 || !mayMount()) return 'not running as root with the right to mount'
  try {
    // A pipe as standard input: runsc gives what it gets there to nobody, and with 'ignore' that is /dev/null.
    execFileSync('runsc', ['--network=none', 'do', 'true'], { stdio: 'pipe', timeout: 60_000 })
    return undefined
  } catch {
    return 'runsc is not installed or does not start'
  }
})()

describeUnless(whyNoRunsc, 'in gVisor', () => {
  base('links, FIFOs and sockets are copied with owner, mode and times', () => {
    const subject = join(import.meta.dirname, '../support/gvisor-child.mjs')
    const args = ['--network=none', 'do', process.execPath, subject]
    const output = execFileSync('runsc', args, { encoding: 'utf8', timeout: 100_000 })
    const { source, copy, errors, unpreserved } = JSON.parse(output) as Record<string, object>
    expect(errors).toEqual([])
    expect(copy).toEqual(source)
    expect(unpreserved).toEqual({})
  })
})
