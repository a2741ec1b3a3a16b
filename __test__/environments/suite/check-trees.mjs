// @ts-check
// A tree with everything goes in, within and back, and once more over itself, under `preserve: 'all'`. Every difference to the
// source is counted in `unpreserved`, exactly, and `cp -a` beside it keeps nothing that is lost here.
import { join } from 'node:path'
import { differences, expectedCounts } from './differences.mjs'
import { has, runBeside } from './programs.mjs'

/** @typedef {import('./context.mjs').Context} Context */
/** @typedef {import('./report.mjs').Report} Report */
/** @typedef {import('./snapshot.mjs').Snapshot} Snapshot */
/** @typedef {import('./differences.mjs').Difference} Difference */
/** @typedef {import('../../../src/index.js').CopyResult} CopyResult */

/** What a copy has to keep and no counter tells the loss of. */
const NEVER_LOST = new Set(['kind', 'size', 'content', 'extra'])

/**
 * @param {Context} context
 * @param {Report} report
 * @param {{ from: string, to: string, name: string }} way
 */
export async function checkTree(context, report, { from, to, name }) {
  const source = await context.tree(from)
  const expected = context.snapshot(source)
  const parent = context.directory(to, name)
  const copying = new TreeCopy(context, report, { source, from, expected, dest: join(parent, 'copy') })
  await copying.compare(join(parent, 'gnu'), 'first')
  await copying.compare(join(parent, 'gnu'), 'again')
}

class TreeCopy {
  /**
   * @param {Context} context
   * @param {Report} report
   * @param {{ source: string, from: string, expected: Snapshot, dest: string }} tree `from` is the directory of the run that it belongs to
   */
  constructor(context, report, { source, from, expected, dest }) {
    this.context = context
    this.report = report
    this.source = source
    this.from = from
    this.expected = expected
    this.dest = dest
  }

  /**
   * @param {string} gnu
   * @param {'first' | 'again'} round
   */
  async compare(gnu, round) {
    const { context, report, dest } = this
    const options = /** @type {const} */ ({ recursive: true, preserve: 'all', onError: 'collect' })
    const result = await context.palfs.cp(this.source, dest, options)
    const copy = context.snapshot(dest)
    const found = this.#differences(copy, dest)
    this.#judgeContent(found, round)
    this.#judgeErrors(result, found, round)
    this.#judgeCounts(result, found, copy, round)
    if (round === 'first') {
      this.#judgeTotals(result, copy)
      report.note(
        `copied by ${shownCounts(result.methods)}; lost and counted: ${shownCounts(result.unpreserved ?? {})}`,
      )
    }
    this.#judgeBesideGnu(found, gnu, result, round)
  }

