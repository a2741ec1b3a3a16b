// Errors of the calls around the data: opening, sizing, metadata, closing, naming, syncing.
import { chmodSync, chownSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { expectContent, expectNothingTemporary, modeOf } from '../support/compare.js'
import { copyingSync, runUnder, type Injection } from '../support/faults.js'
import { makeSpecial, MIB, setXattr, TWO_CHUNKS, writeRandom, writeSparse } from '../support/files.js'
import { onFilesystems, type Need } from '../support/filesystems.js'
import {
  expectFailure,
  expectFallback,
  methods,
  TABLE_FILESYSTEMS,
  type ExpectedFailure,
  type Variation,
} from '../support/fault-table.js'

const NEEDS: readonly Need[] = ['root', 'strace', 'attr', 'python3']
const STRICT = { preserve: 'all', metadataErrors: 'error' }
const RENAMES = 'rename,renameat,renameat2'

interface Row extends Variation {
  readonly calls: string
  readonly expected: ExpectedFailure
}

function foreign(from: string): void {
  setXattr(from, 'user.colour', 'blue')
  chownSync(from, 1234, 1234)
}

function sparsely(from: string): void {
  writeSparse(from, MIB, [{ offset: 65_536, length: 65_536 }])
}

/** Each fails the copy; an old file stays. */
const FATAL: readonly Row[] = [
  {
    calls: 'fsync,fdatasync',
    expected: { code: 'EIO', call: 'fsync', bytesCopied: MIB },
    options: { durable: true },
  },
  {
    calls: 'fchmod',
    expected: { code: 'EIO', call: 'fchmod', bytesCopied: MIB },
    prepare: (from) => chmodSync(from, 0o400),
  },
  {
    calls: 'fchown',
    expected: { code: 'EIO', call: 'fchown', bytesCopied: MIB },
    options: STRICT,
    prepare: foreign,
  },
  { calls: 'utimensat', expected: { code: 'EIO', call: /^(futimens|utimensat)$/ }, options: STRICT },
  { calls: 'fsetxattr', expected: { code: 'EIO', call: 'fsetxattr' }, options: STRICT, prepare: foreign },
  { calls: 'flistxattr', expected: { code: 'EIO', call: 'flistxattr' }, options: STRICT },
]

onFilesystems(TABLE_FILESYSTEMS, 'faults around the data', NEEDS, (test, { name }) => {
  for (const { calls, expected, ...variation } of FATAL) {
    test(`${calls} ${expected.code}: the copy fails, an old file stays`, async ({ dir }) => {
      const inject = [{ calls, error: expected.code }]
      await expectFailure(dir, MIB, { inject }, expected, variation)
    })
  }

  for (const error of ['EIO', 'ENOSPC', 'EDQUOT']) {
    test(`rename ${error}: the copy fails, the old file stays`, async ({ dir }) => {
      const [from, to] = [join(dir, 'from'), join(dir, 'to')]
      writeRandom(from, MIB)
      writeFileSync(to, 'old')
      const replacing = ['auto', 'atomic'].map((replace) => copyingSync(from, to, { replace }))
      const appearing = copyingSync(from, join(dir, 'fresh'), { replace: 'atomic' })
      const run = await runUnder({ inject: [{ calls: RENAMES, error }] }, ...replacing, appearing)
      expect(run.hits).toBe(3)
      for (const outcome of run.outcomes) {
        expect(outcome.error).toMatchObject({ code: error, path: from, bytesCopied: MIB })
        expect(outcome.error?.call).toMatch(/^rename/)
      }
      expect(readFileSync(to, 'utf8')).toBe('old')
      expect(existsSync(join(dir, 'fresh'))).toBe(false)
      expectNothingTemporary(dir)
    })
  }

  for (const error of ['EBUSY', 'EACCES', 'EPERM', 'EROFS']) {
    test(`rename ${error}: rewritten in place, or the error with atomic`, async ({ dir }) => {
      const [from, to, kept] = [join(dir, 'from'), join(dir, 'to'), join(dir, 'kept')]
      const content = writeRandom(from, MIB)
      for (const path of [to, kept]) writeFileSync(path, 'old')
      const operations = [copyingSync(from, to), copyingSync(from, kept, { replace: 'atomic' })]
      const run = await runUnder({ inject: [{ calls: RENAMES, error }] }, ...operations)
      expect(run.hits).toBe(2)
      expect(run.outcomes[0]?.result).toMatchObject({ bytes: MIB, files: 1 })
      expect(run.outcomes[1]?.error).toMatchObject({ code: error, path: from, dest: kept })
      expectContent(to, content)
      expect(readFileSync(kept, 'utf8')).toBe('old')
      expectNothingTemporary(dir)
    })
  }

  for (const error of ['EIO', 'ENOSPC', 'EDQUOT']) {
    test(`close ${error}: the copy fails, a new file is removed, an old one in place is torn`, async ({
      dir,
    }) => {
      const [from, fresh, old] = [join(dir, 'from'), join(dir, 'fresh'), join(dir, 'old')]
      writeRandom(from, MIB)
      writeFileSync(old, 'old')
      const run = await runUnder(
        { inject: [{ calls: 'close', error }], paths: [fresh, old] },
        copyingSync(from, fresh),
        copyingSync(from, old, { replace: 'in-place' }),
      )
      expect(run.hits).toBeGreaterThanOrEqual(2)
      for (const outcome of run.outcomes)
        expect(outcome.error).toMatchObject({ code: error, call: 'close', path: from })
      expect(run.outcomes[1]?.error?.destination).toBe('torn')
      expect(existsSync(fresh)).toBe(false)
    })
  }

  for (const error of ['EMFILE', 'ENFILE', 'EINTR']) {
    const open: Injection =
      error === 'EINTR' ? { calls: 'openat', error, when: '1' } : { calls: 'openat', error }
    test(`open ${error} of the destination: ${error === 'EINTR' ? 'repeated' : 'the error'}`, async ({
      dir,
    }) => {
      const [from, fresh] = [join(dir, 'from'), join(dir, 'fresh')]
      const content = writeRandom(from, MIB)
      const run = await runUnder({ inject: [open], paths: [fresh] }, copyingSync(from, fresh))
      expect(run.hits).toBeGreaterThan(0)
      if (error === 'EINTR') expectContent(fresh, content)
      else expect(run.outcomes[0]?.error).toMatchObject({ code: error, call: 'openat', bytesCopied: 0 })
      expect(existsSync(fresh)).toBe(error === 'EINTR')
      expectNothingTemporary(dir)
    })
  }

  test('ftruncate EIO of an old file in place: it stays as it was, its mode too', async ({ dir }) => {
    const [from, old] = [join(dir, 'from'), join(dir, 'old')]
    writeRandom(from, MIB, 1, 0o600)
    writeFileSync(old, 'old')
    chmodSync(old, 0o664)
    const inject = [{ calls: 'ftruncate', error: 'EIO' }]
    const run = await runUnder({ inject, paths: [old] }, copyingSync(from, old, { replace: 'in-place' }))
    expect(run.hits).toBe(1)
    expect(run.outcomes[0]?.error).toMatchObject({ code: 'EIO', call: 'ftruncate' })
    expect(run.outcomes[0]?.error?.destination).toBeUndefined()
    expect([readFileSync(old, 'utf8'), modeOf(old)]).toEqual(['old', '0664'])
  })

  for (const error of ['EINVAL', 'EOPNOTSUPP', 'EIO', 'ENXIO']) {
    test(`lseek ${error}: a sparse file is read`, async ({ dir }) => {
      const fault = { inject: [{ calls: 'lseek', error }], paths: [join(dir, 'from')] }
      await expectFallback(dir, MIB, fault, { prepare: sparsely, options: { reflink: 'never' } })
    })
  }

  test('a failed cleanup does not hide why the copy failed', async ({ dir }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    writeRandom(from, MIB)
    const inject = [
      { calls: 'pwrite64', error: 'ENOSPC' },
      { calls: 'unlink,unlinkat', error: 'EIO' },
    ]
    const run = await runUnder({ inject, ...methods('read_write') }, copyingSync(from, to))
    expect(run.hits).toBe(2)
    expect(run.outcomes[0]?.error).toMatchObject({ code: 'ENOSPC', call: 'pwrite' })
  })

  test('a special file that cannot be made is an error that names mknodat', async ({ dir }) => {
    const [from, to] = [makeSpecial(dir, 'from', 'FIFO'), join(dir, 'to')]
    const inject = [{ calls: 'mknod,mknodat', error: 'ENOSPC' }]
    const run = await runUnder({ inject }, copyingSync(from, to, { specialFiles: 'copy' }))
    expect(run.hits).toBe(1)
    expect(run.outcomes[0]?.error).toMatchObject({ code: 'ENOSPC', call: 'mknodat', path: from, dest: to })
    expect(existsSync(to)).toBe(false)
    expectNothingTemporary(dir)
  })

  // Blocks are reserved where they are mapped on write: on xfs for large files only.
  if (name === 'ext4' || name === 'xfs') {
    for (const error of ['ENOSPC', 'EIO', 'EOPNOTSUPP', 'ENOSYS', 'EPERM']) {
      test(`fallocate ${error}: blocks are not reserved, the copy goes on`, async ({ dir }) => {
        await expectFallback(
          dir,
          TWO_CHUNKS,
          { inject: [{ calls: 'fallocate', error }] },
          { options: { reflink: 'never' } },
        )
      })
    }

    test('fallocate of more than there is room for is not tried: nobody else is left without a block meanwhile', async ({
      dir,
    }) => {
      const from = join(dir, 'from')
      writeSparse(from, 2 ** 40, [])
      const options = { reflink: 'never', sparse: 'never' }
      const run = await runUnder({ trace: 'fallocate' }, copyingSync(from, join(dir, 'to'), options))
      expect(run.outcomes[0]?.error).toMatchObject({ code: 'ENOSPC' })
      expect(run.trace).toEqual([])
    })
  }
})
