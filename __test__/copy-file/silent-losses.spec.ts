// Filesystems that answer "done" and keep nothing: owners, modes, times, ACLs and empty attributes that are gone although every
// call succeeded. `unpreserved` counts them, and a move does not remove the only copy that has them.
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { copyFile, copyFileSync, cp, move, type CopyResult } from '../../src/index.js'
import { shown } from '../support/attributes.js'
import { aclOf, modeOf, ownerOf, timesOf } from '../support/compare.js'
import { run } from '../support/mounts.js'
import { onOddFilesystems } from '../support/odd-filesystems.js'

const [USER, GROUP] = [1234, 5678]

/** A file that only its owner may read. */
function writeSecret(dir: string, name = 'secret'): string {
  const path = join(dir, name)
  writeFileSync(path, 'content')
  chownSync(path, USER, GROUP)
  chmodSync(path, 0o600)
  setTime(path, '2001-02-03T04:05:06Z')
  return path
}

/** By touch(1): node:fs knows neither nanoseconds nor years before 1970. */
function setTime(path: string, time: string): void {
  execFileSync('touch', ['-h', '-c', '-d', time, path])
}

/** What a copy lacks of what was asked for: one for each file. */
function lost({ unpreserved }: CopyResult): object {
  return { ...unpreserved }
}

onOddFilesystems(
  ['bindfs that ignores owners and modes'],
  'an owner and a mode that are not kept',
  (test) => {
    test('are counted', async ({ from, to }) => {
      const source = writeSecret(from)
      const result = await copyFile(source, join(to, 'a'), { preserve: 'all' })
      expect(ownerOf(join(to, 'a'))).toBe('0:0')
      expect(lost(result)).toEqual({ ownership: 1 })
      // Made with 0600, and never asked for more.
      expect(modeOf(join(to, 'a'))).toBe('0600')
      chmodSync(source, 0o644)
      chownSync(source, 0, 0)
      expect(lost(copyFileSync(source, join(to, 'b'), { preserve: 'all' }))).toEqual({ mode: 1 })
      expect(modeOf(join(to, 'b'))).toBe('0600')
      // Asked for by name they are counted, and of the mode without that, too.
      expect(lost(await copyFile(source, join(to, 'c')))).toEqual({})
      expect(modeOf(join(to, 'c'))).toBe('0644')
      chmodSync(source, 0o466)
      expect(lost(await copyFile(source, join(to, 'd')))).toEqual({ mode: 1 })
      expect(lost(await copyFile(source, join(to, 'e'), { preserve: ['timestamps'] }))).toEqual({})
    })

    test('are counted of directories, links and FIFOs', async ({ from, to }) => {
      const tree = join(from, 'tree')
      mkdirSync(join(tree, 'directory'), { recursive: true })
      symlinkSync('nowhere', join(tree, 'link'))
      run('mkfifo', '-m', '0640', join(tree, 'fifo'))
      writeSecret(tree)
      for (const name of ['directory', 'fifo']) chownSync(join(tree, name), USER, GROUP)
      run('chown', '-h', `${USER}:${GROUP}`, join(tree, 'link'))
      chmodSync(join(tree, 'directory'), 0o2750)
      const result = await cp(tree, join(to, 'tree'), { recursive: true, preserve: 'all' })
      // The root directory is root's; it, the directory and the FIFO would get other bits than they were made with.
      expect(lost(result)).toEqual({ ownership: 4, mode: 3 })
    })

    for (const kind of ['file', 'directory', 'link', 'fifo'] as const) {
      test(`keep the source of a move (${kind})`, async ({ from, to }) => {
        const source = join(from, kind)
        if (kind === 'file') writeSecret(from, kind)
        else if (kind === 'directory') mkdirSync(source)
        else if (kind === 'link') symlinkSync('nowhere', source)
        else run('mkfifo', source)
        run('chown', '-h', `${USER}:${GROUP}`, source)
        await expect(move(source, join(to, 'moved'))).rejects.toMatchObject({ code: 'ENOTSUP' })
        expect(ownerOf(source)).toBe(`${USER}:${GROUP}`)
        expect(readdirSync(to)).toEqual([])
        const moved = await move(source, join(to, 'moved'), { metadataErrors: 'ignore' })
        expect(lost(moved)).toMatchObject({ ownership: 1 })
        expect(existsSync(source)).toBe(false)
      })
    }

    test('fail a copy that must lose nothing', async ({ from, to }) => {
      const source = writeSecret(from)
      const refusal = copyFile(source, join(to, 'a'), { preserve: ['ownership'], metadataErrors: 'error' })
      await expect(refusal).rejects.toMatchObject({ code: 'ENOTSUP', call: 'fchown', path: source })
      expect(readdirSync(to)).toEqual([])
    })
  },
)

