// A directory that may be written to and not read (0333, 0300): a drop box. Names can be made in it; it can neither be listed nor
// given to fsync(2).
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { MAIN } from '../cli/program.js'
import { runUnder, type Operation, type Outcome } from '../support/faults.js'
import { betweenFilesystems, onFilesystems } from '../support/filesystems.js'
import { run } from '../support/mounts.js'
import { overPowerCut } from '../support/power-cut.js'
import { expectWholeAndClean, SMALL_TREE, writeTree } from '../support/tree-faults.js'
import { expectSameTree, snapshotTree } from '../support/trees.js'

const NOBODY = 65_534
const RECURSIVE = { recursive: true } as const

/** A tree that nobody may read, with a second name and a link. */
function writeNobodys(tree: string): void {
  writeTree(tree, SMALL_TREE)
  linkSync(join(tree, 'a-file'), join(tree, 'sub/second-name'))
  symlinkSync('a-file', join(tree, 'link'))
  utimesSync(tree, 1_000_000_000, 1_000_000_000)
  run('chown', '-hR', `${NOBODY}:${NOBODY}`, tree)
}

/** Directories of root's that everybody may write to and search, and only root may read. */
function makeDropBox(box: string, ...below: string[]): void {
  for (const path of [box, ...below.map((name) => join(box, name))]) {
    mkdirSync(path)
    chmodSync(path, 0o333)
  }
}

async function asNobody(...operations: Operation[]): Promise<readonly Outcome[]> {
  return (await runUnder({ uid: NOBODY }, ...operations)).outcomes
}

onFilesystems(['ext4', 'btrfs'], 'into a drop box', ['root'], (test) => {
  const calls = [
    ['cp', {}],
    ['cpSync', {}],
    ['cp', { replace: 'atomic' }],
    ['cp', { durable: true }],
    ['cpSync', { preserve: ['links'] }],
  ] as const
  for (const [call, options] of calls) {
    test(`${call} copies a tree, ${JSON.stringify(options)}, and copies it again`, async ({ dir }) => {
      chmodSync(dir, 0o755)
      const [tree, box] = [join(dir, 'tree'), join(dir, 'box')]
      writeNobodys(tree)
      makeDropBox(box, 'sub', 'sub/deeper')
      const copy = { call, args: [tree, box, { ...RECURSIVE, verbatimSymlinks: true, ...options }] }
      const outcomes = await asNobody(copy, copy)
      expect(outcomes.map(({ error }) => error)).toEqual([undefined, undefined])
      expectWholeAndClean(box, tree)
      const ignored = ['atime', 'mtime', 'mode', 'owner', 'group'] as const
      expectSameTree(snapshotTree(box), snapshotTree(tree), ignored)
      for (const name of ['', 'sub', 'sub/deeper'])
        expect(lstatSync(join(box, name)).mode & 0o777).toBe(0o333)
    })
  }

  test('palfs cp -r copies a tree', ({ dir }) => {
    chmodSync(dir, 0o755)
    const [tree, box] = [join(dir, 'tree'), join(dir, 'box')]
    writeNobodys(tree)
    makeDropBox(box)
    const as = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups']
    run('env', ...as, process.execPath, MAIN, 'cp', '-r', `${tree}/.`, `${box}/`)
    run('env', ...as, process.execPath, MAIN, 'cp', '-r', tree, `${box}/`)
    expect(readFileSync(join(box, 'sub/c-file'))).toEqual(readFileSync(join(tree, 'sub/c-file')))
    expect(readFileSync(join(box, 'tree/sub/c-file'))).toEqual(readFileSync(join(tree, 'sub/c-file')))
  })

  test('copyFile makes a file that lasts', async ({ dir }) => {
    chmodSync(dir, 0o755)
    makeDropBox(join(dir, 'box'))
    writeFileSync(join(dir, 'file'), 'content')
    for (const replace of ['auto', 'atomic', 'in-place']) {
      const args = [join(dir, 'file'), join(dir, 'box/copy'), { durable: true, replace }]
      expect((await asNobody({ call: 'copyFile', args }))[0]?.error).toBeUndefined()
      expect(readFileSync(join(dir, 'box/copy'), 'utf8')).toBe('content')
    }
  })

  test("preserve: 'all' counts what nobody may set of the directory, once each", async ({ dir }) => {
    chmodSync(dir, 0o755)
    const [tree, box, strict] = [join(dir, 'tree'), join(dir, 'box'), join(dir, 'strict')]
    writeNobodys(tree)
    makeDropBox(box)
    makeDropBox(strict)
    const options = { ...RECURSIVE, preserve: 'all' }
    const [counted, refused] = await asNobody(
      { call: 'cp', args: [tree, box, options] },
      { call: 'cp', args: [tree, strict, { ...options, metadataErrors: 'error' }] },
    )
    expect(counted?.error).toBeUndefined()
    expect(counted?.result?.unpreserved).toEqual({ ownership: 1, mode: 1, timestamps: 1 })
    expect(refused?.error).toMatchObject({ code: 'EPERM', path: tree, dest: strict })
  })

  test('what is below too many of them is found again', async ({ dir }) => {
    chmodSync(dir, 0o755)
    const [tree, box] = [join(dir, 'tree'), join(dir, 'box')]
    const steps = Array.from({ length: 60 }, (_, depth) =>
      Array(depth + 1)
        .fill('d')
        .join('/'),
    )
    writeTree(tree, Object.fromEntries(steps.flatMap((path) => [1, 2, 3].map((n) => [`${path}/f${n}`, n]))))
    makeDropBox(box, ...steps)
    const args = [tree, box, RECURSIVE]
    const { outcomes } = await runUnder({ uid: NOBODY, openFiles: 40 }, { call: 'cp', args })
    expect(outcomes[0]?.error).toBeUndefined()
    expect(outcomes[0]?.result).toMatchObject({ files: 180, directories: 0 })
    expectWholeAndClean(box, tree)
  })
})

