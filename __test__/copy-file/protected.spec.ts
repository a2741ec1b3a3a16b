// Destinations that the kernel protects: special files, directories, mounts, flags, other people's files.
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { copyFile } from '../../src/index.js'
import { expectContent, expectNothingTemporary, snapshot, statOf } from '../support/compare.js'
import { REPLACE, SKIPPED } from '../support/copying.js'
import { copying, runUnder } from '../support/faults.js'
import { makeSpecial, MIB, setInodeFlags, SPECIAL_KINDS, writeRandom } from '../support/files.js'
import { onEveryFilesystem, onFilesystems } from '../support/filesystems.js'
import { run } from '../support/mounts.js'

const NOBODY = 65_534

onFilesystems(['ext4', 'xfs', 'btrfs', 'tmpfs'], 'bind mounts', ['root'], (test) => {
  test('the same file under a bind-mounted directory is left alone', async ({ dir }) => {
    mkdirSync(join(dir, 'real'))
    mkdirSync(join(dir, 'bound'))
    const content = writeRandom(join(dir, 'real', 'file'), 5000)
    run('mount', '--bind', join(dir, 'real'), join(dir, 'bound'))
    expect(await copyFile(join(dir, 'real', 'file'), join(dir, 'bound', 'file'))).toEqual(SKIPPED)
    expectContent(join(dir, 'real', 'file'), content)
  })

  test('a bind-mounted file is rewritten in place, or EBUSY with atomic', async ({ dir }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    const content = writeRandom(from, MIB)
    for (const name of [to, join(dir, 'behind')]) writeFileSync(name, 'old')
    run('mount', '--bind', join(dir, 'behind'), to)
    await expect(copyFile(from, to, { replace: 'atomic' })).rejects.toMatchObject({
      code: 'EBUSY',
      path: from,
      dest: to,
    })
    expect(readFileSync(to, 'utf8')).toBe('old')
    const inode = statOf(to).ino
    for (const replace of ['auto', 'in-place'] as const) {
      writeFileSync(to, 'old')
      expect((await copyFile(from, to, { replace })).bytes).toBe(MIB)
      expectContent(to, content)
    }
    expect(statOf(to).ino).toBe(inode)
    expectNothingTemporary(dir)
  })

  test('a read-only mount is EROFS and nothing changes', async ({ dir }) => {
    mkdirSync(join(dir, 'real'))
    mkdirSync(join(dir, 'bound'))
    const from = join(dir, 'from')
    writeRandom(from, MIB)
    writeFileSync(join(dir, 'real', 'old'), 'old')
    run('mount', '--bind', join(dir, 'real'), join(dir, 'bound'))
    run('mount', '-o', 'remount,ro,bind', join(dir, 'bound'))
    for (const replace of REPLACE) {
      for (const name of ['old', 'new']) {
        const to = join(dir, 'bound', name)
        await expect(copyFile(from, to, { replace })).rejects.toMatchObject({
          code: 'EROFS',
          path: from,
          dest: to,
        })
      }
    }
    expect(readFileSync(join(dir, 'real', 'old'), 'utf8')).toBe('old')
    expect(existsSync(join(dir, 'real', 'new'))).toBe(false)
    expectNothingTemporary(join(dir, 'real'))
  })
})

onEveryFilesystem('no ordinary file', ['root', 'python3'], (test) => {
  for (const kind of SPECIAL_KINDS) {
    test(`a ${kind} as destination is EINVAL and stays`, async ({ dir }) => {
      const [from, to] = [join(dir, 'from'), makeSpecial(dir, 'to', kind)]
      writeRandom(from, 10)
      const before = snapshot(to)
      const copies = REPLACE.map((replace) => copying(from, to, { replace }))
      for (const { error } of (await runUnder({}, ...copies)).outcomes) {
        expect(error).toMatchObject({ code: 'EINVAL', syscall: 'copyfile', path: from, dest: to })
      }
      expect(snapshot(to)).toEqual(before)
      expectNothingTemporary(dir)
    })
  }

  test('a directory as source or destination is EISDIR', async ({ dir }) => {
    const [file, folder] = [join(dir, 'file'), join(dir, 'folder')]
    writeRandom(file, 10)
    mkdirSync(folder)
    symlinkSync('folder', join(dir, 'link'))
    for (const replace of REPLACE) {
      for (const [from, to] of [
        [folder, join(dir, 'new')],
        [join(dir, 'link'), join(dir, 'new')],
        [file, folder],
        [file, join(dir, 'link')],
        [folder, file],
      ] as const) {
        await expect(copyFile(from, to, { replace })).rejects.toMatchObject({
          code: 'EISDIR',
          path: from,
          dest: to,
        })
      }
    }
    expect(existsSync(join(dir, 'new'))).toBe(false)
    expectNothingTemporary(dir)
  })
})

