#!/usr/bin/env bash
# Runs a bash script as root in a guest with another kernel, and ends with its exit status:
#   run-in-guest.sh [--machine uml|qemu] [--timeout SECONDS] [--checkout DIRECTORY] [--keep FILE] SCRIPT [ARGUMENT...]
#
# The built package of the checkout (this one, unless said otherwise) is in /opt/palfs. What the script prints is printed; with
# --keep, what it leaves in /host/kept is kept in FILE. The guest has a copy of the root image to itself, which is gone
# afterwards, no network but its own loopback, and of this machine's files only a folder for this run. After the time limit
# (600 seconds) it is killed, and the status is 124.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
checkout=$(cd "$here/../../.." && pwd)
kind=uml
limit=600
memory=${PALFS_GUEST_MEMORY:-2G}
keep=

while [[ ${1:-} == --* ]]; do
  case $1 in
    --machine) kind=$2 ;;
    --timeout) limit=$2 ;;
    --checkout) checkout=$(cd "$2" && pwd) ;;
    --keep) keep=$2 ;;
    *) echo "run-in-guest.sh: unknown option $1" >&2 && exit 2 ;;
  esac
  shift 2
done
[[ $# -gt 0 ]] || {
  echo 'usage: run-in-guest.sh [--machine uml|qemu] [--timeout SECONDS] [--checkout DIRECTORY] [--keep FILE] SCRIPT [ARGUMENT...]' >&2
  exit 2
}
[[ -e $checkout/dist/index.js ]] || {
  echo "run-in-guest.sh: $checkout is not built (npm run build)" >&2
  exit 2
}

source "$here/machines/$kind.sh"
image=$("$here/root-image.sh")
prepare_machine
run=$(mktemp -d "${TMPDIR:-/tmp}/palfs-guest.XXXXXX")
machine=
cleanup() {
  [[ -z $machine ]] || kill -KILL -- "-$machine" 2>/dev/null || true
  rm -rf "$run"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# Of the checkout only what is published: the checks and inputs are those beside this script.
mkdir -p "$run/package/__test__"
cp -r "$checkout/dist" "$checkout/package.json" "$checkout"/*.node "$run/package/"
cp -r "$here/.." "$run/package/__test__/environments"
cp "$1" "$run/script"
shift
# Its arguments, quoted for bash.
{
  head -1 "$here/init.sh"
  printf 'ARGUMENTS=(%s)\n' "${*@Q}"
  cat "$here/init.sh"
} >"$run/init.sh"
chmod +x "$run/init.sh"
: >"$run/output"

# In a process group of its own: what a guest is made of on this machine ends with it.
set -m
run_machine "$run" "$image" "$memory" </dev/null >"$run/console" 2>&1 &
machine=$!
set +m

tail --quiet --follow --lines=+1 --sleep-interval=0.2 --pid="$machine" "$run/output" &
printer=$!

deadline=$((SECONDS + limit))
while [[ ! -e $run/status ]] && kill -0 "$machine" 2>/dev/null && [[ $SECONDS -lt $deadline ]]; do sleep 0.2; done
# It has said all it had to say, but for what its kernel does to turn itself off.
for _ in {1..25}; do kill -0 "$machine" 2>/dev/null && [[ -e $run/status ]] || break; sleep 0.2; done
kill -KILL -- "-$machine" 2>/dev/null || true
{ wait "$machine" || true; } 2>/dev/null
wait "$printer" 2>/dev/null || true
machine=

[[ -z $keep || ! -e $run/kept ]] || cp "$run/kept" "$keep"
if [[ -e $run/status ]]; then
  exit "$(cat "$run/status")"
fi
echo "run-in-guest.sh: the guest gave no status$([[ $SECONDS -lt $deadline ]] || echo " in $limit s"); the end of its console:" >&2
tail -30 "$run/console" >&2
exit 124
