// The trees that are copied.

import { execFileSync } from 'node:child_process'
import { closeSync, lstatSync, mkdirSync, openSync, readdirSync, writeSync } from 'node:fs'
import { randomFillSync } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { denseFile } from '../files.mjs'

const PAGE = 4096
const NODE_MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url))

/** `count` files of `bytes` random bytes, spread over `directories` directories. */
export function manyFiles(root, count, directories, bytes = PAGE) {
  mkdirSync(root)
  for (let d = 0; d < directories; d++) {
    mkdirSync(join(root, `directory-${d}`))
    files(join(root, `directory-${d}`), count / directories, bytes)
  }
  return root
}

/** `count` files in one directory, empty unless `bytes` says otherwise. */
export function flatDirectory(root, count, bytes = 0) {
  mkdirSync(root)
  files(root, count, bytes)
  return root
}

function files(directory, count, bytes) {
  const content = Buffer.alloc(bytes)
  for (let i = 0; i < count; i++) {
    const fd = openSync(join(directory, `file-${i}`), 'wx')
    if (bytes > 0) writeSync(fd, randomFillSync(content))
    closeSync(fd)
  }
}

/** `levels` directories, each in the one before, with so many empty files in each. */
export function deepTree(root, levels, filesInEach) {
  const start = process.cwd()
  mkdirSync(root)
  process.chdir(root)
  try {
    for (let level = 0; level < levels; level++) {
      files('.', filesInEach, 0)
      if (level === levels - 1) break
      // Down by one name at a time: the kernel would walk the whole path again for each file.
      mkdirSync('d')
      process.chdir('d')
    }
  } finally {
    process.chdir(start)
  }
  return root
}

/** The dependencies of this repository, whose versions its lock file fixes. */
export function nodeModules(root) {
  execFileSync('cp', ['-a', NODE_MODULES, root])
  return root
}

/** `count` files of `bytes` random bytes. */
export function largeFiles(root, count, bytes) {
  mkdirSync(root)
  for (let i = 0; i < count; i++) denseFile(join(root, `file-${i}`), bytes)
  return root
}

/** How much a tree holds; two equal answers do not prove two trees equal, but find a rival that gave up early. */
export function contents(root) {
  const sum = { entries: 0, bytes: 0 }
  const todo = [root]
  for (let directory; (directory = todo.pop()) !== undefined;) {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name)
      sum.entries++
      if (entry.isDirectory()) todo.push(path)
      else if (entry.isFile()) sum.bytes += lstatSync(path).size
    }
  }
  return sum
}
