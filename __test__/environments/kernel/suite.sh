# In the guest: runs the checks of ../suite on one filesystem, and then the inputs: `suite.sh NAME [OPTION-OF-THE-SUITE...]`.
# The results of both are kept.
set -euo pipefail
name=$1
shift
on=/mnt/$name
here=/opt/palfs/__test__/environments
"mount_$name" "$on"
mkdir -p "$on.local"
mountpoint -q "$on.local" || mount_ext4 "$on.local"
mkdir "$on/checks" "$on.local/checks"
status=0
node "$here/suite/main.mjs" --on "$on/checks" --local "$on.local/checks" --json /host/kept "$@" || status=$?
# Without results of the suite there is nothing to add to.
[[ -e /host/kept ]] && bash "$here/kernel/inputs/on.sh" "$name" --json /host/kept || status=$?
# What a filesystem's own code says of itself.
dmesg --level=emerg,alert,crit,err,warn | grep -E 'BUG|WARNING|Oops|corrupt' || true
exit "$status"
