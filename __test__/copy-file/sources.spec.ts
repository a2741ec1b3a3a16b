// What a copy may be asked to read: files of the kernel, special files, names of any bytes.
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { copyFile } from '../../src/index.js'
import { expectContent, expectNothingTemporary, statOf, temporariesIn } from '../support/compare.js'
import { FORMS, RECREATED, REPLACE, SKIPPED } from '../support/copying.js'
import { copying, copyingSync, runUnder } from '../support/faults.js'
import { bytePath, makeSpecial, setTimes, SPECIAL_KINDS, writeRandom } from '../support/files.js'
import { onEveryFilesystem, onFilesystems } from '../support/filesystems.js'

// Each has another way of lying: size 0, size 4096, no splice, no sendfile.
const KERNEL_FILES = [
  '/proc/version',
  '/proc/filesystems',
  '/proc/sys/kernel/ostype',
  '/sys/kernel/mm/transparent_hugepage/enabled',
  '/sys/kernel/mm/transparent_hugepage/defrag',
].filter((path) => existsSync(path))

onEveryFilesystem('files of the kernel', ['linux'], (test) => {
  for (const path of KERNEL_FILES) {
    test(`${path} is copied with its content`, async ({ dir }) => {
      const [first, second] = [join(dir, 'first'), join(dir, 'second')]
      writeFileSync(second, 'a much longer old content than the new one is'.repeat(1000))
      // In a child process, which a deadline ends: reading such a file until its size is reached never ends.
      const { outcomes } = await runUnder({}, copying(path, first), copyingSync(path, second))
      const expected = readFileSync(path)
      for (const outcome of outcomes) {
        expect(outcome.error).toBeUndefined()
        expect(outcome.result).toMatchObject({
          bytes: expected.length,
          files: 1,
          method: expect.not.stringMatching('none'),
        })
      }
      for (const copy of [first, second]) expectContent(copy, expected)
      expectNothingTemporary(dir)
    })
  }

  test('/proc/self/status, which sendfile refuses, is copied whole', async ({ dir }) => {
    const to = join(dir, 'status')
    const { outcomes } = await runUnder({}, copyingSync('/proc/self/status', to))
    const text = readFileSync(to, 'utf8')
    expect(outcomes[0]?.result?.bytes).toBe(text.length)
    expect(text).toMatch(/^Name:.*\n[^]*\nnonvoluntary_ctxt_switches:\t\d+\n$/)
  })
})

const CODES = {
  FIFO: 'ERR_FS_CP_FIFO_PIPE',
  socket: 'ERR_FS_CP_SOCKET',
  'character device': 'ERR_FS_CP_UNKNOWN',
  'block device': 'ERR_FS_CP_UNKNOWN',
} as const

onEveryFilesystem('special files', ['root', 'python3', 'strace'], (test) => {
  for (const kind of SPECIAL_KINDS) {
    test(`a ${kind} is refused by default, recreated or skipped on request, never opened`, async ({
      dir,
    }) => {
      const [from, to, made] = [makeSpecial(dir, 'from', kind), join(dir, 'to'), join(dir, 'made')]
      const { outcomes, trace } = await runUnder(
        { trace: 'open,openat,openat2', paths: [from] },
        copying(from, to),
        copying(from, to, { specialFiles: 'error' }),
        copying(from, to, { specialFiles: 'skip' }),
        copying(from, made, { specialFiles: 'copy' }),
      )
      const refused = { code: CODES[kind], path: from, dest: to }
      expect(outcomes[0]?.error).toMatchObject(refused)
      expect(outcomes[1]?.error).toMatchObject(refused)
      expect(outcomes[2]?.result).toEqual(SKIPPED)
      expect(outcomes[3]?.result).toEqual(RECREATED)
      expect(existsSync(to)).toBe(false)
      expect([lstatSync(made).mode, lstatSync(made).rdev]).toEqual([
        lstatSync(from).mode,
        lstatSync(from).rdev,
      ])
      // O_PATH opens nothing but the name.
      expect(trace.filter((line) => !line.includes('O_PATH'))).toEqual([])
      expectNothingTemporary(dir)
    })
  }

  test('an old file stays when a special one is skipped', async ({ dir }) => {
    const [from, to] = [makeSpecial(dir, 'from', 'FIFO'), join(dir, 'to')]
    writeFileSync(to, 'old')
    const { outcomes } = await runUnder({}, copying(from, to, { specialFiles: 'skip' }))
    expect(outcomes[0]?.result).toEqual(SKIPPED)
    expect(readFileSync(to, 'utf8')).toBe('old')
    expectNothingTemporary(dir)
  })
})

