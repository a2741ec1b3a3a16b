// detectCapabilities where a server or an odd kernel filesystem answers: nothing is left behind, and what is said is so.
import { linkSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'vitest'
import { detectCapabilities, detectCapabilitiesSync, type PlatformCapabilities } from '../../src/index.js'
import { runUnder, type Injection } from '../support/faults.js'
import { onFilesystems } from '../support/filesystems.js'
import { serve, withFaultyServers } from '../support/faulty-server.js'
import { onOddFilesystems, type OddFilesystem } from '../support/odd-filesystems.js'

const SERVERS: readonly OddFilesystem[] = [
  'rclone without a cache',
  'rclone',
  'sshfs',
  'bindfs that ignores owners and modes',
  'ntfs-3g',
  'gocryptfs',
  'mergerfs with write-back',
  'fuse-overlayfs',
]
const CALLS = 20
/** Longer than a server takes to bring a file back. */
const LATER_MS = 500

function works(call: () => void): boolean {
  try {
    call()
    return true
  } catch {
    return false
  }
}

onOddFilesystems(SERVERS, 'detectCapabilities', (test) => {
  test('leaves nothing behind', { timeout: 60_000 }, async ({ to }) => {
    for (let call = 0; call < CALLS; call += 1) detectCapabilitiesSync(to)
    await Promise.all(Array.from({ length: CALLS }, () => detectCapabilities(to)))
    await delay(LATER_MS)
    expect(readdirSync(to)).toEqual([])
  })

  test('says of links and names what attempts show', ({ to }) => {
    const found = detectCapabilitiesSync(to)
    const at = (name: string): string => join(to, name)
    writeFileSync(at('file'), 'content')
    expect([found.hardLinks, found.symlinks]).toEqual([
      works(() => linkSync(at('file'), at('hard'))),
      works(() => symlinkSync('file', at('soft'))),
    ])
    for (const name of ['hard', 'soft']) rmSync(at(name), { force: true })
    const longest = found.maxFilenameLength ?? 0
    // With content: rclone tells of an empty file's fate to nobody.
    const fits = (length: number): boolean => works(() => writeFileSync(at('n'.repeat(length)), 'content'))
    expect([fits(longest), fits(longest + 1)]).toEqual([true, false])
  })
})

onOddFilesystems(['rclone without a cache'], 'holes', (test) => {
  test('cannot be made where a file only grows by writes', ({ to }) => {
    expect(detectCapabilitiesSync(to).sparseFiles).toBe(false)
  })
})

withFaultyServers('a server on which an unlinked file comes back when it is closed', (test) => {
  test('has nothing of detectCapabilities', async ({ dir }) => {
    const { mount, served } = await serve(dir, 'upload')
    for (let call = 0; call < 5; call += 1) detectCapabilitiesSync(mount)
    await delay(LATER_MS)
    expect(readdirSync(served)).toEqual([])
  })
})

/** Numbers of struct statfs, of 8 bytes each, as they are in memory. */
function statfs(...numbers: readonly number[]): Injection {
  const bytes = Buffer.alloc(numbers.length * 8)
  for (const [index, number] of numbers.entries()) bytes.writeBigUInt64LE(BigInt(number), index * 8)
  return { calls: 'fstatfs', poke: `@arg2=${bytes.toString('hex')}` }
}

/** Type and block; blocks and inodes, free ones too; fsid; longest name; fragment. */
const NFS = statfs(0x69_69, 1 << 18, 1e6, 1e6, 1e6, 1e6, 1e6, 0, 255, 1 << 18)
const VFAT = statfs(0x4d_44, 2048, 1e6, 1e6, 1e6, 1e6, 1e6, 0, 1530, 2048)

onFilesystems(['tmpfs'], 'with the answers of another filesystem', ['root', 'strace'], (test) => {
  async function detectUnder(dir: string, ...inject: Injection[]): Promise<Partial<PlatformCapabilities>> {
    const run = await runUnder({ inject }, { call: 'detectCapabilitiesSync', args: [dir] })
    return Object(run.outcomes[0]?.result) as Partial<PlatformCapabilities>
  }

  test('NFS takes direct I/O at any alignment, not at that of its transfers', async ({ dir }) => {
    const found = await detectUnder(dir, NFS)
    expect(found).toMatchObject({ filesystemType: 'nfs', directIo: { memory: 1, offset: 1 } })
  })

  test('a list of NFS version 4 is none of those that POSIX knows', async ({ dir }) => {
    const refuses = { calls: 'fsetxattr', error: 'EOPNOTSUPP' }
    const has = { calls: 'fgetxattr', returns: 80 }
    const found = await detectUnder(dir, NFS, refuses, has)
    expect(found).toMatchObject({ acl: false, xattrNamespaces: ['system'], xattrAvailable: true })
  })

  test('of vfat no name is another by its case alone', async ({ dir }) => {
    const found = await detectUnder(dir, VFAT)
    expect(found).toMatchObject({
      filesystemType: 'vfat',
      filesystemCaseSensitive: false,
      maxFilenameLength: 255,
    })
  })
})
