// Places where inode or device numbers, names and links do not mean what they seem to.
import {
  chmodSync,
  constants,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { copyFile } from '../../src/index.js'
import {
  expectContent,
  expectNothingTemporary,
  modeOf,
  ownerOf,
  snapshot,
  statOf,
  timesOf,
} from '../support/compare.js'
import { copied, REPLACE, SKIPPED } from '../support/copying.js'
import { copyingSync, runUnder } from '../support/faults.js'
import {
  makeSpecial,
  MIB,
  randomBytes,
  setInodeFlags,
  setTimes,
  SPECIAL_KINDS,
  writeRandom,
} from '../support/files.js'
import { onEveryFilesystem, onFilesystems, scratch, whenRoot } from '../support/filesystems.js'
import { mountAt, run, unmountBelow } from '../support/mounts.js'

whenRoot('files in the lower layer of an overlay', (test) => {
  const layers = join(scratch, 'lower-test')
  const overlay = join(scratch, 'lower-overlay')
  let content: Buffer = Buffer.alloc(0)
  beforeAll(() => {
    for (const name of ['lower', 'upper', 'work']) mkdirSync(join(layers, name), { recursive: true })
    content = writeRandom(join(layers, 'lower', 'file'), 5000)
    linkSync(join(layers, 'lower', 'file'), join(layers, 'lower', 'link'))
    writeFileSync(join(layers, 'lower', 'old'), 'old')
    const options = `lowerdir=${layers}/lower,upperdir=${layers}/upper,workdir=${layers}/work`
    mountAt(scratch, 'lower-overlay', '-t', 'overlay', '-o', options, 'overlay')
  })
  afterAll(() => unmountBelow(overlay))

  test('are the same file under two names, though opening one for writing would part them', async () => {
    expect(await copyFile(join(overlay, 'file'), join(overlay, 'link'))).toEqual(SKIPPED)
    expect(await copyFile(join(overlay, 'file'), join(overlay, 'file'))).toEqual(SKIPPED)
    expectContent(join(overlay, 'link'), content)
  })

  test('are replaced in the upper layer', async () => {
    await copyFile(join(overlay, 'file'), join(overlay, 'old'))
    expectContent(join(overlay, 'old'), content)
    expect(readFileSync(join(layers, 'lower', 'old'), 'utf8')).toBe('old')
    expectNothingTemporary(overlay)
  })
})

onFilesystems(['btrfs'], 'subvolumes and flags', ['root', 'chattr'], (test) => {
  test('storage is shared between subvolumes, whose device numbers differ', async ({ dir }) => {
    for (const name of ['one', 'two']) run('btrfs', 'subvolume', 'create', join(dir, name))
    const [from, to] = [join(dir, 'one', 'file'), join(dir, 'two', 'file')]
    const content = writeRandom(from, MIB)
    expect(await copyFile(from, to)).toEqual(copied(MIB, 'clone'))
    expect(statOf(to).dev).not.toBe(statOf(from).dev)
    expectContent(to, content)
    for (const name of ['one', 'two']) run('btrfs', 'subvolume', 'delete', join(dir, name))
  })

  test('a file that may not share (NOCOW beside COW) is copied', async ({ dir }) => {
    const folder = join(dir, 'nocow')
    mkdirSync(folder)
    setInodeFlags(folder, '+C')
    const content = writeRandom(join(dir, 'from'), MIB)
    const result = await copyFile(join(dir, 'from'), join(folder, 'to'))
    expect(result.method).not.toBe('clone')
    expectContent(join(folder, 'to'), content)
    await expect(
      copyFile(join(dir, 'from'), join(folder, 'never'), { reflink: 'always' }),
    ).rejects.toMatchObject({ code: 'EINVAL' })
  })
})

onEveryFilesystem('names that come and go', ['linux'], (test) => {
  test('of a chain of links that leads nowhere the first is replaced, the others stay', async ({ dir }) => {
    const content = writeRandom(join(dir, 'from'), 5000)
    symlinkSync('second', join(dir, 'first'))
    symlinkSync('missing/nowhere', join(dir, 'second'))
    await copyFile(join(dir, 'from'), join(dir, 'first'))
    expect(lstatSync(join(dir, 'first')).isFile()).toBe(true)
    expectContent(join(dir, 'first'), content)
    expect(readlinkSync(join(dir, 'second'))).toBe('missing/nowhere')
  })

  test('relative paths and paths through links to directories lead to the same place', async ({ dir }) => {
    const content = writeRandom(join(dir, 'from'), 5000)
    mkdirSync(join(dir, 'real'))
    symlinkSync('real', join(dir, 'alias'))
    for (const replace of REPLACE) {
      await copyFile(join(dir, 'alias', '..', 'from'), `${dir}//alias/./to`, { replace })
      expectContent(join(dir, 'real', 'to'), content)
    }
    expect(readdirSync(join(dir, 'real'))).toEqual(['to'])
  })

  for (const replace of REPLACE) {
    test(`many copies to one name at once leave one of them, whole (${replace})`, async ({ dir }) => {
      const sources = Array.from({ length: 8 }, (_, index) => join(dir, `from-${index}`))
      const contents = sources.map((path, index) => writeRandom(path, 300_000, index))
      const to = join(dir, 'to')
      for (let round = 0; round < 5; round += 1) {
        const results = await Promise.allSettled(sources.map((path) => copyFile(path, to, { replace })))
        expect(results.filter(({ status }) => status === 'rejected')).toEqual([])
      }
      expectNothingTemporary(dir)
      // In place, writers share one file: only its size is certain.
      expect(statOf(to).size).toBe(300_000n)
      if (replace !== 'in-place')
        expect(contents.some((content) => content.equals(readFileSync(to)))).toBe(true)
    })
  }

  test('of many EXCL copies to one free name one succeeds', async ({ dir }) => {
    const from = join(dir, 'from')
    const content = writeRandom(from, 300_000)
    for (const replace of REPLACE) {
      const to = join(dir, replace)
      const copies = Array.from({ length: 8 }, () =>
        copyFile(from, to, { mode: constants.COPYFILE_EXCL, replace }),
      )
      const results = await Promise.allSettled(copies)
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      for (const result of results)
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'EEXIST' })
      expectContent(to, content)
    }
    expectNothingTemporary(dir)
  })
})

