// Two trees, entry by entry.

import assert from 'node:assert/strict'
import { closeSync, lstatSync, openSync, readSync, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

const BUFFERS = [Buffer.allocUnsafe(1 << 20), Buffer.allocUnsafe(1 << 20)]

/** How many files and directories there are, and the bytes of the files; a hard link counts once in the bytes. */
export function measureTree(root) {
  const size = { files: 0, directories: 0, bytes: 0 }
  const seen = new Set()
  walk(root, (path) => {
    const stats = lstatSync(path)
    if (stats.isDirectory()) size.directories++
    else if (stats.isFile()) {
      size.files++
      if (!seen.has(stats.ino)) size.bytes += stats.size
      if (stats.nlink > 1) seen.add(stats.ino)
    }
    return stats.isDirectory()
  })
  return size
}

/** Throws with the path of the first entry that differs; gives how many there are. */
export function compareTrees(source, copy) {
  const names = new Map()
  let entries = 0
  walk(source, (path) => {
    entries++
    return compareEntries(path, copy + path.slice(source.length), names)
  })
  return entries
}

/** Whether the entry is a directory. `names` says which inode of the copy an inode of the source became. */
function compareEntries(a, b, names) {
  const [source, copy] = [a, b].map((path) => lstatSync(path, { bigint: true }))
  for (const field of ['mode', 'uid', 'gid', 'mtimeNs'])
    assert.equal(copy[field], source[field], `${field} of ${b}`)
  if (source.isDirectory()) assert.deepEqual(readdirSync(b).toSorted(), readdirSync(a).toSorted(), b)
  else if (source.isSymbolicLink()) assert.equal(readlinkSync(b), readlinkSync(a), b)
  else if (source.isFile()) compareFiles(a, b, source, copy, names)
  return source.isDirectory()
}

function compareFiles(a, b, source, copy, names) {
  assert.equal(copy.size, source.size, `size of ${b}`)
  if (source.nlink > 1n) {
    if (names.has(source.ino)) {
      assert.equal(copy.ino, names.get(source.ino), `hard link ${b}`)
      return
    }
    names.set(source.ino, copy.ino)
  }
  compareContent(a, b)
}

function compareContent(a, b) {
  const files = [openSync(a), openSync(b)]
  try {
    for (let at = 0; ;) {
      const [x, y] = files.map((fd, i) => BUFFERS[i].subarray(0, readFully(fd, BUFFERS[i], at)))
      assert.ok(x.equals(y), `${b} differs after byte ${at}`)
      if (x.length === 0) return
      at += x.length
    }
  } finally {
    files.forEach((fd) => closeSync(fd))
  }
}

/** Up to a full buffer: a read may stop short before the end of the file. */
function readFully(fd, buffer, position) {
  let filled = 0
  for (;;) {
    const count = readSync(fd, buffer, filled, buffer.length - filled, position + filled)
    filled += count
    if (count === 0 || filled === buffer.length) return filled
  }
}

/** Calls `visit` with each path; it says whether that is a directory. */
function walk(root, visit) {
  const todo = [root]
  for (let path; (path = todo.pop()) !== undefined;) {
    if (visit(path)) for (const name of readdirSync(path)) todo.push(join(path, name))
  }
}
