// @ts-check
// What the tree of the checks consists of: some 300 entries, at least one of everything that a filesystem may refuse or change.
import { fileCapability, posixAcl } from './attributes.mjs'

/**
 * @typedef {object} TreeEntry
 * @property {string} path below the root; bytes as latin1
 * @property {'directory' | 'file' | 'symlink' | 'hardLink' | 'fifo' | 'socket' | 'device'} kind
 * @property {Buffer} [content]
 * @property {number} [size] of a file with holes
 * @property {readonly (readonly [offset: number, length: number])[]} [data] of a file with holes: where it is not one
 * @property {string} [target] of a link
 * @property {readonly string[]} [device] the last arguments of mknod(1)
 * @property {number} [mode]
 * @property {readonly [uid: number, gid: number]} [owner]
 * @property {bigint} [mtime]
 * @property {Readonly<Record<string, Buffer>>} [attributes]
 * @property {string} [flags] those of chattr(1)
 */

const KIB = 1024
const MIB = 1024 * KIB

const FILE_MODES = [
  0o644, 0o600, 0o755, 0o000, 0o444, 0o200, 0o111, 0o640, 0o777, 0o4755, 0o2755, 0o6711, 0o1644, 0o2644,
]
const DIRECTORY_MODES = [0o755, 0o700, 0o555, 0o1777, 0o2775, 0o500, 0o750, 0o000]
const OWNERS = /** @type {const} */ ([
  [1234, 0],
  [0, 1234],
  [65_534, 65_534],
  [1234, 5678],
  [70_000, 2_000_000_000],
])
const SIZES = [0, 1, 511, 4095, 4096, 4097, 9000, 65_535, 65_536, 100_001, 300_000]

/** In seconds and nanoseconds: both sides of the ends of 32 bits, signed and unsigned, and of zero. */
const TIMES = /** @type {const} */ ([
  [-2_000_000_000, 500_000_000],
  [-1, 0],
  [-1, 999_999_999],
  [0, 0],
  [0, 1],
  [1_000_000_000, 999_999_999],
  [2 ** 31 - 1, 999_999_999],
  [2 ** 31, 0],
  [2 ** 32 - 1, 1],
  [2 ** 32, 123_456_789],
  [5_000_000_000, 100],
  [9_000_000_000, 987_654_321],
])

/** @type {Readonly<Record<string, Readonly<Record<string, Buffer>>>>} */
const ATTRIBUTES = {
  'user-one': { 'user.colour': Buffer.from('blue') },
  'user-empty': { 'user.empty': Buffer.alloc(0) },
  'user-zeros': { 'user.zeros': Buffer.alloc(10) },
  'user-several': {
    'user.a': Buffer.from('1'),
    'user.b.c/d': Buffer.of(0, 255),
    'user.\u00C3\u00A9': Buffer.from('accent'),
  },
  'user-large': { 'user.large': Buffer.alloc(1500, 'x') },
  'user-larger': { 'user.larger': Buffer.alloc(3000, 'y') },
  'trusted-one': { 'trusted.palfs': Buffer.from('root only') },
  'security-one': { 'security.palfs': Buffer.from('policy') },
  capability: { 'security.capability': fileCapability(13) },
  'capability-and-user': { 'security.capability': fileCapability(10), 'user.colour': Buffer.from('red') },
}

const NAMES = [
  'n'.repeat(255),
  'm'.repeat(200),
  '\u00C3\u00A9'.repeat(127),
  ' spaces ',
  '-rf',
  'new\nline',
  'quote"\'`$(x)',
  'back\\slash',
  'colon:question?',
  'dot.',
  '...',
  '\u00F0\u009F\u0098\u0080',
  'not-utf8-\u00FF\u00FE',
  '#hash *star',
]

/** @returns {readonly TreeEntry[]} parents before what is in them */
export function treeEntries() {
  const groups = [
    plain(),
    modes(),
    owners(),
    times(),
    attributes(),
    lists(),
    hardLinks(),
    symlinks(),
    holes(),
    names(),
    specialFiles(),
    flags(),
  ]
  return groups.flat()
}

