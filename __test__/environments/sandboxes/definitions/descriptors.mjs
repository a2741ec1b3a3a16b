// @ts-check
// RLIMIT_NOFILE leaves twelve descriptors. `cp -a` needs two beside its standard three.
import { allButReached } from '../limited.mjs'

/** @type {import('../run-suite.mjs').Sandbox} */
export const sandbox = {
  ...allButReached({ FREE_DESCRIPTORS: '12' }),
  name: 'RLIMIT_NOFILE, twelve descriptors',
  limits: [],
}
