// @ts-check
// A build of Nix (src/libstore, the filter of its Linux sandbox): no file gets a set-id bit (EPERM), and none an attribute or ACL
// (ENOTSUP).
import { isCall } from '../call-numbers.mjs'
import { deny, denyBits } from '../seccomp.mjs'

const SET_ID = 0o6000

const RULES = () => [
  ...(isCall('chmod') ? [denyBits('EPERM', 'chmod', 1, SET_ID)] : []),
  denyBits('EPERM', 'fchmod', 1, SET_ID),
  denyBits('EPERM', 'fchmodat', 2, SET_ID),
  denyBits('EPERM', 'fchmodat2', 2, SET_ID),
  ...['setxattr', 'lsetxattr', 'fsetxattr', 'setxattrat'].map((call) => deny('ENOTSUP', call)),
]

/** @type {import('../run-suite.mjs').Sandbox} */
export const sandbox = {
  name: 'Nix build',
  as: 'root',
  inside: 'package',
  command: (words, { denyCalls }) => [denyCalls, ...RULES(), '--', ...words],
  limits: [
    { line: /xattr: /u, reason: 'no attribute can be set, which is what this check does' },
    {
      line: /capabilities: .*xattr(?:Available|Namespaces)/u,
      reason: 'attributes can be read here and not set: the package asks for both, the probe for one',
    },
  ],
}
