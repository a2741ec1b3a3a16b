// @ts-check
// What one tree has that its copy has not, entry by entry and field by field.
import { readAttribute, UNREADABLE } from './attributes.mjs'
import { isWithin } from './times.mjs'

/** @typedef {import('./snapshot.mjs').Snapshot} Snapshot */
/** @typedef {import('./snapshot.mjs').SnapshotEntry} SnapshotEntry */
/** @typedef {import('./attributes.mjs').Palfs} Palfs */

/**
 * @typedef {object} Difference
 * @property {string} path
 * @property {string} field `missing`, `extra`, a key of an entry, `links`, `holes`, or `xattr` and a name
 * @property {string} expected
 * @property {string} seen
 */

/**
 * @typedef {object} Target
 * @property {string} root where the copy is
 * @property {bigint} granularity of the copy's times
 * @property {boolean} holes whether the filesystem has them
 * @property {boolean} inodes whether two names of one file show one inode number
 */

/**
 * @param {Snapshot} source
 * @param {Snapshot} copy
 * @param {Target} target
 * @param {Palfs} palfs
 * @returns {Difference[]}
 */
export function differences(source, copy, target, palfs) {
  /** @type {Difference[]} */
  const found = []
  for (const [path, expected] of source) {
    const seen = copy.get(path)
    if (seen === undefined) found.push({ path, field: 'missing', expected: expected.kind, seen: 'nothing' })
    else found.push(...entryDifferences(path, expected, seen, target, palfs))
  }
  for (const [path, { kind }] of copy) {
    if (!source.has(path)) found.push({ path, field: 'extra', expected: 'nothing', seen: kind })
  }
  if (target.inodes) found.push(...linkDifferences(source, copy))
  return found
}

/**
 * @param {string} path
 * @param {SnapshotEntry} expected
 * @param {SnapshotEntry} seen
 * @param {Target} target
 * @param {Palfs} palfs
 * @returns {Difference[]}
 */
function entryDifferences(path, expected, seen, target, palfs) {
  if (expected.kind !== seen.kind) return [{ path, field: 'kind', expected: expected.kind, seen: seen.kind }]
  /** @type {Difference[]} */
  const found = []
  const compare = (/** @type {string} */ field, /** @type {string} */ one, /** @type {string} */ other) => {
    if (one !== other) found.push({ path, field, expected: one, seen: other })
  }
  compare('size', String(expected.size), String(seen.size))
  compare('content', expected.content, seen.content)
  // The mode of a link means nothing, and no call sets it.
  if (expected.kind !== 'symlink') compare('mode', expected.mode, seen.mode)
  compare('owner', expected.owner, seen.owner)
  if (!isWithin(expected.mtime, seen.mtime, target.granularity)) {
    compare('mtime', String(expected.mtime), String(seen.mtime))
  }
  for (const [name, value] of expected.attributes) {
    const kept = seen.attributes.get(name) ?? readAttribute(target.root, path, name, palfs) ?? 'absent'
    compare(`xattr ${name}`, value, value === UNREADABLE && kept === UNREADABLE ? 'absent' : kept)
  }
  for (const name of seen.attributes.keys()) {
    if (!expected.attributes.has(name)) compare(`xattr ${name}`, 'absent', seen.attributes.get(name) ?? '')
  }
  compare('acl', expected.acl, seen.acl)
  compare('flags', expected.flags, seen.flags)
  if (target.holes && hasLostHoles(expected, seen)) {
    found.push({
      path,
      field: 'holes',
      expected: `${expected.allocated} bytes`,
      seen: `${seen.allocated} bytes`,
    })
  }
  return found
}

/**
 * More than half of the holes are gone. Less is the filesystem's business: blocks differ in size from one to the next.
 * @param {SnapshotEntry} expected
 * @param {SnapshotEntry} seen
 */
export function hasLostHoles({ kind, size, allocated }, seen) {
  if (kind !== 'file' || allocated >= size) return false
  const holes = size - allocated
  return holes >= 65_536n && seen.allocated > allocated + holes / 2n
}

/**
 * A group of names of one file is called by its first one, whatever its number.
 * @param {Snapshot} source
 * @param {Snapshot} copy
 * @returns {Difference[]}
 */
function linkDifferences(source, copy) {
  const [expected, seen] = [groupsOf(source), groupsOf(copy)]
  return [...expected]
    .filter(([path, group]) => copy.has(path) && seen.get(path) !== group)
    .map(([path, group]) => ({ path, field: 'links', expected: group, seen: seen.get(path) ?? 'none' }))
}

/** @param {Snapshot} snapshot */
export function groupsOf(snapshot) {
  /** @type {Map<string, string[]>} */
  const byFile = new Map()
  for (const [path, { kind, file }] of snapshot) {
    if (kind !== 'directory') byFile.set(file, [...(byFile.get(file) ?? []), path])
  }
  /** @type {Map<string, string>} */
  const groups = new Map()
  for (const paths of byFile.values()) {
    const names = paths.toSorted()
    for (const path of names) groups.set(path, names.join(' = '))
  }
  return groups
}

/** @typedef {'ownership' | 'mode' | 'timestamps' | 'xattr' | 'acl' | 'flags'} Counter */

/** @type {Readonly<Record<string, Counter>>} */
const COUNTERS = { owner: 'ownership', mode: 'mode', mtime: 'timestamps', acl: 'acl', flags: 'flags' }

/**
 * What `unpreserved` has to say: files, but of attributes each one. A file with several names is one file.
 * @param {readonly Difference[]} found
 * @param {Snapshot} identities whose inode numbers say which names are one file
 * @returns {Partial<Record<Counter, number>>}
 */
export function expectedCounts(found, identities) {
  /** @type {Partial<Record<Counter, number>>} */
  const counts = {}
  /** @type {Set<string>} */
  const counted = new Set()
  for (const { path, field, expected } of found) {
    const counter = field.startsWith('xattr ') ? 'xattr' : COUNTERS[field]
    // An attribute that only the copy has is no loss of the source's.
    if (counter === undefined || (counter === 'xattr' && expected === 'absent')) continue
    const key = `${identities.get(path)?.file} ${field}`
    if (counted.has(key)) continue
    counted.add(key)
    counts[counter] = (counts[counter] ?? 0) + 1
  }
  return counts
}