/** @returns {TreeEntry[]} */
function plain() {
  /** @type {TreeEntry[]} */
  const entries = [directory('plain')]
  for (let index = 0; index < 9; index += 1) {
    // Three directories deep, three wide.
    const parent = index < 3 ? 'plain' : `plain/d${index % 3}`
    const name = index < 3 ? `${parent}/d${index}` : `${parent}/e${index}`
    entries.push(directory(name))
    for (const [at, size] of SIZES.entries()) entries.push(file(`${name}/f${at}`, size))
  }
  entries.push(directory('plain/empty'), directory('plain/d0/empty'))
  return entries
}

/** @returns {TreeEntry[]} */
function modes() {
  return [
    directory('modes'),
    ...FILE_MODES.map((mode) => ({ ...file(`modes/f${mode.toString(8)}`, 10), mode })),
    ...DIRECTORY_MODES.flatMap((mode) => [
      { ...directory(`modes/d${mode.toString(8)}`), mode },
      file(`modes/d${mode.toString(8)}/inside`, 10),
    ]),
  ]
}

/** @returns {TreeEntry[]} */
function owners() {
  /** @type {TreeEntry[]} */
  const entries = [directory('owners')]
  for (const owner of OWNERS) {
    const name = `owners/u${owner[0]}-g${owner[1]}`
    entries.push({ ...directory(name), owner }, { ...file(`${name}/file`, 20), owner })
    entries.push({ ...file(`${name}/set-id`, 20), owner, mode: 0o6755 })
    entries.push({ path: `${name}/link`, kind: 'symlink', target: 'file', owner })
  }
  return entries
}

/** @returns {TreeEntry[]} */
function times() {
  const at = TIMES.map(([seconds, nanoseconds]) => BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds))
  return [
    directory('times'),
    ...at.map((mtime, index) => ({ ...file(`times/f${index}`, 5), mtime })),
    { ...directory('times/old'), mtime: at[0] ?? 0n },
    { ...directory('times/far'), mtime: at[9] ?? 0n },
    { path: 'times/link', kind: 'symlink', target: 'f0', mtime: at[1] ?? 0n },
  ]
}

/** @returns {TreeEntry[]} */
function attributes() {
  return [
    { ...directory('attributes'), attributes: { 'user.of-directory': Buffer.from('yes') } },
    ...Object.entries(ATTRIBUTES).map(([name, values]) => ({
      ...file(`attributes/${name}`, 30),
      attributes: values,
    })),
    {
      path: 'attributes/link',
      kind: 'symlink',
      target: 'user-one',
      attributes: { 'trusted.of-link': Buffer.from('1') },
    },
  ]
}

/** @returns {TreeEntry[]} */
function lists() {
  const access = posixAcl([
    ['owner', 6],
    ['user', 4, 1234],
    ['group', 0],
    ['mask', 4],
    ['other', 0],
  ])
  const groups = posixAcl([
    ['owner', 7],
    ['user', 7, 5],
    ['group', 5],
    ['namedGroup', 1, 77],
    ['mask', 5],
    ['other', 1],
  ])
  const inherited = posixAcl([
    ['owner', 7],
    ['user', 5, 1234],
    ['group', 5],
    ['mask', 5],
    ['other', 0],
  ])
  const list = (/** @type {Buffer} */ value) => ({ 'system.posix_acl_access': value })
  return [
    directory('lists'),
    { ...file('lists/user', 10), attributes: list(access), mode: 0o640 },
    { ...file('lists/groups', 10), attributes: list(groups), mode: 0o751 },
    { ...directory('lists/access'), attributes: list(groups), mode: 0o751 },
    { ...directory('lists/default'), attributes: { 'system.posix_acl_default': inherited } },
    {
      ...directory('lists/both'),
      attributes: { ...list(groups), 'system.posix_acl_default': inherited },
      mode: 0o751,
    },
    // Made before the directory gets its default list: a copy made after it would inherit what these do not have.
    { ...file('lists/default/plain', 10), mode: 0o644 },
    { ...directory('lists/default/plain-directory'), mode: 0o755 },
  ]
}

