// @ts-check
// One thread can be started, and no second.
import { allButReached, LONELY_USER } from '../limited.mjs'

/** @type {import('../run-suite.mjs').Sandbox} */
export const sandbox = {
  ...allButReached({ FREE_THREADS: '1' }),
  name: 'RLIMIT_NPROC, one thread',
  user: LONELY_USER + 2,
  limits: [],
}
