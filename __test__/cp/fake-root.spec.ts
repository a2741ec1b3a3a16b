// Programs that make a user look like root: fakeroot answers calls of the C library from a list of its own, proot the system
// calls themselves, a user namespace the kernel. What such a user makes belongs to another user than the one it seems to be.
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { runUnder, startUnder, type Fault, type Operation, type Run } from '../support/faults.js'
import { onFilesystems, type Need } from '../support/filesystems.js'
import { run } from '../support/mounts.js'
import { copyingTree, isTemporary } from '../support/tree-faults.js'
import { expectSameTree, snapshotTree } from '../support/trees.js'

const NOBODY = 65_534

const AS_ROOT: Readonly<Record<string, { readonly fault: Fault; readonly needs: readonly Need[] }>> = {
  fakeroot: { fault: { uid: NOBODY, within: ['fakeroot'] }, needs: ['fakeroot'] },
  'proot -0': { fault: { uid: NOBODY, within: ['proot', '-0'] }, needs: ['proot'] },
  'a user namespace': { fault: { uid: NOBODY, within: ['unshare', '-Ur'] }, needs: [] },
}

/** A tree of nobody's. */
function writeNobodys(tree: string): void {
  mkdirSync(join(tree, 'sub/empty'), { recursive: true })
  writeFileSync(join(tree, 'file'), 'content')
  writeFileSync(join(tree, 'sub/private'), 'x')
  chmodSync(join(tree, 'sub/private'), 0o600)
  chmodSync(join(tree, 'sub'), 0o750)
  symlinkSync('file', join(tree, 'link'))
  run('chown', '-hR', `${NOBODY}:${NOBODY}`, tree)
}

/**
 * proot 5.1.0 answers open(2) with EFAULT at random in a process of several threads, which Node is while it loads modules:
 * what did not come to the copy is started again.
 */
async function runInProot(fault: Fault, ...operations: Operation[]): Promise<Run> {
  for (let left = 10; ; left -= 1) {
    try {
      return await runUnder(fault, ...operations)
    } catch (error) {
      const isProots = fault.within?.includes('proot') === true && /EFAULT.* open/.test(String(error))
      if (!isProots || left === 0) throw error
    }
  }
}

for (const [name, { fault, needs }] of Object.entries(AS_ROOT)) {
  onFilesystems(['ext4', 'tmpfs'], `under ${name}`, ['root', ...needs], (test) => {
    for (const call of ['cp', 'cpSync']) {
      test(`${call} copies a tree, and copies it again over the first copy`, async ({ dir }) => {
        chmodSync(dir, 0o755)
        const [tree, above] = [join(dir, 'tree'), join(dir, 'above')]
        writeNobodys(tree)
        mkdirSync(above)
        chownSync(above, NOBODY, NOBODY)
        const copy = join(above, 'copy')
        const args = [tree, copy, { recursive: true, preserve: 'all', concurrency: 1 }]
        const { outcomes } = await runInProot(fault, { call, args }, { call, args })
        expect(outcomes.map(({ error }) => error)).toEqual([undefined, undefined])
        expect(outcomes[0]?.result).toMatchObject({ files: 2, directories: 3, symlinks: 1 })
        expect(outcomes[0]?.result?.unpreserved).toBeUndefined()
        expectSameTree(snapshotTree(copy), snapshotTree(tree), ['atime'])
        expect(readdirSync(above).filter(isTemporary)).toEqual([])
      })
    }

    test('a plain copy of a tree goes into a directory that others may write to', async ({ dir }) => {
      chmodSync(dir, 0o755)
      const [tree, above] = [join(dir, 'tree'), join(dir, 'above')]
      writeNobodys(tree)
      mkdirSync(above)
      chmodSync(above, 0o777)
      const args = [tree, join(above, 'copy'), { recursive: true, concurrency: 1 }]
      const { outcomes } = await runInProot(fault, { call: 'cp', args })
      expect(outcomes[0]?.error).toBeUndefined()
      expectSameTree(snapshotTree(join(above, 'copy')), snapshotTree(tree), ['atime', 'mtime', 'target'])
    })
  })
}

/** Every entry below `$1` as calls of the C library show it. */
const LIST = `list() { (cd "$1" && find . -exec stat -c '%n %F %a %u:%g %t:%T %s' {} + | sort); }`

onFilesystems(['ext4', 'tmpfs'], "what fakeroot's list says of a tree", ['root', 'fakeroot'], (test) => {
  test("is said of its copy with preserve: 'all', as of one by cp -a", async ({ dir }) => {
    chmodSync(dir, 0o777)
    const subject = join(import.meta.dirname, '../support/child-under-test.mjs')
    const args = ['tree', 'ours', { recursive: true, preserve: 'all' }]
    const operations = JSON.stringify({ operations: [{ call: 'cpSync', args }] })
    const script = `
      ${LIST}
      cd "$1" && mkdir -p tree/sub && echo x > tree/plain && echo y > tree/sub/given && echo z > tree/set-id
      ln -s given tree/sub/link && mkfifo tree/fifo && mknod tree/disk b 8 1 && mknod tree/null c 1 3
      echo none > tree/forbidden && chmod 0 tree/forbidden
      chown 1234:2345 tree/sub tree/sub/given && chown -h 77:88 tree/sub/link && chown 5:6 tree/set-id tree/disk
      chmod 6755 tree/set-id && chmod 640 tree/disk && chmod 2711 tree/sub && chmod 602 tree/fifo && chown 9:9 tree/fifo
      cp -a tree gnu && "$2" "$3" "$4" > outcome
      list tree > listed && list gnu > listed-gnu && list ours > listed-ours`
    const as = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', 'fakeroot']
    run('env', ...as, 'sh', '-c', script, 'sh', dir, process.execPath, subject, operations)
    const read = (name: string): string => run('cat', join(dir, name))
    expect(read('outcome')).not.toContain('unpreserved')
    expect(read('outcome')).not.toContain('"error"')
    expect(read('listed-gnu')).toBe(read('listed'))
    expect(read('listed-ours')).toBe(read('listed'))
    expect(existsSync(join(dir, 'ours/disk'))).toBe(true)
  })
})

onFilesystems(['ext4'], 'under fakeroot', ['root', 'strace', 'fakeroot'], (test) => {
  test("a directory that is exchanged for another user's is known by its real owner, not by that on the list", async ({
    dir,
  }) => {
    chmodSync(dir, 0o777)
    const [tree, dest, theirs] = [join(dir, 'tree'), join(dir, 'dest'), join(dir, 'theirs')]
    writeNobodys(tree)
    for (const path of [dest, theirs]) mkdirSync(path)
    chmodSync(dest, 0o777)
    chmodSync(theirs, 0o777)
    for (const path of [dest, theirs]) chownSync(path, 1234, 1234)
    // The first two are for the directory above `dest` and for `dest`, which are there.
    const inject = [{ calls: 'mkdirat', signal: 'STOP', when: '3' }] as const
    const fault = { uid: NOBODY, within: ['fakeroot'], inject }
    const subject = startUnder(fault, copyingTree(tree, dest))
    await subject.traced('stopped by SIGSTOP')
    renameSync(join(dest, 'sub'), join(dir, 'aside'))
    renameSync(theirs, join(dest, 'sub'))
    subject.resume()
    const { outcomes } = await subject.done
    expect(outcomes[0]?.error).toMatchObject({ code: 'ESTALE', path: join(tree, 'sub') })
    expect(readdirSync(join(dest, 'sub'))).toEqual([])
  })
})
