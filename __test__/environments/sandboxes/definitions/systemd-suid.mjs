// @ts-check
// A service of systemd with RestrictSUIDSGID=, which DynamicUser= brings with it: no call makes a set-id file (EPERM), and openat2
// is not there at all.
import { isCall } from '../call-numbers.mjs'
import { deny, denyBits } from '../seccomp.mjs'

const SET_ID = 0o6000

const RULES = () => [
  ...(isCall('chmod') ? [denyBits('EPERM', 'chmod', 1, SET_ID)] : []),
  denyBits('EPERM', 'fchmod', 1, SET_ID),
  denyBits('EPERM', 'fchmodat', 2, SET_ID),
  denyBits('EPERM', 'fchmodat2', 2, SET_ID),
  denyBits('EPERM', 'mkdirat', 2, SET_ID),
  denyBits('EPERM', 'mknodat', 2, SET_ID),
  denyBits('EPERM', 'openat', 3, SET_ID),
  deny('ENOSYS', 'openat2'),
]

/** @type {import('../run-suite.mjs').Sandbox} */
export const sandbox = {
  name: 'systemd, RestrictSUIDSGID',
  as: 'root',
  inside: 'package',
  command: (words, { denyCalls }) => [denyCalls, ...RULES(), '--', ...words],
  limits: [],
}