onOddFilesystems(['ntfs-3g', 'rclone'], 'an owner and a mode for which there is no room', (test) => {
  test('are counted, and the time is kept to the step of the filesystem', async ({ from, to }) => {
    const source = writeSecret(from)
    setTime(source, '2001-02-03T04:05:06.123456789Z')
    const result = await copyFile(source, join(to, 'a'), {
      preserve: ['ownership', 'mode', 'timestamps', 'xattr'],
    })
    const { mtime } = timesOf(join(to, 'a'))
    expect(timesOf(source).mtime - mtime).toBeLessThan(100n)
    expect({ owner: ownerOf(join(to, 'a')), mode: modeOf(join(to, 'a')) }).not.toEqual({
      owner: `${USER}:${GROUP}`,
      mode: '0600',
    })
    expect(lost(result)).toEqual({ ownership: 1, mode: 1 })
  })

  test('keep the source of a move', async ({ from, to }) => {
    const source = writeSecret(from)
    await expect(move(source, join(to, 'moved'))).rejects.toMatchObject({ code: 'ENOTSUP' })
    expect(modeOf(source)).toBe('0600')
    expect(readdirSync(to)).toEqual([])
  })
})

onOddFilesystems(['ntfs-3g'], 'an ACL that is taken and not kept', (test) => {
  test('is counted, once for a directory that has two', async ({ from, to }) => {
    const source = join(from, 'listed')
    writeFileSync(source, 'content')
    run('setfacl', '-m', `u:${USER}:r`, source)
    expect(lost(await copyFile(source, join(to, 'a'), { preserve: ['acl'] }))).toEqual({ acl: 1 })
    const refusal = copyFile(source, join(to, 'b'), { preserve: ['acl'], metadataErrors: 'error' })
    await expect(refusal).rejects.toMatchObject({ code: 'ENOTSUP', call: 'fsetxattr' })
    const directory = join(from, 'directory')
    mkdirSync(directory)
    run('setfacl', '-m', `u:${USER}:rx,d:u:${USER}:rx`, directory)
    const result = await cp(directory, join(to, 'directory'), { recursive: true, preserve: ['acl'] })
    expect(lost(result)).toEqual({ acl: 1 })
  })
})

onOddFilesystems(['ext4 with 128-byte inodes', 'sshfs'], 'a time that cannot be stored', (test, name) => {
  test('is counted, and what the step cuts off is not', async ({ from, to }) => {
    for (const [time, isKept] of [
      ['2001-02-03T04:05:06.5Z', true],
      ['1969-12-31T23:59:58.5Z', name !== 'sshfs'],
      ['2100-01-01T00:00:00Z', name === 'sshfs'],
      ['2400-01-01T00:00:00Z', false],
    ] as const) {
      const tree = join(from, time)
      mkdirSync(tree)
      const paths = ['file', 'directory', 'fifo', 'link'].map((each) => join(tree, each))
      const [file = '', directory = '', fifo = '', link = ''] = paths
      writeFileSync(file, '')
      mkdirSync(directory)
      // sshfs makes no FIFOs, and sets the times of what a link leads to.
      if (name !== 'sshfs') {
        run('mkfifo', fifo)
        symlinkSync('nowhere', link)
      }
      const made = paths.filter((path) => existsSync(path) || (path === link && name !== 'sshfs'))
      for (const path of made) setTime(path, time)
      const copy = join(to, time.replaceAll(':', ''))
      const result = await cp(tree, copy, {
        recursive: true,
        preserve: ['timestamps'],
        verbatimSymlinks: true,
        specialFiles: 'copy',
      })
      expect(lost(result), time).toEqual(isKept ? {} : { timestamps: made.length })
    }
  })

  test('keeps the source of a move', async ({ from, to }) => {
    const source = writeSecret(from)
    setTime(source, '2400-01-01T00:00:00Z')
    await expect(move(source, join(to, 'moved'))).rejects.toMatchObject({ code: 'ENOTSUP', call: 'futimens' })
    expect(existsSync(source)).toBe(true)
    expect(readdirSync(to)).toEqual([])
    setTime(source, '2001-01-01T00:00:00.123Z')
    await move(source, join(to, 'moved'))
    expect(existsSync(source)).toBe(false)
  })
})

