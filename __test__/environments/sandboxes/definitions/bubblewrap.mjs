// @ts-check
// bubblewrap as Flatpak uses it: every namespace, a /dev of its own, a new /proc.

/** @type {import('../run-suite.mjs').Sandbox} */
export const sandbox = {
  name: 'bubblewrap',
  as: 'user',
  needs: ['bwrap'],
  command: (words, { root, local }) => [
    'bwrap',
    '--unshare-all',
    '--die-with-parent',
    '--ro-bind',
    '/',
    '/',
    '--dev',
    '/dev',
    '--proc',
    '/proc',
    '--bind',
    root,
    root,
    '--bind',
    local,
    local,
    ...words,
  ],
  limits: [],
}
