// @ts-check
// sshfs: a directory by SFTP, here from a server that runs beside it: no network.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** @type {readonly import('../run-suite.mjs').Filesystem[]} */
export const sshfs = [
  {
    name: 'sshfs',
    debianPackage: 'sshfs',
    prepare: ({ directory }) => {
      mkdirSync(join(directory, 'served'))
      // In place of ssh(1), whose arguments name a host.
      writeFileSync(join(directory, 'ssh'), '#!/bin/sh\nexec /usr/lib/openssh/sftp-server\n')
      chmodSync(join(directory, 'ssh'), 0o755)
    },
    server: ({ directory, point }) => [
      'sshfs',
      '-f',
      '-o',
      `ssh_command=${join(directory, 'ssh')}`,
      `host:${join(directory, 'served')}`,
      point,
    ],
    limits: [
      {
        line: /not readable: EPERM|EPERM readlinkat/,
        reason: 'no link is shown that leads up or is absolute (contain_symlinks)',
      },
      { line: /EPERM mknodat/, reason: 'SFTP has no special files' },
      { line: /a name that is too long: .*EBADMSG/, reason: 'a name that is too long is EBADMSG' },
    ],
  },
]