const NAMES: Readonly<Record<string, Buffer>> = {
  'bytes that are no UTF-8': Buffer.from([0xff, 0xfe, 0x80, 0x41]),
  'half of a character': Buffer.from([0xc3]),
  'an encoded surrogate': Buffer.from([0xed, 0xa0, 0x80]),
  'a newline': Buffer.from('a\nb'),
  'a leading dash': Buffer.from('-rf'),
  'a backslash and quotes': Buffer.from('\\"\''),
  'the prefix of our temporaries': Buffer.from('.palfs-mine'),
  '255 bytes': Buffer.alloc(255, 'n'),
  '255 bytes of UTF-8': Buffer.from('é'.repeat(127) + 'x'),
}

onEveryFilesystem('names', ['linux'], (test) => {
  for (const [title, name] of Object.entries(NAMES)) {
    for (const [form, copy] of FORMS) {
      test(`${title}, as source and as destination (${form})`, async ({ dir }) => {
        const content = writeRandom(bytePath(dir, name), 5000)
        mkdirSync(join(dir, 'd'))
        const to = bytePath(join(dir, 'd'), name)
        for (const replace of REPLACE) {
          await copy(bytePath(dir, name), to, { replace })
          expectContent(to, content)
        }
        expect(readdirSync(join(dir, 'd'), 'buffer').map((entry) => entry.toString('hex'))).toEqual([
          name.toString('hex'),
        ])
      })
    }
  }

  test('a name of 256 bytes is ENAMETOOLONG', async ({ dir }) => {
    const from = join(dir, 'from')
    writeRandom(from, 10)
    for (const replace of REPLACE) {
      const refused = copyFile(from, join(dir, 'n'.repeat(256)), { replace })
      await expect(refused).rejects.toMatchObject({ code: 'ENAMETOOLONG' })
    }
    expect(readdirSync(dir)).toEqual(['from'])
  })
})

onFilesystems(['ext4', 'btrfs'], 'options', ['linux', 'strace'], (test) => {
  test('update copies what is newer or missing and passes the rest over', async ({ dir }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    const content = writeRandom(from, 5000)
    setTimes(from, '1000', '1000.5')
    expect((await copyFile(from, to, { update: true, preserve: ['timestamps'] })).files).toBe(1)
    writeFileSync(to, 'old')
    for (const mtime of ['1000.5', '1000.500000001', '2000']) {
      setTimes(to, '1000', mtime)
      expect(await copyFile(from, to, { update: true })).toEqual(SKIPPED)
      expect(readFileSync(to, 'utf8')).toBe('old')
    }
    setTimes(to, '1000', '1000.499999999')
    expect((await copyFile(from, to, { update: true })).files).toBe(1)
    expectContent(to, content)
  })

  test('onError: collect resolves with the error, but a missing source rejects', async ({ dir }) => {
    const [from, folder] = [join(dir, 'from'), join(dir, 'folder')]
    writeRandom(from, 10)
    mkdirSync(folder)
    const result = await copyFile(from, folder, { onError: 'collect' })
    expect(result).toMatchObject({ files: 0, bytes: 0, errorCount: 1 })
    expect(result.errors).toHaveLength(1)
    expect(result.errors?.[0]).toMatchObject({
      code: 'EISDIR',
      syscall: 'copyfile',
      path: from,
      dest: folder,
    })
    await expect(copyFile(join(dir, 'missing'), folder, { onError: 'collect' })).rejects.toMatchObject({
      code: 'ENOENT',
    })
    await expect(copyFile(from, folder, { onError: 'stop' })).rejects.toMatchObject({ code: 'EISDIR' })
  })

  for (const replace of REPLACE) {
    test(`durable syncs file and directory (${replace}), and nothing is synced otherwise`, async ({
      dir,
    }) => {
      const [from, to] = [join(dir, 'from'), join(dir, 'to')]
      writeRandom(from, 5000)
      const trace = 'fsync,fdatasync'
      const durable = await runUnder({ trace }, copyingSync(from, to, { durable: true, replace }))
      expect(durable.outcomes[0]?.result?.files).toBe(1)
      expect(durable.trace.filter((line) => line.endsWith('= 0')).length).toBeGreaterThanOrEqual(2)
      expect((await runUnder({ trace }, copyingSync(from, to, { replace }))).trace).toEqual([])
    })
  }

  test('verifySource says nothing when nothing changed', async ({ dir }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    writeRandom(from, 5000)
    for (const replace of REPLACE) {
      expect((await copyFile(from, to, { verifySource: true, replace })).files).toBe(1)
    }
    expect(statOf(to).size).toBe(5000n)
    expect(temporariesIn(dir)).toEqual([])
  })
})
