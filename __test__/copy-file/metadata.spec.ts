// Modes, owners, times, extended attributes, ACLs and inode flags of a copy.
import { chmodSync, chownSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { copyFile, type CopyFileOptions, type CopyResult } from '../../src/index.js'
import { aclOf, inodeFlagsOf, modeOf, ownerOf, timesOf, xattrsOf } from '../support/compare.js'
import { copying, runUnder, type Fault } from '../support/faults.js'
import { setAcl, setInodeFlags, setTimes, setXattr, writeRandom } from '../support/files.js'
import { onEveryFilesystem, onFilesystems, type Need } from '../support/filesystems.js'
import { run } from '../support/mounts.js'

const NOBODY = 65_534
const TOOLS: readonly Need[] = ['root', 'attr', 'acl', 'chattr']

async function copyAs(
  fault: Fault,
  from: string,
  to: string,
  options: CopyFileOptions = {},
): Promise<CopyResult> {
  const { outcomes } = await runUnder(fault, copying(from, to, options))
  if (outcomes[0]?.result === undefined) throw new Error(JSON.stringify(outcomes))
  return outcomes[0].result
}

onEveryFilesystem('mode', ['root'], (test) => {
  for (const mode of [0o000, 0o400, 0o444, 0o600, 0o644, 0o755, 0o777, 0o1644, 0o2755, 0o4755, 0o6755]) {
    test(`${mode.toString(8)} is copied exactly`, async ({ dir }) => {
      const [from, to] = [join(dir, 'from'), join(dir, 'to')]
      writeRandom(from, 5000, 1, mode)
      await copyFile(from, to)
      expect(modeOf(to)).toBe(modeOf(from))
      await copyFile(from, to)
      expect(modeOf(to)).toBe(modeOf(from))
    })
  }
})

onFilesystems(['ext4', 'tmpfs'], 'mode and umask', ['root'], (test) => {
  test('the umask plays no part by default', async ({ dir }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    writeRandom(from, 10, 1, 0o666)
    await copyAs({ umask: '077' }, from, to)
    expect(modeOf(to)).toBe('0666')
  })

  test('a list without mode gives source mode less umask, without set-id bits', async ({ dir }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    writeRandom(from, 10, 1, 0o6777)
    await copyAs({ umask: '027' }, from, to, { preserve: ['timestamps'] })
    expect(modeOf(to)).toBe('0750')
  })

  test('set-id bits are dropped when the owner cannot be kept', async ({ dir }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    writeRandom(from, 10, 1, 0o6755)
    chmodSync(dir, 0o777)
    for (const options of [
      {},
      { preserve: ['mode'] },
      { preserve: ['mode', 'ownership'] },
    ] as CopyFileOptions[]) {
      await copyAs({ uid: NOBODY }, from, to, options)
      expect([modeOf(to), ownerOf(to)]).toEqual(['0755', `${NOBODY}:${NOBODY}`])
    }
  })

  test('preserve: mode alone, as root, keeps set-id bits only for the same owner', async ({ dir }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    writeRandom(from, 10)
    chownSync(from, 1234, 1234)
    chmodSync(from, 0o6755)
    await copyFile(from, to, { preserve: ['mode'] })
    expect([modeOf(to), ownerOf(to)]).toEqual(['0755', '0:0'])
    await copyFile(from, to)
    expect([modeOf(to), ownerOf(to)]).toEqual(['6755', '1234:1234'])
  })
})

/** A source that differs from any new file in everything but its ACL. */
function writeRich(path: string): void {
  writeRandom(path, 5000)
  chownSync(path, 1234, 2345)
  chmodSync(path, 0o6751)
  setXattr(path, 'user.colour', 'blue')
  setXattr(path, 'trusted.palfs', Buffer.from([0, 1, 255]))
  setInodeFlags(path, '+d')
  setTimes(path, '1000000000.123456789', '1100000000.987654321')
}

interface Kept {
  readonly mode: string
  readonly owner: string
  readonly times: boolean
  readonly xattrs: number
  readonly flags: string
}

function kept(from: string, to: string): Kept {
  // The copy itself read the source: its access time is that of the set-up unless the mount updates it.
  return {
    mode: modeOf(to),
    owner: ownerOf(to),
    times: timesOf(to).mtime === timesOf(from).mtime,
    xattrs: Object.keys(xattrsOf(to)).length,
    flags: inodeFlagsOf(to),
  }
}

const NOTHING_KEPT: Kept = { mode: '0751', owner: '0:0', times: false, xattrs: 0, flags: '' }
const PRESERVE: readonly (readonly [
  options: CopyFileOptions,
  kept: Partial<Kept>,
  lost?: CopyResult['unpreserved'],
])[] = [
  [{}, { mode: '6751', owner: '1234:2345' }],
  [{ preserve: [] }, {}],
  // Set-id bits belong to the owner, who was not asked for.
  [{ preserve: ['mode'] }, {}, { mode: 1 }],
  [{ preserve: ['ownership'] }, { owner: '1234:2345' }],
  [{ preserve: ['mode', 'ownership'] }, { mode: '6751', owner: '1234:2345' }],
  [{ preserve: ['timestamps'] }, { times: true }],
  [{ preserve: ['xattr'] }, { xattrs: 2 }],
  [{ preserve: ['flags'] }, { flags: 'd' }],
  [{ preserve: ['links'] }, {}],
  [{ preserve: 'all' }, { mode: '6751', owner: '1234:2345', times: true, xattrs: 2, flags: 'd' }],
]

onEveryFilesystem('preserve', TOOLS, (test) => {
  for (const [options, expected, lost] of PRESERVE) {
    test(`${JSON.stringify(options)} keeps exactly what it names`, async ({ dir }) => {
      const [from, to] = [join(dir, 'from'), join(dir, 'to')]
      writeRich(from)
      const result = await copyFile(from, to, options)
      expect(kept(from, to)).toEqual({ ...NOTHING_KEPT, ...expected })
      expect(result.unpreserved).toEqual(lost)
      expect(readFileSync(to).equals(readFileSync(from))).toBe(true)
    })
  }

  test('preserve: all replaces an old file with everything', async ({ dir }) => {
    for (const replace of ['auto', 'atomic', 'in-place'] as const) {
      const [from, to] = [join(dir, `from-${replace}`), join(dir, `to-${replace}`)]
      writeRich(from)
      writeRandom(to, 9000, 2)
      await copyFile(from, to, { preserve: 'all', replace })
      expect(kept(from, to)).toEqual({ mode: '6751', owner: '1234:2345', times: true, xattrs: 2, flags: 'd' })
    }
  })

  test('access and modification time are kept to the nanosecond', async ({ dir }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    writeRandom(from, 5000)
    setTimes(from, '4000000000.123456789', '-1.999999999')
    const before = timesOf(from)
    await copyFile(from, to, { preserve: ['timestamps'] })
    expect(timesOf(to)).toEqual(before)
  })

  test('a file capability survives the change of owner', async ({ dir }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    writeRandom(from, 5000, 1, 0o755)
    chownSync(from, 1234, 1234)
    setXattr(
      from,
      'security.capability',
      Buffer.from([1, 0, 0, 2, 0, 32, ...Array.from({ length: 14 }, () => 0)]),
    )
    await copyFile(from, to, { preserve: 'all' })
    expect(xattrsOf(to)).toEqual(xattrsOf(from))
    await copyFile(from, to, { preserve: ['xattr'] })
    expect([ownerOf(to), Object.keys(xattrsOf(to))]).toEqual(['0:0', []])
  })

  test('an ACL is kept with acl and with all, and not by default', async ({ dir }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    writeRandom(from, 5000, 1, 0o640)
    setAcl(from, 'u:1234:rw', 'g:77:r')
    await copyFile(from, to)
    expect(aclOf(to)).not.toContain('user:1234')
    for (const preserve of ['all', ['acl', 'mode']] as const) {
      await copyFile(from, to, { preserve: preserve === 'all' ? preserve : [...preserve] })
      expect(aclOf(to)).toBe(aclOf(from))
    }
  })

  test('an ACL that the new file inherits goes when the source has none', async ({ dir }) => {
    const from = join(dir, 'from')
    writeRandom(from, 5000, 1, 0o640)
    setAcl(dir, 'd:u:1234:rwx')
    await copyFile(from, join(dir, 'default'))
    expect(modeOf(join(dir, 'default'))).toBe('0640')
    await copyFile(from, join(dir, 'all'), { preserve: 'all' })
    expect(aclOf(join(dir, 'all'))).toBe(aclOf(from))
  })

  test('the largest attribute that fits is copied', async ({ dir }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    writeRandom(from, 10)
    // A quarter of a block at most on ext4; the names are as odd as names may be.
    setXattr(from, 'user.a/b\\c d', Buffer.alloc(1000, 7))
    setXattr(from, 'user.empty', '')
    await copyFile(from, to, { preserve: ['xattr'] })
    expect(xattrsOf(to)).toEqual(xattrsOf(from))
    expect(Object.keys(xattrsOf(to))).toHaveLength(2)
  })
})

onFilesystems(['xfs', 'tmpfs'], 'a large attribute', TOOLS, (test) => {
  test('of 64 KiB is copied', async ({ dir }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    writeRandom(from, 10)
    setXattr(from, 'user.large', Buffer.alloc(65_536, 7))
    await copyFile(from, to, { preserve: ['xattr'] })
    expect(xattrsOf(to)).toEqual(xattrsOf(from))
  })
})

onFilesystems(['ext4', 'xfs'], 'inode flags', TOOLS, (test) => {
  test('append-only and immutable are set last, after everything else', async ({ dir }) => {
    for (const flag of ['a', 'i']) {
      const [from, to] = [join(dir, `from-${flag}`), join(dir, `to-${flag}`)]
      writeRich(from)
      setInodeFlags(from, `+${flag}`)
      await copyFile(from, to, { preserve: 'all', replace: 'atomic' })
      expect(inodeFlagsOf(to)).toBe(inodeFlagsOf(from))
      expect(kept(from, to)).toMatchObject({ owner: '1234:2345', times: true, xattrs: 2 })
      run('chattr', `-${flag}`, from, to)
    }
  })
})
