// The working directory of the fuzzed calls, and what a sensible call of each operation looks like.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'

const ENTRIES = [
  'source',
  'open-file',
  'directory',
  'tree',
  'tree/a',
  'tree/sub',
  'tree/sub/b',
  'loop',
  'dangling',
]
const MANY = 40

function clear() {
  const names = fs.readdirSync('.', { encoding: 'buffer' })
  try {
    for (const name of names)
      fs.rmSync(Buffer.concat([Buffer.from('./'), name]), { recursive: true, force: true })
  } catch {
    // Node's own rm runs out of stack below 2,000 directories.
    spawnSync('find', ['.', '-mindepth', '1', '-delete'])
  }
}

function build() {
  clear()
  fs.writeFileSync('source', 'precious')
  fs.writeFileSync('open-file', 'x'.repeat(100))
  fs.mkdirSync('directory')
  fs.mkdirSync('tree/sub', { recursive: true })
  fs.writeFileSync('tree/a', 'a')
  fs.writeFileSync('tree/sub/b', 'b')
  fs.symlinkSync('a', 'tree/link')
  fs.symlinkSync('loop', 'loop')
  fs.symlinkSync('nowhere', 'dangling')
}

/** What matters of a file, in one string. */
function shape(path) {
  const stat = fs.lstatSync(path, { throwIfNoEntry: false })
  return stat === undefined ? '' : `${stat.mode} ${stat.uid} ${stat.gid} ${stat.nlink} ${stat.size}`
}

export class World {
  #root = process.cwd()
  #shapes = []
  #fds = []

  constructor() {
    fs.writeFileSync('../spare', '')
    build()
    this.#shapes = ENTRIES.map(shape)
    this.fd = fs.openSync('open-file', 'r+')
  }

  /** An open file that the call may close; {@link settle} does it otherwise. */
  newFd() {
    const fd = fs.openSync('../spare', 'r+')
    this.#fds.push(fd)
    return fd
  }

  /** Closes what the call was given to close, if it did not. */
  settle() {
    for (const fd of this.#fds.splice(0)) {
      try {
        fs.closeSync(fd)
      } catch {
        // The call has closed it.
      }
    }
  }

