// Entries that a copy of a tree may stumble over: gone, unreadable, special, strangely named, links that go round.
import { chmodSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { cp } from '../../src/index.js'
import { expectContent, snapshot } from '../support/compare.js'
import { runUnder } from '../support/faults.js'
import { bytePath, makeSpecial, SPECIAL_KINDS, writeRandom } from '../support/files.js'
import { onEveryFilesystem, onFilesystems } from '../support/filesystems.js'
import { run } from '../support/mounts.js'
import { TABLE_FILESYSTEMS } from '../support/fault-table.js'
import {
  copyingTree,
  expectWholeAndClean,
  failureOf,
  filesOf,
  SMALL_TREE,
  writeTree,
} from '../support/tree-faults.js'
import { snapshotTrees } from '../support/trees.js'

const RECURSIVE = { recursive: true } as const
const NOBODY = 65_534

onEveryFilesystem('a child of a tree', ['root', 'python3'], (test) => {
  test('that cannot be read fails with its path, or is collected', async ({ dir }) => {
    const [tree, copy] = [join(dir, 'tree'), join(dir, 'copy')]
    writeTree(tree, { ...SMALL_TREE, 'sub/secret': 10, 'closed/inner': 10 })
    chmodSync(join(tree, 'sub/secret'), 0)
    chmodSync(join(tree, 'closed'), 0)
    chmodSync(dir, 0o777)
    const stopped = await runUnder({ uid: NOBODY }, copyingTree(tree, copy))
    expect(failureOf(stopped)).toMatchObject({
      code: 'EACCES',
      path: expect.stringMatching(/(sub\/secret|closed)$/),
    })
    run('rm', '-rf', copy)
    const collected = await runUnder({ uid: NOBODY }, copyingTree(tree, copy, { onError: 'collect' }))
    const { errors = [], errorCount } = collected.outcomes[0]?.result ?? {}
    expect(errorCount).toBe(2)
    expect(errors.map(({ code, path }) => `${code} ${path}`).toSorted()).toEqual([
      `EACCES ${join(tree, 'closed')}`,
      `EACCES ${join(tree, 'sub/secret')}`,
    ])
    const names = Object.keys(SMALL_TREE).filter((name) => !name.endsWith('/'))
    expect(filesOf(expectWholeAndClean(copy, tree))).toEqual(names.toSorted())
  })

  for (const [kind, code] of [
    ['FIFO', 'ERR_FS_CP_FIFO_PIPE'],
    ['socket', 'ERR_FS_CP_SOCKET'],
    ['character device', 'ERR_FS_CP_UNKNOWN'],
    ['block device', 'ERR_FS_CP_UNKNOWN'],
  ] as const) {
    test(`that is a ${kind} is a typed error, is skipped, or is made anew`, async ({ dir }) => {
      const [tree, copy] = [join(dir, 'tree'), join(dir, 'copy')]
      writeTree(tree, { file: 10, 'sub/file': 10 })
      const special = makeSpecial(join(tree, 'sub'), 'special', kind)
      // As in node:fs, these errors name the destination.
      const path = special.replace(tree, copy)
      await expect(cp(tree, copy, RECURSIVE)).rejects.toMatchObject({ code, path })
      run('rm', '-rf', copy)
      const skipping = await cp(tree, copy, { ...RECURSIVE, specialFiles: 'skip' })
      expect(skipping).toMatchObject({ files: 2, others: 0, skipped: 1 })
      expect(readdirSync(join(copy, 'sub'))).toEqual(['file'])
      run('rm', '-rf', copy)
      const making = await cp(tree, copy, { ...RECURSIVE, specialFiles: 'copy' })
      expect(making).toMatchObject({ files: 2, others: 1, skipped: 0 })
      const [from, to] = snapshotTrees(tree, copy)
      expect(to?.['sub/special']).toMatchObject({ type: from?.['sub/special']?.type })
      expect(to?.['sub/special']?.device).toBe(from?.['sub/special']?.device)
    })
  }

  test('that is a special file does not hide the errors of others', async ({ dir }) => {
    const [tree, copy] = [join(dir, 'tree'), join(dir, 'copy')]
    writeTree(tree, { file: 10 })
    const specials = SPECIAL_KINDS.map((kind) => makeSpecial(tree, kind, kind))
    const result = await cp(tree, copy, { ...RECURSIVE, onError: 'collect' })
    expect(result).toMatchObject({ errorCount: 4, files: 1 })
    expect(result.errors?.map(({ path }) => path).toSorted()).toEqual(
      specials.map((path) => path.replace(tree, copy)).toSorted(),
    )
  })
})

onFilesystems(TABLE_FILESYSTEMS, 'a child of a tree', ['root', 'strace', 'python3'], (test) => {
  for (const [calls, when] of [
    ['openat', 'opened'],
    ['newfstatat,statx', 'looked at'],
  ] as const) {
    test(`that vanishes before it is ${when} fails with its path, or is collected`, async ({ dir }) => {
      const [tree, copy] = [join(dir, 'tree'), join(dir, 'copy')]
      writeTree(tree, { ...SMALL_TREE, 'sub/fleeting-file': 10 })
      const path = join(tree, 'sub/fleeting-file')
      const fault = { inject: [{ calls, error: 'ENOENT' }], paths: [path, 'fleeting-file'] }
      const collected = await runUnder(fault, copyingTree(tree, copy, { onError: 'collect' }))
      // Not every entry needs every call.
      if (collected.hits === 0) return
      expect(collected.outcomes[0]?.result?.errors).toMatchObject([{ code: 'ENOENT', path }])
      expectWholeAndClean(copy, tree)
      const stopped = await runUnder(fault, copyingTree(tree, `${copy}-2`))
      expect(failureOf(stopped)).toMatchObject({ code: 'ENOENT', path })
    })
  }
})

/** Names that a string cannot say, or that mean something to somebody. */
const NAMES: readonly Buffer[] = [
  Buffer.from([0xff, 0xfe]),
  Buffer.from('caf\u00e9'),
  Buffer.from('cafe\u0301'),
  Buffer.from('new\nline'),
  Buffer.from('-rf'),
  Buffer.from(' '),
  Buffer.from('...'),
  Buffer.from('x'.repeat(255)),
  // A lone surrogate, as some programs write it.
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from('\uFFFD'),
]

onEveryFilesystem('names', ['linux', 'python3'], (test) => {
  test('of any bytes are copied byte for byte, and roots can be named by their bytes', async ({ dir }) => {
    const [tree, copy] = [bytePath(dir, Buffer.from([0x74, 0xff])), bytePath(dir, Buffer.from([0x63, 0xfe]))]
    mkdirSync(tree)
    for (const name of NAMES) {
      writeRandom(Buffer.concat([tree, Buffer.from('/'), name]), 100)
      mkdirSync(Buffer.concat([tree, Buffer.from('/d'), name.subarray(0, 200)]))
    }
    const result = await cp(tree, copy, RECURSIVE)
    expect(result).toMatchObject({ files: NAMES.length, directories: NAMES.length + 1 })
    const listed = readdirSync(copy, { encoding: 'buffer' }).map((name) => name.toString('hex'))
    expect(listed.toSorted()).toEqual(
      NAMES.flatMap((name) => [
        name.toString('hex'),
        `64${name.subarray(0, 200).toString('hex')}`,
      ]).toSorted(),
    )
  })
})

onEveryFilesystem('links in a tree', ['linux', 'python3'], (test) => {
  test('that point nowhere, to themselves or up are copied as they are', async ({ dir }) => {
    const [tree, copy] = [join(dir, 'tree'), join(dir, 'copy')]
    writeTree(tree, { 'sub/file': 10 })
    const links = { dangling: 'nowhere', self: 'self', up: '..', root: '/', one: 'other', other: 'one' }
    for (const [name, target] of Object.entries(links)) symlinkSync(target, join(tree, 'sub', name))
    const result = await cp(tree, copy, { ...RECURSIVE, verbatimSymlinks: true })
    expect(result).toMatchObject({ symlinks: 6, files: 1, directories: 2 })
    for (const [name, target] of Object.entries(links))
      expect(readlinkSync(join(copy, 'sub', name))).toBe(target)
  })

  test('that form a loop are ELOOP when followed', async ({ dir }) => {
    const [tree, copy] = [join(dir, 'tree'), join(dir, 'copy')]
    writeTree(tree, { 'sub/file': 10 })
    symlinkSync('self', join(tree, 'sub/self'))
    const copying = cp(tree, copy, { ...RECURSIVE, dereference: true })
    await expect(copying).rejects.toMatchObject({ code: 'ELOOP', path: join(tree, 'sub/self') })
  })

  test('that point to a parent are an error when followed: no forty levels of copies', async ({ dir }) => {
    const [tree, copy] = [join(dir, 'tree'), join(dir, 'copy')]
    writeTree(tree, { 'sub/file': 10 })
    symlinkSync('..', join(tree, 'sub/up'))
    await expect(cp(tree, copy, { ...RECURSIVE, dereference: true })).rejects.toMatchObject({
      code: expect.stringMatching(/^(ELOOP|ERR_FS_CP_EINVAL)$/),
    })
    expect(run('find', copy, '-mindepth', '4')).toBe('')
  })

  test('are followed to files and directories when asked', async ({ dir }) => {
    const [tree, copy] = [join(dir, 'tree'), join(dir, 'copy')]
    writeTree(tree, { file: 10 })
    writeTree(join(dir, 'outside'), { inner: 20 })
    symlinkSync('../outside', join(tree, 'directory-link'))
    symlinkSync('../outside/inner', join(tree, 'file-link'))
    const result = await cp(tree, copy, { ...RECURSIVE, dereference: true })
    expect(result).toMatchObject({ files: 3, directories: 2, symlinks: 0 })
    expectContent(join(copy, 'directory-link/inner'), readFileSync(join(dir, 'outside/inner')))
    expect(snapshot(join(copy, 'file-link'))).toMatchObject({ type: '100000' })
  })
})
