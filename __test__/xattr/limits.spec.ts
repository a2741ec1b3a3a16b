// Extended attributes that are many, long, changing, or not there at all.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { constants } from 'node:os'
import { expect } from 'vitest'
import { xattr } from '../../src/index.js'
import { DIST } from '../support/child.js'
import { failure, newFile, shown } from '../support/attributes.js'
import { KIB, randomBytes } from '../support/files.js'
import { onEveryFilesystem, onFilesystems } from '../support/filesystems.js'

const WRITER = `
  import fs from 'node:fs'
  const { xattr, isFsError } = await import(process.argv[1])
  const file = process.argv[2]
  for (let i = 0; fs.existsSync(file); i += 1) {
    try {
      xattr.setSync(file, 'user.x', Buffer.alloc([1, 200, 300, 900, 1800][i % 5], 97))
    } catch (error) {
      if (!isFsError(error, 'ENOENT')) throw error
    }
  }`

onEveryFilesystem('attributes', ['attr'], (test) => {
  test('that change their length all the time are read whole', async ({ dir }) => {
    const path = newFile(dir)
    xattr.setSync(path, 'user.x', 'a')
    // The other process ends when the file is gone.
    const writer = spawn(process.execPath, ['--input-type=module', '-e', WRITER, DIST, path], {
      stdio: 'inherit',
    })
    const ended = once(writer, 'exit')
    const lengths = new Set<number>()
    const deadline = Date.now() + 5_000
    for (let i = 0; (i < 2_000 || lengths.size < 5) && Date.now() < deadline; i += 1) {
      const value = i % 10 === 0 ? await xattr.get(path, 'user.x') : xattr.getSync(path, 'user.x')
      expect(value.equals(Buffer.alloc(value.length, 97))).toBe(true)
      lengths.add(value.length)
    }
    fs.unlinkSync(path)
    expect(await ended).toEqual([0, null])
    expect([...lengths].toSorted((a, b) => a - b)).toEqual([1, 200, 300, 900, 1800])
  })
})

onFilesystems(['xfs', 'btrfs', 'tmpfs'], 'five hundred attributes', ['attr'], (test) => {
  test('are all listed', async ({ dir }) => {
    const path = newFile(dir)
    const names = Array.from({ length: 500 }, (_, index) => `user.name-${String(index).padStart(90, '0')}`)
    for (const name of names) xattr.setSync(path, name, '')
    expect((await xattr.list(path)).toSorted()).toEqual(names)
    expect(xattr.listSync(path).toSorted()).toEqual(names)
  })
})

onFilesystems(['xfs'], 'a value of 64 KiB', ['attr'], (test) => {
  test('is kept', async ({ dir }) => {
    const [path, value] = [newFile(dir), randomBytes(64 * KIB)]
    await xattr.set(path, 'user.x', value)
    expect(shown(path, 'user.x')).toEqual(value)
    expect(await xattr.get(path, 'user.x')).toEqual(value)
    expect(xattr.getSync(path, 'user.x')).toEqual(value)
  })
})

onFilesystems(['ext4', 'btrfs'], 'a value that only this filesystem cannot hold', ['attr'], (test) => {
  test('is too large, in the words of the kernel ENOSPC', async ({ dir }) => {
    const path = newFile(dir)
    const large = randomBytes(60_000)
    const error = await failure(
      () => xattr.setSync(path, 'user.x', large),
      () => xattr.set(path, 'user.x', large),
    )
    const errno = -constants.errno.ENOSPC
    expect(error).toMatchObject({ code: 'ERR_PALFS_XATTR_TOO_LARGE', errno, syscall: 'setxattr', path })
  })
})

onFilesystems(['ramfs'], 'a filesystem without attributes', [], (test) => {
  test('says so', async ({ dir }) => {
    const path = newFile(dir)
    const errors = [
      await failure(
        () => xattr.getSync(path, 'user.x'),
        () => xattr.get(path, 'user.x'),
      ),
      await failure(
        () => xattr.setSync(path, 'user.x', 'x'),
        () => xattr.set(path, 'user.x', 'x'),
      ),
      await failure(
        () => xattr.removeSync(path, 'user.x'),
        () => xattr.remove(path, 'user.x'),
      ),
    ]
    for (const error of errors) expect(error).toMatchObject({ code: 'ENOTSUP', path })
  })
})
