// @ts-check
// Docker 17.x or libseccomp 2.3: the youngest call of its list is copy_file_range (Linux 4.5), so statx fails with EPERM.
import { dockerBefore } from '../seccomp.mjs'

/** @type {import('../run-suite.mjs').Sandbox} */
export const sandbox = {
  name: 'Docker of 2017',
  as: 'root',
  needs: ['setpriv'],
  command: (words, stage) => dockerBefore('preadv2', words, stage),
  limits: [],
}
