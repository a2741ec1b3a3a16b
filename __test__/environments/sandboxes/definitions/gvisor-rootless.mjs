// @ts-check
// gVisor started by an unprivileged user, who is root in it; writes go to an overlay in memory (`runsc do` as it comes).

/** @type {import('../run-suite.mjs').Sandbox} */
export const sandbox = {
  name: 'gVisor, rootless, overlay',
  as: 'user',
  needs: ['runsc'],
  command: (words) => ['runsc', '--rootless', '--network=none', 'do', ...words],
  // The gofer of 20221219 cannot stat(2) a FIFO or socket that is not of its own making (EPERM).
  buildsTree: true,
  // A tmpfs of gVisor's own.
  local: '/dev',
  limits: [
    {
      line: /every loss is counted and nothing else: unpreserved.mode \(links\/other\/set-id-again: mode 4755 is 0755\)/u,
      reason:
        'link(2) in its overlay clears the set-id bits of the file that gets a second name, after the copy gave them',
    },
  ],
}
