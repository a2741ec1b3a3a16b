// Directories read whole, in both forms, beside node:fs.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createPlatformFilesystem, type DirEntry, type ReaddirOptions } from '../../src/index.js'
import { names, node, scratch } from '../support/child.js'
import { bytePath } from '../support/files.js'
import { onEveryFilesystem } from '../support/filesystems.js'

const palfs = createPlatformFilesystem()

/** Both forms, which must give the same. */
async function read<const O extends ReaddirOptions = object>(
  path: string,
  options?: O,
): Promise<ReturnType<typeof palfs.readdirSync<O>>> {
  const entries = palfs.readdirSync(path, options)
  expect(await palfs.readdir(path, options)).toEqual(entries)
  return entries
}

const byName = (entries: readonly DirEntry[]): Record<string, DirEntry> =>
  Object.fromEntries(entries.map((entry) => [entry.name, entry]))

onEveryFilesystem('readdir', [], (each) => {
  each('gives every name with its inode, as readdir and lstat of node:fs do', async ({ dir }) => {
    expect(await read(dir)).toEqual([])
    const nodes = ['file', 'ü ñ', 'new\nline', '...', '-', 'n'.repeat(255)]
    for (const name of nodes) fs.writeFileSync(join(dir, name), name)
    fs.mkdirSync(join(dir, 'directory'))
    fs.symlinkSync('nowhere', join(dir, 'link'))
    const plain = await read(dir)
    expect(plain.map(({ name }) => name).toSorted()).toEqual(names(dir))
    for (const { name, inode, fileType, stats } of await read(dir, { stats: true })) {
      const path = join(dir, name)
      expect(stats).toEqual(palfs.lstatSync(path))
      expect({ inode, fileType }).toEqual({ inode: fs.lstatSync(path).ino, fileType: stats.fileType })
      expect(byName(plain)[name]).toEqual({ name, inode, fileType })
    }
    for (const { name, inode, stats } of await read(dir, { stats: true, bigint: true })) {
      expect(stats).toEqual(palfs.lstatSync(join(dir, name), { bigint: true }))
      expect(inode).toBe(stats.inode)
    }
    for (const { name, inode } of await read(dir, { bigint: true })) {
      expect(inode).toBe(fs.lstatSync(join(dir, name), { bigint: true }).ino)
    }
  })

  each('knows every type of file', async ({ dir }) => {
    fs.writeFileSync(join(dir, 'regularFile'), '')
    fs.mkdirSync(join(dir, 'directory'))
    fs.symlinkSync('directory', join(dir, 'symbolicLink'))
    expect(spawnSync('mkfifo', [join(dir, 'fifo')]).status).toBe(0)
    const server = net.createServer().listen(join(dir, 'socket'))
    await new Promise((resolve) => server.once('listening', resolve))
    if (process.getuid?.() === 0) {
      spawnSync('mknod', [join(dir, 'characterDevice'), 'c', '1', '3'])
      spawnSync('mknod', [join(dir, 'blockDevice'), 'b', '7', '250'])
    }
    const entries = await read(dir, { stats: true })
    for (const { name, fileType, stats } of entries) {
      expect([fileType, stats.fileType]).toEqual([name, name])
      expect(palfs.lstatSync(join(dir, name)).fileType).toBe(name)
    }
    expect(entries.length).toBe(names(dir).length)
    server.close()
  })

  each('gives names that are not UTF-8 as Buffers, byte for byte', async ({ dir }) => {
    const given = [
      Buffer.from([0x61, 0xff]),
      Buffer.from([0xc3]),
      Buffer.from([0xe2, 0x82]),
      Buffer.from('ascii'),
    ]
    for (const name of given) fs.writeFileSync(bytePath(dir, name), '')
    const sorted = (buffers: readonly Buffer[]): Buffer[] => buffers.toSorted((a, b) => a.compare(b))
    const buffers = await read(dir, { encoding: 'buffer' })
    expect(sorted(buffers.map(({ name }) => name))).toEqual(sorted(given))
    // What is cut short takes nothing of the name that follows.
    const text = await read(dir)
    expect(text.map(({ name }) => name)).toEqual(buffers.map(({ name }) => name.toString()))
    for (const encoding of ['latin1', 'hex', 'base64url'] as const) {
      const encoded = await read(dir, { encoding })
      expect(encoded.map(({ name }) => name)).toEqual(buffers.map(({ name }) => name.toString(encoding)))
    }
  })
})

test('a directory of many long names comes whole, with each option', async () => {
  const dir = scratch()
  const given = Array.from({ length: 3000 }, (_, index) => `${index}-${'ä'.repeat(100)}`)
  for (const name of given) fs.writeFileSync(join(dir, name), '')
  for (const options of [{}, { stats: true }, { stats: true, bigint: true }, { bigint: true }]) {
    const entries = await read(dir, options)
    expect(entries.map(({ name }) => name).toSorted()).toEqual(given.toSorted())
  }
  expect(byName(palfs.readdirSync(dir, { stats: true }))).toEqual(
    byName(
      given.map((name) => {
        const stats = palfs.lstatSync(join(dir, name))
        return { name, fileType: 'regularFile', inode: stats.inode, stats }
      }),
    ),
  )
})

test('a name that goes away while the directory is read is passed over', async () => {
  const dir = scratch()
  for (let index = 0; index < 20_000; index += 1) fs.writeFileSync(join(dir, String(index)), '')
  const reading = palfs.readdir(dir, { stats: true })
  for (let index = 0; index < 20_000; index += 2) fs.unlinkSync(join(dir, String(index)))
  const left = new Set((await reading).map(({ name }) => name))
  for (let index = 1; index < 20_000; index += 2) expect(left.has(String(index))).toBe(true)
})

test('an entry that may be named but not looked at: its name, and with stats an error that names it', ({
  skip,
}) => {
  if (process.getuid?.() !== 0) skip('only root can become somebody else')
  const dir = scratch()
  fs.chmodSync(dir, 0o744)
  fs.writeFileSync(join(dir, 'file'), '')
  const { stdout } = node(
    `const fs_ = palfs.createPlatformFilesystem()
     console.log(fs_.readdirSync(args[0]).map(({ name }) => name).join())
     try { fs_.readdirSync(args[0], { stats: true }) } catch ({ message }) { console.log(message) }
     await fs_.readdir(args[0], { stats: true }).catch(({ message }) => console.log(message))`,
    { args: [dir], uid: 65_534 },
  )
  const denied = `EACCES: permission denied, lstat '${join(dir, 'file')}'`
  expect(stdout.split('\n')).toEqual(['file', denied, denied, ''])
})

test('no descriptor is left after a directory was read, or could not be', async () => {
  const dir = scratch()
  for (let index = 0; index < 5000; index += 1) fs.writeFileSync(join(dir, String(index)), '')
  const { stdout } = node(
    `const fs_ = palfs.createPlatformFilesystem()
     const count = () => fs.readdirSync('/dev/fd').length
     await fs_.readdir(args[0])
     const before = count()
     for (let index = 0; index < 10; index += 1) {
       fs_.readdirSync(args[0], { stats: true })
       await fs_.readdir(args[0], { stats: true })
       await fs_.readdir(args[0] + '/absent').catch(() => 0)
       try { fs_.readdirSync(args[0] + '/1') } catch {}
     }
     console.log(count() - before)`,
    { args: [dir] },
  )
  expect(stdout).toBe('0\n')
})
