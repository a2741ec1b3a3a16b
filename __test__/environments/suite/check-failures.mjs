// @ts-check
// Copies that fail leave nothing: no new file, no temporary one, and the old content where there was some.
import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { codeOf } from './attributes.mjs'
import { has, run } from './programs.mjs'
import { contentOf } from './tree-entries.mjs'

/** @typedef {import('./context.mjs').Context} Context */
/** @typedef {import('./report.mjs').Report} Report */
/** @typedef {import('./attributes.mjs').Palfs} Palfs */

const OLD = 'the old content'
/** A FUSE server may bring back a name at the last close, which it hears of later. */
const CLOSES_ARE_OVER_AFTER = 300

/** A regular file whose first page cannot be read: EIO. */
const UNREADABLE = '/proc/self/mem'

/**
 * @param {Context} context
 * @param {Report} report
 */
export async function checkFailures(context, report) {
  const local = context.directory(context.local, 'failures')
  const on = context.directory(context.on, 'failures')
  const { palfs } = context
  for (const [way, from, to] of /** @type {const} */ ([
    ['in', local, on],
    ['within', on, on],
    ['out', on, local],
  ])) {
    const source = join(from, `${way}-source`)
    writeFileSync(source, contentOf('source', 3_000_000))
    const failures = new Failures(report, to, way)
    if (canStat(UNREADABLE)) {
      await failures.of('a source that cannot be read', (dest, replace) =>
        palfs.copyFile(UNREADABLE, dest, { replace }),
      )
    } else {
      report.note('no /proc here: no source that cannot be read')
    }
    await failures.of('a directory as source', (dest, replace) => palfs.copyFile(from, dest, { replace }))
    await failures.of('an abort before', (dest, replace) =>
      palfs.copyFile(source, dest, { replace, signal: AbortSignal.abort() }),
    )
    await failures.of('a clone that is not possible', (dest, replace) =>
      palfs.copyFile(UNREADABLE, dest, { replace, reflink: 'always' }),
    )
    if (has('sh'))
      await failures.of('a limit on sizes', (dest, replace) => copyWithLimit(context, source, dest, replace))
    else report.note('no sh here: no limit on sizes')
    if (context.mayTry('too-long-name')) await failures.longName(palfs, source)
    await failures.throwingProgress(palfs, source)
    await failures.throwingFilter(palfs, from, to)
    await failures.expectNothingCameBack()
  }
}

class Failures {
  #number = 0
  /** @type {string[]} */
  #absent = []
  /**
   * @param {Report} report
   * @param {string} directory
   * @param {string} way
   */
  constructor(report, directory, way) {
    this.report = report
    this.directory = directory
    this.way = way
  }

  /**
   * @param {string} what
   * @param {(dest: string, replace: 'auto' | 'atomic') => Promise<unknown>} copy
   */
  async of(what, copy) {
    for (const replace of /** @type {const} */ (['auto', 'atomic'])) {
      for (const exists of [false, true]) {
        this.#number += 1
        const dest = join(this.directory, `${this.way}-${this.#number}`)
        if (exists) writeFileSync(dest, OLD)
        else this.#absent.push(dest)
        const before = readdirSync(this.directory)
        const error = await errorOf(copy(dest, replace))
        const where = `${this.way}, ${what}, replace: ${replace}, ${exists ? 'over an old file' : 'to a new name'}`
        this.report.expect('the copy fails', where, true, error !== undefined)
        this.report.expect(
          'nothing is left',
          where,
          [],
          readdirSync(this.directory).filter((name) => !before.includes(name)),
        )
        if (exists) this.report.expect('the old content is there', where, OLD, readFileSync(dest, 'utf8'))
      }
    }
  }

  /**
   * @param {Palfs} palfs
   * @param {string} source
   */
  async longName(palfs, source) {
    const before = readdirSync(this.directory)
    const error = await errorOf(palfs.copyFile(source, join(this.directory, 'n'.repeat(256))))
    this.report.expect(
      'the copy fails',
      `${this.way}, a name that is too long`,
      'ENAMETOOLONG',
      codeOf(error),
    )
    this.report.expect(
      'nothing is left',
      `${this.way}, a name that is too long`,
      before,
      readdirSync(this.directory),
    )
  }

  /**
   * A small copy is complete before its only report: then the new content is there.
   * @param {Palfs} palfs
   * @param {string} source
   */
  async throwingProgress(palfs, source) {
    const dest = join(this.directory, `${this.way}-progress`)
    writeFileSync(dest, OLD)
    const before = readdirSync(this.directory)
    const onProgress = () => {
      throw new Error('enough')
    }
    const error = await errorOf(palfs.copyFile(source, dest, { onProgress }))
    const where = `${this.way}, a throw of onProgress`
    this.report.expect('the copy fails', where, 'Error: enough', String(error))
    const content = readFileSync(dest)
    const isWhole = content.equals(readFileSync(source)) || content.toString() === OLD
    this.report.expect('there is the old content or the new', where, true, isWhole)
    this.report.expect('nothing is left', where, before, readdirSync(this.directory))
  }

  /**
   * @param {Palfs} palfs
   * @param {string} from
   * @param {string} to
   */
  async throwingFilter(palfs, from, to) {
    const [source, dest] = [join(from, `${this.way}-tree`), join(to, `${this.way}-tree-copy`)]
    mkdirSync(source)
    for (let index = 0; index < 40; index += 1)
      writeFileSync(join(source, `f${index}`), contentOf(`f${index}`, 20_000))
    let count = 0
    const filter = () => {
      count += 1
      if (count > 20) throw new Error('enough')
      return true
    }
    const error = await errorOf(palfs.cp(source, dest, { recursive: true, filter }))
    const where = `${this.way}, a filter that throws`
    this.report.expect('the copy fails', where, 'Error: enough', String(error))
    const torn = readdirSync(dest).filter((name) => lstatSync(join(dest, name)).size !== 20_000)
    this.report.expect('what is there is whole', where, [], torn)
    const { length } = readdirSync(source)
    this.report.expect('the source is whole', where, 40, length)
  }

  async expectNothingCameBack() {
    await delay(CLOSES_ARE_OVER_AFTER)
    const back = this.#absent.filter((dest) => canStat(dest))
    this.report.expect('nothing comes back after the last close', this.way, [], back)
  }
}

/**
 * In a process that may write files of a megabyte.
 * @param {Context} context
 * @param {string} source
 * @param {string} dest
 * @param {string} replace
 */
async function copyWithLimit({ packagePath }, source, dest, replace) {
  const program = `import { copyFileSync } from ${JSON.stringify(pathToFileURL(packagePath).href)}
    copyFileSync(...JSON.parse(process.argv[1]))`
  const args = JSON.stringify([source, dest, { replace }])
  // In blocks of 512 bytes.
  const limited = 'ulimit -f 2048 && exec "$@"'
  const { status, stderr } = run('sh', [
    '-c',
    limited,
    'sh',
    process.execPath,
    '--input-type=module',
    '-e',
    program,
    args,
  ])
  if (status !== 0) throw new Error(stderr)
}

/** @param {Promise<unknown>} call */
async function errorOf(call) {
  try {
    await call
    return undefined
  } catch (error) {
    return error
  }
}

/** @param {string} path */
function canStat(path) {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}
