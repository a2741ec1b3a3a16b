// @ts-check
// A PID namespace with a /proc of its own.

/** @type {import('../run-suite.mjs').Sandbox} */
export const sandbox = {
  name: 'PID namespace',
  as: 'root',
  needs: ['unshare'],
  command: (words) => ['unshare', '--pid', '--fork', '--mount-proc', ...words],
  limits: [],
}
