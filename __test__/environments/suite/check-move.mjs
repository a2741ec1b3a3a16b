// @ts-check
// Moves into, out of and within the filesystem. One that succeeds has lost nothing; after one that is refused the source is whole
// and the destination as it was; and whatever happens, no content is gone that was there.
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { codeOf } from './attributes.mjs'
import { differences } from './differences.mjs'
import { SUBJECTS } from './move-subjects.mjs'
import { has, run, runBeside } from './programs.mjs'

/** @typedef {import('./context.mjs').Context} Context */
/** @typedef {import('./report.mjs').Report} Report */
/** @typedef {import('./snapshot.mjs').Snapshot} Snapshot */
/** @typedef {import('../../../src/index.js').MoveOptions} MoveOptions */

/**
 * @typedef {object} Move what was tried, and what there was before
 * @property {string} source the directory of the subject
 * @property {string} dest
 * @property {Snapshot} before of `source`
 * @property {Snapshot} standing of `dest`
 * @property {unknown} error
 * @property {Snapshot} left of `source`, afterwards
 * @property {Snapshot} after of `dest`, afterwards
 */

const NAME = 'subject'
const BRIEF_SUBJECTS = ['file with everything', 'directory with everything', 'fifo']

/**
 * @param {Context} context
 * @param {Report} report
 */
export async function checkMove(context, report) {
  const local = context.directory(context.local, 'move')
  const on = context.directory(context.on, 'move')
  for (const [way, from, to] of /** @type {const} */ ([
    ['in', local, on],
    ['out', on, local],
    ['within', on, on],
  ])) {
    const moves = new Moves(context, report, way, from, to)
    for (const kind of context.brief ? BRIEF_SUBJECTS : Object.keys(SUBJECTS)) {
      await moves.toNothing(kind, {})
      if (!context.brief) await moves.toNothing(kind, { metadataErrors: 'ignore' })
    }
    for (const [kind, standing] of /** @type {const} */ ([
      ['file', 'file'],
      ['directory', 'directory'],
      ['link to a file', 'file'],
      ['file', 'dangling link'],
    ])) {
      await moves.onto(kind, standing, true)
      if (!context.brief) await moves.onto(kind, standing, false)
    }
    if (context.brief) continue
    await moves.refused('file', 'directory', NAME)
    await moves.refused('directory', 'file', NAME)
    await moves.refused('file', 'file', `${NAME}/`)
    await moves.ontoOwnTarget()
  }
}

class Moves {
  #number = 0

  /**
   * @param {Context} context
   * @param {Report} report
   * @param {string} way
   * @param {string} from
   * @param {string} to
   */
  constructor(context, report, way, from, to) {
    this.context = context
    this.report = report
    this.way = way
    this.from = from
    this.to = to
  }

