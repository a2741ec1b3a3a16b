// @ts-check
// Builds the tree of the checks on a real filesystem. What that refuses is left out and said.
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { codeOf, setAttributes } from './attributes.mjs'
import { has, run } from './programs.mjs'
import { setTimes } from './times.mjs'
import { contentOf, treeEntries } from './tree-entries.mjs'

/** @typedef {import('./tree-entries.mjs').TreeEntry} TreeEntry */
/** @typedef {import('./attributes.mjs').Palfs} Palfs */

const SOME_TIME = 1_500_000_000

/**
 * Builds the tree as the new directory `root`.
 * @param {string} root
 * @param {Palfs} palfs
 * @returns {Promise<ReadonlyMap<string, number>>} what was refused, and how often
 */
export async function buildTree(root, palfs) {
  const builder = new Builder(root, palfs)
  await builder.build()
  return builder.refused
}

class Builder {
  /** @type {Map<string, number>} */
  refused = new Map()
  #root
  #palfs
  /** @type {boolean | undefined} */
  #privileged
  /** @type {TreeEntry[]} */
  #built = []

  /**
   * @param {string} root
   * @param {Palfs} palfs
   */
  constructor(root, palfs) {
    this.#root = root
    this.#palfs = palfs
  }

  async build() {
    mkdirSync(this.#root)
    for (const entry of treeEntries()) {
      try {
        await this.#create(entry)
        this.#built.push(entry)
      } catch (error) {
        this.#refuse(entry.kind, codeOf(error))
      }
    }
    // Owners first, because chown(2) clears set-id bits and capabilities; modes after attributes, which a mode may forbid;
    // times last; and everything in a directory before the directory.
    for (const entry of this.#built) this.#own(entry)
    this.#setAttributes()
    this.#setFlags()
    for (const entry of this.#built.toReversed()) this.#setMode(entry)
    for (const [index, entry] of [...this.#built.entries()].toReversed()) this.#date(entry, index)
  }

  /** @param {string} path bytes as latin1 */
  #at(path) {
    return Buffer.concat([Buffer.from(`${this.#root}/`), Buffer.from(path, 'latin1')])
  }

  /**
   * @param {string} what
   * @param {string} why
   */
  #refuse(what, why) {
    const reason = `${what}: ${why}`
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1)
  }

  /**
   * @param {string} what
   * @param {() => void} action
   */
  #attempt(what, action) {
    try {
      action()
    } catch (error) {
      this.#refuse(what, codeOf(error))
    }
  }

  /** @param {TreeEntry} entry */
  async #create({ path, kind, content, size, data = [], target = '', device = [] }) {
    const at = this.#at(path)
    if (kind === 'directory') mkdirSync(at)
    else if (kind === 'symlink') symlinkSync(target, at)
    else if (kind === 'hardLink') linkSync(this.#at(target), at)
    else if (kind === 'fifo') this.#program('mkfifo', [path])
    else if (kind === 'device') this.#program('mknod', [path, ...device])
    else if (kind === 'socket') await this.#socket(path)
    else if (size === undefined) writeFileSync(at, content ?? '', { flag: 'wx' })
    else this.#sparse(at, path, size, data)
  }

  /**
   * @param {'mkfifo' | 'mknod'} program
   * @param {readonly string[]} args
   */
  #program(program, args) {
    const { status, stderr, missing } = run(program, args, { cwd: this.#root })
    if (missing) throw new Error(`no ${program} here`)
    if (status !== 0) throw new Error(stderr.slice(stderr.lastIndexOf(': ') + 2).trim())
  }

  /** @param {string} path */
  async #socket(path) {
    // A socket's address has no more than 107 bytes, and closing the server removes what has the first name.
    const back = process.cwd()
    process.chdir(this.#root)
    const server = createServer()
    try {
      await new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen('socket-for-a-moment', () => resolve(undefined))
      })
      renameSync('socket-for-a-moment', path)
    } finally {
      // Also where it cannot be renamed: an open server keeps the process from ending.
      await new Promise((resolve) => {
        server.close(resolve)
      })
      process.chdir(back)
    }
  }

  /**
   * @param {Buffer} at
   * @param {string} path
   * @param {number} size
   * @param {readonly (readonly [offset: number, length: number])[]} data
   */
  #sparse(at, path, size, data) {
    const fd = openSync(at, 'wx')
    try {
      // First: xfs allocates ahead of a file that grows by writing.
      ftruncateSync(fd, size)
      for (const [offset, length] of data) writeSync(fd, contentOf(path, length), 0, length, offset)
    } finally {
      closeSync(fd)
    }
  }

  /** @param {TreeEntry} entry */
  #own({ path, kind, owner }) {
    if (owner === undefined || process.getuid?.() !== 0) return
    this.#attempt(`owner of a ${kind}`, () => lchownSync(this.#at(path), ...owner))
  }

  #setAttributes() {
    const wanted = this.#built.flatMap(({ path, attributes }) =>
      attributes === undefined ? [] : [{ path, attributes }],
    )
    for (const why of setAttributes(this.#root, wanted, this.#palfs)) this.#refuse('attribute', why)
  }

  #setFlags() {
    for (const { path, flags } of this.#built) {
      if (flags === undefined) continue
      if (!has('chattr')) this.#refuse('flags', 'no chattr here')
      else if (run('chattr', [`+${flags}`, path], { cwd: this.#root }).status !== 0)
        this.#refuse('flags', 'chattr failed')
    }
  }

  /** Whether modes are no hindrance. Root is no answer: that of proot is a user. */
  #ignoresModes() {
    if (this.#privileged === undefined) {
      const probe = `${this.#root}.probe`
      mkdirSync(probe, 0)
      try {
        readdirSync(probe)
        this.#privileged = true
      } catch {
        this.#privileged = false
      }
      rmdirSync(probe)
    }
    return this.#privileged
  }

  /** @param {TreeEntry} entry */
  #setMode({ path, kind, mode }) {
    if (mode === undefined || kind === 'symlink' || kind === 'hardLink') return
    // What its owner may not read cannot be copied without a privilege, and a directory that may not be written to not emptied.
    const needed = kind === 'directory' ? 0o700 : 0o500
    if ((mode & needed) !== needed && !this.#ignoresModes()) return
    this.#attempt(`mode of a ${kind}`, () => chmodSync(this.#at(path), mode))
  }

  /**
   * @param {TreeEntry} entry
   * @param {number} index
   */
  #date({ path, kind, mtime }, index) {
    if (mtime !== undefined) {
      for (const line of setTimes(this.#root, [path], mtime))
        this.#refuse('time', line.slice(line.lastIndexOf(': ') + 2))
    } else if (kind !== 'hardLink') {
      const seconds = SOME_TIME + index * 1000 + index / 1024
      this.#attempt(`time of a ${kind}`, () => lutimesSync(this.#at(path), seconds, seconds))
    }
  }
}

/**
 * The directory above a tree: its own, so that nothing else is in it.
 * @param {string} parent
 * @param {string} name
 */
export function newDirectory(parent, name) {
  const directory = join(parent, name)
  mkdirSync(directory)
  return directory
}
