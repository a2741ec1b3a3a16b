// FICLONE and the whole chain denied by a seccomp filter, which sees the ioctl's request (strace does not).
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { expectNothingTemporary } from '../support/compare.js'
import { copyingSync, runUnder } from '../support/faults.js'
import { MIB, writeRandom } from '../support/files.js'
import { LONG, onEveryFilesystem, onFilesystems } from '../support/filesystems.js'
import { expectFailure, expectFallback, nodeName } from '../support/fault-table.js'

// EAGAIN: OpenZFS with dirty blocks. ENOTTY, ENOSYS: no such ioctl. EPERM, EACCES: sandboxes. ETXTBSY: a swap file.
const SOFT = [
  'EOPNOTSUPP',
  'ENOTTY',
  'ENOSYS',
  'EXDEV',
  'EINVAL',
  'EBADF',
  'EAGAIN',
  'EPERM',
  'EACCES',
  'ETXTBSY',
]
const HARD = ['EIO', 'ENOMEM', 'ENOSPC', 'EDQUOT', 'EISDIR', 'EROFS', 'ESTALE', 'ETIMEDOUT']
const FICLONE = /^ioctl\(FICLONE\)$/

onFilesystems(LONG ? ['xfs', 'btrfs'] : ['xfs'], 'FICLONE', ['root', 'python3'], (test) => {
  test('without a fault is what copies', async ({ dir }) => {
    expect(await expectFallback(dir, MIB + 1, {})).toEqual(['clone', 'clone'])
  })

  for (const error of SOFT) {
    test(`${error} is followed by a plain copy`, async ({ dir }) => {
      const used = await expectFallback(dir, MIB + 1, { deny: { error, calls: 'ficlone' } })
      expect(used).not.toContain('clone')
    })

    test(`${error} is the error of reflink: always, and nothing has changed`, async ({ dir }) => {
      const [from, fresh] = [join(dir, 'from'), join(dir, 'fresh')]
      const old = ['auto', 'atomic', 'in-place'].map((replace) => ({ replace, to: join(dir, replace) }))
      writeRandom(from, MIB)
      for (const { to } of old) writeFileSync(to, 'old')
      const { outcomes } = await runUnder(
        { deny: { error, calls: 'ficlone' } },
        ...[...old, { to: fresh, replace: 'auto' }].map(({ to, replace }) =>
          copyingSync(from, to, { replace, reflink: 'always' }),
        ),
      )
      expect(outcomes.map((outcome) => outcome.error?.code)).toEqual(
        Array.from({ length: 4 }, () => nodeName(error)),
      )
      for (const outcome of outcomes) expect(outcome.error?.call).toMatch(FICLONE)
      expect(existsSync(fresh)).toBe(false)
      expect(old.map(({ to }) => readFileSync(to, 'utf8'))).toEqual(['old', 'old', 'old'])
      expectNothingTemporary(dir)
    })
  }

  for (const error of HARD) {
    test(`${error} fails the copy`, async ({ dir }) => {
      await expectFailure(
        dir,
        MIB,
        { deny: { error, calls: 'ficlone' } },
        { code: error, call: FICLONE, bytesCopied: 0 },
      )
    })
  }
})

const CHAIN = 'ficlone,copy_file_range,splice,sendfile'

onEveryFilesystem('every kernel copy', ['linux', 'python3'], (test) => {
  for (const error of ['ENOSYS', 'EPERM']) {
    test(`denied with ${error} leaves read and write`, async ({ dir }) => {
      const used = await expectFallback(dir, 3 * MIB + 1, { deny: { error, calls: CHAIN } })
      expect(used).toEqual(['read_write', 'read_write'])
    })

    test(`denied with ${error}, with reservation and newer calls too, changes nothing`, async ({ dir }) => {
      const calls = `${CHAIN},fallocate,openat2,renameat2`
      expect(await expectFallback(dir, 3 * MIB + 1, { deny: { error, calls } })).toEqual([
        'read_write',
        'read_write',
      ])
    })
  }

  test('without statx (ENOSYS, as in sandboxes older than it) files are still copied', async ({ dir }) => {
    await expectFallback(dir, MIB + 1, { deny: { error: 'ENOSYS', calls: 'statx' } })
  })
})
