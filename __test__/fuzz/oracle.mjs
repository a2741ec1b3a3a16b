// What may come out of a call with values that nobody should pass.
import fs from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { thrown } from './values.mjs'

const MOST = 30
const BYSTANDER = '../bystander'

export class Judge {
  wrong = []
  #palfs
  #bystander

  constructor(palfs) {
    this.#palfs = palfs
    fs.mkdirSync(BYSTANDER)
    fs.writeFileSync(`${BYSTANDER}/file`, 'untouched')
    this.#bystander = look()
  }

  get isFull() {
    return this.wrong.length >= MOST
  }

  note(what) {
    if (!this.isFull) this.wrong.push(what)
  }

  /** A call threw. */
  thrown(target, title, error, odd) {
    if (target.promises) this.note(`${title} threw: ${shown(error)}`)
    this.#judge(target, title, error, odd)
  }

  /** A promise was rejected. */
  rejected(target, title, error, odd) {
    this.#judge(target, title, error, odd)
  }

  /** A promise was rejected that nobody has. */
  stray(title, error) {
    if (error !== thrown) this.note(`${title} left a rejection behind: ${shown(error)}`)
  }

  /** A call returned. */
  returned(target, title, result) {
    const isPromise = typeof result?.then === 'function'
    if (target.promises && !isPromise && result?.[Symbol.asyncIterator] === undefined) {
      this.note(`${title} gave no promise`)
    }
    if (!target.promises && target.name.endsWith('Sync') && isPromise) this.note(`${title} gave a promise`)
  }

  /** What must hold between two calls. */
  async aftermath(title, before, world, sparesSource) {
    // libc opens files for a moment, on threads of its own.
    for (let patience = 100; descriptors() > before && patience > 0; patience -= 1) await delay(10)
    if (descriptors() > before) this.note(`${title} left one open of ${openFiles()}`)
    if (world.hasTemporaries()) this.note(`${title} left a temporary file`)
    if (sparesSource && !world.isSourceWhole()) this.note(`${title} changed the source`)
  }

  /** What lies beside the working directory is as it was. */
  bystander() {
    const now = look()
    if (now !== this.#bystander) this.note(`outside the working directory: ${now}`)
  }

  #judge({ isClass }, title, error, odd) {
    if (error === thrown || this.#palfs.isFsError(error) || error?.name === 'AbortError') return
    const known = error instanceof TypeError || error instanceof RangeError
    // V8's own have no code: for what is not what it seems, for classes called as functions, and for `new Error(...)`.
    if (known && (odd || isClass || /without 'new'/.test(error.message))) return
    if (known && typeof error.code === 'string') return
    this.note(`${title}: ${shown(error)}`)
  }
}

/** How many files are open, where that can be known. */
export function descriptors() {
  return fs.existsSync('/proc/self/fd') ? fs.readdirSync('/proc/self/fd').length : 0
}

function openFiles() {
  const fds = fs
    .readdirSync('/proc/self/fd')
    .filter((fd) => fs.lstatSync(`/proc/self/fd/${fd}`, { throwIfNoEntry: false }))
  return fds.map((fd) => `${fd} ${fs.readlinkSync(`/proc/self/fd/${fd}`)}`).join(', ')
}

function look() {
  const stat = fs.statSync(`${BYSTANDER}/file`, { throwIfNoEntry: false })
  const { mode, uid, mtimeMs, size } = stat ?? {}
  return JSON.stringify([
    fs.readdirSync('..').toSorted(),
    fs.readdirSync(BYSTANDER),
    mode,
    uid,
    mtimeMs,
    size,
  ])
}

function shown(error) {
  return String(error?.stack ?? error).slice(0, 600)
}
