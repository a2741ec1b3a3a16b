// In a directory that others may write to, what a copy has just made may get another name, and something else its name, before
// the copy has given it owner, times and attributes. Those must not go to that other thing.
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { startUnder, type Run } from '../support/faults.js'
import { makeSpecial, setXattr } from '../support/files.js'
import { onFilesystems, type Need } from '../support/filesystems.js'
import { run } from '../support/mounts.js'
import { copyingTree, writeTree } from '../support/tree-faults.js'
import { expectSameTree, snapshotTree } from '../support/trees.js'

const NEEDS: readonly Need[] = ['root', 'strace', 'python3', 'attr']
const STRANGER = '65534:65534'

/** After one each of the directory above `dest`, and of `dest`, which are there. */
const FIRST_BELOW = '3'

/** Copies `tree` over the directory `dest`, and halts it when it has made what `call` makes; `meanwhile` is done then. */
async function copyHalted(
  tree: string,
  dest: string,
  call: string,
  meanwhile: () => void,
  when = '1',
): Promise<Run> {
  const inject = [{ calls: call, signal: 'STOP', when }] as const
  const subject = startUnder({ inject }, copyingTree(tree, dest, { preserve: 'all' }))
  await subject.traced('stopped by SIGSTOP')
  meanwhile()
  subject.resume()
  return subject.done
}

/** The only name in `dir`. */
function madeIn(dir: string): string {
  const [name = '', ...others] = readdirSync(dir)
  expect(others).toEqual([])
  return join(dir, name)
}

onFilesystems(['ext4', 'tmpfs'], 'a name that is taken as soon as it is made', NEEDS, (test) => {
  const VICTIMS = {
    'a file of somebody else': (path: string) => writeFileSync(path, 'untouched'),
    'a FIFO of somebody else': (path: string) => {
      run('mkfifo', '-m', '600', path)
    },
    'a link of somebody else': (path: string) => symlinkSync('their text', path),
  }
  for (const [what, make] of Object.entries(VICTIMS)) {
    test(`by ${what}, when a link is copied: that keeps its owner, times and attributes`, async ({ dir }) => {
      const [tree, dest, victims] = [join(dir, 'tree'), join(dir, 'dest'), join(dir, 'victims')]
      for (const path of [tree, dest, victims]) mkdirSync(path)
      symlinkSync('text', join(tree, 'link'))
      run('chown', '-h', '1234:1234', join(tree, 'link'))
      setXattr(join(tree, 'link'), 'trusted.a', 'b')
      make(join(victims, 'theirs'))
      const before = snapshotTree(victims)
      await copyHalted(tree, dest, 'symlinkat', () => {
        rmSync(madeIn(dest))
        linkSync(join(victims, 'theirs'), join(dest, 'link'))
      })
      expectSameTree(snapshotTree(victims), before, ['atime', 'group'])
    })

    test(`by ${what}, when a FIFO is copied: that keeps its owner, mode, times and attributes`, async ({
      dir,
    }) => {
      const [tree, dest, victims] = [join(dir, 'tree'), join(dir, 'dest'), join(dir, 'victims')]
      for (const path of [tree, dest, victims]) mkdirSync(path)
      makeSpecial(tree, 'fifo', 'FIFO')
      run('chown', '1234:1234', join(tree, 'fifo'))
      setXattr(join(tree, 'fifo'), 'trusted.a', 'b')
      make(join(victims, 'theirs'))
      const before = snapshotTree(victims)
      await copyHalted(tree, dest, 'mknodat', () => {
        const made = madeIn(dest)
        rmSync(made)
        linkSync(join(victims, 'theirs'), made)
      })
      expectSameTree(snapshotTree(victims), before, ['atime', 'group'])
    })
  }

  for (const [what, content, owner] of [
    ['another directory of theirs', { 'their-file': 10 }, STRANGER],
    ['an empty directory of theirs', {}, STRANGER],
    ['a directory of ours that is full', { 'our-file': 10 }, undefined],
  ] as const) {
    test(`by ${what}, when a directory is copied: that keeps its owner, and nothing comes into it`, async ({
      dir,
    }) => {
      const [tree, dest, other] = [join(dir, 'tree'), join(dir, 'dest'), join(dir, 'other')]
      writeTree(tree, { 'sub/file': 10 })
      mkdirSync(dest)
      run('chown', '1234:1234', join(tree, 'sub'))
      writeTree(other, content)
      run('chown', STRANGER, dest)
      if (owner !== undefined) run('chown', '-R', owner, other)
      const before = snapshotTree(other)
      const { outcomes } = await copyHalted(
        tree,
        dest,
        'mkdirat',
        () => {
          renameSync(madeIn(dest), join(dir, 'aside'))
          renameSync(other, join(dest, 'sub'))
        },
        FIRST_BELOW,
      )
      expect(outcomes[0]?.error).toMatchObject({ code: 'ESTALE', path: join(tree, 'sub') })
      expectSameTree(snapshotTree(join(dest, 'sub')), before, ['atime'])
    })
  }

  test('by a file of somebody else, when the first of a group is copied: the others are not linked to that', async ({
    dir,
  }) => {
    const [tree, dest, theirs] = [join(dir, 'tree'), join(dir, 'dest'), join(dir, 'theirs')]
    writeTree(tree, { one: 10 })
    linkSync(join(tree, 'one'), join(tree, 'two'))
    mkdirSync(dest)
    writeFileSync(theirs, 'their text')
    run('chown', STRANGER, theirs)
    const { ino } = lstatSync(theirs)
    // After the last call on the new file: its close is the one that follows the times.
    await copyHalted(tree, dest, 'utimensat', () => {
      const made = madeIn(dest)
      rmSync(made)
      renameSync(theirs, made)
    })
    const names = readdirSync(dest)
    expect(names.filter((name) => lstatSync(join(dest, name)).ino === ino)).toHaveLength(1)
    expect(names).toHaveLength(2)
  })
})
