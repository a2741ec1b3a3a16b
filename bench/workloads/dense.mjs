// 1 GiB of random bytes in the page cache, copied for real.

import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { copyFile as nodeCopyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { copyFile, copyFileSync } from 'palfs'
import { settle } from '../filesystems.mjs'
import { denseFile, removeCopies } from '../files.mjs'
import { race, time, timeSync } from '../measure.mjs'
import { NODE_26, floor, gnuCp, node26CopyFile } from '../rivals.mjs'

const BYTES = 1024 ** 3
const KIB = 1024
const PRIMITIVES = [
  { name: 'copy_file_range', args: ['-m', 'cfr'] },
  { name: 'sendfile', args: ['-m', 'sendfile'] },
  { name: 'splice, 64 KiB pipe', args: ['-m', 'splice', '-b', `${64 * KIB}`] },
  { name: 'splice, 1 MiB pipe', args: ['-m', 'splice', '-b', `${KIB * KIB}`] },
  { name: 'read/write, 64 KiB', args: ['-m', 'rw', '-b', `${64 * KIB}`] },
  { name: 'read/write, 128 KiB', args: ['-m', 'rw', '-b', `${128 * KIB}`] },
  { name: 'read/write, 256 KiB', args: ['-m', 'rw', '-b', `${256 * KIB}`] },
  { name: 'read/write, 1 MiB', args: ['-m', 'rw', '-b', `${KIB * KIB}`] },
]

export const dense = {
  name: 'dense',
  title: "1 GiB dense, warm (xfs with reflink: 'never')",
  target: 'not slower than the fastest rival (a ratio of 1.05 is noise)',
  filesystems: ['ext4', 'tmpfs', 'xfs'],
  rounds: 7,
  // Undefined: the ratio is to the fastest that is not ours, chosen after the fact, which favours the rivals.
  baseline: undefined,

  async run(point, rounds, type) {
    const src = denseFile(join(point, 'source'), BYTES)
    const dest = join(point, 'copy')
    const results = await race([...ours(src, dest, type), ...rivals(src, dest, type)], rounds, () => {
      assert.equal(statSync(dest).size, BYTES)
      removeCopies(point)
      settle(point)
    })
    return results
  },
}

function ours(src, dest, type) {
  const options = type === 'xfs' ? { reflink: 'never' } : {}
  let last
  const method = () => last.method
  return [
    {
      name: 'palfs copyFile',
      method,
      run: () => time(async () => (last = await copyFile(src, dest, options))),
    },
    {
      name: 'palfs copyFileSync',
      method,
      run: () => timeSync(() => (last = copyFileSync(src, dest, options))),
    },
  ]
}

function rivals(src, dest, type) {
  // On xfs these share storage, which is another workload.
  const shares = type === 'xfs'
  const list = [
    {
      name: shares ? 'cp --reflink=never' : 'cp',
      run: () => gnuCp(shares ? ['--reflink=never'] : [], src, dest),
    },
  ]
  if (!shares) {
    if (NODE_26) list.push({ name: 'Node 26 fs.promises.copyFile', run: () => node26CopyFile(src, dest) })
    list.push({
      name: `Node ${process.versions.node} fs.promises.copyFile`,
      run: () => time(() => nodeCopyFile(src, dest)),
    })
  }
  for (const { name, args } of PRIMITIVES.slice(shares ? 1 : 0)) {
    list.push({ name, run: () => floor(args, src, dest) })
    list.push({ name: `fallocate, ${name}`, run: () => floor(args.concat('-a', 'full'), src, dest) })
  }
  return list
}
