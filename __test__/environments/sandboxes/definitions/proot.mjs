// @ts-check
// ptrace(2) in place of root: every system call is caught, and some are answered in the kernel's place.

/** @type {import('../run-suite.mjs').Sandbox} */
export const sandbox = {
  name: 'proot -0',
  as: 'user',
  needs: ['proot'],
  // One in twenty runs of Node in proot 5.1 has an open(2) that fails with EFAULT; with one thread in its pool they are fewer.
  environment: { UV_THREADPOOL_SIZE: '1' },
  accident: /EFAULT/u,
  command: (words) => ['proot', '-0', ...words],
  buildsTree: true,
  limits: [
    {
      line: /capabilities: .*maxFilenameLength: expected 254, seen 255/u,
      reason:
        'proot has room for one byte less in a name than the filesystem below, which is the one that tells its limit',
    },
  ],
}
