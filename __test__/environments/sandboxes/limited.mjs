// @ts-check
// A limit of the process that is all but reached whenever the package works.

/** No other process is this user's, so RLIMIT_NPROC counts the threads of the suite alone. */
export const LONELY_USER = 61_235

/**
 * @param {Readonly<Record<string, string>>} left what is left, as limited-package.mjs takes it
 * @returns {Omit<import('./run-suite.mjs').Sandbox, 'name' | 'limits'>}
 */
export function allButReached(left) {
  return {
    as: 'user',
    needs: ['prlimit', 'sleep'],
    command: (words) => words,
    buildsTree: true,
    limitedPackage: true,
    environment: left,
  }
}