onOddFilesystems(
  ['ntfs-3g with ACLs', 'rclone'],
  'an existing directory that is copied to again',
  (test, name) => {
    for (const preserve of [['mode', 'acl'], ['acl'], 'all'] as const) {
      test(`keeps its permission bits (preserve: ${String(preserve)})`, async ({ from, to }) => {
        const [source, copy] = [join(from, 'tree'), join(to, 'tree')]
        mkdirSync(join(source, 'inner'), { recursive: true })
        writeFileSync(join(source, 'inner', 'file'), 'content')
        const options = { recursive: true, preserve: preserve === 'all' ? preserve : [...preserve] }
        const paths = [copy, join(copy, 'inner'), join(copy, 'inner', 'file')]
        await cp(source, copy, options)
        const made = paths.map(modeOf)
        if (name !== 'rclone') expect(made).toEqual(['0755', '0755', '0644'])
        await cp(source, copy, options)
        expect(paths.map(modeOf)).toEqual(made)
      })
    }
  },
)

onOddFilesystems(['ntfs-3g with ACLs'], 'an ACL that the directory gives', (test) => {
  for (const preserve of [['acl'], ['mode', 'acl'], 'all'] as const) {
    test(`is removed, and the bits are as asked (preserve: ${String(preserve)})`, async ({ from, to }) => {
      run('setfacl', '-d', '-m', `u:${USER}:rwx`, to)
      const source = join(from, 'file')
      writeFileSync(source, 'content')
      chmodSync(source, 0o640)
      await copyFile(source, join(to, 'copy'), { preserve: preserve === 'all' ? preserve : [...preserve] })
      expect(aclOf(join(to, 'copy'))).toBe('user::rw-\ngroup::r--\nother::---')
    })
  }
})

onOddFilesystems(['rclone'], 'a file for which there are no attributes, not even by errno', (test) => {
  test('is copied with all that there is room for', async ({ from, to }) => {
    const source = join(from, 'file')
    writeFileSync(source, 'content')
    expect(lost(await copyFile(source, join(to, 'copy'), { preserve: 'all' }))).toEqual({})
  })
})

onOddFilesystems(
  ['mergerfs with write-back', 'fuse-overlayfs'],
  'file capabilities where the kernel writes pages later',
  (test) => {
    for (const preserve of [['xattr'], ['mode', 'xattr'], ['timestamps', 'xattr'], 'all'] as const) {
      test(`are kept (preserve: ${String(preserve)})`, async ({ from, to }) => {
        const tree = join(from, 'tree')
        mkdirSync(tree)
        const source = join(tree, 'program')
        writeFileSync(source, Buffer.alloc(100_000, 1))
        run('setcap', 'cap_net_raw+p', source)
        const options = { preserve: preserve === 'all' ? preserve : [...preserve] }
        const [copy, inTree] = [join(to, 'copy'), join(to, 'tree', 'program')]
        expect(lost(await copyFile(source, copy, options))).toEqual({})
        expect(lost(await cp(tree, join(to, 'tree'), { ...options, recursive: true }))).toEqual({})
        for (const path of [copy, inTree]) {
          expect(shown(path, 'security.capability')).toEqual(shown(source, 'security.capability'))
        }
      })
    }

    test('are moved', async ({ from, to }) => {
      const source = join(from, 'program')
      writeFileSync(source, Buffer.alloc(100_000, 1))
      run('setcap', 'cap_net_raw+p', source)
      const value = shown(source, 'security.capability')
      await move(source, join(to, 'program'))
      expect(shown(join(to, 'program'), 'security.capability')).toEqual(value)
    })
  },
)

onOddFilesystems(['ntfs-3g on a device'], 'file capabilities and ACLs that are not listed', (test) => {
  test('are copied and moved', async ({ from, to }) => {
    const tree = join(to, 'tree')
    mkdirSync(tree)
    const program = join(tree, 'program')
    writeFileSync(program, 'content')
    run('setfacl', '-m', `u:${USER}:rx,g::-,o::-`, program)
    run('setfacl', '-m', `u:${USER}:rwx,d:u:${USER}:rwx`, tree)
    run('setcap', 'cap_net_raw+p', program)
    const capability = shown(program, 'security.capability')
    const lists = [tree, program].map(aclOf)
    await cp(tree, join(from, 'copy'), { recursive: true, preserve: 'all' })
    await move(tree, join(from, 'moved'))
    for (const name of ['copy', 'moved']) {
      expect(shown(join(from, name, 'program'), 'security.capability')).toEqual(capability)
      expect([join(from, name), join(from, name, 'program')].map(aclOf)).toEqual(lists)
    }
  })
})
