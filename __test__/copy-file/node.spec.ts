// copyFile beside fs.copyFile, case by case, in one child process: same outcome, same error. Only cases in which
// node:fs is right (the others are in the specs of their own theme).
import {
  chmodSync,
  chownSync,
  constants,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { modeOf } from '../support/compare.js'
import { runUnder, type Failure, type Operation } from '../support/faults.js'
import { setInodeFlags, writeRandom } from '../support/files.js'
import { onEveryFilesystem, onFilesystems } from '../support/filesystems.js'
import { run } from '../support/mounts.js'

const { COPYFILE_EXCL, COPYFILE_FICLONE, COPYFILE_FICLONE_FORCE } = constants
const NOBODY = 65_534

interface Case {
  readonly to?: string
  readonly from?: string
  readonly mode?: number
  readonly prepare?: (dir: string) => void
  readonly release?: (dir: string) => void
}

/** Each starts with a directory that holds `from` (5,000 bytes) and nothing else. */
const CASES: Readonly<Record<string, Case>> = {
  'a new file': {},
  'over an old file': { prepare: (dir) => void writeRandom(join(dir, 'to'), 9000, 2, 0o600) },
  'an executable': { prepare: (dir) => chmodSync(join(dir, 'from'), 0o751) },
  'an empty file': { prepare: (dir) => writeFileSync(join(dir, 'from'), '') },
  'EXCL to a new name': { mode: COPYFILE_EXCL },
  'EXCL over an old file': { mode: COPYFILE_EXCL, prepare: (dir) => writeFileSync(join(dir, 'to'), 'old') },
  'EXCL over a dangling link': {
    mode: COPYFILE_EXCL,
    prepare: (dir) => symlinkSync('nowhere', join(dir, 'to')),
  },
  FICLONE: { mode: COPYFILE_FICLONE },
  FICLONE_FORCE: { mode: COPYFILE_FICLONE_FORCE },
  'FICLONE and EXCL over an old file': {
    mode: COPYFILE_FICLONE | COPYFILE_EXCL,
    prepare: (dir) => writeFileSync(join(dir, 'to'), 'old'),
  },
  'a missing source': { from: 'missing' },
  'a dangling source': { from: 'link', prepare: (dir) => symlinkSync('nowhere', join(dir, 'link')) },
  'a source in a missing directory': { from: 'missing/file' },
  'a destination in a missing directory': { to: 'missing/to' },
  'a file as directory of the source': { from: 'from/below' },
  'a file as directory of the destination': { to: 'from/below' },
  'a name too long': { to: 'n'.repeat(256) },
  'a path too long': { to: 'n/'.repeat(2100) },
  'a link that leads to itself, as source': {
    from: 'loop',
    prepare: (dir) => symlinkSync('loop', join(dir, 'loop')),
  },
  'a link that leads to itself, as destination': {
    to: 'loop',
    prepare: (dir) => symlinkSync('loop', join(dir, 'loop')),
  },
  'a slash behind a new name': { to: 'to/' },
  'a slash behind a missing directory': { to: 'missing/to/' },
  'a slash behind an old file': { to: 'to/', prepare: (dir) => writeFileSync(join(dir, 'to'), 'old') },
  'a slash behind the source': { from: 'from/' },
  'a slash behind a directory': { to: 'to/', prepare: (dir) => mkdirSync(join(dir, 'to')) },
  'the directory itself as destination': { to: '.' },
  'its parent as destination': { to: '..' },
  'a directory as destination': { prepare: (dir) => mkdirSync(join(dir, 'to')) },
  'an old file through a link': {
    prepare: (dir) => {
      writeFileSync(join(dir, 'target'), 'old')
      symlinkSync('target', join(dir, 'to'))
    },
  },
  'a source through a link': { from: 'link', prepare: (dir) => symlinkSync('from', join(dir, 'link')) },
}

/** The error with its directory taken out, in the order of its keys; what is ours alone is left out. */
function comparable(error: Failure | undefined, dir: string): unknown {
  if (error === undefined) return 'success'
  const { name, message, errno, code, syscall, path, dest } = error
  return JSON.parse(
    JSON.stringify({ name, message, errno, code, syscall, path, dest }).replaceAll(dir, 'DIR'),
  )
}

function destination(path: string): unknown {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat?.isFile() !== true) return stat?.isDirectory() === true ? 'directory' : 'absent'
  return { content: readFileSync(path).toString('base64'), mode: modeOf(path) }
}

