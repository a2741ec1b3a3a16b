# Replaces an old file on SMB, each way, beside `cp` and `mv -f`: `smb-replace.sh [plain|btrfs]...`.
set -euo pipefail
[[ $# -gt 0 ]] || set -- plain btrfs
status=0
for share in "$@"; do
  "mount_smb_$share" "/mnt/$share"
  echo "SMB 3.1.1, $share share:"
  node "$(dirname "$BASH_ENV")/inputs/smb-replace.mjs" "/mnt/$share" "/mnt/$share.server" || status=1
done
exit "$status"
