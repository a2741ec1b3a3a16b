// A file of 1 TiB that holds three blocks.

import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { copyFile } from 'palfs'
import { settle } from '../filesystems.mjs'
import { removeCopies, sparseFile } from '../files.mjs'
import { race, time } from '../measure.mjs'
import { gnuCp } from '../rivals.mjs'

const TIB = 1024 ** 4

export const sparse = {
  name: 'sparse',
  title: '1 TiB sparse file with three blocks',
  target: 'under 50 ms (50,000 us), holes kept',
  filesystems: ['ext4', 'xfs', 'btrfs', 'tmpfs'],
  rounds: 5,
  baseline: 'cp',

  async run(point, rounds) {
    const src = sparseFile(join(point, 'source'), TIB, [0, TIB / 2, TIB - 4096])
    const dest = join(point, 'copy')
    const contenders = [
      { name: 'palfs copyFile', ...method(async () => time(async () => (last = await copyFile(src, dest)))) },
      { name: 'cp', run: () => gnuCp([], src, dest) },
    ]
    let last
    function method(run) {
      return { method: () => last.method, run }
    }
    return race(contenders, rounds, () => {
      const copied = statSync(dest)
      assert.equal(copied.size, TIB)
      assert.ok(copied.blocks * 512 < 1024 ** 2, `holes were filled: ${copied.blocks} blocks`)
      removeCopies(point)
      settle(point)
    })
  },
}
