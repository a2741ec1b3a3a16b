// 1,000 promises at once, 4 KiB each, to absent names.

import { copyFile as nodeCopyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { copyFile } from 'palfs'
import { settle } from '../filesystems.mjs'
import { denseFile, removeCopies } from '../files.mjs'
import { race, time } from '../measure.mjs'

const COPIES = 1000

export const parallel = {
  name: 'parallel',
  title: '1,000 parallel promises, 4 KiB files, per file',
  target:
    'at least 1.4x fs.promises.copyFile on ext4 (ratio 0.71), 1.15x on xfs (0.87), not slower on tmpfs (1.00)',
  filesystems: ['ext4', 'xfs', 'tmpfs'],
  rounds: 21,
  baseline: 'fs.promises.copyFile',

  async run(point, rounds) {
    const src = denseFile(join(point, 'source'), 4096)
    const names = Array.from({ length: COPIES }, (_, i) => join(point, `copy.${i}`))
    const all = (copyOne) => async () =>
      (await time(() => Promise.all(names.map((name) => copyOne(src, name))))) / COPIES
    const contenders = [
      { name: 'palfs copyFile', run: all(copyFile) },
      { name: 'fs.promises.copyFile', run: all(nodeCopyFile) },
    ]
    return race(contenders, rounds, () => {
      removeCopies(point)
      settle(point)
    })
  },
}
