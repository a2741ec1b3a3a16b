#!/usr/bin/env bash
# Under fakeroot 1.31 Node 24 changes an owner and never sees it: fs.statSync shows the real one.
#
# The usual guess: in a session of fakeroot every program sees the same owners.
# What happens: fakeroot wraps functions of the C library. libuv calls statx(2) by its number, so fs.statSync goes past
# fakeroot's list, while fs.chownSync, process.getuid() and stat(1) use it. A script that compares an owner with its own
# uid takes its own files for somebody else's.
# Seen with Linux 6.18 and coreutils 9.1. Needs root, to become an ordinary user.
set -euo pipefail
source "$(dirname "$0")/fetch-debian.sh"
fetch_debian fakeroot=1.31-1.2 libfakeroot=1.31-1.2
npm install --silent --no-audit --no-fund --prefix "$dir/node" node@24.18.0 >/dev/null 2>&1 || {
  echo 'node 24.18.0 is not in the registry' >&2
  exit 2
}
cat >"$dir/owners.mjs" <<'JS'
import { execFileSync } from 'node:child_process'
import { chownSync, statSync, writeFileSync } from 'node:fs'
writeFileSync('file', '')
chownSync('file', 1234, 1234)
console.log(process.getuid(), statSync('file').uid, execFileSync('stat', ['-c', '%u', 'file']).toString().trim())
JS
mkdir -m 777 "$dir/work"
chmod 755 "$dir"
cd "$dir/work"
lib=$dir/root/usr/lib/x86_64-linux-gnu/libfakeroot
answers=$(setpriv --reuid=65534 --regid=65534 --clear-groups \
  "$dir/root/usr/bin/fakeroot-sysv" --lib "$lib/libfakeroot-sysv.so" --faked "$dir/root/usr/bin/faked-sysv" \
  "$dir/node/node_modules/.bin/node" "$dir/owners.mjs")
seen 'getuid, owner by fs.statSync, owner by stat(1)' '0 65534 1234' "$answers"
