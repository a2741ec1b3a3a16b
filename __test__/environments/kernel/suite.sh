# In the guest: runs the checks of ../suite on one filesystem: `suite.sh NAME [OPTION...]`. The results are kept.
set -euo pipefail
name=$1
shift
here=/opt/palfs/__test__/environments
"mount_$name" /mnt/on
mkdir -p /mnt/on.local
mountpoint -q /mnt/on.local || mount_ext4 /mnt/on.local
mkdir /mnt/on/checks /mnt/on.local/checks
status=0
node "$here/suite/main.mjs" --on /mnt/on/checks --local /mnt/on.local/checks --json /host/kept "$@" || status=$?
# What a filesystem's own code says of itself.
dmesg --level=emerg,alert,crit,err,warn | grep -E 'BUG|WARNING|Oops|corrupt' || true
exit "$status"
