#!/usr/bin/env bash
# Runs the built package in the sandboxes that users have, and with each of its system calls denied:
# `scripts/test-sandboxes.sh [ARGUMENT...]`; __test__/environments/sandboxes/main.mjs has the arguments. As root on Debian 12 it
# installs what is missing; elsewhere it says which sandboxes are left out.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/scripts/packages.sh"

require_packages \
  acl attr bubblewrap e2fsprogs fakeroot gcc libc6-dev proot python3 runsc strace util-linux ||
  echo 'test:sandboxes: without these packages some sandboxes are left out'
command -v cc >/dev/null || {
  echo 'test:sandboxes: skipped: there is no C compiler for the programs that start the sandboxes'
  exit 0
}
exec node "$root/__test__/environments/sandboxes/main.mjs" "$@"
