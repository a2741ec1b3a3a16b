// Removing: the options and codes of node:fs, what is counted, what stays, and how failures are told.
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'vitest'
import { rm, rmSync, type RmOptions } from '../../src/index.js'
import { runUnder, startUnder } from '../support/faults.js'
import { bytePath, setInodeFlags } from '../support/files.js'
import { onEveryFilesystem, onFilesystems } from '../support/filesystems.js'
import { run } from '../support/mounts.js'
import { filesOf, removingTree, SMALL_TREE, writeTree } from '../support/tree-faults.js'
import { buildTree, expectSameTree, snapshotTree } from '../support/trees.js'

type Path = string | Buffer | URL
type Counts = { readonly files: number; readonly directories: number }
type Remove = (path: Path, options?: RmOptions) => Promise<Counts>

const FORMS: readonly (readonly [name: string, remove: Remove])[] = [
  ['rm', (path, options) => rm(path, options)],
  ['rmSync', async (path, options) => Promise.resolve(rmSync(path, options))],
]
const RECURSIVE = { recursive: true } as const

for (const [form, removing] of FORMS) {
  onEveryFilesystem(form, ['linux', 'python3'], (test) => {
    test('removes a tree of everything, and counts it', async ({ dir }) => {
      const [tree, twin] = [join(dir, 'tree'), join(dir, 'twin')]
      if (process.getuid?.() === 0) buildTree(tree, 3, { entries: 150 })
      else writeTree(tree, SMALL_TREE)
      writeTree(twin, { file: 10 })
      const types = Object.values(snapshotTree(tree)).map(({ type }) => type)
      const directories = types.filter((type) => type === 'directory').length
      // Whatever is no directory counts as a file.
      expect(await removing(tree, RECURSIVE)).toEqual({ files: types.length - directories, directories })
      expect(readdirSync(dir)).toEqual(['twin'])
    })

    test('removes a file, a link and a special file, and counts one', async ({ dir }) => {
      writeFileSync(join(dir, 'file'), '')
      symlinkSync('nowhere', join(dir, 'link'))
      run('mkfifo', join(dir, 'fifo'))
      for (const name of ['file', 'link', 'fifo'])
        expect(await removing(join(dir, name))).toEqual({ files: 1, directories: 0 })
      expect(readdirSync(dir)).toEqual([])
    })

    test('of a directory without recursive is ERR_FS_EISDIR, and it stays', async ({ dir }) => {
      const path = join(dir, 'directory')
      mkdirSync(path)
      for (const options of [{}, { force: true }, { recursive: false }]) {
        await expect(removing(path, options)).rejects.toMatchObject({
          code: 'ERR_FS_EISDIR',
          path,
          syscall: 'rm',
        })
      }
      expect(existsSync(path)).toBe(true)
    })

    test('of what is not there is ENOENT, and nothing at all with force', async ({ dir }) => {
      const path = join(dir, 'missing')
      for (const options of [{}, RECURSIVE])
        await expect(removing(path, options)).rejects.toMatchObject({ code: 'ENOENT', path })
      for (const options of [{ force: true }, { force: true, recursive: true }])
        expect(await removing(path, options)).toEqual({ files: 0, directories: 0 })
    })

    test('of a link to a directory removes the link alone', async ({ dir }) => {
      const tree = join(dir, 'tree')
      writeTree(tree, SMALL_TREE)
      symlinkSync('tree', join(dir, 'link'))
      symlinkSync('..', join(tree, 'up'))
      const outside = join(dir, 'outside')
      writeTree(outside, { file: 10 })
      symlinkSync('../../outside', join(tree, 'sub/away'))
      expect(await removing(join(dir, 'link'), RECURSIVE)).toEqual({ files: 1, directories: 0 })
      expect(filesOf(snapshotTree(tree))).toHaveLength(5)
      expect(await removing(tree, RECURSIVE)).toEqual({ files: 7, directories: 4 })
      expect(readdirSync(outside)).toEqual(['file'])
    })

    test('leaves the other names of a hard link', async ({ dir }) => {
      const tree = join(dir, 'tree')
      writeTree(tree, { file: 10 })
      linkSync(join(tree, 'file'), join(dir, 'other'))
      await removing(tree, RECURSIVE)
      expect([readdirSync(dir), statSync(join(dir, 'other')).nlink]).toEqual([['other'], 1])
    })

    test('takes bytes and URLs', async ({ dir }) => {
      const bytes = bytePath(dir, Buffer.from([0x66, 0xff]))
      writeFileSync(bytes, '')
      writeFileSync(join(dir, 'a name'), '')
      expect(await removing(bytes)).toEqual({ files: 1, directories: 0 })
      expect(await removing(pathToFileURL(join(dir, 'a name')))).toEqual({ files: 1, directories: 0 })
      expect(readdirSync(dir)).toEqual([])
    })

    test('below a file is ENOTDIR', async ({ dir }) => {
      writeFileSync(join(dir, 'file'), '')
      await expect(removing(join(dir, 'file/below'), RECURSIVE)).rejects.toMatchObject({ code: 'ENOTDIR' })
    })
  })
}

