// A tree that changes while it is copied: a child is another kind of thing when its turn comes, or changes in the middle.
// The copying process is halted at a call, the child is changed, and the process goes on: no luck and no sleep.
import { mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { startUnder, type Injection, type Outcome } from '../support/faults.js'
import { MIB, writeRandom } from '../support/files.js'
import { onFilesystems } from '../support/filesystems.js'
import { run } from '../support/mounts.js'
import { methods, TABLE_FILESYSTEMS } from '../support/fault-table.js'
import { copyingTree, expectWholeAndClean, filesOf, writeTree } from '../support/tree-faults.js'
import { snapshotTree, type Entry } from '../support/trees.js'

/** What a child becomes after its directory was read. */
const BECOMING: Readonly<Record<string, (path: string) => void>> = {
  directory: (path) => writeTree(path, { inner: 10 }),
  symlink: (path) => symlinkSync('/etc/hostname', path),
  fifo: (path) => run('mkfifo', path),
  file: (path) => writeFileSync(path, 'another'),
}

/** Copies `tree`, halted at the first call that `injection` names; `change` happens meanwhile. */
async function copyWhile(
  injection: Omit<Injection, 'signal'>,
  change: () => void,
  [tree, copy]: readonly [tree: string, copy: string],
  options: Readonly<Record<string, unknown>> = {},
): Promise<Outcome> {
  const inject = [{ ...injection, signal: 'STOP' }] as const
  const fault = { inject, ...methods('copy_file_range', 'read_write') }
  const subject = startUnder(fault, copyingTree(tree, copy, options))
  await subject.traced('stopped by SIGSTOP')
  change()
  subject.resume()
  const { outcomes } = await subject.done
  return outcomes[0] ?? {}
}

/** The first call that reads names: everything was listed, nothing was looked at. */
const LISTED = { calls: 'getdents64', when: '1' }
const READING = { calls: 'copy_file_range', when: '1' }

onFilesystems(TABLE_FILESYSTEMS, 'a child of a tree', ['root', 'strace', 'python3'], (test) => {
  for (const [was, make] of Object.entries(BECOMING)) {
    for (const [becomes, remake] of Object.entries(BECOMING).filter(([kind]) => kind !== was)) {
      test(`that was a ${was} and is a ${becomes} when its turn comes is copied as that, or told`, async ({
        dir,
      }) => {
        const [tree, copy] = [join(dir, 'tree'), join(dir, 'copy')]
        writeTree(tree, { file: 1000 })
        const child = join(tree, 'child')
        make(child)
        const change = (): void => {
          rmSync(child, { recursive: true })
          remake(child)
        }
        const options = { onError: 'collect', specialFiles: 'copy', verbatimSymlinks: true }
        const { error, result } = await copyWhile(LISTED, change, [tree, copy], options)
        expect(error).toBeUndefined()
        const left = snapshotTree(copy)
        expect(left['file']?.size).toBe(1000)
        if (result?.errorCount === undefined || result.errorCount === 0)
          expect(left['child']).toMatchObject({ type: becomes as Entry['type'] })
        else expect(result.errors).toMatchObject([{ path: child }])
        expectWholeAndClean(copy, tree)
      })
    }
  }

  test('that is cut short while it is read ends where it ends now, and verifySource tells', async ({
    dir,
  }) => {
    for (const verifySource of [false, true]) {
      const [tree, copy] = [join(dir, `tree-${verifySource}`), join(dir, `copy-${verifySource}`)]
      mkdirSync(tree)
      const content = writeRandom(join(tree, 'child'), 33 * MIB)
      const change = (): void => truncateSync(join(tree, 'child'), 20 * MIB)
      const options = { verifySource, reflink: 'auto', onError: 'stop' }
      const { error, result } = await copyWhile(READING, change, [tree, copy], options)
      if (verifySource) {
        expect(error).toMatchObject({ code: 'ERR_PALFS_SOURCE_CHANGED', path: join(tree, 'child') })
        expect(filesOf(snapshotTree(copy))).toEqual([])
      } else {
        const copied = readFileSync(join(copy, 'child'))
        expect(result).toMatchObject({ files: 1, bytes: copied.length })
        expect(copied.equals(content.subarray(0, copied.length))).toBe(true)
      }
    }
  })

  test('that comes while its directory is copied is copied whole or not at all', async ({ dir }) => {
    const [tree, copy] = [join(dir, 'tree'), join(dir, 'copy')]
    writeTree(tree, { 'a-file': 40_000, 'sub/b-file': 40_000 })
    const change = (): void => writeTree(tree, { 'a-late-file': 5000, 'sub/z-late-file': 5000 }, 2)
    // The directory below is made: it is known, and not read yet.
    const { error } = await copyWhile({ calls: 'mkdirat', when: '2' }, change, [tree, copy])
    expect(error).toBeUndefined()
    expect(filesOf(expectWholeAndClean(copy, tree))).toEqual(expect.arrayContaining(['a-file', 'sub/b-file']))
  })
})
