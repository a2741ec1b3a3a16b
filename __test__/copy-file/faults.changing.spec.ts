// A source that changes while it is copied. The copying process is halted at a call that moves data, the source is
// changed, and the process goes on: no luck and no sleep is involved.
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { expectContent, expectNothingTemporary, statOf } from '../support/compare.js'
import { copyingSync, startUnder, type Outcome } from '../support/faults.js'
import { MIB, randomBytes, writeRandom, writeSparse } from '../support/files.js'
import { onFilesystems, type Need } from '../support/filesystems.js'
import { run } from '../support/mounts.js'
import { methods, TABLE_FILESYSTEMS } from '../support/fault-table.js'

/** Three chunks: a halted call that shares storage is finished all the same, and there must be one more. */
const SIZE = 33 * MIB + 3
const NEEDS: readonly Need[] = ['linux', 'strace']

/** One call of each method, and how many have been made when the process is halted. */
const METHODS = [
  ['copy_file_range', 'copy_file_range', '2'],
  ['sendfile', 'sendfile', '2'],
  ['splice', 'splice', '5'],
  ['read_write', 'pwrite64', '3'],
] as const

/** Copies `from` to `to`, changing the source after some bytes. */
async function copyWhile(
  change: () => void,
  method: (typeof METHODS)[number],
  from: string,
  to: string,
  options: Readonly<Record<string, unknown>> = {},
): Promise<Outcome> {
  const [name, calls, when] = method
  const fault = { ...methods(name, 'read_write'), inject: [{ calls, signal: 'STOP', when }] as const }
  const subject = startUnder(
    fault,
    copyingSync(from, to, { ...options, sparse: options['sparse'] ?? 'auto' }),
  )
  await subject.traced('stopped by SIGSTOP')
  change()
  subject.resume()
  const { outcomes } = await subject.done
  return outcomes[0] ?? {}
}

/** The copy is a prefix of what the source was or is, and the result tells its true size. */
function expectPrefix(to: string, outcome: Outcome, whole: Buffer): void {
  expect(outcome.error).toBeUndefined()
  const { size } = statOf(to)
  expect(outcome.result).toMatchObject({ bytes: Number(size), files: 1 })
  expect(Number(size)).toBeLessThanOrEqual(whole.length)
  expectContent(to, whole.subarray(0, Number(size)))
}

