// @ts-check
// Each field of detectCapabilities() beside a probe by plain system calls, and nothing is left behind by it.
import {
  closeSync,
  constants,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { codeOf } from './attributes.mjs'
import { has, runBeside } from './programs.mjs'

/** @typedef {import('./context.mjs').Context} Context */
/** @typedef {import('./report.mjs').Report} Report */
/** @typedef {import('../../../src/index.js').PlatformCapabilities} Capabilities */

const ATTEMPTS = join(import.meta.dirname, 'attempts.py')
const CALLS_FOR_LEFTOVERS = 20
/** A page: what O_DIRECT asks for at most on any disk in use. */
const LARGEST_UNIT = 4096
/** NAME_MAX of the kernel. */
const LONGEST_NAME = 255
const O_TMPFILE = 0o20_000_000 | constants.O_DIRECTORY

/**
 * @param {Context} context
 * @param {Report} report
 */
export async function checkCapabilities(context, report) {
  const { palfs, on } = context
  const { readOnly, granularity, holes } = context.filesystem(on)
  const directory = readOnly ? on : context.directory(on, 'capabilities')
  const found = await palfs.detectCapabilities(directory)
  report.expect(
    'the sync form is the async one',
    'detectCapabilitiesSync',
    found,
    palfs.detectCapabilitiesSync(directory),
  )
  const compare = (/** @type {keyof Capabilities} */ field, /** @type {unknown} */ expected) =>
    report.expect('the field is what a probe shows', field, expected, found[field])
  compare('readOnly', readOnly)
  compare('maxPathLength', longestPath(directory))
  const type = mountedType(directory)
  // Null is a type without a known name.
  if (type !== undefined && found.filesystemType !== null) compare('filesystemType', type)
  if (readOnly) return
  compare('reflink', sharesStorage(directory))
  compare('sparseFiles', holes)
  compare(
    'symlinks',
    works(() => symlinkSync('target', join(directory, 'symlink'))),
  )
  compare(
    'hardLinks',
    works(() => linkSync(newFile(directory, 'first'), join(directory, 'second'))),
  )
  compare('filesystemCaseSensitive', tellsCasesApart(directory))
  compare(
    'tmpfile',
    works(() => closeSync(openSync(directory, O_TMPFILE | constants.O_RDWR))),
  )
  compare('clonefileAvailable', false)
  if (found.timestampGranularity !== null) compare('timestampGranularity', Number(granularity))
  if (has('python3')) compareWithAttempts(context, directory, found, report)
  else report.note('no python3 here: calls that node:fs lacks are not probed')
  rmSync(directory, { recursive: true })
  if (!context.brief) await expectNothingLeft(context, report)
}

/**
 * The fields that need system calls which node:fs does not have.
 * @param {Context} context
 * @param {string} directory
 * @param {Capabilities} found
 * @param {Report} report
 */
function compareWithAttempts(context, directory, found, report) {
  const longest = context.mayTry('too-long-name') ? LONGEST_NAME + 1 : LONGEST_NAME
  const { directIo } = found
  const units =
    directIo === null || directIo === false ? [] : [String(directIo.memory), String(directIo.offset)]
  const attempts = attempted(directory, 'asked', [String(longest), ...units])
  const { keepsNanosecond: _, directIo: worksDirectly, ...expected } = attempts
  for (const [field, value] of Object.entries(expected)) {
    report.expect('the field is what a probe shows', field, value, Reflect.get(found, field))
  }
  report.expect(
    'the field is what a probe shows',
    'directIo',
    worksDirectly,
    directIo !== null && directIo !== false,
  )
  if (directIo !== null && directIo !== false && Math.max(directIo.memory, directIo.offset) > LARGEST_UNIT) {
    const needsMore =
      attempted(directory, 'page', [LONGEST_NAME, LARGEST_UNIT, LARGEST_UNIT].map(String))['directIo'] ===
      false
    report.expect('no more alignment is asked for than is needed', 'directIo', true, needsMore)
  }
}

/**
 * @param {string} directory
 * @param {string} name
 * @param {readonly string[]} args the longest name to try, and what direct I/O asks for
 * @returns {Record<string, unknown>}
 */
function attempted(directory, name, args) {
  mkdirSync(join(directory, name))
  const { status, stdout, stderr } = runBeside('python3', [ATTEMPTS, join(directory, name), ...args])
  if (status !== 0) throw new Error(`attempts.py: ${stderr.trim().split('\n').at(-1)}`)
  return JSON.parse(stdout.toString())
}

/**
 * @param {Context} context
 * @param {Report} report
 */
async function expectNothingLeft({ palfs, on }, report) {
  const before = readdirSync(on)
  for (let call = 0; call < CALLS_FOR_LEFTOVERS; call += 1) await palfs.detectCapabilities(on)
  // What a FUSE server hides until it has heard of the last close.
  await delay(200)
  const left = readdirSync(on).filter((name) => !before.includes(name))
  report.expect('nothing is left behind', `${CALLS_FOR_LEFTOVERS} calls`, [], left)
}

/** @param {() => unknown} action */
function works(action) {
  try {
    action()
    return true
  } catch (error) {
    if (['ENOSPC', 'ENOENT'].includes(codeOf(error))) throw error
    return false
  }
}

/**
 * @param {string} directory
 * @param {string} name
 */
function newFile(directory, name) {
  const file = join(directory, name)
  writeFileSync(file, 'content')
  return file
}

/** @param {string} directory */
function sharesStorage(directory) {
  const from = join(directory, 'clone-from')
  writeFileSync(from, Buffer.alloc(65_536, 1))
  return works(() => copyFileSync(from, join(directory, 'clone-to'), constants.COPYFILE_FICLONE_FORCE))
}

/** @param {string} directory */
function tellsCasesApart(directory) {
  newFile(directory, 'case')
  newFile(directory, 'CASE')
  return readdirSync(directory).filter((name) => name.toLowerCase() === 'case').length === 2
}

const EXPECTED_PATH = 4096

/**
 * Bytes in the longest path that is taken, with its NUL.
 * @param {string} directory
 */
function longestPath(directory) {
  for (let length = EXPECTED_PATH + 2; length > 0; length -= 1) {
    // Slashes say nothing, and count.
    const path = `${directory}${'/'.repeat(length - 1 - directory.length)}`
    if (works(() => lstatSync(path))) return length
  }
  return 0
}

/**
 * The type in the mount table, in the words of the package's documents.
 * @param {string} directory
 */
function mountedType(directory) {
  let table
  try {
    table = readFileSync('/proc/self/mountinfo', 'utf8')
  } catch {
    return undefined
  }
  const rows = table.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ')
    const [type = ''] = after.split(' ')
    const point = before.split(' ')[4] ?? ''
    return point !== '' && `${directory}/`.startsWith(point === '/' ? '/' : `${point}/`)
      ? [{ point, type }]
      : []
  })
  const longest = Math.max(...rows.map(({ point }) => point.length))
  const { type } = rows.findLast(({ point }) => point.length === longest) ?? {}
  return type === undefined ? undefined : (NAMES_OF_TYPES[type] ?? type.split('.')[0])
}

/** @type {Readonly<Record<string, string>>} */
const NAMES_OF_TYPES = { ext2: 'ext4', ext3: 'ext4', fuseblk: 'fuse', nfs4: 'nfs', smb3: 'cifs' }
