// The options of cp that are ours, on trees: what each does, and that both forms do it.
import fs from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { cp, cpSync, type CopyResult, type CpSyncOptions } from '../../src/index.js'
import { modeOf, statOf, timesOf } from '../support/compare.js'
import { makeSpecial, setTimes, setXattr, writeSparse, MIB } from '../support/files.js'
import { onEveryFilesystem, onFilesystems } from '../support/filesystems.js'
import { below, manyFiles } from '../support/many-files.js'
import { run } from '../support/mounts.js'

type Copy = (from: string, to: string, options?: CpSyncOptions) => Promise<CopyResult>
const FORMS: readonly (readonly [string, Copy])[] = [
  ['cp', (from, to, options) => cp(from, to, { recursive: true, ...options })],
  ['cpSync', async (from, to, options) => Promise.resolve(cpSync(from, to, { recursive: true, ...options }))],
]

const OLD = '1000000000.123456789'

onEveryFilesystem('options of trees', ['linux', 'attr'], (test, { reflink }) => {
  for (const [name, copy] of FORMS) {
    test(`${name} keeps what a list names and nothing else`, async ({ dir }) => {
      const [from, to] = [manyFiles(join(dir, 'from'), 1, 1), join(dir, 'to')]
      const source = join(from, 'd0/f0')
      setXattr(source, 'user.colour', 'red')
      fs.chmodSync(source, 0o600)
      for (const path of [source, join(from, 'd0'), from]) setTimes(path, OLD, OLD)
      await copy(from, to, { preserve: ['timestamps'] })
      const copied = join(to, 'd0/f0')
      for (const path of [copied, join(to, 'd0'), to])
        expect(timesOf(path).mtime).toBe(1_000_000_000_123_456_789n)
      expect(run('getfattr', '-d', '--absolute-names', copied)).toBe('')
      await copy(from, join(dir, 'all'), { preserve: 'all' })
      expect(run('getfattr', '-d', '--absolute-names', join(dir, 'all/d0/f0'))).toContain('user.colour="red"')
      expect(modeOf(join(dir, 'all/d0/f0'))).toBe('0600')
    })

    test(`${name} keeps names of one file together with preserve 'links', over the whole tree`, async ({
      dir,
    }) => {
      const [from, to] = [manyFiles(join(dir, 'from'), 3, 30), join(dir, 'to')]
      for (const other of ['d1/other', 'd2/third', 'top']) fs.linkSync(join(from, 'd0/f0'), join(from, other))
      const result = await copy(from, to, { preserve: ['links'] })
      expect(result).toMatchObject({ files: 93 })
      const inodes = ['d0/f0', 'd1/other', 'd2/third', 'top'].map((path) => statOf(join(to, path)).ino)
      expect(new Set(inodes).size).toBe(1)
      await copy(from, join(dir, 'apart'))
      expect(statOf(join(dir, 'apart/top')).nlink).toBe(1n)
    })

    test(`${name} copies links as they are under preserve 'all'`, async ({ dir }) => {
      const from = join(dir, 'from')
      fs.mkdirSync(from)
      fs.symlinkSync('../x', join(from, 'link'))
      await copy(from, join(dir, 'all'), { preserve: 'all' })
      expect(fs.readlinkSync(join(dir, 'all/link'))).toBe('../x')
      await copy(from, join(dir, 'absolute'))
      expect(fs.readlinkSync(join(dir, 'absolute/link'))).toBe(join(dir, 'x'))
      await copy(from, join(dir, 'asked'), { preserve: 'all', verbatimSymlinks: false })
      expect(fs.readlinkSync(join(dir, 'asked/link'))).toBe(join(dir, 'x'))
    })

    test(`${name} refuses, skips or recreates special files`, async ({ dir }) => {
      const from = join(dir, 'from')
      fs.mkdirSync(from)
      makeSpecial(from, 'pipe', 'FIFO')
      makeSpecial(from, 'device', 'character device')
      await expect(copy(from, join(dir, 'error'))).rejects.toMatchObject({
        code: expect.stringMatching(/^ERR_FS_CP_(FIFO_PIPE|UNKNOWN)$/),
      })
      expect(await copy(from, join(dir, 'skip'), { specialFiles: 'skip' })).toMatchObject({
        skipped: 2,
        others: 0,
      })
      expect(await copy(from, join(dir, 'copy'), { specialFiles: 'copy' })).toMatchObject({ others: 2 })
      expect(statOf(join(dir, 'copy/pipe')).isFIFO()).toBe(true)
      expect(statOf(join(dir, 'copy/device')).isCharacterDevice()).toBe(true)
    })

    test(`${name} with update copies what is newer or missing`, async ({ dir }) => {
      const [from, to] = [manyFiles(join(dir, 'from'), 1, 3), join(dir, 'to')]
      await copy(from, to)
      setTimes(join(to, 'd0/f0'), OLD, OLD)
      fs.writeFileSync(join(to, 'd0/f1'), 'newer')
      fs.unlinkSync(join(to, 'd0/f2'))
      setTimes(join(from, 'd0/f1'), OLD, OLD)
      expect(await copy(from, to, { update: true })).toMatchObject({ files: 2, skipped: 1 })
      expect(fs.readFileSync(join(to, 'd0/f1'), 'utf8')).toBe('newer')
    })

    test(`${name} shares storage always, or fails and touches nothing`, async ({ dir }) => {
      const [from, to] = [manyFiles(join(dir, 'from'), 1, 1), join(dir, 'to')]
      fs.writeFileSync(join(from, 'd0/f0'), Buffer.alloc(65_536, 1))
      if (reflink) {
        expect(await copy(from, to, { reflink: 'always' })).toMatchObject({ method: 'clone' })
      } else {
        await expect(copy(from, to, { reflink: 'always' })).rejects.toMatchObject({
          code: expect.stringMatching(/^(ENOTSUP|EOPNOTSUPP)$/),
        })
        expect(fs.existsSync(join(to, 'd0/f0'))).toBe(false)
      }
      expect((await copy(from, join(dir, 'never'), { reflink: 'never' })).method).not.toMatch(
        /clone|copy_file_range/,
      )
    })

    test(`${name} keeps holes`, async ({ dir }) => {
      const from = join(dir, 'from')
      fs.mkdirSync(from)
      writeSparse(join(from, 'sparse'), 8 * MIB, [{ offset: 4 * MIB, length: 4096 }])
      await copy(from, join(dir, 'to'), { reflink: 'never' })
      expect(statOf(join(dir, 'to/sparse')).blocks * 512n).toBeLessThan(BigInt(MIB))
    })

    test.for([1, 2, 7, 2 ** 40])(
      `${name} with at most %d threads copies the same`,
      async (concurrency, { dir }) => {
        const [from, to] = [manyFiles(join(dir, 'from'), 5, 50), join(dir, 'to')]
        expect(await copy(from, to, { concurrency })).toMatchObject({ files: 250, directories: 6 })
        expect(below(to)).toEqual(below(from))
      },
    )

    test(`${name} replaces old files so that other names of them keep the old content, or in place`, async ({
      dir,
    }) => {
      const [from, to] = [manyFiles(join(dir, 'from'), 1, 1), join(dir, 'to')]
      fs.mkdirSync(join(to, 'd0'), { recursive: true })
      const old = join(to, 'd0/f0')
      fs.writeFileSync(old, 'old')
      fs.linkSync(old, join(dir, 'other'))
      await copy(from, to, { replace: 'in-place' })
      expect(fs.readFileSync(join(dir, 'other'), 'utf8')).toBe('0.0')
      fs.writeFileSync(join(from, 'd0/f0'), 'newest')
      await copy(from, to, { replace: 'atomic', durable: true })
      expect(fs.readFileSync(old, 'utf8')).toBe('newest')
      expect(fs.readFileSync(join(dir, 'other'), 'utf8')).toBe('0.0')
    })
  }
})

onFilesystems(['ext4'], 'other mounts', ['root'], (test) => {
  for (const [name, copy] of FORMS) {
    test(`${name} leaves them out with oneFileSystem, but makes their directory`, async ({ dir }) => {
      const from = manyFiles(join(dir, 'from'), 2, 2)
      run('mount', '-t', 'tmpfs', 'tmpfs', join(from, 'd1'))
      fs.writeFileSync(join(from, 'd1/elsewhere'), '')
      await copy(from, join(dir, 'one'), { oneFileSystem: true })
      expect(below(join(dir, 'one'))).toEqual(['d0', 'd0/f0', 'd0/f1', 'd1'])
      await copy(from, join(dir, 'all'))
      expect(below(join(dir, 'all'))).toContain('d1/elsewhere')
    })
  }
})
