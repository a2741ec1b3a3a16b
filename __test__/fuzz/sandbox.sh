#!/bin/sh
# sandbox.sh DIRECTORY COMMAND...: runs COMMAND where nothing can be harmed: everything is mounted read-only but a new
# memory at /tmp, in which it starts (in /tmp/fuzz/cwd); DIRECTORIES (colon-separated) are what it must see besides the
# root filesystem. Needs root, and a mount namespace of its own (unshare --mount).
set -eu
see=$1
shift
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir /mnt/cage
mount --bind / /mnt/cage
mount -o remount,bind,ro,nodev,nosuid /mnt/cage
mount -t tmpfs -o size=256m tmpfs /mnt/cage/tmp
mount -t proc -o ro proc /mnt/cage/proc
IFS=:
for directory in $see; do
  mkdir -p "/mnt/cage$directory"
  mount --bind "$directory" "/mnt/cage$directory"
  mount -o remount,bind,ro "/mnt/cage$directory"
done
mkdir -p /mnt/cage/tmp/fuzz/cwd
exec chroot /mnt/cage /bin/sh -c 'cd /tmp/fuzz/cwd && exec "$@"' sh "$@"