onEveryFilesystem('protected destinations', ['root', 'chattr'], (test) => {
  for (const [flag, title] of [
    ['i', 'immutable'],
    ['a', 'append-only'],
  ] as const) {
    test(`an ${title} file is EPERM and keeps its content`, async ({ dir }) => {
      const [from, to] = [join(dir, 'from'), join(dir, 'to')]
      writeRandom(from, MIB)
      writeFileSync(to, 'old')
      setInodeFlags(to, `+${flag}`)
      const before = snapshot(to)
      for (const replace of REPLACE) {
        await expect(copyFile(from, to, { replace })).rejects.toMatchObject({
          code: 'EPERM',
          path: from,
          dest: to,
        })
      }
      expect(snapshot(to)).toEqual(before)
      setInodeFlags(to, `-${flag}`)
      expectNothingTemporary(dir)
    })
  }

  test('a file that an ordinary user may not write is EACCES, though a rename could replace it', async ({
    dir,
  }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    writeRandom(from, 10)
    writeRandom(to, 20, 2, 0o444)
    chownSync(dir, NOBODY, NOBODY)
    chownSync(to, NOBODY, NOBODY)
    const before = snapshot(to)
    const copies = REPLACE.map((replace) => copying(from, to, { replace }))
    for (const { error } of (await runUnder({ uid: NOBODY }, ...copies)).outcomes) {
      expect(error).toMatchObject({ code: 'EACCES', path: from, dest: to })
    }
    expect(snapshot(to)).toEqual(before)
    expectNothingTemporary(dir)
  })

  const DIRECTORIES = [
    ['a directory that the user may not write', 0o555, 'EACCES'],
    ['a sticky directory of somebody else', 0o1777, 'EPERM'],
  ] as const
  for (const [title, mode, code] of DIRECTORIES) {
    test(`in ${title} a writable file is rewritten in place, or ${code} with atomic`, async ({ dir }) => {
      const [from, to] = [join(dir, 'from'), join(dir, 'to')]
      const content = writeRandom(from, MIB, 1, 0o666)
      writeRandom(to, 20, 2, 0o666)
      chmodSync(dir, mode)
      const before = snapshot(to)
      const inode = statOf(to).ino
      const refused = await runUnder({ uid: NOBODY }, copying(from, to, { replace: 'atomic' }))
      expect(refused.outcomes[0]?.error).toMatchObject({ code, path: from, dest: to })
      expect(snapshot(to)).toEqual(before)
      const done = await runUnder({ uid: NOBODY }, copying(from, to))
      expect(done.outcomes[0]).toMatchObject({ result: { bytes: MIB, files: 1 } })
      expectContent(to, content)
      expect(statOf(to).ino).toBe(inode)
      chmodSync(dir, 0o755)
      expectNothingTemporary(dir)
    })
  }

  test('a writable file of somebody else whose mode would have to change is EPERM and stays', async ({
    dir,
  }) => {
    // nodejs/node#43471: fs.copyFile deletes it.
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    writeRandom(from, MIB, 1, 0o644)
    writeRandom(to, 20, 2, 0o666)
    const before = snapshot(to)
    const copies = REPLACE.slice(1).map((replace) => copying(from, to, { replace }))
    for (const { error } of (await runUnder({ uid: NOBODY }, copying(from, to), ...copies)).outcomes) {
      expect(error).toMatchObject({ code: expect.stringMatching(/^(EPERM|EACCES)$/), path: from, dest: to })
      expect(error?.destination).not.toBe('torn')
    }
    expect(snapshot(to)).toEqual(before)
    expectNothingTemporary(dir)
  })
})
