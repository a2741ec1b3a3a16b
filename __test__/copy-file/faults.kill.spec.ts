// kill -9 in the middle of a copy: what is at the destination afterwards, what is left, and what the next copy does.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { copyFile } from '../../src/index.js'
import { expectContent, temporariesIn } from '../support/compare.js'
import { copyingSync, runUnder } from '../support/faults.js'
import { TWO_CHUNKS, writeRandom } from '../support/files.js'
import { LONG, onFilesystems, type Need } from '../support/filesystems.js'
import { TABLE_FILESYSTEMS } from '../support/fault-table.js'

const NEEDS: readonly Need[] = ['linux', 'strace']
const DATA = 'copy_file_range,sendfile,splice,pwrite64'
const NAMING = 'rename,renameat,renameat2'
const LATER = LONG ? [5, 6, 7, 8, 9, 10] : []
const MOMENTS: readonly (readonly [moment: string, calls: string, when: string])[] = [
  ['at the first call that moves data', DATA, '1'],
  ['between two calls that move data', DATA, '4'],
  ['at the rename', NAMING, '1'],
  ...LATER.map((n) => [`at call ${n} that moves data`, DATA, String(n)] as const),
]

onFilesystems(TABLE_FILESYSTEMS, 'kill -9', NEEDS, (test) => {
  for (const [moment, calls, when] of MOMENTS) {
    for (const replace of ['auto', 'atomic'] as const) {
      test(`${moment} leaves the old file (${replace}); the next copy is not disturbed`, async ({ dir }) => {
        const [from, to] = [join(dir, 'from'), join(dir, 'to')]
        const content = writeRandom(from, TWO_CHUNKS)
        writeFileSync(to, 'old')
        const options = { replace, reflink: 'never' } as const
        const run = await runUnder(
          { inject: [{ calls, signal: 'KILL', when }] },
          copyingSync(from, to, options),
        )
        expect(run.killed).toBe(true)
        expect(readFileSync(to, 'utf8')).toBe('old')
        const left = temporariesIn(dir)
        expect(left).toHaveLength(1)
        expect((await copyFile(from, to, options)).files).toBe(1)
        expectContent(to, content)
        expect(temporariesIn(dir)).toEqual(left)
      })
    }

    test(`${moment} leaves an absent name absent (atomic)`, async ({ dir }) => {
      const [from, to] = [join(dir, 'from'), join(dir, 'to')]
      const content = writeRandom(from, TWO_CHUNKS)
      const options = { replace: 'atomic', reflink: 'never', durable: true } as const
      const run = await runUnder(
        { inject: [{ calls, signal: 'KILL', when }] },
        copyingSync(from, to, options),
      )
      expect(run.killed).toBe(true)
      expect(existsSync(to)).toBe(false)
      expect(temporariesIn(dir).length).toBeLessThanOrEqual(1)
      await copyFile(from, to, options)
      expectContent(to, content)
    })
  }

  test('after the rename leaves the new file', async ({ dir }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    const content = writeRandom(from, TWO_CHUNKS)
    writeFileSync(to, 'old')
    // The second fsync is that of the directory, which follows the rename.
    const inject = [{ calls: 'fsync,fdatasync', signal: 'KILL', when: '2' }] as const
    const run = await runUnder({ inject }, copyingSync(from, to, { durable: true }))
    expect(run.killed).toBe(true)
    expectContent(to, content)
    expect(temporariesIn(dir)).toEqual([])
  })

  test('in place leaves a torn file, which the next copy repairs', async ({ dir }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    const content = writeRandom(from, TWO_CHUNKS)
    writeFileSync(to, 'old')
    const options = { replace: 'in-place', reflink: 'never' } as const
    const inject = [{ calls: DATA, signal: 'KILL', when: '4' }] as const
    expect((await runUnder({ inject }, copyingSync(from, to, options))).killed).toBe(true)
    expect(temporariesIn(dir)).toEqual([])
    await copyFile(from, to, options)
    expectContent(to, content)
  })
})
