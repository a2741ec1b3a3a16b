// 1 GiB on filesystems that share storage: what a call costs above open, create, FICLONE, close in C.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { copyFile, copyFileSync } from 'palfs'
import { settle } from '../filesystems.mjs'
import { denseFile, removeCopies } from '../files.mjs'
import { race, time, timeSync } from '../measure.mjs'
import { floor } from '../rivals.mjs'

const COPIES = 40

export const clone = {
  name: 'clone',
  title: '1 GiB clone, destination absent, per call',
  target: 'copyFileSync within 1.6x of the C loop; the promise form at most 60 us more than copyFileSync',
  filesystems: ['xfs', 'btrfs'],
  rounds: 9,
  baseline: 'C: open, create, FICLONE, close',

  async run(point, rounds) {
    const src = denseFile(join(point, 'source'), 1024 ** 3)
    const names = Array.from({ length: COPIES }, (_, i) => join(point, `copy.${i}`))
    const contenders = [
      { name: 'palfs copyFileSync', run: () => timeSync(() => cloneAll(src, names)) / COPIES },
      {
        name: 'palfs copyFile, one after the other',
        run: async () => (await time(() => cloneEach(src, names))) / COPIES,
      },
      { name: this.baseline, run: () => floor(['-m', 'clone'], src, join(point, 'copy'), COPIES) },
    ]
    return race(contenders, rounds, () => {
      removeCopies(point)
      settle(point)
    })
  },
}

function cloneAll(src, names) {
  for (const name of names) assert.equal(copyFileSync(src, name).method, 'clone')
}

async function cloneEach(src, names) {
  for (const name of names) assert.equal((await copyFile(src, name)).method, 'clone')
}
