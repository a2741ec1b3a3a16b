// Metadata that the target cannot hold or the caller may not set: counted, or an error, as asked.
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { copyFile } from '../../src/index.js'
import { expectNothingTemporary, ownerOf, xattrsOf } from '../support/compare.js'
import { copying, runUnder } from '../support/faults.js'
import { setAcl, setXattr, writeRandom } from '../support/files.js'
import { betweenFilesystems, onFilesystems, type Need } from '../support/filesystems.js'

const NOBODY = 65_534
const TOOLS: readonly Need[] = ['root', 'attr', 'acl']

function writeSource(from: string): string {
  const path = join(from, 'from')
  writeRandom(path, 10)
  setXattr(path, 'user.large', Buffer.alloc(65_536, 7))
  setXattr(path, 'user.small', 'fits')
  return path
}

function writeForeign(dir: string): [from: string, to: string] {
  chmodSync(dir, 0o777)
  const from = join(dir, 'from')
  writeRandom(from, 10)
  setXattr(from, 'security.palfs', 'label')
  setXattr(from, 'user.colour', 'blue')
  return [from, join(dir, 'to')]
}

betweenFilesystems(
  [
    ['xfs', 'ext4'],
    ['tmpfs', 'btrfs'],
  ],
  'an attribute too large for the target',
  TOOLS,
  (test) => {
    for (const metadataErrors of ['ignore-unsupported', 'ignore'] as const) {
      test(`is counted under ${metadataErrors}, and the others are copied`, async ({ from, to }) => {
        const [source, target] = [writeSource(from), join(to, 'to')]
        const result = await copyFile(source, target, { preserve: ['xattr'], metadataErrors })
        expect(result.unpreserved).toEqual({ xattr: 1 })
        expect(Object.keys(xattrsOf(target))).toEqual(['user.small'])
      })
    }

    test('fails under error with a code of its own, and the old file stays', async ({ from, to }) => {
      const [source, target] = [writeSource(from), join(to, 'to')]
      const refused = { code: 'ERR_PALFS_XATTR_TOO_LARGE', call: 'fsetxattr', path: source, dest: target }
      const options = { preserve: ['xattr'], metadataErrors: 'error' } as const
      await expect(copyFile(source, target, { ...options, preserve: ['xattr'] })).rejects.toMatchObject(
        refused,
      )
      expect(existsSync(target)).toBe(false)
      writeFileSync(target, 'old')
      await expect(copyFile(source, target, { ...options, preserve: ['xattr'] })).rejects.toMatchObject(
        refused,
      )
      expect(readFileSync(target, 'utf8')).toBe('old')
      expectNothingTemporary(to)
    })
  },
)

onFilesystems(['ext4', 'xfs', 'btrfs', 'tmpfs'], 'metadata an ordinary user may not set', TOOLS, (test) => {
  test('is counted by default', async ({ dir }) => {
    const [from, to] = writeForeign(dir)
    const { outcomes } = await runUnder({ uid: NOBODY }, copying(from, to, { preserve: 'all' }))
    expect(outcomes[0]?.result?.unpreserved).toEqual({ ownership: 1, xattr: 1 })
    expect([ownerOf(to), Object.keys(xattrsOf(to))]).toEqual([`${NOBODY}:${NOBODY}`, ['user.colour']])
  })

  test('is not counted when nobody asked for it', async ({ dir }) => {
    const [from, to] = writeForeign(dir)
    const { outcomes } = await runUnder({ uid: NOBODY }, copying(from, to))
    expect(outcomes[0]?.result).toMatchObject({ files: 1 })
    expect(outcomes[0]?.result).not.toHaveProperty('unpreserved')
  })

  test("in place onto somebody else's file is counted where anybody may write it", async ({ dir }) => {
    chmodSync(dir, 0o777)
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    writeRandom(from, 10)
    writeFileSync(to, 'old')
    for (const path of [from, to]) chmodSync(path, 0o666)
    const options = { preserve: ['mode', 'acl', 'timestamps'], replace: 'in-place' }
    const { outcomes } = await runUnder({ uid: NOBODY }, copying(from, to, options))
    expect(outcomes[0]?.result).toMatchObject({ files: 1, unpreserved: { timestamps: 1 } })
    expect(readFileSync(to)).toEqual(readFileSync(from))
  })

  test('in place counts an access control list that stays', async ({ dir }) => {
    chmodSync(dir, 0o777)
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    writeRandom(from, 10)
    writeFileSync(to, 'old')
    setAcl(to, 'u:1234:rw', `u:${NOBODY}:rw`)
    for (const path of [from, to]) chmodSync(path, 0o666)
    const options = { preserve: ['acl'], replace: 'in-place' }
    const { outcomes } = await runUnder({ uid: NOBODY }, copying(from, to, options))
    expect(outcomes[0]?.result).toMatchObject({ files: 1, unpreserved: { acl: 1 } })
  })

  for (const [item, call] of [
    ['ownership', 'fchown'],
    ['xattr', 'fsetxattr'],
  ] as const) {
    test(`fails under metadataErrors: error for ${item}`, async ({ dir }) => {
      const [from, to] = writeForeign(dir)
      const options = { preserve: [item], metadataErrors: 'error' }
      const { outcomes } = await runUnder({ uid: NOBODY }, copying(from, to, options))
      expect(outcomes[0]?.error).toMatchObject({
        code: 'EPERM',
        call,
        path: from,
        dest: to,
        unpreserved: item,
      })
      expect(existsSync(to)).toBe(false)
      expectNothingTemporary(dir)
    })
  }
})
