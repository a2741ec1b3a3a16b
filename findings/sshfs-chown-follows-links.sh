#!/usr/bin/env bash
# sshfs 3.7.3: chown and utimensat of a link change what the link leads to, or fail with ENOENT if that is not there.
#
# The usual guess: fchownat(AT_SYMLINK_NOFOLLOW) that succeeds has changed the link.
# What happens: version 3 of the protocol has no request for a link itself. The server follows.
# Seen with Linux 6.18 and sftp-server 9.2p1. Needs root and /dev/fuse; no network.
set -euo pipefail
source "$(dirname "$0")/fetch-debian.sh"
fetch_debian sshfs=3.7.3-1.2~deb12u1 libfuse3-3=3.14.0-4 openssh-sftp-server

mkdir "$dir"/{served,mounted}
printf '#!/bin/sh\nexec %s/root/usr/lib/openssh/sftp-server\n' "$dir" >"$dir/connect"
chmod +x "$dir/connect"
sshfs -o "ssh_command=$dir/connect" "nowhere:$dir/served" "$dir/mounted"

echo x >"$dir/served/file"
ln -s file "$dir/served/link"
ln -s nothing "$dir/served/dangling"
chown -h 1234 "$dir/mounted/link"
seen 'owner of the link' 0 "$(stat -c %u "$dir/served/link")"
seen 'owner of the file that it leads to' 1234 "$(stat -c %u "$dir/served/file")"
seen 'chown -h of a dangling link' 'No such file or directory' \
  "$(chown -h 1234 "$dir/mounted/dangling" 2>&1 | sed 's/.*: //')"