onFilesystems(['ext4', 'tmpfs'], 'EXCL where renames cannot be exclusive', ['root', 'python3'], (test) => {
  for (const error of ['ENOSYS', 'EINVAL', 'EPERM']) {
    test(`a link does instead (renameat2 ${error})`, async ({ dir }) => {
      const [from, fresh, old] = [join(dir, 'from'), join(dir, 'fresh'), join(dir, 'old')]
      const content = writeRandom(from, 5000)
      writeFileSync(old, 'old')
      const options = { mode: constants.COPYFILE_EXCL, replace: 'atomic' }
      const deny = { error, calls: 'renameat2' }
      const { outcomes } = await runUnder(
        { deny },
        copyingSync(from, fresh, options),
        copyingSync(from, old, options),
      )
      expect(outcomes[0]?.result).toMatchObject({ files: 1 })
      expect(outcomes[1]?.error).toMatchObject({ code: 'EEXIST' })
      expectContent(fresh, content)
      expect([statOf(fresh).nlink, readFileSync(old, 'utf8')]).toEqual([1n, 'old'])
      expectNothingTemporary(dir)
    })
  }
})

onFilesystems(
  ['ext4'],
  'EXCL where there is neither an exclusive rename nor a hard link',
  ['root', 'strace'],
  (test) => {
    // exFAT by FUSE, and FAT on kernels before its renames could be exclusive.
    test('takes the name by a new file, and renames over that', async ({ dir }) => {
      const [from, fresh, old] = [join(dir, 'from'), join(dir, 'fresh'), join(dir, 'old')]
      const fifo = makeSpecial(dir, 'fifo', 'FIFO')
      const content = writeRandom(from, 5000)
      writeFileSync(old, 'old')
      const options = { mode: constants.COPYFILE_EXCL, replace: 'atomic', specialFiles: 'copy' }
      const inject = [
        { calls: 'renameat2', error: 'EINVAL' },
        { calls: 'linkat', error: 'EPERM' },
      ]
      const { outcomes, hits } = await runUnder(
        { inject },
        copyingSync(from, fresh, options),
        copyingSync(from, old, options),
        copyingSync(fifo, join(dir, 'fresh-fifo'), options),
      )
      expect(hits).toBeGreaterThan(3)
      expect(outcomes.map(({ error }) => error?.code)).toEqual([undefined, 'EEXIST', undefined])
      expectContent(fresh, content)
      expect(readFileSync(old, 'utf8')).toBe('old')
      expect(statOf(join(dir, 'fresh-fifo')).isFIFO()).toBe(true)
      expectNothingTemporary(dir)
    })
  },
)

