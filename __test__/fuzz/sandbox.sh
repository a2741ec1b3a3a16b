#!/bin/sh
# sandbox.sh DIRECTORY COMMAND...: runs COMMAND where nothing can be harmed: everything is mounted read-only but a new
# memory at /tmp, in which it starts (in /tmp/fuzz/cwd); DIRECTORIES (colon-separated) are what it must see besides the
# root filesystem. Needs root, and a mount namespace of its own (unshare --mount).
set -eu
see=$1
shift
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir /mnt/root
mount --bind / /mnt/root
mount -o remount,bind,ro,nodev,nosuid /mnt/root
mount -t tmpfs -o size=256m tmpfs /mnt/root/tmp
mount -t proc -o ro proc /mnt/root/proc
IFS=:
for directory in $see; do
  mkdir -p "/mnt/root$directory"
  mount --bind "$directory" "/mnt/root$directory"
  mount -o remount,bind,ro "/mnt/root$directory"
done
mkdir -p /mnt/root/tmp/fuzz/cwd
exec chroot /mnt/root /bin/sh -c 'cd /tmp/fuzz/cwd && exec "$@"' sh "$@"