onFilesystems(['ext4', 'xfs'], "into a directory of one's own that cannot be read", ['root'], (test) => {
  test("preserve: 'all' gives it the mode and the times of the source's", async ({ dir }) => {
    chmodSync(dir, 0o755)
    const [tree, own] = [join(dir, 'tree'), join(dir, 'own')]
    writeNobodys(tree)
    makeDropBox(own)
    chmodSync(own, 0o300)
    chownSync(own, NOBODY, NOBODY)
    const [copied] = await asNobody({ call: 'cp', args: [tree, own, { ...RECURSIVE, preserve: 'all' }] })
    expect(copied?.error).toBeUndefined()
    expect(copied?.result?.unpreserved).toBeUndefined()
    expectSameTree(snapshotTree(own), snapshotTree(tree), ['atime'])
  })

  test('timestamps alone leave its mode as it is', async ({ dir }) => {
    chmodSync(dir, 0o755)
    const [tree, own] = [join(dir, 'tree'), join(dir, 'own')]
    writeNobodys(tree)
    makeDropBox(own)
    chmodSync(own, 0o300)
    chownSync(own, NOBODY, NOBODY)
    const options = { ...RECURSIVE, preserve: ['timestamps'] }
    const [copied] = await asNobody({ call: 'cp', args: [tree, own, options] })
    expect(copied?.error).toBeUndefined()
    expect(copied?.result?.unpreserved).toBeUndefined()
    expect(lstatSync(own)).toMatchObject({ mtimeMs: 1_000_000_000_000 })
    expect(lstatSync(own).mode & 0o777).toBe(0o300)
  })
})

betweenFilesystems([['ext4', 'tmpfs']], 'into a drop box', ['root'], (test) => {
  test('move takes files and trees from another filesystem', async ({ from, to }) => {
    for (const path of [from, to]) chmodSync(path, 0o777)
    writeNobodys(join(from, 'tree'))
    const before = snapshotTree(join(from, 'tree'))
    writeFileSync(join(from, 'file'), 'content')
    chownSync(join(from, 'file'), NOBODY, NOBODY)
    makeDropBox(join(to, 'box'))
    const outcomes = await asNobody(
      { call: 'move', args: [join(from, 'tree'), join(to, 'box/tree')] },
      { call: 'move', args: [join(from, 'file'), join(to, 'box/file')] },
    )
    expect(outcomes.map(({ error }) => error)).toEqual([undefined, undefined])
    expectSameTree(snapshotTree(join(to, 'box/tree')), before, ['atime'])
    expect(existsSync(join(from, 'tree')) || existsSync(join(from, 'file'))).toBe(false)
  })
})

onFilesystems(['xfs'], 'after a power cut', ['root', 'xfs_io', 'python3'], (test) => {
  test('a durable copy is in the drop box', async ({ dir }) => {
    chmodSync(dir, 0o755)
    const tree = join(dir, 'tree')
    writeNobodys(tree)
    await overPowerCut('power-drop-box', {
      before: (mount) => makeDropBox(join(mount, 'box'), 'sub'),
      work: async (mount) => {
        const args = [tree, join(mount, 'box'), { ...RECURSIVE, durable: true, preserve: ['links'] }]
        expect((await asNobody({ call: 'cp', args }))[0]?.error).toBeUndefined()
      },
      after: (mount) => {
        const ignored = ['atime', 'mtime', 'mode', 'owner', 'target'] as const
        expectSameTree(snapshotTree(join(mount, 'box')), snapshotTree(tree), ignored)
      },
    })
  })
})
