// Every operation of PlatformFileSystem on real filesystems, in both forms, beside node:fs.
import fs from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'vitest'
import { createPlatformFilesystem, type FileStat } from '../../src/index.js'
import { onEveryFilesystem } from '../support/filesystems.js'
import { bytePath, randomBytes, writeRandom } from '../support/files.js'

const palfs = createPlatformFilesystem()

/** What node:fs says, in the words of FileStat. */
function nodeStat(stats: fs.Stats): Partial<FileStat> {
  const { size, mode, uid, gid, ino, dev, nlink, blksize, blocks, rdev } = stats
  const times = { atime: stats.atimeMs, mtime: stats.mtimeMs, ctime: stats.ctimeMs }
  return { size, mode, uid, gid, inode: ino, device: dev, nlinks: nlink, blksize, blocks, rdev, ...times }
}

function nodeBigStat(stats: fs.BigIntStats): Partial<FileStat<bigint>> {
  const { size, mode, uid, gid, ino, dev, nlink, blksize, blocks, rdev } = stats
  const times = { atime: stats.atimeNs, mtime: stats.mtimeNs, ctime: stats.ctimeNs }
  return { size, mode, uid, gid, inode: ino, device: dev, nlinks: nlink, blksize, blocks, rdev, ...times }
}

onEveryFilesystem('PlatformFileSystem', [], (test) => {
  test('opens, writes, reads, cuts and closes a file', async ({ dir }) => {
    const path = join(dir, 'file')
    const content = randomBytes(100_000)
    for (const form of ['sync', 'promise']) {
      const isSync = form === 'sync'
      const fd = isSync ? palfs.openSync(path, 'w+') : await palfs.open(path, 'w+')
      const write = isSync ? palfs.writeSync(fd, content) : await palfs.write(fd, content)
      expect(write).toBe(content.length)
      expect(isSync ? palfs.fsyncSync(fd) : await palfs.fsync(fd)).toBeUndefined()
      const buffer = Buffer.alloc(content.length)
      expect(isSync ? palfs.readSync(fd, buffer, 0) : await palfs.read(fd, buffer, 0)).toBe(content.length)
      expect(buffer.equals(content)).toBe(true)
      // The file's own position is where the write ended, and the end of the file.
      expect(isSync ? palfs.readSync(fd, buffer) : await palfs.read(fd, buffer)).toBe(0)
      const at = 99_990n
      expect(isSync ? palfs.readSync(fd, buffer, at) : await palfs.read(fd, buffer, at)).toBe(10)
      expect(buffer.subarray(0, 10).equals(content.subarray(99_990))).toBe(true)
      if (isSync) palfs.ftruncateSync(fd, 7)
      else await palfs.ftruncate(fd, 7n)
      expect(fs.readFileSync(path).equals(content.subarray(0, 7))).toBe(true)
      expect(isSync ? palfs.closeSync(fd) : await palfs.close(fd)).toBeUndefined()
      expect(() => fs.fstatSync(fd)).toThrow('EBADF')
    }
  })

  test('gives the same as stat of node:fs, as numbers and as bigints', async ({ dir }) => {
    const file = join(dir, 'file')
    writeRandom(file, 12_345)
    fs.linkSync(file, join(dir, 'second name'))
    fs.symlinkSync('file', join(dir, 'link'))
    const link = join(dir, 'link')
    for (const path of [dir, file, link]) {
      expect(palfs.statSync(path)).toMatchObject(nodeStat(fs.statSync(path)))
      expect(await palfs.stat(path)).toEqual(palfs.statSync(path))
      expect(palfs.lstatSync(path)).toMatchObject(nodeStat(fs.lstatSync(path)))
      expect(await palfs.lstat(path)).toEqual(palfs.lstatSync(path))
      const exact = palfs.statSync(path, { bigint: true })
      expect(exact).toMatchObject(nodeBigStat(fs.statSync(path, { bigint: true })))
      expect(await palfs.stat(path, { bigint: true })).toEqual(exact)
      expect(await palfs.lstat(path, { bigint: true })).toEqual(palfs.lstatSync(path, { bigint: true }))
    }
    expect(palfs.statSync(link).fileType).toBe('regularFile')
    expect(palfs.lstatSync(link).fileType).toBe('symbolicLink')
    const fd = fs.openSync(file, 'r')
    const handle = await fs.promises.open(file)
    for (const open of [fd, handle]) {
      expect(palfs.fstatSync(open)).toEqual(palfs.statSync(file))
      expect(await palfs.fstat(open)).toEqual(palfs.statSync(file))
      expect(await palfs.fstat(open, { bigint: true })).toEqual(palfs.statSync(file, { bigint: true }))
    }
    fs.closeSync(fd)
    await handle.close()
  })

  test('tells when a file was made, where node:fs can', async ({ dir }) => {
    const path = join(dir, 'file')
    fs.writeFileSync(path, '')
    const { birthtimeMs } = fs.statSync(path)
    const { birthtime } = palfs.statSync(path)
    // Where it is not kept node:fs gives the time of change, or 0.
    if (birthtime !== null) expect(birthtime).toBe(birthtimeMs)
    const exact = (await palfs.stat(path, { bigint: true })).birthtime
    expect(exact === null).toBe(birthtime === null)
    if (exact !== null) expect(exact).toBe(fs.statSync(path, { bigint: true }).birthtimeNs)
  })

  test('makes, lists, renames and removes names', async ({ dir }) => {
    const at = (name: string): string => join(dir, name)
    palfs.mkdirSync(at('sync'), 0o700)
    await palfs.mkdir(at('promise'), '750')
    expect(fs.statSync(at('sync')).mode & 0o7777).toBe(0o700)
    expect(fs.statSync(at('promise')).mode & 0o7777).toBe(0o750 & ~process.umask())
    fs.writeFileSync(at('file'), 'content')
    palfs.linkSync(at('file'), at('hard'))
    await palfs.link(at('file'), at('harder'))
    expect(fs.statSync(at('file')).nlink).toBe(3)
    palfs.symlinkSync('file', at('soft'))
    await palfs.symlink('nowhere', at('softer'))
    expect(palfs.readlinkSync(at('soft'))).toBe('file')
    expect(await palfs.readlink(at('softer'))).toBe('nowhere')
    palfs.renameSync(at('hard'), at('softer'))
    await palfs.rename(at('sync'), at('sink'))
    expect(fs.readdirSync(dir).toSorted()).toEqual(['file', 'harder', 'promise', 'sink', 'soft', 'softer'])
    expect(fs.readFileSync(at('softer'), 'utf8')).toBe('content')
    palfs.unlinkSync(at('softer'))
    await palfs.unlink(at('soft'))
    palfs.rmdirSync(at('sink'))
    await palfs.rmdir(at('promise'))
    expect(fs.readdirSync(dir).toSorted()).toEqual(['file', 'harder'])
  })

  test('changes mode and owner', async ({ dir }) => {
    const path = join(dir, 'file')
    fs.writeFileSync(path, '')
    const seen = (): number[] => {
      const { mode, uid, gid } = fs.statSync(path)
      return [mode & 0o7777, uid, gid]
    }
    const [, uid = 0, gid = 0] = seen()
    palfs.chmodSync(path, 0o640)
    expect(seen()).toEqual([0o640, uid, gid])
    await palfs.chmod(path, '604')
    palfs.chownSync(path, null, -1)
    await palfs.chown(path, uid, gid)
    expect(seen()).toEqual([0o604, uid, gid])
    if (process.getuid?.() !== 0) return
    palfs.chownSync(path, 1234, null)
    await palfs.chown(path, null, 2 ** 32 - 2)
    expect(seen()).toEqual([0o604, 1234, 2 ** 32 - 2])
  })

  test('copies a file, and a range between open files', async ({ dir }) => {
    const [src, dest] = [join(dir, 'src'), join(dir, 'dest')]
    const content = writeRandom(src, 300_000)
    expect(palfs.copyFileFastSync(src, dest)).toMatchObject({ files: 1, bytes: 300_000 })
    expect(await palfs.copyFileFast(src, dest)).toMatchObject({ files: 1, bytes: 300_000 })
    expect(fs.readFileSync(dest).equals(content)).toBe(true)
    const [from, to] = [await fs.promises.open(src, 'r'), fs.openSync(dest, 'w+')]
    // The source's own position moves, the destination's is not used.
    expect(palfs.copyFileRangeSync(from, to, 100_000, { destOffset: 0 })).toBe(100_000)
    expect(await palfs.copyFileRange(from, to, 2n ** 62n, { destOffset: 100_000n })).toBe(200_000)
    expect(await palfs.copyFileRange(from, to, 1)).toBe(0)
    expect(await palfs.copyFileRange(from, to, 5, { srcOffset: 10, destOffset: 300_000 })).toBe(5)
    expect(fs.readFileSync(dest).equals(Buffer.concat([content, content.subarray(10, 15)]))).toBe(true)
    await from.close()
    fs.closeSync(to)
  })

  test('appends a range to a log', async ({ dir }) => {
    const [src, log] = [join(dir, 'src'), join(dir, 'log')]
    const content = writeRandom(src, 300_000)
    fs.writeFileSync(log, 'first line')
    const [from, to] = [fs.openSync(src, 'r'), fs.openSync(log, 'a')]
    expect(palfs.copyFileRangeSync(from, to, 100_000)).toBe(100_000)
    expect(await palfs.copyFileRange(from, to, 300_000)).toBe(200_000)
    await expect(palfs.copyFileRange(from, to, 1, { srcOffset: 0, destOffset: 0 })).rejects.toMatchObject({
      code: 'EBADF',
      call: 'copy_file_range',
    })
    expect(fs.readFileSync(log).equals(Buffer.concat([Buffer.from('first line'), content]))).toBe(true)
    for (const fd of [from, to]) fs.closeSync(fd)
  })

  test('takes strings, Buffers and URLs, and gives names and targets byte for byte', async ({ dir }) => {
    const bytes = Buffer.from([0x66, 0xff, 0xfe])
    const path = bytePath(dir, bytes)
    palfs.closeSync(palfs.openSync(path, 'wx'))
    expect(await palfs.stat(path)).toMatchObject({ size: 0 })
    expect(palfs.statSync(pathToFileURL(dir)).fileType).toBe('directory')
    const link = join(dir, 'link')
    await palfs.symlink(bytes, link)
    for (const form of ['sync', 'promise']) {
      const read = (options?: { encoding?: 'buffer' | 'latin1' }): unknown =>
        form === 'sync' ? palfs.readlinkSync(link, options) : palfs.readlink(link, options)
      expect(await read({ encoding: 'buffer' })).toEqual(bytes)
      expect(await read({ encoding: 'latin1' })).toBe('fÿþ')
      expect(await read()).toBe('f\uFFFD\uFFFD')
    }
  })
})

onEveryFilesystem('extended attributes of PlatformFileSystem', ['attr'], (test) => {
  test('are those of xattr', async ({ dir }) => {
    const path = join(dir, 'file')
    fs.writeFileSync(path, '')
    palfs.setxattrSync(path, 'user.sync', 'one')
    await palfs.setxattr(path, 'user.promise', Buffer.of(0xff))
    expect(palfs.getxattrSync(path, 'user.sync', { encoding: 'utf8' })).toBe('one')
    expect(await palfs.getxattr(path, 'user.promise')).toEqual(Buffer.of(0xff))
    expect(palfs.listxattrSync(path).toSorted()).toEqual(['user.promise', 'user.sync'])
    palfs.removexattrSync(path, 'user.sync')
    expect(await palfs.listxattr(path, { encoding: 'buffer' })).toEqual([Buffer.from('user.promise')])
    await palfs.removexattr(path, 'user.promise')
    await expect(palfs.getxattr(path, 'user.promise')).rejects.toMatchObject({ code: 'ENODATA' })
  })
})
