// @ts-check
// As threads-none.mjs, by the forms that end in Sync.
import { allButReached, LONELY_USER } from '../limited.mjs'

/** @type {import('../run-suite.mjs').Sandbox} */
export const sandbox = {
  ...allButReached({ FREE_THREADS: '0', SYNC: '1' }),
  name: 'RLIMIT_NPROC, no thread, Sync',
  user: LONELY_USER + 1,
  limits: [],
}
