// @ts-check
// What becomes of the package's work where one system call fails: in one word, from the lines of the suite.

/**
 * From good to bad:
 * - `whole`: nothing is different.
 * - `counted`: something is not kept, and `unpreserved` counts it.
 * - `fails as cp`: an error for something that `cp -a` cannot copy there either.
 * - `fails`: an error for something that `cp -a` copies.
 * - `counted too often`: `unpreserved` is more than what is lost.
 * - `wrong`: something is lost and not counted, or left behind, or said wrongly.
 * - `no Node`: Node itself does not start.
 * @typedef {'whole' | 'counted' | 'fails as cp' | 'fails' | 'counted too often' | 'wrong' | 'no Node'} OutcomeWord
 */

/** @type {readonly OutcomeWord[]} */
const FROM_GOOD_TO_BAD = ['whole', 'counted', 'fails as cp', 'fails', 'counted too often', 'wrong', 'no Node']

/**
 * Whether an outcome needs no reason.
 * @param {OutcomeWord} word
 */
export function isGood(word) {
  return word === 'whole' || word === 'counted' || word === 'fails as cp' || word === 'no Node'
}

/**
 * @param {readonly string[]} failures lines of the suite that there are only with the denial
 * @returns {OutcomeWord}
 */
export function outcomeWord(failures) {
  const words = new Set(failures.map((line) => wordOf(line)))
  return FROM_GOOD_TO_BAD.findLast((word) => words.has(word)) ?? 'whole'
}

/**
 * @param {string} line
 * @returns {OutcomeWord}
 */
function wordOf(line) {
  const [, expected, seen] =
    /every loss is counted and nothing else: .*expected (\d+), seen (\d+)$/u.exec(line) ?? []
  if (expected !== undefined) return Number(expected) > Number(seen) ? 'wrong' : 'counted too often'
  if (/cp -a keeps no more: (?:missing|kind|size|content|extra)/u.test(line)) return 'fails'
  if (/cp -a keeps no more: /u.test(line)) return 'counted'
  if (/no entry fails: |as many errors as entries are missing/u.test(line)) return 'fails as cp'
  if (
    /what can be kept is moved: |the old one is replaced: |the file is replaced: |missing is the source's: /u.test(
      line,
    )
  )
    return 'fails'
  return 'wrong'
}
