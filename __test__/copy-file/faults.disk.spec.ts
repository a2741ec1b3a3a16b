// Real failures of real filesystems, nothing injected: full, over quota, over the file size limit, damaged.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { copyFile, type CopyFileOptions } from '../../src/index.js'
import { expectContent, expectNothingTemporary, statOf } from '../support/compare.js'
import { damagedFilesystem, limitedVolume, overcommittedDisk } from '../support/failing-disks.js'
import { copyingSync, runUnder } from '../support/faults.js'
import { KIB, MIB, writeRandom } from '../support/files.js'
import { betweenFilesystems, onFilesystems, scratch, whenRoot } from '../support/filesystems.js'
import { run, unmountBelow } from '../support/mounts.js'
import { methods } from '../support/fault-table.js'

betweenFilesystems(
  [
    ['ext4', 'tiny tmpfs'],
    ['tmpfs', 'tiny tmpfs'],
  ],
  'a full filesystem',
  [],
  (test) => {
    for (const method of ['', 'splice', 'sendfile', 'read_write']) {
      test(`is ENOSPC, the old file stays, what was made is removed (${method === '' ? 'any method' : method})`, async ({
        from,
        to,
      }) => {
        const [source, old, fresh] = [join(from, 'from'), join(to, 'old'), join(to, 'fresh')]
        writeRandom(source, 2 * MIB)
        writeRandom(old, 300 * KIB, 2)
        const before = readFileSync(old)
        const operations = [
          copyingSync(source, old),
          copyingSync(source, old, { replace: 'atomic' }),
          copyingSync(source, fresh),
        ]
        const { outcomes } = await runUnder(methods(method), ...operations)
        for (const { error } of outcomes) {
          expect(error).toMatchObject({ code: 'ENOSPC', syscall: 'copyfile', path: source })
          expect(error?.destination).not.toBe('torn')
        }
        expectContent(old, before)
        expect(existsSync(fresh)).toBe(false)
        expectNothingTemporary(to)
      })
    }

    test('is ENOSPC with a torn file in place', async ({ from, to }) => {
      const [source, old] = [join(from, 'from'), join(to, 'old')]
      writeRandom(source, 2 * MIB)
      writeRandom(old, 300 * KIB, 2)
      const copy = copyFile(source, old, { replace: 'in-place' })
      await expect(copy).rejects.toMatchObject({
        code: 'ENOSPC',
        destination: 'torn',
        path: source,
        dest: old,
      })
      rmSync(old)
    })

    test('without room for another inode is ENOSPC, and in place there is room', async ({ from, to }) => {
      const [source, old] = [join(from, 'from'), join(to, 'old')]
      const content = writeRandom(source, 5000)
      writeFileSync(old, 'old')
      fillInodes(to)
      for (const replace of ['auto', 'atomic'] as const) {
        await expect(copyFile(source, old, { replace })).rejects.toMatchObject({
          code: 'ENOSPC',
          path: source,
          dest: old,
        })
      }
      expect(readFileSync(old, 'utf8')).toBe('old')
      await copyFile(source, old, { replace: 'in-place' })
      expectContent(old, content)
    })
  },
)

function fillInodes(directory: string): void {
  for (let made = 0; made < 100; made += 1) {
    try {
      writeFileSync(join(directory, `filler-${made}`), '')
    } catch {
      return
    }
  }
}

onFilesystems(
  ['ext4', 'xfs', 'btrfs', 'tmpfs', 'overlay'],
  'the file size limit of the process',
  ['root'],
  (test) => {
    for (const options of [{}, { reflink: 'never' }] as CopyFileOptions[]) {
      test(`is EFBIG, no signal, and the old file stays (${JSON.stringify(options)})`, async ({ dir }) => {
        const [from, old, fresh] = [join(dir, 'from'), join(dir, 'old'), join(dir, 'fresh')]
        writeRandom(from, 3 * MIB)
        writeFileSync(old, 'old')
        const operations = [copyingSync(from, old, options), copyingSync(from, fresh, options)]
        const { outcomes } = await runUnder({ fileSizeKib: 1000 }, ...operations)
        for (const { error } of outcomes) expect(error).toMatchObject({ code: 'EFBIG', path: from })
        expect(readFileSync(old, 'utf8')).toBe('old')
        expect(existsSync(fresh)).toBe(false)
        expectNothingTemporary(dir)
      })
    }
  },
)

