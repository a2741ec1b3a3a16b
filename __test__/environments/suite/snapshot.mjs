// @ts-check
// Everything about a tree that a copy can keep, read by node:fs and small programs: no code of the engine is in it.
import { createHash } from 'node:crypto'
import {
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from 'node:fs'
import { codeOf, isAcl, readAcls, readAttributes, UNREADABLE } from './attributes.mjs'
import { has, run } from './programs.mjs'

/**
 * @typedef {object} SnapshotEntry
 * @property {string} kind
 * @property {string} mode
 * @property {string} owner
 * @property {bigint} mtime
 * @property {string} file device and inode
 * @property {bigint} size
 * @property {bigint} allocated bytes
 * @property {string} content a digest, the text of a link, the numbers of a device
 * @property {ReadonlyMap<string, string>} attributes
 * @property {string} acl
 * @property {string} flags
 */

/** @typedef {ReadonlyMap<string, SnapshotEntry>} Snapshot by the path below the root, bytes as latin1; the root is `.` */
/** @typedef {import('./attributes.mjs').Palfs} Palfs */

/** From here on a file is flushed before its blocks are counted: some filesystems allocate late. */
const MAY_HAVE_HOLES = 1 << 20
const KEPT_FLAGS = /[Ad]/g
const O_QUIET = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/**
 * @param {string} root
 * @param {Palfs} palfs
 * @returns {Snapshot}
 */
export function snapshot(root, palfs) {
  /** @type {string[]} */
  const paths = []
  walk(root, '.', paths)
  const attributes = readAttributes(root, paths, palfs)
  const acls = readAcls(root)
  const flags = readFlags(root, paths)
  return new Map(
    paths.map((path) => {
      const values = attributes.get(path) ?? new Map()
      const acl = acls === undefined ? listsAmong(values) : (acls.get(path) ?? '')
      return [path, entryAt(root, path, { values, acl, flags: flags.get(path) ?? '' })]
    }),
  )
}

/**
 * @param {string} root
 * @param {string} path bytes as latin1
 */
export function bytePath(root, path) {
  return Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, 'latin1')])
}

/**
 * Every path at and below one, a directory before what is in it.
 * @param {string} root
 * @param {string} path
 * @param {string[]} paths
 */
export function walk(root, path, paths) {
  paths.push(path)
  for (const name of namesIn(bytePath(root, path))) {
    const child = name.toString('latin1')
    walk(root, path === '.' ? child : `${path}/${child}`, paths)
  }
}

/**
 * What cannot be listed is seen as such when it is looked at.
 * @param {Buffer} path
 */
function namesIn(path) {
  try {
    return lstatSync(path).isDirectory() ? readdirSync(path, { encoding: 'buffer' }) : []
  } catch {
    return []
  }
}

/**
 * ACLs as the attributes that the kernel shows them as.
 * @param {ReadonlyMap<string, string>} attributes
 */
function listsAmong(attributes) {
  const lists = [...attributes].filter(([name]) => isAcl(name)).map(([name, value]) => `${name}=${value}`)
  return lists.toSorted().join(' ')
}

/**
 * @param {string} root
 * @param {string} path
 * @param {{ values: ReadonlyMap<string, string>, acl: string, flags: string }} metadata
 * @returns {SnapshotEntry}
 */
function entryAt(root, path, { values, acl, flags }) {
  const at = bytePath(root, path)
  const kind = kindAt(at)
  if (kind.startsWith(UNREADABLE)) return { ...NOTHING_KNOWN, kind }
  const content = kind === 'file' ? digest(at) : kind === 'symlink' ? textOf(at) : ''
  // After the content: what is written back late has no blocks before.
  const stat = lstatSync(at, { bigint: true })
  return {
    kind,
    mode: (Number(stat.mode) & 0o7777).toString(8).padStart(4, '0'),
    owner: `${stat.uid}:${stat.gid}`,
    mtime: stat.mtimeNs,
    file: `${stat.dev}:${stat.ino}`,
    size: kind === 'file' ? stat.size : 0n,
    allocated: stat.blocks * 512n,
    content: kind === 'device' ? String(stat.rdev) : content,
    attributes: new Map([...values].filter(([name]) => !isAcl(name))),
    acl,
    flags,
  }
}

/** @type {Omit<SnapshotEntry, 'kind'>} */
const NOTHING_KNOWN = {
  mode: '',
  owner: '',
  mtime: 0n,
  file: '',
  size: 0n,
  allocated: 0n,
  content: '',
  attributes: new Map(),
  acl: '',
  flags: '',
}

/** @param {Buffer} path */
function kindAt(path) {
  try {
    return kindOf(lstatSync(path))
  } catch (error) {
    return `${UNREADABLE}: ${codeOf(error)}`
  }
}

/** @param {Buffer} path */
function textOf(path) {
  try {
    return readlinkSync(path, 'latin1')
  } catch (error) {
    // sshfs shows no link that leads out of it.
    return `${UNREADABLE}: ${codeOf(error)}`
  }
}

/** @param {import('node:fs').Stats} stat */
function kindOf(stat) {
  if (stat.isFile()) return 'file'
  if (stat.isDirectory()) return 'directory'
  if (stat.isSymbolicLink()) return 'symlink'
  if (stat.isFIFO()) return 'fifo'
  return stat.isSocket() ? 'socket' : 'device'
}

const BUFFER = Buffer.alloc(1 << 20)

/** @param {Buffer} path */
function digest(path) {
  const hash = createHash('sha256')
  let fd
  try {
    fd = openSync(path, O_QUIET)
  } catch (error) {
    return `${UNREADABLE}: ${codeOf(error)}`
  }
  try {
    let total = 0
    for (let count = 1; count > 0; total += count) {
      count = readSync(fd, BUFFER, 0, BUFFER.length, null)
      hash.update(BUFFER.subarray(0, count))
    }
    if (total >= MAY_HAVE_HOLES) flush(fd)
  } catch (error) {
    return `${UNREADABLE}: ${codeOf(error)}`
  } finally {
    closeSync(fd)
  }
  return hash.digest('hex').slice(0, 16)
}

/** @param {number} fd */
function flush(fd) {
  try {
    fsyncSync(fd)
  } catch {
    // A read-only filesystem has nothing to flush, and some say so by an error.
  }
}

/**
 * The flags of chattr(1) that say nothing of the storage, of the entries that have been given some.
 * @param {string} root
 * @param {readonly string[]} paths
 * @returns {Map<string, string>}
 */
function readFlags(root, paths) {
  const flagged = paths.filter((path) => path.startsWith('flags/'))
  if (flagged.length === 0 || !has('lsattr')) return new Map()
  const { stdout } = run('lsattr', ['-d', '--', ...flagged], { cwd: root })
  const lines = stdout
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '')
  return new Map(
    lines.map((line) => {
      const [letters = '', path = ''] = line.split(/\s+/)
      return [path, (letters.match(KEPT_FLAGS) ?? []).join('')]
    }),
  )
}