onFilesystems(['ext4', 'xfs', 'tmpfs'], 'a special file', ['root', 'python3'], (test) => {
  test('is copied to a free name under a seccomp profile that is older than renameat2', async ({ dir }) => {
    const tree = join(dir, 'tree')
    mkdirSync(tree)
    for (const kind of SPECIAL_KINDS) makeSpecial(tree, kind.replaceAll(' ', '-'), kind)
    const { outcomes } = await runUnder(
      { deny: { error: 'EPERM', calls: 'renameat2' } },
      { call: 'cp', args: [tree, join(dir, 'copy'), { recursive: true, preserve: 'all' }] },
    )
    expect(outcomes[0]?.result).toMatchObject({ others: SPECIAL_KINDS.length })
    expect(readdirSync(join(dir, 'copy'))).toEqual(readdirSync(tree))
  })

  test('replaces an old file as a whole, with owner, mode and times on request', async ({ dir }) => {
    const [from, to] = [makeSpecial(dir, 'from', 'FIFO'), join(dir, 'to')]
    run('chown', '1234:2345', from)
    chmodSync(from, 0o642)
    setTimes(from, '1000.000000001', '2000.000000002')
    writeFileSync(to, 'old')
    const { outcomes } = await runUnder({}, copyingSync(from, to, { specialFiles: 'copy', preserve: 'all' }))
    expect(outcomes[0]?.result).toMatchObject({ others: 1, files: 0 })
    expect(lstatSync(to).isFIFO()).toBe(true)
    expect([modeOf(to), ownerOf(to), timesOf(to)]).toEqual(['0642', '1234:2345', timesOf(from)])
    expectNothingTemporary(dir)
  })
})

onFilesystems(['ext4', 'btrfs', 'tmpfs'], 'a program that runs', ['root'], (test) => {
  test('is ETXTBSY where it would be rewritten, and keeps running; atomic gives its name to the new file', async ({
    dir,
  }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'sleep')]
    const content = randomBytes(5000)
    writeFileSync(from, content)
    copyFileSync('/bin/sleep', to)
    chmodSync(to, 0o755)
    const child = spawn(to, ['600'])
    try {
      await once(child, 'spawn')
      const before = snapshot(to)
      for (const replace of ['auto', 'in-place'] as const) {
        await expect(copyFile(from, to, { replace })).rejects.toMatchObject({
          code: 'ETXTBSY',
          path: from,
          dest: to,
        })
        expect(snapshot(to)).toEqual(before)
      }
      await copyFile(from, to, { replace: 'atomic' })
      expectContent(to, content)
      expect(child.exitCode).toBeNull()
    } finally {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  })
})