onFilesystems(['ext4', 'xfs'], 'rm', ['root', 'strace', 'python3', 'chattr'], (test) => {
  test('that may not remove one file says which, and keeps its directories', async ({ dir }) => {
    const tree = join(dir, 'tree')
    writeTree(tree, SMALL_TREE)
    const kept = join(tree, 'sub/deeper/d-file')
    setInodeFlags(kept, '+i')
    await expect(rm(tree, RECURSIVE)).rejects.toMatchObject({ code: 'EPERM', path: kept, syscall: 'rm' })
    expect(readFileSync(kept)).toHaveLength(12)
    setInodeFlags(kept, '-i')
    await rm(tree, RECURSIVE)
    expect(readdirSync(dir)).toEqual([])
  })

  test('by another user is EACCES where a directory may not be written, and what it may it removes', async ({
    dir,
  }) => {
    const tree = join(dir, 'tree')
    writeTree(tree, SMALL_TREE)
    run('chown', '-R', '65534:65534', tree)
    run('chmod', '755', dir)
    chmodSync(join(tree, 'sub'), 0o555)
    const { outcomes } = await runUnder({ uid: 65_534 }, removingTree(tree))
    expect(outcomes[0]?.error).toMatchObject({ code: 'EACCES', syscall: 'rm' })
    expect(outcomes[0]?.error?.path).toContain(tree)
    expect(filesOf(snapshotTree(tree))).toContain('sub/c-file')
  })

  test('takes unreadable directories, as root and as their owner', async ({ dir }) => {
    const tree = join(dir, 'tree')
    writeTree(tree, SMALL_TREE)
    chmodSync(join(tree, 'sub'), 0)
    await rm(tree, RECURSIVE)
    expect(readdirSync(dir)).toEqual([])
    writeTree(tree, { 'empty/': 0 })
    run('chown', '-R', '65534:65534', dir)
    chmodSync(join(tree, 'empty'), 0)
    const { outcomes } = await runUnder({ uid: 65_534 }, removingTree(tree))
    // rmdir(2) needs no right to read an empty directory.
    expect(outcomes[0]?.result).toEqual({ files: 0, directories: 2 })
  })

  for (const [calls, when] of [
    ['getdents64', '1'],
    ['getdents64', '3'],
    ['unlinkat', '2'],
    ['openat', undefined],
  ] as const) {
    test(`fails with EIO where ${calls} does (${when ?? 'on one directory'}): no early end that looks like success`, async ({
      dir,
    }) => {
      const tree = join(dir, 'tree')
      writeTree(tree, { ...SMALL_TREE, 'watched-directory/file': 10 })
      const paths =
        when === undefined ? { paths: ['watched-directory', join(tree, 'watched-directory')] } : {}
      const inject = [{ calls, error: 'EIO', ...(when === undefined ? {} : { when }) }]
      const done = await runUnder({ inject, ...paths }, removingTree(tree))
      expect(done.hits).toBeGreaterThan(0)
      expect(done.outcomes[0]?.error).toMatchObject({ code: 'EIO', path: expect.stringContaining(tree) })
      expect(existsSync(tree)).toBe(true)
    })
  }

  test('tries again as often as it is told where something is busy', async ({ dir }) => {
    for (const [maxRetries, gone] of [
      [0, false],
      [1, false],
      [3, true],
    ] as const) {
      const tree = join(dir, `tree-${maxRetries}`)
      writeTree(tree, { file: 10 })
      const inject = [{ calls: 'unlinkat,rmdir', error: 'EBUSY', when: '1..2' }]
      const done = await runUnder({ inject }, removingTree(tree, { maxRetries, retryDelay: 1 }))
      expect(done.hits).toBeGreaterThan(0)
      if (gone) expect(done.outcomes[0]?.error).toBeUndefined()
      else expect(done.outcomes[0]?.error).toMatchObject({ code: 'EBUSY' })
      expect(existsSync(tree)).toBe(!gone)
    }
  })

  test('counts nothing that another process has removed', async ({ dir }) => {
    const tree = join(dir, 'tree')
    writeTree(tree, SMALL_TREE)
    const inject = [{ calls: 'unlinkat', error: 'ENOENT' }]
    const done = await runUnder({ inject }, removingTree(tree))
    expect(done.outcomes).toEqual([{ result: { files: 0, directories: 0 } }])
  })

  test('goes on where another process removes the same tree', async ({ dir }) => {
    const tree = join(dir, 'tree')
    writeTree(tree, SMALL_TREE)
    const inject = [{ calls: 'unlinkat', signal: 'STOP', when: '1' }] as const
    const subject = startUnder({ inject }, removingTree(tree))
    await subject.traced('stopped by SIGSTOP')
    run('rm', '-rf', join(tree, 'sub'))
    subject.resume()
    const { outcomes } = await subject.done
    if (outcomes[0]?.error !== undefined) expect(outcomes[0].error).toMatchObject({ code: 'ENOENT' })
    else expect(existsSync(tree)).toBe(false)
  })

  test('of a tree that something is mounted in is EBUSY, and the mount stays', async ({ dir }) => {
    const [tree, outside] = [join(dir, 'tree'), join(dir, 'outside')]
    writeTree(tree, { 'point/': 0, file: 10 })
    writeTree(outside, { other: 10 })
    run('mount', '--bind', outside, join(tree, 'point'))
    await expect(rm(tree, RECURSIVE)).rejects.toMatchObject({ code: 'EBUSY', path: join(tree, 'point') })
    expect(existsSync(join(tree, 'point'))).toBe(true)
  })

  test('under a signal stops: what was removed is gone, what was not is whole', async ({ dir }) => {
    const [tree, twin] = [join(dir, 'tree'), join(dir, 'twin')]
    for (const each of [tree, twin])
      writeTree(each, Object.fromEntries(Array.from({ length: 3000 }, (_, n) => [`${n % 50}/file-${n}`, 10])))
    const controller = new AbortController()
    const removing = rm(tree, { ...RECURSIVE, signal: controller.signal, concurrency: 1 })
    setTimeout(() => controller.abort(), 2)
    const outcome = await removing.catch((error: unknown) => error)
    if (outcome instanceof Error) {
      expect(outcome).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR' })
      const [left, all] = [snapshotTree(tree), snapshotTree(twin)]
      expectSameTree(
        left,
        Object.fromEntries(Object.keys(left).flatMap((path) => (all[path] ? [[path, all[path]]] : []))),
        ['atime', 'mtime'],
      )
    } else expect(outcome).toEqual({ files: 3000, directories: 51 })
  })

  test('tells its progress, and a throw in it stops', async ({ dir }) => {
    const tree = join(dir, 'tree')
    writeTree(tree, SMALL_TREE)
    const seen: number[] = []
    await rm(tree, { ...RECURSIVE, onProgress: ({ files }) => void seen.push(files) })
    expect(seen.at(-1)).toBe(5)
    writeTree(tree, SMALL_TREE)
    const thrown = new RangeError('mine')
    const onProgress = (): void => {
      throw thrown
    }
    await expect(rm(tree, { ...RECURSIVE, onProgress })).rejects.toBe(thrown)
  })
})
