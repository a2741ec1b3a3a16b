// @ts-check
// Root of a user namespace, of the real root: files of all other users are nobody's.

/** @type {import('../run-suite.mjs').Sandbox} */
export const sandbox = {
  name: 'unshare -Ur, of root',
  as: 'root',
  needs: ['unshare'],
  command: (words) => ['unshare', '--map-root-user', ...words],
  limits: [
    {
      line: /no entry fails: special\/device: .*EPERM mknodat/u,
      reason: 'mknod(2) of a device needs a privilege of the machine: cp -a fails too',
    },
  ],
}
