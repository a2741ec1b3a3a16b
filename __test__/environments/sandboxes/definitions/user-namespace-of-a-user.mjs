// @ts-check
// Root of a user namespace that maps no user but its maker, as rootless containers without /etc/subuid are.

/** @type {import('../run-suite.mjs').Sandbox} */
export const sandbox = {
  name: 'unshare -Ur, of a user',
  as: 'user',
  needs: ['unshare'],
  command: (words) => ['unshare', '--map-root-user', ...words],
  limits: [],
}