/** @returns {TreeEntry[]} */
function hardLinks() {
  return [
    directory('links'),
    directory('links/other'),
    file('links/one', 5000),
    { path: 'links/two', kind: 'hardLink', target: 'links/one' },
    { path: 'links/other/three', kind: 'hardLink', target: 'links/one' },
    { ...file('links/set-id', 10), mode: 0o4755 },
    { path: 'links/other/set-id-again', kind: 'hardLink', target: 'links/set-id' },
    { path: 'links/symlink', kind: 'symlink', target: 'one' },
    { path: 'links/other/symlink-again', kind: 'hardLink', target: 'links/symlink' },
  ]
}

/** @returns {TreeEntry[]} */
function symlinks() {
  const targets = {
    relative: '../plain/d0/f3',
    'to-directory': '../plain',
    dangling: 'nowhere',
    'absolute-dangling': '/nowhere/at/all',
    loop: 'loop',
    up: '..',
    'odd-text': './//././x',
    long: `${'t/'.repeat(450)}end`,
    'very-long': `${'v/'.repeat(2000)}end`,
  }
  return [
    directory('symlinks'),
    ...Object.entries(targets).map(([name, target]) => ({
      path: `symlinks/${name}`,
      kind: /** @type {const} */ ('symlink'),
      target,
    })),
  ]
}

/** @returns {TreeEntry[]} */
function holes() {
  const many = Array.from({ length: 16 }, (_, index) => /** @type {const} */ ([index * 256 * KIB, 8 * KIB]))
  return [
    directory('holes'),
    {
      path: 'holes/in-the-middle',
      kind: 'file',
      size: 8 * MIB,
      data: [
        [0, 8 * KIB],
        [8 * MIB - 8 * KIB, 8 * KIB],
      ],
    },
    { path: 'holes/in-front', kind: 'file', size: 4 * MIB, data: [[4 * MIB - 8 * KIB, 8 * KIB]] },
    { path: 'holes/tail', kind: 'file', size: 4 * MIB, data: [[0, 64 * KIB]] },
    { path: 'holes/whole', kind: 'file', size: 4 * MIB, data: [] },
    { path: 'holes/many', kind: 'file', size: 4 * MIB + 5000, data: many },
  ]
}

/** @returns {TreeEntry[]} */
function names() {
  return [
    directory('names'),
    ...NAMES.map((name) => file(`names/${name}`, 7)),
    directory(`names/${'d'.repeat(255)}`),
    file(`names/${'d'.repeat(255)}/${'f'.repeat(255)}`, 7),
  ]
}

/** @returns {TreeEntry[]} */
function specialFiles() {
  return [
    directory('special'),
    { path: 'special/fifo', kind: 'fifo', mode: 0o640 },
    {
      path: 'special/owned-fifo',
      kind: 'fifo',
      mode: 0o620,
      owner: [1234, 5678],
      mtime: 1_000_000_000_123_456_789n,
    },
    { path: 'special/socket', kind: 'socket', mode: 0o755 },
    // Of null: harmless if a fault in the code under test opens it.
    { path: 'special/device', kind: 'device', device: ['c', '1', '3'], mode: 0o600 },
  ]
}

/** @returns {TreeEntry[]} */
function flags() {
  return [
    directory('flags'),
    { ...file('flags/nodump', 10), flags: 'd' },
    { ...file('flags/noatime', 10), flags: 'A' },
    { ...file('flags/both', 10), flags: 'Ad' },
    { ...directory('flags/directory'), flags: 'd' },
  ]
}

/**
 * @param {string} path
 * @returns {TreeEntry}
 */
function directory(path) {
  return { path, kind: 'directory' }
}

/**
 * @param {string} path
 * @param {number} size
 * @returns {TreeEntry}
 */
function file(path, size) {
  return { path, kind: 'file', content: contentOf(path, size) }
}

/**
 * Bytes without zeros, the same for the same name: none of them may become a hole.
 * @param {string} name
 * @param {number} size
 */
export function contentOf(name, size) {
  return Buffer.alloc(size, `${name}\n`, 'latin1')
}
