// @ts-check
// RLIMIT_NPROC is reached: not one thread can be started (EAGAIN). Containers with a small pids limit are so.
import { allButReached, LONELY_USER } from '../limited.mjs'

/** @type {import('../run-suite.mjs').Sandbox} */
export const sandbox = {
  ...allButReached({ FREE_THREADS: '0' }),
  name: 'RLIMIT_NPROC, no thread',
  user: LONELY_USER,
  limits: [],
}
