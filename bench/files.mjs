// Source files of the workloads, and their removal.

import { randomFillSync } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'

const MIB = 1024 ** 2

/** A file of random bytes, written back and in the page cache. */
export function denseFile(path, bytes) {
  const chunk = Buffer.alloc(Math.min(bytes, 16 * MIB))
  const fd = openSync(path, 'wx')
  for (let left = bytes; left > 0; left -= chunk.length) {
    randomFillSync(chunk)
    writeSync(fd, chunk, 0, Math.min(left, chunk.length))
  }
  fsyncSync(fd)
  closeSync(fd)
  return path
}

/** A file of `bytes` that holds a 4 KiB block at each of `offsets` and holes everywhere else. */
export function sparseFile(path, bytes, offsets) {
  const fd = openSync(path, 'wx')
  ftruncateSync(fd, bytes)
  for (const offset of offsets) writeSync(fd, randomFillSync(Buffer.alloc(4096)), 0, 4096, offset)
  fsyncSync(fd)
  closeSync(fd)
  return path
}

/** Removes every destination, that is every name beginning with `prefix`. */
export function removeCopies(directory, prefix = 'copy') {
  for (const name of readdirSync(directory)) {
    if (name.startsWith(prefix)) unlinkSync(join(directory, name))
  }
}

/** Whether two files have the same content; for small files only. */
export function sameContent(a, b) {
  return readFileSync(a).equals(readFileSync(b))
}
