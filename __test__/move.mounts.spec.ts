// A directory that is replaced or moved away may have other filesystems mounted in it: they are not its content.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { move } from '../src/index.js'
import { onFilesystems } from './fixtures/filesystems.js'
import { run } from './fixtures/mounts.js'

onFilesystems(['ext4', 'tmpfs'], 'move and what is mounted in a directory', ['linux', 'root'], (test) => {
  test('what is mounted in a directory that is replaced is not emptied, and the error says where it is', async ({
    dir,
  }) => {
    const [source, dest] = [join(dir, 'source'), join(dir, 'dest')]
    const point = join(dest, 'point')
    mkdirSync(source)
    mkdirSync(point, { recursive: true })
    writeFileSync(join(source, 'new'), 'new')
    writeFileSync(join(dest, 'old'), 'old')
    run('mount', '-t', 'tmpfs', 'tmpfs', point)
    writeFileSync(join(point, 'kept'), 'kept')
    let left = point
    try {
      const error: unknown = await move(source, dest, { overwrite: true }).catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'ENOTEMPTY' })
      // The old directory has the source's name by now, or one of ours, with the mount in it.
      left =
        run('findmnt', '-rno', 'TARGET', '-t', 'tmpfs')
          .split('\n')
          .find((target) => target.endsWith('/point')) ?? point
      expect(existsSync(join(left, 'kept'))).toBe(true)
      expect(existsSync(join(dest, 'new'))).toBe(true)
    } finally {
      run('umount', left)
    }
  })
})
