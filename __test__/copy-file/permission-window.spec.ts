// Who could read or run a copy while it is made. The copying process is halted at the first call that moves data, and
// the file that is being filled is looked at.
import { chmodSync, chownSync, lstatSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { aclOf, modeOf, ownerOf, temporariesIn } from '../support/compare.js'
import { copying, copyingSync, runUnder, startUnder, type Fault } from '../support/faults.js'
import { MIB, setAcl, writeRandom } from '../support/files.js'
import { onFilesystems, type Need } from '../support/filesystems.js'
import { TABLE_FILESYSTEMS } from '../support/fault-table.js'

const NOBODY = 65_534
const NEEDS: readonly Need[] = ['root', 'strace', 'acl']
const AT_DATA: Fault = {
  inject: [{ calls: 'copy_file_range,sendfile,splice,pwrite64', signal: 'STOP', when: '1' }],
}

/** Mode of the file that is being filled, and of the finished one. */
async function modesOf(
  dir: string,
  options: object = {},
  fault: Fault = {},
): Promise<[meanwhile: string, done: string]> {
  const [from, to] = [join(dir, 'from'), join(dir, 'to')]
  const subject = startUnder(
    { ...AT_DATA, ...fault },
    copyingSync(from, to, { reflink: 'never', ...options }),
  )
  await subject.traced('stopped by SIGSTOP')
  const [temporary] = temporariesIn(dir)
  const meanwhile = modeOf(temporary === undefined ? to : join(dir, temporary))
  subject.resume()
  const { outcomes } = await subject.done
  expect(outcomes[0]?.error).toBeUndefined()
  return [meanwhile, modeOf(to)]
}

/** The ACL of the copy once its mode has been set. */
async function aclWhenWidened(from: string, to: string): Promise<string> {
  const halted = { inject: [{ calls: 'fchmod', signal: 'STOP', when: '1' }] } as const
  const subject = startUnder(halted, copyingSync(from, to, { preserve: 'all' }))
  await subject.traced('stopped by SIGSTOP')
  const meanwhile = aclOf(to)
  subject.resume()
  await subject.done
  return meanwhile
}

onFilesystems(TABLE_FILESYSTEMS, 'a file that is being filled', NEEDS, (test) => {
  for (const replace of ['auto', 'atomic'] as const) {
    test(`is never wider than in the end, and has no set-id bits yet (${replace})`, async ({ dir }) => {
      const from = join(dir, 'from')
      writeRandom(from, MIB, 1, 0o640)
      expect(await modesOf(dir, { replace })).toEqual(['0640', '0640'])
      chmodSync(from, 0o6755)
      expect(await modesOf(dir, { replace })).toEqual(['0755', '6755'])
    })

    test(`is for the copier alone while its owner will change (${replace})`, async ({ dir }) => {
      const from = join(dir, 'from')
      writeRandom(from, MIB)
      chownSync(from, 1234, 2345)
      chmodSync(from, 0o664)
      expect(await modesOf(dir, { replace })).toEqual(['0600', '0664'])
      expect(ownerOf(join(dir, 'to'))).toBe('1234:2345')
    })

    test(`is for the copier alone while its ACL will come (${replace})`, async ({ dir }) => {
      const from = join(dir, 'from')
      writeRandom(from, MIB, 1, 0o664)
      setAcl(from, 'u:1234:rw')
      const [meanwhile] = await modesOf(dir, { replace, preserve: 'all' })
      expect(meanwhile).toBe('0600')
    })
  }

  test('a file without any bits is filled all the same', async ({ dir }) => {
    writeRandom(join(dir, 'from'), MIB, 1, 0o000)
    expect(await modesOf(dir)).toEqual(['0600', '0000'])
  })

  test('an old file that is rewritten in place loses the bits it will not have before the content comes', async ({
    dir,
  }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    writeRandom(from, MIB, 1, 0o600)
    writeFileSync(to, 'old')
    chmodSync(to, 0o666)
    expect(await modesOf(dir, { replace: 'in-place' })).toEqual(['0600', '0600'])
  })

  test('a directory with a default ACL opens nothing either', async ({ dir }) => {
    setAcl(dir, 'd:u:1234:rwx', 'd:g::rwx', 'd:o:rwx')
    writeRandom(join(dir, 'from'), MIB, 1, 0o600)
    const [meanwhile, done] = await modesOf(dir)
    expect([meanwhile, done]).toEqual(['0600', '0600'])
  })

  test('in a set-group-id directory its group cannot read what it will not keep', async ({ dir }) => {
    writeRandom(join(dir, 'from'), MIB, 1, 0o640)
    chownSync(dir, 0, 77)
    chmodSync(dir, 0o2775)
    for (const replace of ['auto', 'atomic'] as const) {
      expect(await modesOf(dir, { replace })).toEqual(['0600', '0640'])
      expect(ownerOf(join(dir, 'to'))).toBe('0:0')
    }
  })

  test('in a set-group-id directory the group gets no more than the source gave its own', async ({ dir }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    writeRandom(from, MIB, 1, 0o640)
    chownSync(dir, NOBODY, 77)
    chmodSync(dir, 0o2775)
    chownSync(from, NOBODY, NOBODY)
    const { outcomes } = await runUnder({ uid: NOBODY }, copying(from, to))
    expect(outcomes[0]?.error).toBeUndefined()
    expect([ownerOf(to), modeOf(to), lstatSync(to).size]).toEqual([`${NOBODY}:${NOBODY}`, '0640', MIB])
  })

  test('is read by nobody whom the ACL of its source keeps out, until that list is there', async ({
    dir,
  }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    writeRandom(from, 5000, 1, 0o600)
    setAcl(from, 'u:1234:rw', 'g::---')
    expect(modeOf(from)).toBe('0660')
    expect(await aclWhenWidened(from, to)).toBe(aclOf(from))
    expect([aclOf(to), modeOf(to)]).toEqual([aclOf(from), '0660'])
  })

  test('is read by nobody whom its directory lets in and its source does not, not for a moment', async ({
    dir,
  }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    writeRandom(from, 5000, 1, 0o640)
    setAcl(dir, 'd:u:1234:rwx', 'd:g::rwx')
    expect(await aclWhenWidened(from, to)).not.toContain('1234')
    expect([aclOf(to), modeOf(to)]).toEqual([aclOf(from), '0640'])
  })
})