  /**
   * @param {Snapshot} copy
   * @param {string} root
   */
  #differences(copy, root) {
    const { granularity, holes, inodes } = this.context.filesystem(join(root, '../..'))
    const sourceShowsInodes = this.context.filesystem(this.from).inodes
    const target = { root, granularity, holes, inodes: inodes && sourceShowsInodes }
    return differences(this.expected, copy, target, this.context.palfs)
  }

  /**
   * @param {readonly Difference[]} found
   * @param {string} round
   */
  #judgeContent(found, round) {
    const wrong = found.filter(({ field }) => NEVER_LOST.has(field))
    this.report.expectNone(
      wrong.map(({ path, field, expected, seen }) => {
        return { what: `${round}: ${field} is the source's`, where: path, expected, seen }
      }),
    )
  }

  /**
   * What is missing has an error, and what has an error is missing.
   * @param {CopyResult} result
   * @param {readonly Difference[]} found
   * @param {string} round
   */
  #judgeErrors({ errors = [], errorCount = 0 }, found, round) {
    const missing = found.filter(({ field }) => field === 'missing').map(({ path }) => path)
    const isBelowMissing = (/** @type {string} */ path) =>
      missing.some((above) => path.startsWith(`${above}/`))
    const topmost = missing.filter((path) => !isBelowMissing(path)).toSorted()
    const failed = new Set(errors.map((error) => this.#below(error.path ?? '')))
    for (const path of topmost.filter((each) => !failed.has(utf8(each)))) {
      this.report.fail(`${round}: what is missing has an error`, path, 'an error', 'none')
    }
    // One line for each, so that a filesystem's limits can be told from faults.
    for (const { path = '', code, call = '' } of errors) {
      this.report.fail(`${round}: no entry fails`, this.#below(path), 'no error', `${code} ${call}`)
    }
    this.report.expect(
      `${round}: as many errors as entries are missing`,
      'errorCount',
      topmost.length,
      errorCount,
    )
  }

  /** @param {string} path as the error names it: for some reasons Node names the destination */
  #below(path) {
    const root = [this.source, this.dest].find((each) => path === each || path.startsWith(`${each}/`)) ?? ''
    return path === root ? '.' : path.slice(root.length + 1)
  }

  /**
   * @param {CopyResult} result
   * @param {readonly Difference[]} found
   * @param {Snapshot} copy
   * @param {string} round
   */
  #judgeCounts({ unpreserved = {} }, found, copy, round) {
    const bySource = expectedCounts(found, this.expected)
    const byCopy = expectedCounts(found, copy)
    for (const counter of /** @type {const} */ ([
      'ownership',
      'mode',
      'timestamps',
      'xattr',
      'acl',
      'flags',
    ])) {
      const seen = unpreserved[counter] ?? 0
      // Where one of the two filesystems gives each name a number of its own, both counts of files are true.
      const counts = [bySource[counter] ?? 0, byCopy[counter] ?? 0]
      const expected = counts.includes(seen) ? seen : (counts[0] ?? 0)
      const example = found.find(({ field }) => COUNTED_BY[counter](field))
      const where = `unpreserved.${counter}${example === undefined || expected === seen ? '' : ` (${example.path}: ${example.field} ${example.expected} is ${example.seen})`}`
      this.report.expect(`${round}: every loss is counted and nothing else`, where, expected, seen)
    }
  }

  /**
   * @param {CopyResult} result
   * @param {Snapshot} copy
   */
  #judgeTotals({ files, directories, symlinks, others }, copy) {
    const totals = { files: 0, directories: 0, symlinks: 0, others: 0 }
    for (const { kind } of copy.values()) {
      if (kind === 'file') totals.files += 1
      else if (kind === 'directory') totals.directories += 1
      else if (kind === 'symlink') totals.symlinks += 1
      else totals.others += 1
    }
    this.report.expect('the result counts what was created', 'result', totals, {
      files,
      directories,
      symlinks,
      others,
    })
  }

  /**
   * @param {readonly Difference[]} found
   * @param {string} gnu
   * @param {CopyResult} result
   * @param {string} round
   */
  #judgeBesideGnu(found, gnu, { errors = [] }, round) {
    if (!has('cp')) {
      this.report.note('no GNU cp here to compare with')
      return
    }
    runBeside('cp', ['-a', '-T', '--', this.source, gnu])
    const theirs = this.#differences(this.context.snapshot(gnu), gnu)
    const lostByBoth = new Set(theirs.map(({ path, field }) => `${field} ${path}`))
    // A file of theirs that is not whole keeps nothing.
    const failedThere = new Set(
      theirs
        .filter(({ field }) => ['missing', 'kind', 'size', 'content'].includes(field))
        .map(({ path }) => path),
    )
    const onlyHere = found.filter(
      ({ path, field }) => !lostByBoth.has(`${field} ${path}`) && !failedThere.has(path),
    )
    this.report.expectNone(
      onlyHere.map(({ path, field, expected, seen }) => {
        const error = errors.find((each) => each.path !== undefined && this.#below(each.path) === utf8(path))
        const why = error === undefined ? seen : `${seen} (${error.code} ${error.call ?? ''})`
        return { what: `${round}: cp -a keeps no more: ${field}`, where: path, expected, seen: why }
      }),
    )
  }
}

/** @type {Readonly<Record<import('./differences.mjs').Counter, (field: string) => boolean>>} */
const COUNTED_BY = {
  ownership: (field) => field === 'owner',
  mode: (field) => field === 'mode',
  timestamps: (field) => field === 'mtime',
  xattr: (field) => field.startsWith('xattr '),
  acl: (field) => field === 'acl',
  flags: (field) => field === 'flags',
}

/** @param {object} counts */
function shownCounts(counts) {
  return (
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ') || 'nothing'
  )
}

/**
 * A path as an error shows it.
 * @param {string} path bytes as latin1
 */
function utf8(path) {
  return Buffer.from(path, 'latin1').toString()
}
