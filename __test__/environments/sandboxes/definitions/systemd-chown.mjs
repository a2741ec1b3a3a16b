// @ts-check
// A service of systemd with SystemCallFilter=~@chown (~@privileged contains it) and SystemCallErrorNumber=EPERM: no owner can be
// given to anything.
import { isCall } from '../call-numbers.mjs'
import { deny } from '../seccomp.mjs'

const CHOWN = ['chown', 'fchown', 'fchownat', 'lchown']

/** @type {import('../run-suite.mjs').Sandbox} */
export const sandbox = {
  name: 'systemd without @chown',
  as: 'root',
  inside: 'package',
  command: (words, { denyCalls }) => [
    denyCalls,
    ...CHOWN.filter((call) => isCall(call)).map((call) => deny('EPERM', call)),
    '--',
    ...words,
  ],
  limits: [],
}
