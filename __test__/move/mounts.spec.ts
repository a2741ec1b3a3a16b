// A directory that is replaced or moved away may have other filesystems mounted in it. Where the process cannot know that
// beforehand, it finds out when it comes to them: they are not its content.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { runUnder } from '../support/faults.js'
import { onFilesystems } from '../support/filesystems.js'
import { run } from '../support/mounts.js'
import { failureOf, movingTree } from '../support/tree-faults.js'

onFilesystems(['ext4', 'tmpfs'], 'move without /proc', ['linux', 'root', 'python3'], (test) => {
  test('does not empty what is mounted in a directory that is replaced, and says where it is', async ({
    dir,
  }) => {
    const [source, dest] = [join(dir, 'source'), join(dir, 'dest')]
    mkdirSync(source)
    mkdirSync(join(dest, 'sub/point'), { recursive: true })
    writeFileSync(join(source, 'new'), 'new')
    writeFileSync(join(dest, 'old'), 'old')
    run('mount', '-t', 'tmpfs', 'tmpfs', join(dest, 'sub/point'))
    writeFileSync(join(dest, 'sub/point/kept'), 'kept')
    const moved = await runUnder({ withoutProc: true }, movingTree(source, dest, { overwrite: true }))
    // The old directory has the source's name by now.
    expect(failureOf(moved)).toMatchObject({ code: 'ENOTEMPTY', path: join(source, 'sub') })
    expect(readFileSync(join(source, 'sub/point/kept'), 'utf8')).toBe('kept')
    expect([existsSync(join(dest, 'new')), existsSync(join(source, 'old'))]).toEqual([true, false])
    run('umount', join(source, 'sub/point'))
  })
})
