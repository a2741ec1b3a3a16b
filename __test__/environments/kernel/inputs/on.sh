# In the guest: the inputs on one filesystem: `on.sh FILESYSTEM [OPTION-OF-MAIN.MJS...]`.
set -euo pipefail
name=$1
shift
on=/mnt/$name
mountpoint -q "$on" || "mount_$name" "$on"
mkdir -p "$on.local"
mountpoint -q "$on.local" || mount_ext4 "$on.local"
mkdir "$on/inputs" "$on.local/inputs"
server=()
[[ ! -d $on.server ]] || server=(--server "$on.server/inputs")
node "$(dirname "$BASH_ENV")/inputs/main.mjs" --filesystem "$name" --on "$on/inputs" --local "$on.local/inputs" "${server[@]}" "$@"