whenRoot('over quota on btrfs', (test) => {
  let volume = ''
  beforeAll(() => {
    volume = limitedVolume(scratch, 'quota')
  })
  afterAll(() => unmountBelow(join(scratch, 'quota')))

  test('is EDQUOT by name, and the old file stays', async () => {
    const source = join(scratch, 'quota', 'from')
    const [old, fresh] = [join(volume, 'old'), join(volume, 'fresh')]
    writeRandom(source, 4 * MIB)
    writeFileSync(old, 'old')
    for (const [to, replace] of [
      [old, 'auto'],
      [old, 'atomic'],
      [fresh, 'auto'],
    ] as const) {
      const copy = copyFile(source, to, { replace, reflink: 'never' })
      await expect(copy).rejects.toMatchObject({ code: 'EDQUOT', errno: -122, path: source, dest: to })
    }
    expect(readFileSync(old, 'utf8')).toBe('old')
    expect(existsSync(fresh)).toBe(false)
    expectNothingTemporary(volume)
  })
})

const DAMAGED_SIZE = MIB
const PLACES = { 'first half': 200_000, 'second half': 600_000, 'last block': DAMAGED_SIZE - 10 } as const

function fillDamaged(mount: string): Buffer[] {
  return Object.entries(PLACES).map(([name, at], index) => {
    const content = writeRandom(join(mount, name), DAMAGED_SIZE, 100 + index)
    const block = Math.floor(at / 4096) * 4096
    return content.subarray(block, block + 4096)
  })
}

whenRoot('a damaged block of the source', (test) => {
  let damaged = ''
  beforeAll(() => {
    damaged = damagedFilesystem(scratch, 'damaged', fillDamaged)
  })
  afterAll(() => unmountBelow(join(scratch, 'damaged')))

  for (const place of Object.keys(PLACES)) {
    for (const method of ['', 'copy_file_range,read_write', 'splice', 'sendfile', 'read_write']) {
      test(`in its ${place} is EIO, never success (${method === '' ? 'any method' : method})`, async () => {
        const target = join(scratch, 'directory-of-copies')
        run('mkdir', '-p', target)
        const [from, old, fresh] = [join(damaged, place), join(target, 'old'), join(target, 'fresh')]
        writeFileSync(old, 'old')
        const operations = [
          copyingSync(from, old),
          copyingSync(from, fresh),
          copyingSync(from, old, { replace: 'atomic' }),
        ]
        const { outcomes } = await runUnder(methods(method), ...operations)
        for (const { error } of outcomes) {
          expect(error).toMatchObject({ code: 'EIO', syscall: 'copyfile', path: from })
          expect(error?.bytesCopied).toBeLessThan(DAMAGED_SIZE)
        }
        expect(readFileSync(old, 'utf8')).toBe('old')
        expect(readdirSync(target)).toEqual(['old'])
      })
    }
  }
})

whenRoot('a disk that is full only when the data is written back', (test) => {
  let disk = ''
  beforeAll(() => {
    disk = overcommittedDisk(scratch, 'overcommitted')
  })
  afterAll(() => unmountBelow(join(scratch, 'overcommitted')))

  test('is an error of fsync under durable, and the old name does not change', async () => {
    const [from, to] = [join(scratch, 'large'), join(disk, 'to')]
    writeRandom(from, 24 * MIB)
    writeFileSync(to, 'old')
    const inode = statOf(to).ino
    const copy = copyFile(from, to, { durable: true })
    await expect(copy).rejects.toMatchObject({ code: expect.stringMatching(/^(EIO|ENOSPC)$/), call: 'fsync' })
    expect(statOf(to).ino).toBe(inode)
    expectNothingTemporary(disk)
  })
})
