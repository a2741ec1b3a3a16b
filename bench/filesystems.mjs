// Filesystems to measure on: images held in memory, mounted for one workload and always removed.

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const IMAGE_BYTES = 5 * 1024 ** 3
// Three million and some, where the kernel would take the half of the machine's pages, which may be fewer.
const TMPFS_INODES = 4_000_000
const MAKE = {
  ext4: ['mkfs.ext4', '-q', '-F'],
  xfs: ['mkfs.xfs', '-q', '-m', 'reflink=1'],
  btrfs: ['mkfs.btrfs', '-q'],
  tmpfs: undefined,
}

/** Every filesystem that the workloads know. */
export const FILESYSTEMS = Object.keys(MAKE)

/** Why filesystems cannot be made here, or undefined where they can. */
export function whyNoMounts() {
  if (process.platform !== 'linux') return 'loop images need Linux'
  if (process.getuid?.() !== 0) return 'mounting needs root'
  return undefined
}

const mounted = new Set()

/** Calls `work` with the mount point of a fresh filesystem; a missing tool is a skip with its reason. */
export async function withFilesystem(type, work) {
  const base = mkdtempSync('/dev/shm/palfs-bench-')
  const point = join(base, 'mount')
  mounted.add(base)
  try {
    mkdirSync(point)
    mount(type, base, point)
    return await work(point)
  } finally {
    remove(base)
  }
}

function mount(type, base, point) {
  const make = MAKE[type]
  if (make === undefined) {
    run('mount', ['-t', 'tmpfs', '-o', `size=${IMAGE_BYTES},nr_inodes=${TMPFS_INODES}`, 'palfs-bench', point])
    return
  }
  const image = join(base, 'image')
  writeFileSync(image, '')
  truncateSync(image, IMAGE_BYTES)
  run(make[0], [...make.slice(1), image])
  run('mount', ['-o', 'loop', image, point])
}

function remove(base) {
  const point = join(base, 'mount')
  try {
    // Lazily: after Ctrl-C a copy may still hold a file there. What is left of the image goes with the process.
    run('umount', ['--lazy', point])
  } catch {
    // never mounted
  }
  rmdirSync(point)
  rmSync(base, { recursive: true, force: true })
  mounted.delete(base)
}

function run(program, args) {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

/** Writes everything back, so that one contender's dirty pages do not slow the next one down. */
export function settle(point) {
  run('sync', ['-f', point])
}

process.on('exit', () => [...mounted].forEach(remove))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130))