onFilesystems(TABLE_FILESYSTEMS, 'a source that changes while it is copied', NEEDS, (test) => {
  for (const method of METHODS) {
    test(`is cut to nothing: the copy ends with what was read (${method[0]})`, async ({ dir }) => {
      const [from, to] = [join(dir, 'from'), join(dir, 'to')]
      const content = writeRandom(from, SIZE)
      const outcome = await copyWhile(() => truncateSync(from, 0), method, from, to)
      expectPrefix(to, outcome, content)
      expect(outcome.result?.bytes).toBeLessThan(SIZE)
      expectNothingTemporary(dir)
    })

    test(`is cut behind what was read: the copy ends where it ends (${method[0]})`, async ({ dir }) => {
      const [from, to] = [join(dir, 'from'), join(dir, 'to')]
      const content = writeRandom(from, SIZE)
      writeFileSync(to, 'old')
      const outcome = await copyWhile(() => truncateSync(from, SIZE - 5000), method, from, to)
      expectPrefix(to, outcome, content)
      expect(outcome.result?.bytes).toBe(SIZE - 5000)
      expectNothingTemporary(dir)
    })

    test(`grows: the copy is a prefix, no shorter than the file was (${method[0]})`, async ({ dir }) => {
      const [from, to] = [join(dir, 'from'), join(dir, 'to')]
      const content = writeRandom(from, SIZE)
      const more = randomBytes(3 * MIB, 9)
      const outcome = await copyWhile(() => appendFileSync(from, more), method, from, to)
      expectPrefix(to, outcome, Buffer.concat([content, more]))
      expect(outcome.result?.bytes).toBeGreaterThanOrEqual(SIZE)
    })

    const CHANGES: Readonly<Record<string, (from: string) => void>> = {
      'cut short': (from) => truncateSync(from, SIZE - 5000),
      grown: (from) => appendFileSync(from, 'more'),
      'replaced by another file': (from) => {
        writeRandom(`${from}-other`, SIZE, 2)
        renameSync(`${from}-other`, from)
      },
      'given another mtime': (from) => utimesSync(from, 1, 1),
    }
    for (const [title, change] of Object.entries(CHANGES)) {
      test(`verifySource tells when it was ${title} (${method[0]})`, async ({ dir }) => {
        const [from, to] = [join(dir, 'from'), join(dir, 'to')]
        writeRandom(from, SIZE)
        writeFileSync(to, 'old')
        const outcome = await copyWhile(() => change(from), method, from, to, { verifySource: true })
        expect(outcome.error).toMatchObject({ code: 'ERR_PALFS_SOURCE_CHANGED', path: from, dest: to })
        expect(readFileSync(to, 'utf8')).toBe('old')
        expectNothingTemporary(dir)
      })
    }
  }

  test('verifySource tells when its directory was exchanged, which changes nothing of the file itself', async ({
    dir,
  }) => {
    const [from, to] = [join(dir, 'folder', 'from'), join(dir, 'to')]
    for (const name of ['folder', 'other']) mkdirSync(join(dir, name))
    writeRandom(from, SIZE)
    writeRandom(join(dir, 'other', 'from'), SIZE, 2)
    writeFileSync(to, 'old')
    const exchange = (): void => {
      renameSync(join(dir, 'folder'), join(dir, 'aside'))
      renameSync(join(dir, 'other'), join(dir, 'folder'))
    }
    const outcome = await copyWhile(exchange, METHODS[0], from, to, { verifySource: true })
    expect(outcome.error).toMatchObject({ code: 'ERR_PALFS_SOURCE_CHANGED', path: from, dest: to })
    expect(readFileSync(to, 'utf8')).toBe('old')
    expectNothingTemporary(dir)
  })

  test('sparse and cut while its segments are copied: finite, and the size is told', async ({ dir }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    writeSparse(from, SIZE, [
      { offset: 0, length: 4 * MIB },
      { offset: 8 * MIB, length: 4 * MIB },
    ])
    const content = readFileSync(from)
    const outcome = await copyWhile(() => truncateSync(from, 9 * MIB), METHODS[3], from, to)
    expectPrefix(to, outcome, content)
    expect(outcome.result?.bytes).toBe(9 * MIB)
  })
})

onFilesystems(['ext4'], 'a disk that fills up and empties again', [...NEEDS, 'root'], (test) => {
  test('adds no zeros to a source that shrinks: what was reserved in part is cut off', async ({ dir }) => {
    const [image, disk, from] = [join(dir, 'image'), join(dir, 'disk'), join(dir, 'from')]
    const [to, filler] = [join(disk, 'to'), join(disk, 'filler')]
    writeSparse(image, 32 * MIB, [])
    mkdirSync(disk)
    run('mkfs.ext4', '-q', '-F', image)
    run('mount', '-o', 'loop', image, disk)
    const content = writeRandom(from, 12 * MIB)
    // Of the source, of the destination, and for the room that there is.
    const inject = [
      { calls: 'fstatfs', signal: 'STOP', when: '3' },
      { calls: 'fallocate', signal: 'STOP', when: '1' },
    ] as const
    const subject = startUnder({ inject }, copyingSync(from, to))
    await subject.traced('stopped by SIGSTOP')
    writeFileSync(filler, Buffer.alloc(16 * MIB))
    subject.resume()
    await subject.traced('fallocate(')
    await expect.poll(() => Number(statOf(to).size)).toBeGreaterThan(MIB)
    rmSync(filler)
    truncateSync(from, MIB)
    subject.resume()
    const { outcomes } = await subject.done
    expect(outcomes[0]?.result).toMatchObject({ bytes: MIB })
    expectContent(to, content.subarray(0, MIB))
  })
})
