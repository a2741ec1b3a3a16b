// A filesystem that ignores the flags of setxattr(2), as Linux's client of SMB does: the type comes from a changed answer of
// fstatfs(2), and setxattr(2) succeeds whatever is there.
import { expect } from 'vitest'
import { newFile } from '../support/attributes.js'
import { runUnder, type Injection, type Operation } from '../support/faults.js'
import { setXattr } from '../support/files.js'
import { onFilesystems } from '../support/filesystems.js'

/** CIFS_SUPER_MAGIC, 0xff534d42, where struct statfs begins. */
const CIFS: Injection = { calls: 'fstatfs', poke: '@arg2=424d53ff00000000' }
const SUCCEEDS: Injection = { calls: 'setxattr,lsetxattr,fsetxattr', returns: 0 }

const set = (...args: readonly unknown[]): readonly Operation[] =>
  ['setSync', 'set'].map((call) => ({ call: `xattr.${call}`, args }))

onFilesystems(['ext4'], 'where the flags of setxattr are ignored', ['root', 'strace', 'attr'], (test) => {
  test('create refuses what is there, replace what is not, before anything is set', async ({ dir }) => {
    const path = newFile(dir)
    setXattr(path, 'user.old', 'value')
    for (const follow of [true, false]) {
      const run = await runUnder(
        { inject: [CIFS, SUCCEEDS], paths: [path] },
        ...set(path, 'user.old', 'x', { create: true, follow }),
        ...set(path, 'user.new', 'x', { replace: true, follow }),
      )
      const call = follow ? 'setxattr' : 'lsetxattr'
      expect(run.outcomes.map(({ error }) => [error?.code, error?.call, error?.path])).toEqual([
        ['EEXIST', call, path],
        ['EEXIST', call, path],
        ['ENODATA', call, path],
        ['ENODATA', call, path],
      ])
      expect(run.trace.filter((line) => line.includes('setxattr('))).toEqual([])
    }
  })

  test('the flags are given all the same, should another be faster', async ({ dir }) => {
    const path = newFile(dir)
    setXattr(path, 'user.old', 'value')
    const run = await runUnder(
      { inject: [CIFS, SUCCEEDS], paths: [path] },
      ...set(path, 'user.new', 'x', { create: true }),
      ...set(path, 'user.old', 'x', { replace: true }),
    )
    expect(run.outcomes.map(({ error }) => error)).toEqual([undefined, undefined, undefined, undefined])
    const flags = run.trace.flatMap((line) => /XATTR_\w+/.exec(line) ?? [])
    expect(flags).toEqual(['XATTR_CREATE', 'XATTR_CREATE', 'XATTR_REPLACE', 'XATTR_REPLACE'])
  })
})
