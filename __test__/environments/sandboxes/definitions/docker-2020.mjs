// @ts-check
// Docker 18.04 to 20.10 or libseccomp 2.4: it has statx, but no call of Linux 5.1 and later (openat2, faccessat2, fchmodat2).
import { dockerBefore } from '../seccomp.mjs'

/** @type {import('../run-suite.mjs').Sandbox} */
export const sandbox = {
  name: 'Docker of 2020',
  as: 'root',
  needs: ['setpriv'],
  command: (words, stage) => dockerBefore('pidfd_send_signal', words, stage),
  limits: [],
}
