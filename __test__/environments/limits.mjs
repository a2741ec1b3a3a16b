// @ts-check
// What of a run's failures is palfs's, and what an environment brings about whatever a program does. Each environment's own
// definition says the latter, with the reason.

/**
 * @typedef {object} Limit
 * @property {RegExp} line failures of the suite, as it prints them, without the first word
 * @property {string} reason
 */

/**
 * @param {readonly string[]} failures
 * @param {readonly Limit[]} limits
 * @returns {{ faults: string[], within: ReadonlyMap<Limit, number>, unmet: Limit[] }} `unmet` limits are those that nothing met:
 *   either they are gone, or they hide what they should not
 */
export function judge(failures, limits) {
  /** @type {string[]} */
  const faults = []
  /** @type {Map<Limit, number>} */
  const within = new Map()
  for (const failure of failures) {
    const limit = limits.find(({ line }) => line.test(failure))
    if (limit === undefined) faults.push(failure)
    else within.set(limit, (within.get(limit) ?? 0) + 1)
  }
  return { faults, within, unmet: limits.filter((limit) => !within.has(limit)) }
}
