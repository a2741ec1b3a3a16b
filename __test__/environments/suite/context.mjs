// @ts-check
// What the checks of one run share: the two directories, the package, and the trees, which are built once.
import {
  closeSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { snapshot } from './snapshot.mjs'
import { granularityOf } from './times.mjs'
import { buildTree } from './tree-builder.mjs'

/** @typedef {import('./attributes.mjs').Palfs} Palfs */
/** @typedef {import('./report.mjs').Report} Report */
/** @typedef {import('./snapshot.mjs').Snapshot} Snapshot */

/** A FUSE server's answers are kept by the kernel for a second. */
const ATTRIBUTES_ARE_FRESH_AFTER = 1100

/**
 * @typedef {object} Filesystem
 * @property {string} directory
 * @property {boolean} readOnly
 * @property {bigint} granularity
 * @property {boolean} holes
 * @property {boolean} inodes whether two names of one file show one number
 */

export class Context {
  #report
  #builtTrees
  #neverTry
  /** @type {Map<string, Promise<string>>} */
  #trees = new Map()
  /** @type {Map<string, Filesystem>} */
  #filesystems = new Map()

  /**
   * @param {{ on: string, local: string, trees: readonly string[], palfs: Palfs, packagePath: string, neverTry: readonly string[], brief: boolean, report: Report }} parts
   */
  constructor({ on, local, trees, palfs, packagePath, neverTry, brief, report }) {
    this.on = on
    this.local = local
    this.palfs = palfs
    this.packagePath = packagePath
    this.#neverTry = neverTry
    this.brief = brief
    this.#report = report
    this.#builtTrees = trees
  }

  /**
   * Whether something may be tried that destroys filesystems with a fault of their own.
   * @param {'too-long-name'} what
   */
  mayTry(what) {
    return !this.#neverTry.includes(what)
  }

  /** @param {string} directory */
  filesystem(directory) {
    let found = this.#filesystems.get(directory)
    if (found === undefined) {
      found = probe(directory)
      this.#filesystems.set(directory, found)
    }
    return found
  }

  /**
   * The tree, built on this filesystem by node:fs unless one was built there beforehand. On a read-only one it is what lies
   * there.
   * @param {string} directory
   */
  async tree(directory) {
    let tree = this.#trees.get(directory)
    if (tree === undefined) {
      tree = this.filesystem(directory).readOnly ? Promise.resolve(directory) : this.#build(directory)
      this.#trees.set(directory, tree)
    }
    return tree
  }

  /** @param {string} directory */
  async #build(directory) {
    const { dev } = lstatSync(directory)
    const built = this.#builtTrees.find((tree) => lstatSync(tree).dev === dev)
    if (built !== undefined) return built
    const root = join(directory, 'tree')
    const refused = await buildTree(root, this.palfs)
    for (const [why, count] of refused) this.#report.note(`${root} is built without: ${why} (${count} times)`)
    await delay(ATTRIBUTES_ARE_FRESH_AFTER)
    return root
  }

  /** @param {string} root */
  snapshot(root) {
    return snapshot(root, this.palfs)
  }

  /**
   * A fresh directory for one check.
   * @param {string} parent
   * @param {string} name
   */
  directory(parent, name) {
    const directory = join(parent, name)
    mkdirSync(directory)
    return directory
  }
}

/**
 * @param {string} directory
 * @returns {Filesystem}
 */
function probe(directory) {
  try {
    writeFileSync(join(directory, 'probe'), 'content')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EROFS')) throw error
    return { directory, readOnly: true, granularity: 1n, holes: false, inodes: true }
  }
  try {
    return {
      directory,
      readOnly: false,
      granularity: granularityOf(directory),
      holes: keepsHoles(join(directory, 'probe')),
      inodes: showsOneInode(directory),
    }
  } finally {
    rmSync(join(directory, 'probe'), { force: true })
    rmSync(join(directory, 'probe-link'), { force: true })
  }
}

const PROBE_SIZE = 4 << 20

/** @param {string} file */
function keepsHoles(file) {
  try {
    const fd = openSync(file, 'r+')
    try {
      writeSync(fd, 'end', PROBE_SIZE - 3)
    } finally {
      // rclone answers here what it refused before.
      closeSync(fd)
    }
  } catch {
    return false
  }
  return lstatSync(file).blocks * 512 < PROBE_SIZE / 2
}

/** @param {string} directory */
function showsOneInode(directory) {
  const [first, second] = [join(directory, 'probe'), join(directory, 'probe-link')]
  try {
    linkSync(first, second)
  } catch {
    return true
  }
  return lstatSync(first).ino === lstatSync(second).ino
}
