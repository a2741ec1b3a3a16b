// onError: 'collect': the rest is finished, and the result says what failed.
import fs from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { cp, cpSync, FsError, isFsError, type CopyResult, type CpSyncOptions } from '../../src/index.js'
import { makeSpecial } from '../support/files.js'
import { onFilesystems } from '../support/filesystems.js'
import { below, manyFiles } from '../support/many-files.js'

type Copy = (from: string, to: string, options: CpSyncOptions) => Promise<CopyResult>
const FORMS: readonly (readonly [string, Copy])[] = [
  ['cp', (from, to, options) => cp(from, to, { recursive: true, onError: 'collect', ...options })],
  [
    'cpSync',
    async (from, to, options) =>
      Promise.resolve(cpSync(from, to, { recursive: true, onError: 'collect', ...options })),
  ],
]

onFilesystems(['ext4', 'tmpfs'], 'errors are collected', ['linux'], (test) => {
  for (const [name, copy] of FORMS) {
    test(`${name} copies the rest and names what failed`, async ({ dir }) => {
      const [from, to] = [manyFiles(join(dir, 'from'), 4, 20), join(dir, 'to')]
      makeSpecial(join(from, 'd1'), 'pipe', 'FIFO')
      makeSpecial(from, 'socket', 'socket')
      fs.mkdirSync(join(to, 'd2/f3'), { recursive: true })
      fs.writeFileSync(join(to, 'd3'), 'in the way')
      const result = await copy(from, to, {})
      expect(result).toMatchObject({ files: 59, directories: 2, errorCount: 4 })
      const errors = result.errors ?? []
      expect(errors.every((error) => error instanceof FsError && isFsError(error))).toBe(true)
      expect(Object.fromEntries(errors.map(({ code, path }) => [path, code]))).toEqual({
        [join(to, 'd1/pipe')]: 'ERR_FS_CP_FIFO_PIPE',
        [join(to, 'socket')]: 'ERR_FS_CP_SOCKET',
        [join(to, 'd2/f3')]: 'ERR_FS_CP_NON_DIR_TO_DIR',
        [join(to, 'd3')]: 'ERR_FS_CP_DIR_TO_NON_DIR',
      })
      expect(fs.readFileSync(join(to, 'd2/f4'), 'utf8')).toBe('2.4')
    })

    test(`${name} keeps a thousand errors and counts the rest`, async ({ dir }) => {
      const [from, to] = [join(dir, 'from'), join(dir, 'to')]
      fs.mkdirSync(from)
      fs.mkdirSync(to)
      const pipe = makeSpecial(from, 'pipe', 'FIFO')
      for (let index = 0; index < 1199; index += 1) fs.linkSync(pipe, join(from, `pipe${index}`))
      fs.writeFileSync(join(from, 'file'), 'content')
      const result = await copy(from, to, {})
      expect(result.errors).toHaveLength(1000)
      expect(result).toMatchObject({ errorCount: 1200, files: 1 })
      expect(below(to)).toEqual(['file'])
    })

    test(`${name} without an error says nothing of errors`, async ({ dir }) => {
      const result = await copy(manyFiles(join(dir, 'from'), 1, 1), join(dir, 'to'), {})
      expect(result).not.toHaveProperty('errors')
      expect(result).not.toHaveProperty('errorCount')
    })

    test(`${name} rejects where the paths make no sense`, async ({ dir }) => {
      const from = manyFiles(join(dir, 'from'), 1, 1)
      await expect(copy(join(dir, 'missing'), join(dir, 'to'), {})).rejects.toMatchObject({ code: 'ENOENT' })
      await expect(copy(from, join(from, 'd0/inside'), {})).rejects.toMatchObject({
        code: 'ERR_FS_CP_EINVAL',
      })
      await expect(copy(from, from, {})).rejects.toMatchObject({ code: 'ERR_FS_CP_EINVAL' })
      expect(below(from)).toEqual(['d0', 'd0/f0'])
    })

    test(`${name} collects that the destination exists, of the root as of what is below it`, async ({
      dir,
    }) => {
      const [from, to] = [manyFiles(join(dir, 'from'), 1, 2), manyFiles(join(dir, 'to'), 1, 1)]
      const options = { force: false, errorOnExist: true }
      for (const entry of ['', 'd0/f0']) {
        const dest = join(to, entry)
        const result = await copy(join(from, entry), dest, options)
        expect(result).toMatchObject({ files: 0, directories: 0, errorCount: 1 })
        expect(result.errors).toMatchObject([{ code: 'ERR_FS_CP_EEXIST', path: dest }])
      }
      expect(below(to)).toEqual(['d0', 'd0/f0'])
    })

    test(`${name} rejects when it is aborted, and when the filter throws`, async ({ dir }) => {
      const [from, to] = [manyFiles(join(dir, 'from'), 2, 2), join(dir, 'to')]
      const reason = new Error('mine')
      const filter = (): never => {
        throw reason
      }
      await expect(copy(from, to, { filter })).rejects.toBe(reason)
      await expect(copy(from, to, { signal: AbortSignal.abort() })).rejects.toMatchObject({
        name: 'AbortError',
      })
    })
  }
})
