// @ts-check
// A chroot in which nobody mounted /proc, /dev or /sys.

/** @type {import('../run-suite.mjs').Sandbox} */
export const sandbox = {
  name: 'chroot without /proc and /dev',
  as: 'root',
  needs: ['unshare', 'chroot'],
  command: (words, { root, on, local }) => [
    'unshare',
    '--mount',
    '--propagation',
    'private',
    'sh',
    '-euc',
    // The root filesystem alone, without what is mounted in it: where /proc and the like are, it has empty directories.
    `mkdir -p "${root}/bare"
    mount --bind / "${root}/bare"
    for filesystem in "${on}" "${local}"; do mount --bind "$filesystem" "${root}/bare$filesystem"; done
    for directory in dev proc sys; do mount -t tmpfs -o ro,size=4k nothing "${root}/bare/$directory"; done
    exec chroot "${root}/bare" "$@"`,
    'sh',
    ...words,
  ],
  limits: [],
}
