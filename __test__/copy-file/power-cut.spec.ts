// A power cut after a durable copy of one file.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { copyFile } from '../../src/index.js'
import { expectContent } from '../support/compare.js'
import { writeRandom } from '../support/files.js'
import { onFilesystems, scratch } from '../support/filesystems.js'
import { overPowerCut } from '../support/power-cut.js'

onFilesystems(['xfs'], 'after a power cut', ['root', 'xfs_io'], (test) => {
  for (const replace of ['auto', 'atomic', 'in-place'] as const) {
    test(`a durable copy is there, over an old file and under a new name (${replace})`, async () => {
      const source = join(scratch, 'power-source')
      const content = writeRandom(source, 300_000)
      await overPowerCut(`power-${replace}`, {
        before: (mount) => writeFileSync(join(mount, 'old'), 'old'),
        work: async (mount) => {
          for (const to of ['old', 'new']) await copyFile(source, join(mount, to), { durable: true, replace })
        },
        after: (mount) => {
          for (const to of ['old', 'new']) expectContent(join(mount, to), content)
        },
      })
    })
  }
})