  /** Everything as in the beginning: the files, the descriptor, and those of the standard streams, which are fair game. */
  restore() {
    const inside = fs.existsSync(this.#root) && fs.readdirSync(this.#root).length < MANY
    if (!fs.existsSync(this.#root)) fs.mkdirSync(this.#root)
    process.chdir(this.#root)
    if (
      !inside ||
      !this.isSourceWhole() ||
      ENTRIES.some((path, index) => shape(path) !== this.#shapes[index])
    )
      build()
    if (this.#isStale()) this.fd = fs.openSync('open-file', 'r+')
    for (const fd of [0, 1, 2]) this.#reopen(fd)
  }

  /** The content, which no size tells. */
  isSourceWhole() {
    return (
      fs.lstatSync('source', { throwIfNoEntry: false })?.isFile() &&
      fs.readFileSync('source', 'utf8') === 'precious'
    )
  }

  hasTemporaries() {
    return fs.existsSync(this.#root) && fs.readdirSync(this.#root).some((name) => name.startsWith('.palfs-'))
  }

  #isStale() {
    try {
      if (fs.fstatSync(this.fd).ino === fs.statSync('open-file').ino) return false
      fs.closeSync(this.fd)
    } catch {
      // Closed by the call.
    }
    return true
  }

  /** The lowest free number is what open(2) gives. */
  #reopen(fd) {
    try {
      fs.fstatSync(fd)
    } catch {
      fs.openSync('../spare', 'r+')
    }
  }
}

/** What may stand where: for calls at random, and for operations that {@link sensible} does not know. */
export const GOOD = [
  () => 'source',
  () => 'dest',
  () => 'directory',
  () => 'tree',
  () => Buffer.from('source'),
  (world) => world.fd,
  () => ({}),
  () => ({ recursive: true, force: true }),
  () => Buffer.alloc(64),
  () => 0,
  () => 0o644,
  () => 'user.a',
  () => 'utf8',
  () => () => true,
]

const XATTR = {
  get: [() => ['source', 'user.a', {}], (world) => [world.fd, 'user.a', {}]],
  set: [() => ['source', 'user.a', 'value', {}], (world) => [world.fd, 'user.a', Buffer.from('x'), {}]],
  list: [() => ['source', {}], (world) => [world.fd, {}]],
  remove: [() => ['source', 'user.a', {}], (world) => [world.fd, 'user.a', {}]],
  copy: [() => ['source', 'directory', {}], (world) => ['source', world.fd, {}]],
}

const FILE_SYSTEM = {
  open: [() => ['source', 'r', 0o644]],
  close: [(world) => [world.newFd()]],
  read: [(world) => [world.fd, Buffer.alloc(64), 0]],
  write: [(world) => [world.fd, Buffer.alloc(64), 0]],
  fsync: [(world) => [world.fd]],
  ftruncate: [(world) => [world.fd, 10]],
  fstat: [(world) => [world.fd, {}]],
  copyFileRange: [(world) => [world.fd, world.newFd(), 10, { srcOffset: 0 }]],
  stat: [() => ['source', {}]],
  lstat: [() => ['loop', {}]],
  utimes: [() => ['source', 1000, new Date(0)]],
  chmod: [() => ['source', 0o600]],
  chown: [() => ['source', 1, 1]],
  mkdir: [() => ['made', 0o755]],
  rmdir: [() => ['directory']],
  link: [() => ['source', 'linked']],
  unlink: [() => ['source']],
  symlink: [() => ['source', 'linked']],
  readlink: [() => ['loop', {}]],
  rename: [() => ['source', 'renamed']],
  readdir: [() => ['tree', {}]],
  readdirStream: [() => ['tree', {}]],
  copyFileFast: [() => ['source', 'dest']],
}

/** Sensible arguments, by operation. */
const SENSIBLE = {
  copyFile: [() => ['source', 'dest', {}]],
  cp: [() => ['tree', 'tree-copy', { recursive: true }]],
  move: [() => ['source', 'moved', { overwrite: true }], () => ['tree', 'moved-tree', {}]],
  rm: [() => ['tree', { recursive: true, force: true }], () => ['source', {}]],
  detectCapabilities: [() => ['.']],
  isFsError: [() => [new Error('x'), 'ENOENT']],
  'new FsError': [() => ['message', {}]],
  'new PlatformBuffer': [() => [4096, { alignment: 512 }]],
  copyFileOptimized: [() => ['source', 'dest']],
  readFileOptimized: [() => ['source', {}]],
  writeFileOptimized: [() => ['written', Buffer.from('x'), { durable: false }]],
  optimalChunkSize: [() => ['.']],
  ...FILE_SYSTEM,
  ...Object.fromEntries(Object.entries(XATTR).map(([name, calls]) => [`xattr.${name}`, calls])),
  ...Object.fromEntries(Object.entries(XATTR).map(([name, calls]) => [`${name}xattr`, calls])),
}

const UNKNOWN = [
  () => ['source', 'dest', {}],
  (world) => [world.fd, world.fd, 1, {}],
  () => ['directory', {}],
]

/** Makers of arguments for an operation; a method may be known whatever it is a method of. */
export function sensible(operation) {
  const known = [operation, operation.split('.').at(-1)].find((name) => Object.hasOwn(SENSIBLE, name))
  return known === undefined ? UNKNOWN : SENSIBLE[known]
}

/** Operations that have no business in writing to `source`, which is where sensible calls of them read. */
export function spares(operation) {
  return /^(copyFile|cp|xattr\..*|.*\.copyFileOptimized)$/.test(operation)
}