  /** Two fresh directories. */
  #pair() {
    this.#number += 1
    const [source, dest] = [
      join(this.from, `${this.way}-${this.#number}-from`),
      join(this.to, `${this.way}-${this.#number}-to`),
    ]
    mkdirSync(source)
    mkdirSync(dest)
    return { source, dest }
  }

  /**
   * @param {string} kind
   * @param {string} parent
   */
  #make(kind, parent) {
    try {
      SUBJECTS[kind]?.(parent, NAME, this.context.palfs)
      return true
    } catch (error) {
      this.report.note(`${this.way}: no ${kind} in ${parent}: ${codeOf(error)}`)
      return false
    }
  }

  /**
   * @param {string} kind
   * @param {MoveOptions} options
   */
  async toNothing(kind, options) {
    const { source, dest } = this.#pair()
    if (!this.#make(kind, source)) return
    const move = await this.#move(source, dest, NAME, options)
    const where = `${this.way}, ${kind}${options.metadataErrors === undefined ? '' : ', metadataErrors: ignore'}`
    if (move.error === undefined) {
      this.#expectMoved(move, where, options.metadataErrors === 'ignore')
    } else {
      this.#expectUntouched(move, where)
      const mustWork = options.metadataErrors === 'ignore' || this.#copyKeepsAll(move)
      if (mustWork) this.report.fail('what can be kept is moved', where, 'no error', errorText(move.error))
    }
    this.#expectNoLoss(move, where, [])
  }

  /**
   * @param {string} kind
   * @param {string} standing
   * @param {boolean} overwrite
   */
  async onto(kind, standing, overwrite) {
    const { source, dest } = this.#pair()
    if (!this.#make(kind, source) || !this.#make(standing, dest)) return
    const move = await this.#move(source, dest, NAME, { overwrite, metadataErrors: 'ignore' })
    const where = `${this.way}, ${kind} onto ${standing}${overwrite ? ', overwrite' : ''}`
    if (overwrite) {
      this.report.expect(
        'the old one is replaced',
        where,
        'no error',
        move.error === undefined ? 'no error' : errorText(move.error),
      )
    } else {
      this.report.expect('what stands is an error', where, 'EEXIST', codeOf(move.error))
    }
    if (move.error === undefined) this.#expectMoved(move, where, true)
    else this.#expectUntouched(move, where)
    this.#expectNoLoss(move, where, isReplaced(move.error) ? contentsOf(move.standing) : [])
  }

  /**
   * @param {string} kind
   * @param {string} standing
   * @param {string} name the last part of the destination
   */
  async refused(kind, standing, name) {
    const { source, dest } = this.#pair()
    if (!this.#make(kind, source) || !this.#make(standing, dest)) return
    const move = await this.#move(source, dest, name, { overwrite: true, metadataErrors: 'ignore' })
    const where = `${this.way}, ${kind} onto ${standing} named ${name}, overwrite`
    const expected = standing === 'directory' ? 'EISDIR' : 'ENOTDIR'
    this.report.expect('kinds that differ are refused', where, expected, codeOf(move.error))
    this.#expectUntouched(move, where)
    this.#expectNoLoss(move, where, [])
  }

  /** A link that leads to the file which it would replace. */
  async ontoOwnTarget() {
    const { source, dest } = this.#pair()
    writeFileSync(join(dest, NAME), 'only copy')
    try {
      // An absolute one would lead a server of this machine into what it serves.
      symlinkSync(relative(source, join(dest, NAME)), join(source, NAME))
    } catch {
      return
    }
    const move = await this.#move(source, dest, NAME, { overwrite: true, metadataErrors: 'ignore' })
    const where = `${this.way}, a link onto what it leads to, overwrite`
    this.report.expect('it is refused', where, 'EINVAL', codeOf(move.error))
    this.#expectNoLoss(move, where, [])
  }

  /**
   * @param {string} directory
   * @returns {Snapshot}
   */
  #look(directory) {
    return readdirSync(directory).length === 0 ? new Map() : this.context.snapshot(directory)
  }

  /**
   * @param {string} source
   * @param {string} dest
   * @param {string} name
   * @param {MoveOptions} options
   * @returns {Promise<Move>}
   */
  async #move(source, dest, name, options) {
    const { palfs } = this.context
    const [before, standing] = [this.#look(source), this.#look(dest)]
    /** @type {unknown} */
    let error
    try {
      await palfs.move(join(source, NAME), `${dest}/${name}`, options)
    } catch (reason) {
      error = reason
    }
    const [left, after] = [this.#look(source), this.#look(dest)]
    return { source, dest, before, standing, error, left, after }
  }

  /**
   * @param {Move} move
   * @param {string} where
   * @param {boolean} mayLose metadata
   */
  #expectMoved({ source, dest, before, left: below, after: now }, where, mayLose) {
    const names = [...before.keys()].filter((path) => isSubject(path))
    const left = [...below.keys()].filter((path) => isSubject(path))
    this.report.expect('the source is gone', where, [], left)
    const after = only(now)
    const target = this.#target(source, dest)
    const lost = differences(only(before), after, target, this.context.palfs)
    const counted = mayLose
      ? lost.filter(({ field }) => ['missing', 'kind', 'size', 'content'].includes(field))
      : lost
    this.report.expectNone(
      counted.map(({ path, field, expected, seen }) => {
        return { what: `a move that succeeds loses no ${field}`, where: `${where}: ${path}`, expected, seen }
      }),
    )
    this.report.expect('everything is there', where, names.toSorted(), [...after.keys()].toSorted())
    this.report.expect('nothing temporary is left', where, [], temporariesIn(source, dest))
  }

  /**
   * @param {Move} move
   * @param {string} where
   */
  #expectUntouched({ source, dest, before, standing, error, left, after }, where) {
    // Then the copy is complete, and what of the source could not be removed is there twice.
    if (isReplaced(error)) return
    for (const [name, root, expected, seen] of /** @type {const} */ ([
      ['the source', source, before, left],
      ['the destination', dest, standing, after],
    ])) {
      const { inodes } = this.context.filesystem(this.#root(root))
      const target = { root, granularity: 1n, holes: false, inodes }
      const changed = differences(only(expected), only(seen), target, this.context.palfs)
      const lines = changed.map((each) => `${each.path}: ${each.field} ${each.seen}`)
      this.report.expect(`a move that is refused leaves ${name} as it was`, where, [], lines)
    }
    this.report.expect('nothing temporary is left', where, [], temporariesIn(source, dest))
  }

  /**
   * Every content that was there still is, on one of the two sides.
   * @param {Move} move
   * @param {string} where
   * @param {readonly string[]} replaced contents that the move was told to replace
   */
  #expectNoLoss({ before, standing, left, after }, where, replaced) {
    const there = new Set([...contentsOf(left), ...contentsOf(after)])
    const lost = [...contentsOf(before), ...contentsOf(standing)].filter(
      (each) => !there.has(each) && !replaced.includes(each),
    )
    this.report.expect('no content is lost', where, [], lost)
  }

  /**
   * Whether the filesystem can hold the subject as it is, by the word of `cp -a`. The move has left it where it was.
   * @param {Move} move
   */
  #copyKeepsAll({ source, before }) {
    if (!has('cp')) return false
    const dest = join(this.to, `${this.way}-${this.#number}-gnu`)
    if (runBeside('cp', ['-a', '-T', source, dest]).status !== 0) return false
    const target = this.#target(source, dest)
    const found = differences(only(before), only(this.context.snapshot(dest)), target, this.context.palfs)
    run('rm', ['-rf', dest])
    return found.length === 0
  }

  /**
   * What may be expected of a copy.
   * @param {string} source
   * @param {string} dest
   */
  #target(source, dest) {
    const { granularity, holes, inodes } = this.context.filesystem(this.#root(dest))
    const sourceShowsInodes = this.context.filesystem(this.#root(source)).inodes
    return { root: dest, granularity, holes, inodes: inodes && sourceShowsInodes }
  }

  /** @param {string} directory */
  #root(directory) {
    return directory.startsWith(`${this.context.on}/`) ? this.context.on : this.context.local
  }
}

/**
 * Whether the old one has given way, be it that only the removal of the source failed afterwards.
 * @param {unknown} error
 */
function isReplaced(error) {
  return (
    error === undefined ||
    (error instanceof Error && 'destination' in error && error.destination === 'replaced')
  )
}

/** @param {string} path */
function isSubject(path) {
  return path === NAME || path.startsWith(`${NAME}/`)
}

/**
 * @param {Snapshot} snapshot
 * @returns {Snapshot}
 */
function only(snapshot) {
  return new Map([...snapshot].filter(([path]) => isSubject(path)))
}

/** @param {Snapshot} snapshot */
function contentsOf(snapshot) {
  return [...snapshot.values()].filter(({ kind }) => kind === 'file').map(({ content }) => content)
}

/** @param {readonly string[]} directories */
function temporariesIn(...directories) {
  return directories.flatMap((directory) =>
    readdirSync(directory).filter((name) => name.startsWith('.palfs-')),
  )
}

/** @param {unknown} error */
function errorText(error) {
  const call = error instanceof Error && 'call' in error ? ` ${String(error.call)}` : ''
  return `${codeOf(error)}${call}`
}
