// @ts-check
// The C library's calls show and keep owners that the kernel does not know; system calls made by number do not.

/** @type {import('../run-suite.mjs').Sandbox} */
export const sandbox = {
  name: 'fakeroot',
  as: 'user',
  needs: ['fakeroot'],
  command: (words) => ['fakeroot', '--', ...words],
  buildsTree: true,
  // Two threads: one makes a node, and the other's message that a file is gone comes late and means the inode that the node got.
  accident: /special\/\S+: expected "no error", seen "ENOTSUP mknodat"/u,
  limits: [
    {
      line: /kind.*: expected "(?:fifo|socket)", seen "file"|keeps no more: mode: special\/|unpreserved.mode \(special\//u,
      reason:
        'A FIFO, socket or device is an empty file, which only the C library shows as what it is; Node asks the kernel',
    },
    {
      line: /the result counts what was created/u,
      reason: 'The same: the package counts special files, Node sees files',
    },
    {
      line: /readdir with stats tells what lstat tells/u,
      reason:
        'The package asks the C library, as stat(1) does, and Node the kernel, which knows no owner but the user',
    },
  ],
}
