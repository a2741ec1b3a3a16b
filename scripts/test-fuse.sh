#!/usr/bin/env bash
# Runs the suite of __test__/environments on FUSE filesystems from Debian: `scripts/test-fuse.sh [--only CHECK]... [--all] [NAME...]`.
# After `npm run build`. Where nothing can be mounted it says why, and that is no failure.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/scripts/packages.sh"

skip() {
  echo "Skipped all FUSE filesystems: $1"
  exit 0
}

[[ $(uname -s) == Linux ]] || skip "this is $(uname -s)"
[[ $(id -u) == 0 ]] || skip 'not running as root'
[[ -e /dev/fuse ]] || skip 'there is no /dev/fuse'

require_packages acl attr bindfs coreutils e2fsprogs dosfstools fuse-overlayfs fuse2fs fuse3 fusefat gocryptfs libcap2-bin \
  mergerfs mount ntfs-3g openssh-sftp-server python3 rclone squashfs-tools squashfuse sshfs
exec node "$root/__test__/environments/fuse/main.mjs" "$@"
