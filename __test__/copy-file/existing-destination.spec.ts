// What must never happen to an old file, or beside it, in places that are easily forgotten.
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { copyFileSync, type FsError } from '../../src/index.js'
import { expectContent, expectNothingTemporary } from '../support/compare.js'
import { FORMS } from '../support/copying.js'
import { MIB, randomBytes, setInodeFlags, writeRandom } from '../support/files.js'
import { onFilesystems, scratch } from '../support/filesystems.js'

onFilesystems(['btrfs'], 'a forced clone in place', ['root'], (test) => {
  for (const size of [100_000, 64 * 1024]) {
    test(`that the kernel refuses for another reason than a longer old file leaves that whole (${size})`, ({
      dir,
    }) => {
      const [from, to] = [join(dir, 'from'), join(dir, 'to')]
      writeRandom(from, size)
      writeFileSync(to, '')
      setInodeFlags(to, '+C')
      const old = randomBytes(200_000, 2)
      writeFileSync(to, old)
      const copy = (): unknown => copyFileSync(from, to, { reflink: 'always', replace: 'in-place' })
      expect(copy).toThrow(expect.objectContaining({ code: 'EINVAL', call: 'ioctl(FICLONE)' }) as FsError)
      expect(copy).toThrow(expect.not.objectContaining({ destination: 'torn' }) as FsError)
      expectContent(to, old)
    })

    test(`over a longer old file gives the source and no more (${size})`, ({ dir }) => {
      const [from, to] = [join(dir, 'from'), join(dir, 'to')]
      const content = writeRandom(from, size)
      writeRandom(to, 200_000, 2)
      expect(copyFileSync(from, to, { reflink: 'always', replace: 'in-place' })).toMatchObject({
        bytes: size,
        method: 'clone',
      })
      expectContent(to, content)
    })
  }
})

onFilesystems(['ext4', 'btrfs', 'xfs'], 'an append-only directory', ['root'], (test) => {
  for (const [form, copy] of FORMS) {
    test(`gets no temporary that could never be removed (${form})`, async ({ dir }) => {
      const [from, to] = [join(dir, 'from'), join(dir, 'to')]
      const content = writeRandom(from, 5000, 1, 0o400)
      writeRandom(to, 100, 2)
      setInodeFlags(dir, '+a')
      try {
        await copy(from, to)
        await copy(from, join(dir, 'fresh'), { preserve: [] })
        await expect(copy(from, join(dir, 'whole'), { replace: 'atomic' })).rejects.toMatchObject({
          code: 'EPERM',
        })
        expect(readdirSync(dir).toSorted()).toEqual(['fresh', 'from', 'to'])
        expectContent(to, content)
      } finally {
        setInodeFlags(dir, '-a')
      }
    })
  }
})

onFilesystems(['tiny tmpfs'], 'an old file that is torn', ['root'], (test) => {
  test('does not run with the rights of what it was', ({ dir }) => {
    const source = mkdtempSync(join(scratch, 'source-'))
    try {
      const [from, to] = [join(source, 'from'), join(dir, 'to')]
      writeRandom(from, 2 * MIB, 1, 0o755)
      writeRandom(to, 100, 2, 0o4755)
      expect(() => copyFileSync(from, to, { replace: 'in-place' })).toThrow(
        expect.objectContaining({ code: 'ENOSPC', destination: 'torn' }) as FsError,
      )
      expect(statSync(to).mode & 0o7777).toBe(0o755)
      expectNothingTemporary(dir)
    } finally {
      rmSync(source, { recursive: true })
      rmSync(join(dir, 'to'), { force: true })
    }
  })
})
