// Trees copied to what must not be written: read-only mounts, immutable and append-only files, directories of others.
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { cp, move } from '../../src/index.js'
import { runUnder } from '../support/faults.js'
import { setInodeFlags } from '../support/files.js'
import { onFilesystems } from '../support/filesystems.js'
import { run } from '../support/mounts.js'
import { copyingTree, expectWholeAndClean, filesOf, SMALL_TREE, writeTree } from '../support/tree-faults.js'

const RECURSIVE = { recursive: true } as const

onFilesystems(
  ['ext4', 'xfs'],
  'a tree onto what must not be written',
  ['root', 'chattr', 'python3'],
  (test) => {
    test('is EROFS on a read-only mount, and nothing changes', async ({ dir }) => {
      const [tree, readOnly] = [join(dir, 'tree'), join(dir, 'read-only')]
      writeTree(tree, SMALL_TREE)
      mkdirSync(readOnly)
      run('mount', '--bind', readOnly, readOnly)
      run('mount', '-o', 'remount,bind,ro', readOnly)
      const copying = cp(tree, join(readOnly, 'copy'), RECURSIVE)
      await expect(copying).rejects.toMatchObject({ code: 'EROFS' })
      await expect(move(tree, join(readOnly, 'moved'))).rejects.toMatchObject({ code: 'EROFS' })
      expect(run('ls', '-A', readOnly)).toBe('')
      run('umount', readOnly)
    })

    for (const [flag, what] of [
      ['i', 'immutable'],
      ['a', 'append-only'],
    ] as const) {
      test(`is EPERM with the path of an ${what} file, which stays; the rest is copied when errors are collected`, async ({
        dir,
      }) => {
        const [tree, copy, old] = [join(dir, 'tree'), join(dir, 'copy'), join(dir, 'old')]
        writeTree(tree, SMALL_TREE)
        writeTree(old, { 'sub/c-file': 10 }, 5)
        writeTree(copy, { 'sub/c-file': 10 }, 5)
        setInodeFlags(join(copy, 'sub/c-file'), `+${flag}`)
        const path = join(tree, 'sub/c-file')
        await expect(cp(tree, copy, RECURSIVE)).rejects.toMatchObject({ code: 'EPERM', path })
        const result = await cp(tree, copy, { ...RECURSIVE, onError: 'collect' })
        expect(result.errors).toMatchObject([{ code: 'EPERM', path }])
        const left = expectWholeAndClean(copy, tree, old)
        expect(filesOf(left)).toEqual(
          Object.keys(SMALL_TREE)
            .filter((name) => !name.endsWith('/'))
            .toSorted(),
        )
        expect(left['sub/c-file']?.size).toBe(10)
      })
    }

    test('is EPERM below an immutable directory, whose content stays', async ({ dir }) => {
      const [tree, copy] = [join(dir, 'tree'), join(dir, 'copy')]
      writeTree(tree, SMALL_TREE)
      writeTree(copy, { 'sub/': 0 })
      setInodeFlags(join(copy, 'sub'), '+i')
      const result = await cp(tree, copy, { ...RECURSIVE, onError: 'collect' })
      expect(result.errors?.every(({ code }) => code === 'EPERM')).toBe(true)
      expect(result.errorCount).toBeGreaterThan(0)
      expect(Object.keys(expectWholeAndClean(copy, tree)).toSorted()).toEqual([
        '.',
        'a-file',
        'b-empty',
        'sub',
        'void',
      ])
    })

    test('is EACCES for another user in a directory without write permission, and that alone', async ({
      dir,
    }) => {
      const [tree, copy] = [join(dir, 'tree'), join(dir, 'copy')]
      writeTree(tree, SMALL_TREE)
      writeTree(copy, { 'sub/': 0 })
      run('chown', '-R', '65534:65534', copy)
      run('chmod', '755', dir)
      chmodSync(join(copy, 'sub'), 0o555)
      const { outcomes } = await runUnder({ uid: 65_534 }, copyingTree(tree, copy, { onError: 'collect' }))
      const errors = outcomes[0]?.result?.errors ?? []
      expect(
        errors.map(({ code, path = '' }) => `${code} ${path.slice(tree.length + 1)}`).toSorted(),
      ).toEqual(['EACCES sub/c-file', 'EACCES sub/deeper'])
      expect(filesOf(expectWholeAndClean(copy, tree))).toEqual(['a-file', 'b-empty'])
    })

    test('replaces a file in a sticky directory only for its owner', async ({ dir }) => {
      const [tree, sticky, old] = [join(dir, 'tree'), join(dir, 'sticky'), join(dir, 'old')]
      writeTree(tree, { mine: 100, others: 100 })
      writeTree(old, { others: 7 }, 3)
      writeTree(sticky, { mine: 7, others: 7 }, 3)
      writeFileSync(join(old, 'others'), readFileSync(join(sticky, 'others')))
      run('chown', '65534', join(sticky, 'mine'))
      chmodSync(dir, 0o755)
      chmodSync(sticky, 0o1777)
      const { outcomes } = await runUnder({ uid: 65_534 }, copyingTree(tree, sticky, { onError: 'collect' }))
      expect(outcomes[0]?.result?.errors).toMatchObject([
        { code: expect.stringMatching(/^(EPERM|EACCES)$/), path: join(tree, 'others') },
      ])
      const left = expectWholeAndClean(sticky, tree, old)
      expect([left['mine']?.size, left['others']?.size]).toEqual([100, 7])
      rmSync(sticky, { recursive: true })
    })
  },
)
