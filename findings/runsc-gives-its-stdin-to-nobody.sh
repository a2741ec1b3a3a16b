#!/usr/bin/env bash
# gVisor's runsc (release 20221219): `runsc do` changes the owner of the file that is its standard input to nobody.
#
# The usual guess: a sandbox leaves the files that its starter hands over as they are.
# What happens: the sandbox process runs as nobody, and its standard streams are given to that user for good. With standard
# input from /dev/null, as most programs start children, root's /dev/null belongs to nobody afterwards. A pipe does no harm.
# Seen with Linux 6.18. Needs root. Here standard input is a file in the temporary folder.
set -euo pipefail
source "$(dirname "$0")/fetch-debian.sh"
fetch_debian runsc=0.0~20221219.0-2+b3

touch "$dir/input"
runsc --root="$dir/state" --network=none do true <"$dir/input" 2>&1 | cat >"$dir/output"
seen 'owner of the input afterwards' nobody "$(stat -c %U "$dir/input")"