async function sideBySide(
  dir: string,
  each: Case,
  uid?: number,
): Promise<{ node: unknown; ours: unknown; sync: unknown }> {
  const names = { node: 'fs', ours: 'us', sync: 'ss' }
  const operations: Operation[] = Object.values(names).map((name) => {
    const place = join(dir, name)
    mkdirSync(place)
    chmodSync(place, 0o777)
    writeRandom(join(place, 'from'), 5000)
    each.prepare?.(place)
    // Not joined: that would take slashes and dots away.
    const args = [`${place}/${each.from ?? 'from'}`, `${place}/${each.to ?? 'to'}`, each.mode ?? 0]
    if (name === 'fs') return { from: 'node:fs/promises', call: 'copyFile', args }
    return { call: name === 'us' ? 'copyFile' : 'copyFileSync', args }
  })
  const { outcomes } = await runUnder(uid === undefined ? {} : { uid }, ...operations)
  const [node, ours, sync] = Object.values(names).map((name, index) => {
    const place = join(dir, name)
    const seen = { error: comparable(outcomes[index]?.error, place), to: destinationOf(place, each) }
    each.release?.(place)
    return seen
  })
  return { node, ours, sync }
}

function destinationOf(place: string, each: Case): unknown {
  try {
    return destination(`${place}/${each.to ?? 'to'}`)
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error
  }
}

onEveryFilesystem('as fs.copyFile', ['linux'], (test) => {
  for (const [title, each] of Object.entries(CASES)) {
    test(title, async ({ dir }) => {
      const { node, ours, sync } = await sideBySide(dir, each)
      expect(ours).toEqual(node)
      expect(sync).toEqual(node)
    })
  }
})

const DENIED: Readonly<Record<string, Case>> = {
  'a source that may not be read': { prepare: (dir) => chmodSync(join(dir, 'from'), 0o000) },
  'an old file that may not be written': {
    prepare: (dir) => void writeRandom(join(dir, 'to'), 10, 2, 0o444),
  },
  'a directory that may not be written': { prepare: (dir) => chmodSync(dir, 0o555) },
  'a directory that may not be searched': {
    to: 'closed/to',
    prepare: (dir) => mkdirSync(join(dir, 'closed'), { mode: 0o600 }),
  },
  'an old file of the user': {
    prepare: (dir) => {
      writeRandom(join(dir, 'to'), 10, 2, 0o644)
      chownSync(join(dir, 'to'), NOBODY, NOBODY)
    },
  },
}

onFilesystems(['ext4', 'tmpfs'], 'as fs.copyFile, by an ordinary user', ['root'], (test) => {
  for (const [title, each] of Object.entries(DENIED)) {
    test(title, async ({ dir }) => {
      chmodSync(dir, 0o755)
      const { node, ours, sync } = await sideBySide(dir, each, NOBODY)
      expect(ours).toEqual(node)
      expect(sync).toEqual(node)
    })
  }
})

const PROTECTED: Readonly<Record<string, Case>> = {
  'an immutable old file': {
    prepare: (dir) => {
      writeFileSync(join(dir, 'to'), 'old')
      setInodeFlags(join(dir, 'to'), '+i')
    },
    release: (dir) => setInodeFlags(join(dir, 'to'), '-i'),
  },
  'a new file on a read-only mount': {
    to: 'bound/to',
    prepare: (dir) => {
      mkdirSync(join(dir, 'bound'))
      run('mount', '--bind', join(dir, 'bound'), join(dir, 'bound'))
      run('mount', '-o', 'remount,ro,bind', join(dir, 'bound'))
    },
  },
}

onFilesystems(['ext4', 'xfs'], 'as fs.copyFile, on protected targets', ['root', 'chattr'], (test) => {
  for (const [title, each] of Object.entries(PROTECTED)) {
    test(title, async ({ dir }) => {
      const { node, ours, sync } = await sideBySide(dir, each)
      expect(ours).toEqual(node)
      expect(sync).toEqual(node)
    })
  }
})
