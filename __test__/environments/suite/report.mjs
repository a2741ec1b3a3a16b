// @ts-check
// Counts what held and what did not, check by check, and prints each failure in one line.

/**
 * @typedef {object} Failure
 * @property {string} check
 * @property {string} what which promise was broken
 * @property {string} where a path below the directories of the run, or a call
 * @property {string} expected
 * @property {string} seen
 */

/** @typedef {{ check: string, passed: number, failed: number, seconds: number }} Row */

const LONGEST_VALUE = 200

export class Report {
  /** @type {Failure[]} */
  failures = []
  /** @type {{ check: string, text: string }[]} */
  notes = []
  /** @type {Row[]} */
  rows = []
  #check = ''
  #passed = 0
  #quiet

  /** @param {{ quiet?: boolean }} [options] */
  constructor({ quiet = false } = {}) {
    this.#quiet = quiet
  }

  /**
   * Runs one check. What it throws is a failure of the check, not of the run.
   * @param {string} check
   * @param {() => Promise<void>} body
   */
  async run(check, body) {
    this.#check = check
    this.#passed = 0
    const failedBefore = this.failures.length
    const started = performance.now()
    try {
      await body()
    } catch (error) {
      this.fail('the check runs to its end', firstFrame(error), 'no error', String(error))
    }
    const seconds = (performance.now() - started) / 1000
    const failed = this.failures.length - failedBefore
    this.rows.push({ check, passed: this.#passed, failed, seconds })
    if (this.#passed + failed === 0) this.note('nothing could be tried')
  }

  /**
   * One expectation; values are compared as they print.
   * @param {string} what
   * @param {string} where
   * @param {unknown} expected
   * @param {unknown} seen
   * @returns {boolean} whether it held
   */
  expect(what, where, expected, seen) {
    const holds = shown(expected) === shown(seen)
    if (holds) this.#passed += 1
    else this.fail(what, where, expected, seen)
    return holds
  }

  /**
   * @param {string} what
   * @param {string} where
   * @param {unknown} expected
   * @param {unknown} seen
   */
  fail(what, where, expected, seen) {
    // One line each, whatever a name contains.
    const failure = {
      check: this.#check,
      what,
      where: where.replaceAll('\n', String.raw`\n`),
      expected: cut(shown(expected)),
      seen: cut(shown(seen)),
    }
    this.failures.push(failure)
    if (!this.#quiet) console.log(`FAIL ${failureLine(failure)}`)
  }

  /**
   * A promise about many things, of which each that breaks it is a failure of its own.
   * @param {readonly Omit<Failure, 'check'>[]} broken
   */
  expectNone(broken) {
    if (broken.length === 0) this.#passed += 1
    for (const { what, where, expected, seen } of broken) this.fail(what, where, expected, seen)
  }

  /**
   * What could not be tried, and why.
   * @param {string} text
   */
  note(text) {
    this.notes.push({ check: this.#check, text })
    if (!this.#quiet) console.log(`note ${this.#check}: ${text}`)
  }

  /** The counts of all checks. */
  table() {
    const cells = [['check', 'passed', 'failed', 'seconds']]
    for (const { check, passed, failed, seconds } of this.rows) {
      cells.push([check, String(passed), String(failed), seconds.toFixed(1)])
    }
    return cells
      .map(([check = '', ...counts]) => check.padEnd(14) + counts.map((count) => count.padStart(9)).join(''))
      .join('\n')
  }
}

/** @param {Failure} failure */
export function failureLine({ check, what, where, expected, seen }) {
  return `${check}: ${what}: ${where}: expected ${expected}, seen ${seen}`
}

/** @param {unknown} value */
function shown(value) {
  if (typeof value === 'string') return JSON.stringify(value)
  return (
    JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}` : sorted(part))) ?? String(value)
  )
}

/**
 * Objects print alike in whatever order their keys came.
 * @param {unknown} value
 */
function sorted(value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

/** @param {string} text */
function cut(text) {
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}...` : text
}

/** @param {unknown} error */
function firstFrame(error) {
  const frames = error instanceof Error ? (error.stack ?? '').split('\n') : []
  return (
    frames
      .find((frame) => frame.includes('/suite/'))
      ?.replace(/.*\/suite\//, '')
      .replace(')', '') ?? 'suite'
  )
}
