// Extended attributes on real filesystems, beside getfattr(1) and setfattr(1).
import fs from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'vitest'
import { xattr, type XattrTarget } from '../../src/index.js'
import { bytePath, KIB, randomBytes, setXattr } from '../support/files.js'
import { failure, newFile, shown } from '../support/attributes.js'
import { onEveryFilesystem } from '../support/filesystems.js'
import { mayMount } from '../support/mounts.js'

const VALUES: Readonly<Record<string, Buffer>> = {
  text: Buffer.from('köstlich'),
  empty: Buffer.alloc(0),
  'zero bytes': Buffer.from([0, 0, 1, 0]),
  'not UTF-8': Buffer.from([0xff, 0xfe, 0x80]),
  'a kibibyte': randomBytes(KIB),
}

onEveryFilesystem('attributes', ['attr'], (test) => {
  test.for(Object.entries(VALUES))('with %s as value are what getfattr shows', async ([, value], { dir }) => {
    const path = newFile(dir)
    xattr.setSync(path, 'user.sync', value)
    await xattr.set(path, 'user.async', value)
    expect(shown(path, 'user.sync')).toEqual(value)
    expect(shown(path, 'user.async')).toEqual(value)
    setXattr(path, 'user.theirs', value)
    expect(xattr.getSync(path, 'user.theirs')).toEqual(value)
    expect(await xattr.get(path, 'user.theirs')).toEqual(value)
    expect(await xattr.get(path, 'user.theirs', { encoding: 'hex' })).toBe(value.toString('hex'))
    expect(xattr.getSync(path, 'user.theirs', { encoding: 'utf8' })).toBe(value.toString())
    expect(xattr.listSync(path).toSorted()).toEqual(['user.async', 'user.sync', 'user.theirs'])
    await xattr.remove(path, 'user.async')
    xattr.removeSync(path, 'user.sync')
    expect(await xattr.list(path)).toEqual(['user.theirs'])
  })

  test('can be reached by every form of a path, and by an open file that was opened for reading', async ({
    dir,
  }) => {
    const path = newFile(dir)
    const fd = fs.openSync(path, 'r')
    const handle = await fs.promises.open(path, 'r')
    const targets: XattrTarget[] = [path, Buffer.from(path), pathToFileURL(path), fd, handle]
    for (const [index, target] of targets.entries()) {
      xattr.setSync(target, `user.${index}`, 'sync')
      expect(await xattr.get(target, `user.${index}`, { encoding: 'utf8' })).toBe('sync')
      await xattr.set(target, `user.${index}`, 'async')
      expect(xattr.getSync(target, `user.${index}`, { encoding: 'utf8' })).toBe('async')
      expect(shown(path, `user.${index}`).toString()).toBe('async')
      expect(xattr.listSync(target)).toEqual(await xattr.list(target))
      await xattr.remove(target, `user.${index}`)
      await expect(xattr.get(target, `user.${index}`)).rejects.toMatchObject({ code: 'ENODATA' })
    }
    fs.closeSync(fd)
    await handle.close()
    for (const closed of [fd, handle]) {
      const error = await failure(
        () => xattr.getSync(closed, 'user.x'),
        () => xattr.get(closed, 'user.x'),
      )
      expect(error).toMatchObject({ code: 'EBADF', syscall: 'fgetxattr' })
      expect(Object.keys(Object(error))).toEqual(['errno', 'code', 'syscall', 'call'])
    }
  })

  test('have names of any bytes, on files with names of any bytes', async ({ dir }) => {
    const path = bytePath(dir, Buffer.from([0x66, 0xff]))
    fs.writeFileSync(path, '')
    const name = Buffer.from([...Buffer.from('user.'), 0xff, 0x0a, 0xfe])
    await xattr.set(path, name, 'kept')
    expect(await xattr.get(path, name, { encoding: 'latin1' })).toBe('kept')
    expect(xattr.listSync(path, { encoding: 'buffer' })).toEqual([name])
    expect(await xattr.list(path, { encoding: 'buffer' })).toEqual([name])
    expect(await xattr.list(path, { encoding: 'latin1' })).toEqual([name.toString('latin1')])
    expect(await xattr.list(path)).toEqual(['user.\uFFFD\n\uFFFD'])
    xattr.removeSync(path, name)
    expect(xattr.listSync(path)).toEqual([])
  })

  test('can be created only, or replaced only', async ({ dir }) => {
    const path = newFile(dir)
    const absent = await failure(
      () => xattr.setSync(path, 'user.x', 'new', { replace: true }),
      () => xattr.set(path, 'user.x', 'new', { replace: true }),
    )
    expect(absent).toMatchObject({ code: 'ENODATA', syscall: 'setxattr', path })
    await xattr.set(path, 'user.x', 'old', { create: true })
    const there = await failure(
      () => xattr.setSync(path, 'user.x', 'new', { create: true }),
      () => xattr.set(path, 'user.x', 'new', { create: true }),
    )
    expect(there).toMatchObject({ code: 'EEXIST', syscall: 'setxattr', path })
    expect(shown(path, 'user.x').toString()).toBe('old')
    xattr.setSync(path, 'user.x', 'new', { replace: true })
    expect(shown(path, 'user.x').toString()).toBe('new')
  })

  test('that are absent are ENODATA, to get and to remove', async ({ dir }) => {
    const path = newFile(dir)
    const got = await failure(
      () => xattr.getSync(path, 'user.x'),
      () => xattr.get(path, 'user.x'),
    )
    expect(got).toMatchObject({
      message: `ENODATA: no data available, getxattr '${path}'`,
      errno: -constants.errno.ENODATA,
      code: 'ENODATA',
      syscall: 'getxattr',
      path,
      call: 'getxattr',
    })
    expect(Object.keys(Object(got))).toEqual(['errno', 'code', 'syscall', 'path', 'call'])
    const removed = await failure(
      () => xattr.removeSync(path, 'user.x', { follow: false }),
      () => xattr.remove(path, 'user.x', { follow: false }),
    )
    expect(removed).toMatchObject({ code: 'ENODATA', syscall: 'lremovexattr', path })
  })

  test('of a file that is absent are ENOENT, in the name of the call', async ({ dir }) => {
    const path = join(dir, 'absent')
    const errors = [
      await failure(
        () => xattr.listSync(path),
        () => xattr.list(path),
      ),
      await failure(
        () => xattr.setSync(path, 'user.x', '', { follow: false }),
        () => xattr.set(path, 'user.x', '', { follow: false }),
      ),
    ]
    expect(errors).toMatchObject([
      { code: 'ENOENT', syscall: 'listxattr' },
      { code: 'ENOENT', syscall: 'lsetxattr' },
    ])
  })

  test('are those of the file that a link leads to, or of the link itself', async ({ dir, skip }) => {
    if (!mayMount()) skip('attributes of links need the capability that mounting needs')
    const [path, link] = [newFile(dir), join(dir, 'link')]
    fs.symlinkSync('file', link)
    xattr.setSync(link, 'trusted.x', 'file')
    await xattr.set(link, 'trusted.x', 'link', { follow: false })
    expect([shown(path, 'trusted.x').toString(), shown(link, 'trusted.x').toString()]).toEqual([
      'file',
      'link',
    ])
    expect(xattr.getSync(link, 'trusted.x', { encoding: 'utf8' })).toBe('file')
    expect(await xattr.get(link, 'trusted.x', { encoding: 'utf8', follow: false })).toBe('link')
    await xattr.remove(link, 'trusted.x', { follow: false })
    expect(xattr.listSync(link, { follow: false })).toEqual([])
    expect(await xattr.list(link, { follow: true })).toEqual(['trusted.x'])
    const refused = await failure(
      () => xattr.setSync(link, 'user.x', '', { follow: false }),
      () => xattr.set(link, 'user.x', '', { follow: false }),
    )
    expect(refused).toMatchObject({ code: 'EPERM', syscall: 'lsetxattr', path: link })
  })

  test('are copied from file to file, beside those that are there', async ({ dir }) => {
    const [path, dest] = [newFile(dir), join(dir, 'dest')]
    fs.writeFileSync(dest, '')
    const names = Object.keys(VALUES).map((name) => `user.${name}`)
    for (const [name, value] of Object.entries(VALUES)) xattr.setSync(path, `user.${name}`, value)
    xattr.setSync(dest, 'user.old', 'stays')
    expect(await xattr.copy(path, dest)).toBe(names.length)
    expect(xattr.listSync(dest).toSorted()).toEqual([...names, 'user.old'].toSorted())
    for (const [name, value] of Object.entries(VALUES)) expect(shown(dest, `user.${name}`)).toEqual(value)
    expect(xattr.copySync(dest, path)).toBe(names.length + 1)
    const absent = join(dir, 'absent')
    const error = await failure(
      () => xattr.copySync(path, absent),
      () => xattr.copy(path, absent),
    )
    expect(error).toMatchObject({ code: 'ENOENT', syscall: 'setxattr', path, dest: absent })
    expect(Object(error).message).toMatch(`, setxattr '${path}' -> '${absent}'`)
  })

  test('longer than any filesystem takes, and names that none takes, are told apart', async ({ dir }) => {
    const path = newFile(dir)
    const large = Buffer.alloc(64 * KIB + 1, 1)
    const tooLarge = await failure(
      () => xattr.setSync(path, 'user.x', large),
      () => xattr.set(path, 'user.x', large),
    )
    const errno = -constants.errno.E2BIG
    expect(tooLarge).toMatchObject({ code: 'ERR_PALFS_XATTR_TOO_LARGE', errno, syscall: 'setxattr', path })
    for (const name of ['', `user.${'n'.repeat(251)}`]) {
      const error = await failure(
        () => xattr.setSync(path, name, 'x'),
        () => xattr.set(path, name, 'x'),
      )
      expect(error).toMatchObject({ code: 'ERANGE', syscall: 'setxattr' })
    }
    expect(xattr.listSync(path)).toEqual([])
  })

  test('get the bytes that the buffer held when the call was made', async ({ dir }) => {
    const path = newFile(dir)
    const [value, name] = [Buffer.from('before'), Buffer.from('user.before')]
    const end = xattr.set(path, name, value)
    value.fill('x')
    name.fill('y')
    await end
    expect(xattr.getSync(path, 'user.before', { encoding: 'utf8' })).toBe('before')
  })
})
