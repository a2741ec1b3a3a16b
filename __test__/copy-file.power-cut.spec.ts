// Power cuts, played by xfs's shutdown: what was not made durable is gone with the mount.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { copyFileSync } from '../src/index.js'
import { expectContent } from './fixtures/compare.js'
import { writeRandom } from './fixtures/files.js'
import { onFilesystems, scratch } from './fixtures/filesystems.js'
import { mountImage, remountImage, run, unmountBelow } from './fixtures/mounts.js'

onFilesystems(['xfs'], 'after a power cut', ['root', 'xfs_io'], (test) => {
  for (const replace of ['auto', 'atomic', 'in-place'] as const) {
    test(`a durable copy is there, over an old file and under a new name (${replace})`, () => {
      const name = `power-${replace}`
      let mount = mountImage(scratch, name, 320, ['mkfs.xfs', '-q', '-f', '-m', 'reflink=1'])
      try {
        const content = writeRandom(join(scratch, 'power-source'), 300_000)
        writeFileSync(join(mount, 'old'), 'old')
        run('sync', '-f', mount)
        for (const to of ['old', 'new']) {
          copyFileSync(join(scratch, 'power-source'), join(mount, to), { durable: true, replace })
        }
        run('xfs_io', '-x', '-c', 'shutdown', mount)
        expect(() => readFileSync(join(mount, 'none'))).toThrow(/EIO/)
        unmountBelow(mount)
        mount = remountImage(scratch, name)
        for (const to of ['old', 'new']) expectContent(join(mount, to), content)
      } finally {
        unmountBelow(mount)
      }
    })
  }
})
