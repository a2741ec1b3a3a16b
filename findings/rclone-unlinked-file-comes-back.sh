#!/usr/bin/env bash
# rclone 1.60.1 mount without a cache: a new file that is removed while it is open comes back, empty, at close(2).
#
# The usual guess: "create, unlink, close" leaves nothing behind on any filesystem.
# What happens: the mount uploads a file at close(2), also one that has no name any more. Close first, then unlink.
# Seen with Linux 6.18. Needs root and /dev/fuse; the remote is a local folder.
set -euo pipefail
source "$(dirname "$0")/fetch-debian.sh"
fetch_debian rclone=1.60.1+dfsg-2+b5

mkdir "$dir"/{remote,mounted,config}
export RCLONE_CONFIG=$dir/config/rclone.conf
touch "$RCLONE_CONFIG"
rclone mount --daemon --vfs-cache-mode off --dir-cache-time 0s ":local:$dir/remote" "$dir/mounted"

python3 - "$dir/mounted" <<'PY'
import os, sys
os.chdir(sys.argv[1])
for name, close_first in (('unlinked-while-open', False), ('unlinked-after-close', True)):
    fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    if close_first:
        os.close(fd)
    os.unlink(name)
    if not close_first:
        os.close(fd)
PY
sleep 1
seen 'what is left' 'unlinked-while-open 0' "$(cd "$dir/remote" && stat -c '%n %s' -- * 2>/dev/null | tr '\n' ' ' | sed 's/ $//')"
