// Metadata calls that fail, under each value of metadataErrors: counted, or the error.
import { chmodSync, chownSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { CopyResult } from '../../src/index.js'
import { aclOf, expectContent, expectNothingTemporary } from '../support/compare.js'
import { copyingSync, runUnder } from '../support/faults.js'
import { MIB, setAcl, setXattr, writeRandom } from '../support/files.js'
import { onFilesystems, type Need } from '../support/filesystems.js'

const NEEDS: readonly Need[] = ['root', 'strace', 'attr', 'acl']

interface Piece {
  readonly piece: keyof NonNullable<CopyResult['unpreserved']>
  readonly calls: string
  readonly preserve: readonly string[]
  readonly prepare: (from: string) => void
  /** Errnos that mean "cannot be held here" or "not for you": counted by default. */
  readonly counted: readonly string[]
  /** Errnos that fail by default. */
  readonly fatal: readonly string[]
}

const PIECES: readonly Piece[] = [
  {
    piece: 'ownership',
    calls: 'fchown',
    preserve: ['ownership'],
    prepare: (from) => chownSync(from, 1234, 1234),
    counted: ['EPERM'],
    fatal: ['EIO', 'EDQUOT', 'EROFS'],
  },
  {
    piece: 'timestamps',
    calls: 'utimensat',
    preserve: ['timestamps'],
    prepare: () => {},
    counted: [],
    fatal: ['EIO', 'EROFS'],
  },
  {
    piece: 'xattr',
    calls: 'fsetxattr',
    preserve: ['xattr'],
    prepare: (from) => setXattr(from, 'user.colour', 'blue'),
    counted: ['EOPNOTSUPP', 'E2BIG'],
    fatal: ['EIO', 'EDQUOT', 'EROFS'],
  },
  {
    piece: 'xattr',
    calls: 'fsetxattr',
    preserve: ['xattr'],
    prepare: (from) => setXattr(from, 'trusted.colour', 'blue'),
    counted: ['EOPNOTSUPP', 'EPERM'],
    fatal: ['EIO'],
  },
  {
    piece: 'acl',
    calls: 'fsetxattr',
    preserve: ['mode', 'acl'],
    prepare: (from) => setAcl(from, 'u:1234:r'),
    // ENOSPC of an attribute: too large for its place in the inode, as a list of a thousand users is on ext4.
    counted: ['EOPNOTSUPP', 'ENOSPC', 'EPERM'],
    fatal: ['EIO'],
  },
  {
    piece: 'mode',
    calls: 'fchmod',
    preserve: ['mode'],
    prepare: (from) => chmodSync(from, 0o400),
    counted: [],
    fatal: ['EIO', 'EROFS'],
  },
]

onFilesystems(['ext4', 'xfs'], 'metadata', NEEDS, (test) => {
  for (const { piece, calls, preserve, prepare, counted, fatal } of PIECES) {
    for (const error of [...counted, ...fatal]) {
      const byDefault = counted.includes(error) ? 'counted' : 'the error'
      const what = `${piece} (${preserve.join(', ')}), ${calls} ${error}`
      test(`${what}: counted under ignore, ${byDefault} by default, always the error under error`, async ({
        dir,
      }) => {
        const from = join(dir, 'from')
        writeRandom(from, MIB)
        prepare(from)
        const content = readFileSync(from)
        const targets = ['ignore', 'ignore-unsupported', 'error'].map((policy) => ({
          policy,
          to: join(dir, policy),
        }))
        for (const { to } of targets) writeFileSync(to, 'old')
        const operations = targets.map(({ policy, to }) =>
          copyingSync(from, to, { preserve, metadataErrors: policy }),
        )
        const run = await runUnder({ inject: [{ calls, error }] }, ...operations)
        expect(run.hits).toBeGreaterThanOrEqual(3)
        targets.forEach(({ policy, to }, index) => {
          const outcome = run.outcomes[index]
          if (policy === 'ignore' || (policy === 'ignore-unsupported' && counted.includes(error))) {
            expect(outcome).toMatchObject({ result: { files: 1, unpreserved: { [piece]: 1 } } })
            expectContent(to, content)
          } else {
            expect(outcome?.error).toMatchObject({
              errno: expect.any(Number),
              call: expect.stringMatching(/^f|utimens/),
              unpreserved: piece,
              path: from,
              dest: to,
            })
            expect(readFileSync(to, 'utf8')).toBe('old')
          }
        })
        expectNothingTemporary(dir)
      })
    }
  }

  test('an attribute that vanishes between list and read is passed over', async ({ dir }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    writeRandom(from, 10)
    setXattr(from, 'user.colour', 'blue')
    const run = await runUnder(
      { inject: [{ calls: 'fgetxattr', error: 'ENODATA' }] },
      copyingSync(from, to, { preserve: ['xattr'] }),
    )
    expect(run.hits).toBeGreaterThan(0)
    expect(run.outcomes[0]?.result).toMatchObject({ files: 1 })
  })

  test('an ACL is kept where attributes cannot be listed', async ({ dir }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    writeRandom(from, 10)
    setAcl(from, 'u:1234:rw')
    const inject = [{ calls: 'flistxattr', error: 'E2BIG' }]
    const run = await runUnder({ inject }, copyingSync(from, to, { preserve: ['mode', 'acl'] }))
    expect(run.hits).toBeGreaterThan(0)
    expect(run.outcomes[0]?.error).toBeUndefined()
    expect(aclOf(to)).toBe(aclOf(from))
  })

  test('a list or a value that grows after it was sized is read again', async ({ dir }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    writeRandom(from, 10)
    setXattr(from, 'user.colour', 'blue')
    for (const calls of ['flistxattr', 'fgetxattr']) {
      const inject = [{ calls, error: 'ERANGE', when: '2' }]
      const run = await runUnder({ inject }, copyingSync(from, to, { preserve: ['xattr'] }))
      expect(run.outcomes[0]?.error).toBeUndefined()
      expect(existsSync(to)).toBe(true)
    }
  })
})
