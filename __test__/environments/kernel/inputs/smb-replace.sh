# In the guest: old files are replaced on SMB: `smb-replace.sh [plain|btrfs|seconds]...`.
set -euo pipefail
[[ $# -gt 0 ]] || set -- plain btrfs
status=0
for share in "$@"; do
  echo "SMB 3.1.1, $share share:"
  bash "$(dirname "$BASH_ENV")/inputs/on.sh" "smb_$share" --only replace-old || status=1
done
exit "$status"
