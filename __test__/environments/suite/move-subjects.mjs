// @ts-check
// What is moved: each kind of entry, plain and with all that a filesystem may not be able to keep.
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  lchownSync,
  linkSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { setAttributes } from './attributes.mjs'
import { run } from './programs.mjs'
import { setTimes } from './times.mjs'
import { contentOf } from './tree-entries.mjs'

/** @typedef {import('./attributes.mjs').Palfs} Palfs */

const EVEN_SECOND = 1_600_000_002_000_000_000n
const ODD_NANOSECOND = 1_600_000_003_123_456_789n

/** @type {Readonly<Record<string, (parent: string, name: string, palfs: Palfs) => void>>} */
export const SUBJECTS = {
  file: (parent, name) => {
    writeFileSync(join(parent, name), contentOf(`${parent}/${name}`, 100_000))
    setTimes(parent, [name], EVEN_SECOND)
  },
  'file with everything': (parent, name, palfs) => {
    writeFileSync(join(parent, name), contentOf(`${parent}/${name}`, 5000))
    dress(parent, name, palfs)
  },
  'empty file': (parent, name) => writeFileSync(join(parent, name), ''),
  'file with a hole': (parent, name) => writeSparse(join(parent, name)),
  directory: (parent, name) => makeDirectory(join(parent, name)),
  'directory with everything': (parent, name, palfs) => {
    makeDirectory(join(parent, name))
    dress(join(parent, name), 'file', palfs)
    leaveOut(() => symlinkSync('file', join(parent, name, 'link')))
    leaveOut(() => symlinkSync('nowhere', join(parent, name, 'dangling')))
    leaveOut(() => linkSync(join(parent, name, 'inner/file'), join(parent, name, 'hard-link')))
    leaveOut(() => writeSparse(join(parent, name, 'hole')))
    leaveOut(() => makeFifo(join(parent, name), 'fifo'))
  },
  'link to a file': (parent, name) => {
    writeFileSync(join(parent, `${name}-target`), contentOf(`${parent}/${name}-target`, 100))
    symlinkSync(`${name}-target`, join(parent, name))
  },
  fifo: (parent, name) => makeFifo(parent, name),
  'dangling link': (parent, name) => symlinkSync('nowhere', join(parent, name)),
}

/** @param {string} directory */
function makeDirectory(directory) {
  mkdirSync(join(directory, 'inner/empty'), { recursive: true })
  for (const name of ['file', 'other', 'inner/file']) {
    writeFileSync(join(directory, name), contentOf(`${directory}/${name}`, 3000))
    setTimes(directory, [name], EVEN_SECOND)
  }
}

/**
 * What the filesystem does not take is left out: the subject is what lies there.
 * @param {string} parent
 * @param {string} name
 * @param {Palfs} palfs
 */
function dress(parent, name, palfs) {
  leaveOut(() => lchownSync(join(parent, name), 1234, 5678))
  leaveOut(() => chmodSync(join(parent, name), 0o600))
  setAttributes(parent, [{ path: name, attributes: { 'user.colour': Buffer.from('blue') } }], palfs)
  setTimes(parent, [name], ODD_NANOSECOND)
}

/**
 * @param {string} parent
 * @param {string} name
 */
function makeFifo(parent, name) {
  const { status, stderr } = run('mkfifo', [name], { cwd: parent })
  if (status !== 0) throw new Error(stderr.trim())
}

/** @param {string} file */
function writeSparse(file) {
  const fd = openSync(file, 'w')
  try {
    ftruncateSync(fd, 1 << 20)
    writeSync(fd, contentOf(file, 100), 0, 100, 600_000)
  } finally {
    closeSync(fd)
  }
}

/** @param {() => void} action */
function leaveOut(action) {
  try {
    action()
  } catch {
    // Refused by the filesystem.
  }
}
