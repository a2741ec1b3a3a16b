// What a source has only because of where it is: how its data is stored, and the access control list that an NFSv4 server makes
// of each mode. It is taken over where the destination has such a thing, and is no loss elsewhere, so a move is not refused.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { copyFile, cp, move } from '../../src/index.js'
import { inodeFlagsOf, modeOf, xattrsOf } from '../support/compare.js'
import { setInodeFlags, setXattr } from '../support/files.js'
import { betweenFilesystems, onFilesystems } from '../support/filesystems.js'
import { run } from '../support/mounts.js'
import { onOddFilesystems } from '../support/odd-filesystems.js'

/** A tree with a file without copy-on-write, a compressed file, and such directories. */
function writeStored(dir: string): string {
  const tree = join(dir, 'tree')
  for (const name of ['', 'no-cow', 'compressed']) mkdirSync(join(tree, name))
  setInodeFlags(join(tree, 'no-cow'), '+C')
  run('btrfs', 'property', 'set', join(tree, 'compressed'), 'compression', 'zstd')
  for (const name of ['no-cow', 'compressed']) writeFileSync(join(tree, name, 'file'), 'content')
  return tree
}

const STORED = ['no-cow', 'no-cow/file', 'compressed', 'compressed/file']

betweenFilesystems(
  [
    ['btrfs', 'ext4'],
    ['btrfs', 'xfs'],
    ['btrfs', 'tmpfs'],
  ],
  'files that btrfs stores in its own way',
  ['root', 'chattr', 'attr'],
  (test) => {
    test('are moved', async ({ from, to }) => {
      const tree = writeStored(from)
      await move(tree, join(to, 'tree'))
      expect(existsSync(tree)).toBe(false)
      expect(readFileSync(join(to, 'tree', 'compressed', 'file'), 'utf8')).toBe('content')
    })

    test('are copied without a loss', async ({ from, to }) => {
      const tree = writeStored(from)
      const result = await cp(tree, join(to, 'tree'), { recursive: true, preserve: 'all' })
      expect(result.unpreserved).toBeUndefined()
      const file = join(tree, 'no-cow', 'file')
      const alone = await copyFile(file, join(to, 'alone'), { preserve: ['flags'], metadataErrors: 'error' })
      expect(alone.unpreserved).toBeUndefined()
    })
  },
)

onFilesystems(['btrfs'], 'files that are stored in their own way', ['root', 'chattr', 'attr'], (test) => {
  test('are stored so in the copy', async ({ dir }) => {
    const [tree, copy] = [writeStored(dir), join(dir, 'copy')]
    expect((await cp(tree, copy, { recursive: true, preserve: 'all' })).unpreserved).toBeUndefined()
    for (const path of STORED) {
      expect(inodeFlagsOf(join(copy, path)), path).toBe(inodeFlagsOf(join(tree, path)))
      expect(xattrsOf(join(copy, path)), path).toEqual(xattrsOf(join(tree, path)))
    }
  })
})

betweenFilesystems([['btrfs', 'ext4']], 'a flag of storage and another', ['root', 'chattr'], (test) => {
  for (const [flags, kept, lost] of [
    ['+Cd', 'd', undefined],
    ['+CdA', 'dA', undefined],
  ] as const) {
    test(`arrive as far as there are such flags (chattr ${flags})`, async ({ from, to }) => {
      const [file, directory] = [join(from, 'file'), join(from, 'directory')]
      writeFileSync(file, '')
      mkdirSync(directory)
      for (const path of [file, directory]) setInodeFlags(path, flags)
      writeFileSync(file, 'content')
      const result = await copyFile(file, join(to, 'file'), { preserve: ['flags'] })
      expect(result.unpreserved).toEqual(lost)
      const tree = await cp(directory, join(to, 'directory'), { recursive: true, preserve: ['flags'] })
      expect(tree.unpreserved).toEqual(lost)
      for (const name of ['file', 'directory']) expect(inodeFlagsOf(join(to, name))).toBe(kept)
    })
  }
})

betweenFilesystems([['ext4', 'btrfs']], 'flags of which the target has some', ['root', 'chattr'], (test) => {
  test('arrive as far as it has them, and the loss is counted once', async ({ from, to }) => {
    const file = join(from, 'file')
    writeFileSync(file, 'content')
    // btrfs has neither secure deletion nor undelete.
    setInodeFlags(file, '+sudA')
    const result = await copyFile(file, join(to, 'file'), { preserve: ['flags'] })
    expect(result.unpreserved).toEqual({ flags: 1 })
    expect(inodeFlagsOf(join(to, 'file'))).toBe('dA')
  })
})

/** An NFSv4 list as Linux's client shows it, from entries as nfs4_setfacl(1) writes them. */
function nfs4Acl(
  entries: readonly (readonly [type: number, flags: number, mask: number, who: string])[],
): Buffer {
  const numbers = (...values: number[]): Buffer => {
    const buffer = Buffer.alloc(values.length * 4)
    values.forEach((value, index) => buffer.writeUInt32BE(value, index * 4))
    return buffer
  }
  const encoded = entries.map(([type, flags, mask, who]) => {
    const padding = Buffer.alloc((4 - (who.length % 4)) % 4)
    return Buffer.concat([numbers(type, flags, mask, who.length), Buffer.from(who), padding])
  })
  return Buffer.concat([numbers(entries.length), ...encoded])
}

const [OWNER, GROUP, EVERYONE] = [
  [0, 0, 0x16_01_87, 'OWNER@'],
  [0, 0x40, 0x12_00_81, 'GROUP@'],
  [0, 0, 0x12_00_80, 'EVERYONE@'],
] as const

// gocryptfs keeps attributes of any name, also those that are an NFS client's.
onOddFilesystems(['gocryptfs'], 'an NFSv4 list', (test) => {
  test('that says no more than the mode does not keep a file from being moved', async ({ from, to }) => {
    const tree = join(to, 'tree')
    mkdirSync(tree)
    const file = join(tree, 'file')
    writeFileSync(file, 'content')
    chmodSync(file, 0o640)
    setXattr(file, 'system.nfs4_acl', nfs4Acl([OWNER, GROUP, EVERYONE]))
    const result = await cp(tree, join(from, 'copy'), { recursive: true, preserve: 'all' })
    expect(result.unpreserved).toBeUndefined()
    await move(tree, join(from, 'moved'))
    expect(existsSync(tree)).toBe(false)
    expect(modeOf(join(from, 'moved', 'file'))).toBe('0640')
  })

  test('that says more is counted, and keeps the source of a move', async ({ from, to }) => {
    const file = join(to, 'file')
    writeFileSync(file, 'content')
    chmodSync(file, 0o640)
    for (const entries of [
      [OWNER, [0, 0, 0x12_00_81, 'alice@example.org'], GROUP, EVERYONE],
      [OWNER, [0, 0x43, 0x12_00_81, 'GROUP@'], EVERYONE],
      // The mode would let the group read.
      [OWNER, [1, 0x40, 0x1, 'GROUP@'], GROUP, EVERYONE],
    ] as const) {
      setXattr(file, 'system.nfs4_acl', nfs4Acl(entries))
      const result = await copyFile(file, join(from, 'copy'), { preserve: 'all' })
      expect(result.unpreserved).toEqual({ acl: 1 })
      await expect(move(file, join(from, 'moved'))).rejects.toMatchObject({ code: 'ENOTSUP' })
      expect(existsSync(file)).toBe(true)
      expect(readdirSync(from)).toEqual(['copy'])
    }
  })
})
