// @ts-check
// gVisor: a kernel in user space, here over the files of the machine (its gofer) and its own tmpfs.

/** @type {import('../run-suite.mjs').Sandbox} */
export const sandbox = {
  name: 'gVisor, gofer',
  as: 'root',
  needs: ['runsc'],
  // Root of the machine may not start it without iptables unless it gets no network.
  command: (words) => ['runsc', '--network=none', 'do', '--force-overlay=false', ...words],
  // The gofer of 20221219 cannot stat(2) a FIFO or socket that is not of its own making (EPERM).
  buildsTree: true,
  // A tmpfs of gVisor's own.
  local: '/dev',
  limits: [
    {
      line: /no entry fails: special\/device: .*EPERM mknodat/u,
      reason: 'mknod(2) of a device needs a privilege of the machine: cp -a fails too',
    },
    {
      line: /(?:every loss is counted|cp -a keeps no more).*links\/(?:other\/|two)/u,
      reason:
        'The gofer keeps times, mode and size of each name of a file apart: what one name changed the others show later',
    },
    {
      line: /replace: a second name keeps the file that it named: .*in-place/u,
      reason: 'The gofer keeps the size of each name of a file apart: the second one shows the old one',
    },
  ],
}
