// @ts-check
// An existing file is replaced in the three forms, with the old file held open and not. Afterwards there is the new content, or
// an error and the old content: never neither.
import {
  closeSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { contentOf } from './tree-entries.mjs'

/** @typedef {import('./context.mjs').Context} Context */
/** @typedef {import('./report.mjs').Report} Report */

const FORMS = /** @type {const} */ (['auto', 'atomic', 'in-place'])
const HOLDS = /** @type {const} */ (['nobody', 'r', 'r+'])
const OLD = 'the old content'
const NEW = contentOf('new', 1_500_000)
const SIZES_ARE_FRESH_AFTER = 1100

/** @typedef {{ where: string, link: string | undefined, expected: 'old' | 'new' }} Linked another name of the old file */

/**
 * @param {Context} context
 * @param {Report} report
 */
export async function checkReplace(context, report) {
  const local = context.directory(context.local, 'replace')
  const on = context.directory(context.on, 'replace')
  /** @type {Linked[]} */
  const linked = []
  for (const [way, from, to] of /** @type {const} */ ([
    ['in', local, on],
    ['within', on, on],
    ['out', on, local],
  ])) {
    writeFileSync(join(from, `${way}.source`), NEW)
    for (const form of FORMS) {
      for (const hold of HOLDS) linked.push(await replaceOne(context, report, { way, from, to, form, hold }))
    }
    await replaceInTree(context, report, { way, from, to })
  }
  // To FUSE each name may be an inode of its own, of which the kernel keeps the size when another one is written.
  await delay(SIZES_ARE_FRESH_AFTER)
  for (const { where, link, expected } of linked) {
    if (link !== undefined)
      report.expect('a second name keeps the file that it named', where, expected, contentAt(link))
  }
}

/**
 * @param {Context} context
 * @param {Report} report
 * @param {{ way: string, from: string, to: string, form: typeof FORMS[number], hold: typeof HOLDS[number] }} what
 * @returns {Promise<Linked>}
 */
async function replaceOne({ palfs }, report, { way, from, to, form, hold }) {
  const where = `${way}, replace: ${form}, ${hold === 'nobody' ? 'not held' : `held open by ${hold}`}`
  const name = `${way}-${form}-${hold}`
  const dest = join(to, name)
  writeFileSync(dest, OLD)
  const linked = linkBeside(dest)
  const before = lstatSync(dest).ino
  const fd = hold === 'nobody' ? undefined : openSync(dest, hold)
  let outcome = 'replaced'
  try {
    await palfs.copyFile(join(from, `${way}.source`), dest, { replace: form })
  } catch (error) {
    outcome = String(error)
  }
  report.expect('the file is replaced', where, 'replaced', outcome)
  const isReplaced = outcome === 'replaced'
  report.expect(
    'there is the new content, or an error and the old one',
    where,
    isReplaced ? 'new' : 'old',
    contentAt(dest),
  )
  if (fd !== undefined) {
    const expected = isReplaced && form === 'in-place' ? 'new' : 'old'
    report.expect('an open file is the one that was opened', where, expected, contentOfOpen(fd))
    closeSync(fd)
  }
  if (isReplaced && form === 'in-place') report.expect('the inode stays', where, before, lstatSync(dest).ino)
  const expectedNames = linked === undefined ? [name] : [name, `${name}.link`]
  const names = readdirSync(to).filter((each) => each.startsWith(name) || each.startsWith('.palfs-'))
  report.expect('nothing else is in the directory', where, expectedNames, names.toSorted())
  return { where, link: linked, expected: isReplaced && form === 'in-place' ? 'new' : 'old' }
}

/**
 * A tree onto one that is there, which is how most files are replaced.
 * @param {Context} context
 * @param {Report} report
 * @param {{ way: string, from: string, to: string }} what
 */
async function replaceInTree({ palfs }, report, { way, from, to }) {
  const [source, dest] = [join(from, `${way}.from`), join(to, `${way}.to`)]
  const names = Array.from({ length: 20 }, (_, index) => `f${index}`)
  for (const directory of [source, dest]) {
    mkdirSync(directory)
    const word = directory === source ? 'new' : 'old'
    for (const name of names) writeFileSync(join(directory, name), `${word} ${name}`)
  }
  const result = await palfs.cp(source, dest, { recursive: true, onError: 'collect' })
  const contents = names.map((name) => readFileSync(join(dest, name), 'latin1'))
  report.expect(
    'each file of a tree is replaced',
    way,
    names.map((name) => `new ${name}`),
    contents,
  )
  report.expect('no entry fails', way, [], (result.errors ?? []).map(String))
}

/**
 * @param {string} dest
 * @returns {string | undefined}
 */
function linkBeside(dest) {
  try {
    linkSync(dest, `${dest}.link`)
    return `${dest}.link`
  } catch {
    return undefined
  }
}

/** @param {string} path */
function contentAt(path) {
  try {
    return nameOf(readFileSync(path))
  } catch (error) {
    return String(error)
  }
}

/** @param {number} fd */
function contentOfOpen(fd) {
  const buffer = Buffer.alloc(NEW.length + 1)
  let length = 0
  try {
    for (let count = 1; count > 0; length += count) {
      count = readSync(fd, buffer, length, buffer.length - length, length)
    }
  } catch (error) {
    return String(error)
  }
  return nameOf(buffer.subarray(0, length))
}

/** @param {Buffer} content */
function nameOf(content) {
  if (content.equals(NEW)) return 'new'
  return content.toString() === OLD ? 'old' : `${content.length} other bytes`
}
