// What follows from each errno of the calls that move data: another method, or the error, at the first call and
// after some bytes. Rows that need what this machine's kernels do not have are absent: copy_file_range's EIO on CIFS,
// and its cut-off results before Linux 5.19.
import { expect } from 'vitest'
import { MIB, TWO_CHUNKS } from '../support/files.js'
import { onFilesystems, type Need } from '../support/filesystems.js'
import { expectFailure, expectFallback, methods, TABLE_FILESYSTEMS } from '../support/fault-table.js'

interface Row {
  readonly call: 'copy_file_range' | 'sendfile' | 'splice'
  /** Where the fault begins. */
  readonly at: string
  readonly when?: string
  readonly size: number
  /** Bytes that have arrived by then. */
  readonly bytes: number
  readonly soft: readonly string[]
  readonly hard: readonly string[]
}

const FULL = ['ENOSPC', 'EDQUOT', 'ENOMEM', 'EROFS', 'ESTALE', 'ETIMEDOUT']
// CephFS, append-only files, swap files, CIFS: only the first call can be refused for such a reason.
const ONLY_FIRST = ['EACCES', 'EBADF', 'ETXTBSY', 'ENOENT']
const ALWAYS_SOFT = ['ENOSYS', 'EXDEV', 'EOPNOTSUPP', 'EINVAL', 'EPERM', 'EOVERFLOW', 'EFBIG', 'EAGAIN']
const UNSPLICEABLE = ['EINVAL', 'ENOSYS', 'EPERM', 'EAGAIN']

const ROWS: readonly Row[] = [
  {
    call: 'copy_file_range',
    at: 'at the first call',
    size: MIB + 1,
    bytes: 0,
    soft: [...ALWAYS_SOFT, ...ONLY_FIRST],
    hard: [...FULL, 'EIO', 'EISDIR'],
  },
  {
    call: 'copy_file_range',
    at: 'after 16 MiB',
    when: '2+',
    size: TWO_CHUNKS,
    bytes: 16 * MIB,
    soft: ALWAYS_SOFT,
    hard: [...FULL, ...ONLY_FIRST, 'EIO', 'EISDIR'],
  },
  {
    call: 'sendfile',
    at: 'at the first call',
    size: MIB + 1,
    bytes: 0,
    soft: [...UNSPLICEABLE, 'EOVERFLOW', 'EIO'],
    hard: FULL,
  },
  {
    call: 'sendfile',
    at: 'after 16 MiB',
    when: '2+',
    size: TWO_CHUNKS,
    bytes: 16 * MIB,
    soft: UNSPLICEABLE,
    hard: [...FULL, 'EIO'],
  },
  {
    call: 'splice',
    at: 'into the pipe',
    size: MIB + 1,
    bytes: 0,
    soft: [...UNSPLICEABLE, 'EIO'],
    hard: FULL,
  },
  {
    call: 'splice',
    at: 'out of the pipe',
    when: '2+',
    size: MIB + 1,
    bytes: 0,
    soft: [...UNSPLICEABLE, 'EIO'],
    hard: FULL,
  },
  {
    call: 'splice',
    at: 'after 1 MiB',
    when: '3+',
    size: 3 * MIB + 1,
    bytes: MIB,
    soft: UNSPLICEABLE,
    hard: [...FULL, 'EIO'],
  },
  {
    call: 'splice',
    at: 'out of the pipe after 1 MiB',
    when: '4+',
    size: 3 * MIB + 1,
    bytes: MIB,
    soft: UNSPLICEABLE,
    hard: [...FULL, 'EIO'],
  },
]

const NEEDS: readonly Need[] = ['linux', 'strace']

onFilesystems(TABLE_FILESYSTEMS, 'faults of kernel copies', NEEDS, (test) => {
  for (const { call, at, when, size, bytes, soft, hard } of ROWS) {
    const counted = when === undefined ? {} : { when }
    for (const error of soft) {
      test(`${call} ${error} ${at}: another method goes on from there`, async ({ dir }) => {
        const fault = { ...methods(call, 'read_write'), inject: [{ calls: call, error, ...counted }] }
        const used = await expectFallback(dir, size, fault)
        // The method that moved more than half is named.
        expect(new Set(used)).toEqual(new Set([bytes * 2 > size ? call : 'read_write']))
      })
    }
    for (const error of hard) {
      test(`${call} ${error} ${at}: the copy fails, the old file stays`, async ({ dir }) => {
        const fault = { ...methods(call, 'read_write'), inject: [{ calls: call, error, ...counted }] }
        await expectFailure(dir, size, fault, { code: error, call, bytesCopied: bytes })
      })
    }
    test(`${call} says 0 ${at}: it is not believed to be the end`, async ({ dir }) => {
      const fault = { ...methods(call, 'read_write'), inject: [{ calls: call, returns: 0, ...counted }] }
      await expectFallback(dir, size, fault)
    })
    test(`${call} EINTR ${at}: the call is repeated`, async ({ dir }) => {
      const once = when === undefined ? '1' : when.replace('+', '')
      const fault = { ...methods(call, 'read_write'), inject: [{ calls: call, error: 'EINTR', when: once }] }
      expect(await expectFallback(dir, size, fault)).toEqual([call])
    })
  }

  for (const error of ['EIO', 'ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS']) {
    test(`write ${error}: the copy fails, the old file stays`, async ({ dir }) => {
      const fault = { ...methods('read_write'), inject: [{ calls: 'pwrite64', error }] }
      await expectFailure(dir, MIB + 1, fault, { code: error, call: 'pwrite', bytesCopied: 0 })
    })
  }

  test('write EIO after some bytes: the error says how many', async ({ dir }) => {
    const fault = { ...methods('read_write'), inject: [{ calls: 'pwrite64', error: 'EIO', when: '3+' }] }
    await expectFailure(dir, MIB + 1, fault, { code: 'EIO', call: 'pwrite', bytesCopied: 512 * 1024 })
  })

  test('write EINTR: the call is repeated', async ({ dir }) => {
    const fault = { ...methods('read_write'), inject: [{ calls: 'pwrite64', error: 'EINTR', when: '2' }] }
    expect(await expectFallback(dir, MIB + 1, fault)).toEqual(['read_write'])
  })

  for (const error of ['EIO', 'EISDIR', 'ESTALE']) {
    test(`read ${error}: the copy fails, the old file stays`, async ({ dir }) => {
      const fault = {
        ...methods('read_write'),
        paths: [`${dir}/from`],
        inject: [{ calls: 'pread64,read', error }],
      }
      await expectFailure(dir, MIB + 1, fault, { code: error, call: /^p?read$/, bytesCopied: 0 })
    })
  }

  test('read EINTR: the call is repeated', async ({ dir }) => {
    const inject = [{ calls: 'pread64', error: 'EINTR', when: '2' }]
    const fault = { ...methods('read_write'), paths: [`${dir}/from`], inject }
    expect(await expectFallback(dir, MIB + 1, fault)).toEqual(['read_write'])
  })

  test('all kernel copies refuse after some bytes: the last one goes on where they stopped', async ({
    dir,
  }) => {
    const inject = [
      { calls: 'splice', error: 'EINVAL', when: '3+' },
      { calls: 'copy_file_range,sendfile', error: 'EINVAL' },
    ]
    const fault = { ...methods('splice', 'copy_file_range', 'sendfile', 'read_write'), inject }
    expect(await expectFallback(dir, 3 * MIB + 1, fault)).toEqual(['read_write'])
  })
})
