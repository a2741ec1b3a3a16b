// 4 KiB files, one call after the other on the calling thread.

import { copyFileSync as nodeCopyFileSync } from 'node:fs'
import { join } from 'node:path'
import { copyFileSync } from 'palfs'
import { settle } from '../filesystems.mjs'
import { denseFile, removeCopies } from '../files.mjs'
import { race, timeSync } from '../measure.mjs'
import { floor } from '../rivals.mjs'

const COPIES = 1000
const FILESYSTEMS = ['ext4', 'xfs', 'tmpfs', 'btrfs']
const OURS = 'palfs copyFileSync'

function each(point, src, copyOne) {
  const names = Array.from({ length: COPIES }, (_, i) => join(point, `copy.${i}`))
  return () =>
    timeSync(() => {
      for (const name of names) copyOne(src, name)
    }) / COPIES
}

function copyInPlace(src, dest) {
  return copyFileSync(src, dest, { replace: 'in-place' })
}

export const small = {
  name: 'small',
  title: '4 KiB file, destination absent, per call',
  target: 'copyFileSync at least as fast as fs.copyFileSync',
  filesystems: FILESYSTEMS,
  rounds: 15,
  baseline: 'fs.copyFileSync',

  async run(point, rounds) {
    const src = denseFile(join(point, 'source'), 4096)
    const copies = join(point, 'copy')
    const contenders = [
      { name: OURS, run: each(point, src, copyFileSync) },
      { name: 'fs.copyFileSync', run: each(point, src, nodeCopyFileSync) },
      { name: 'C: read/write', run: () => floor(['-m', 'rw'], src, copies, COPIES) },
      { name: 'C: sendfile', run: () => floor(['-m', 'sendfile'], src, copies, COPIES) },
    ]
    return race(contenders, rounds, () => {
      removeCopies(point)
      settle(point)
    })
  },
}

export const replace = {
  name: 'replace',
  title: '4 KiB file, destination existing, per call',
  target: "printed beside fs.copyFileSync; 'auto' pays for a rename",
  filesystems: FILESYSTEMS,
  rounds: 15,
  baseline: 'fs.copyFileSync',

  async run(point, rounds) {
    const src = denseFile(join(point, 'source'), 4096)
    const copies = join(point, 'copy')
    each(point, src, copyFileSync)()
    const contenders = [
      { name: `${OURS}, replace: 'in-place'`, run: each(point, src, copyInPlace) },
      { name: `${OURS}, replace: 'auto'`, run: each(point, src, copyFileSync) },
      { name: 'fs.copyFileSync', run: each(point, src, nodeCopyFileSync) },
      { name: 'C: O_TRUNC, read/write', run: () => floor(['-m', 'rw', '-x'], src, copies, COPIES) },
      { name: 'C: temporary, read/write, rename', run: () => floor(['-m', 'rw', '-r'], src, copies, COPIES) },
    ]
    return race(contenders, rounds, () => settle(point))
  },
}
