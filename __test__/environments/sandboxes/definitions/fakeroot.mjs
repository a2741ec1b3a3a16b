// @ts-check
// The C library's calls show and keep owners that the kernel does not know; system calls made by number do not.

/** @type {import('../run-suite.mjs').Sandbox} */
export const sandbox = {
  name: 'fakeroot',
  as: 'user',
  needs: ['fakeroot'],
  command: (words) => ['fakeroot', '--', ...words],
  buildsTree: true,
  limits: [],
}
