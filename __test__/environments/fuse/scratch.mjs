// @ts-check
// Where the filesystems of a run are: one directory, with a disk of its own (ext4 by a loop device) as the good filesystem.
// Its name says which process owns it, so that a later run takes down what a killed one left.
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
  truncateSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PREFIX = 'palfs-fuse-'
const MIB = 2 ** 20
const ROOM = 3 * 1024 * MIB

/** Runs a command to its end and gives its output; a failure carries what it wrote to stderr. */
export function command(
  /** @type {readonly string[]} */ [program = '', ...args],
  /** @type {object} */ options = {},
) {
  return execFileSync(program, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
    ...options,
  })
}

/** @param {readonly string[]} words */
function attempt(...words) {
  try {
    command(words)
    return true
  } catch {
    return false
  }
}

/** Mount points at and below a directory, the youngest first. */
export function mountsBelow(/** @type {string} */ directory) {
  const points = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
  return points.filter((point) => point === directory || point.startsWith(`${directory}/`)).toReversed()
}

/** @param {string} directory */
export function unmountBelow(directory) {
  for (const point of mountsBelow(directory)) {
    // Lazily only where a process still sits on it.
    if (!attempt('umount', point)) attempt('umount', '-l', point)
  }
}

/** In memory where there is room. */
function parent() {
  if (!existsSync('/dev/shm')) return tmpdir()
  const { bavail, bsize } = statfsSync('/dev/shm')
  return bavail * bsize > ROOM ? '/dev/shm' : tmpdir()
}

export function makeScratch() {
  for (const name of readdirSync(parent()).filter((each) => each.startsWith(PREFIX))) {
    const [pid = ''] = name.slice(PREFIX.length).split('-')
    if (!existsSync(`/proc/${pid}`)) removeScratch(join(parent(), name))
  }
  return mkdtempSync(join(parent(), `${PREFIX}${process.pid}-`))
}

/** @param {string} scratch */
export function removeScratch(scratch) {
  unmountBelow(scratch)
  rmSync(scratch, { recursive: true, force: true })
}

/** Makes an image (sparse) and formats it. */
export function makeImage(
  /** @type {string} */ image,
  /** @type {number} */ mib,
  /** @type {readonly string[]} */ mkfs,
) {
  writeFileSync(image, '')
  truncateSync(image, mib * MIB)
  command([...mkfs, image])
  return image
}

/** A filesystem of the kernel on an image. */
export function mountImage(
  /** @type {string} */ image,
  /** @type {string} */ point,
  /** @type {number} */ mib,
  /** @type {readonly string[]} */ mkfs,
) {
  mkdirSync(point, { recursive: true })
  command(['mount', '-o', 'loop', makeImage(image, mib, mkfs), point])
  return point
}
