#!/usr/bin/env bash
# ntfs-3g 2022.10.3 stores trusted.* and security.* attributes and does not list them.
#
# The usual guess: listxattr(2) names every attribute that getxattr(2) can read, so a copy of the listed names is complete.
# What happens: both namespaces can be set and read by name, also after a new mount; the list has user.* alone.
# Seen with Linux 6.18. Needs root and /dev/fuse.
set -euo pipefail
source "$(dirname "$0")/fetch-debian.sh"
fetch_debian ntfs-3g=1:2022.10.3-1+deb12u4 libntfs-3g89=1:2022.10.3-1+deb12u4 attr

truncate -s 32M "$dir/image"
mkntfs -q -F -Q "$dir/image" >/dev/null 2>&1
mkdir "$dir/mounted"
ntfs-3g "$dir/image" "$dir/mounted"
echo x >"$dir/mounted/file"
for name in user.one trusted.two security.three; do setfattr -n "$name" -v kept "$dir/mounted/file"; done
fusermount3 -u "$dir/mounted" 2>/dev/null || umount "$dir/mounted"
ntfs-3g "$dir/image" "$dir/mounted"

seen 'listed' 'user.one' "$(cd "$dir/mounted" && getfattr --absolute-names -m - file | sed '/^#/d; /^$/d' | paste -sd' ')"
seen 'read by name' 'kept kept' \
  "$(for name in trusted.two security.three; do getfattr --absolute-names --only-values -n "$name" "$dir/mounted/file"; echo; done | paste -sd' ')"
