#!/usr/bin/env bash
# gocryptfs 2.3: after link(2), stat(2) of either name shows the size of the encrypted file for a second.
#
# The usual guess: a hard link changes the link count and ctime, and nothing else.
# What happens: the reply to LINK has the attributes of the file below, whose content is longer by a header and a tag for
# each block. The kernel caches them for a second. A tool that compares sizes after it has made links sees a
# difference which is gone at the next look.
# Seen with Linux 6.18. Needs root and /dev/fuse.
set -euo pipefail
source "$(dirname "$0")/fetch-debian.sh"
fetch_debian gocryptfs=2.3-1+b4

mkdir "$dir"/{cipher,plain}
echo secret >"$dir/password"
gocryptfs -q -init -scryptn 10 -passfile "$dir/password" "$dir/cipher" 2>/dev/null
gocryptfs -q -passfile "$dir/password" "$dir/cipher" "$dir/plain" 2>/dev/null

echo hello >"$dir/plain/one"
seen 'size before link' 6 "$(stat -c %s "$dir/plain/one")"
ln "$dir/plain/one" "$dir/plain/two"
seen 'size right after link' 56 "$(stat -c %s "$dir/plain/two")"
sleep 1.5
seen 'size 1.5 s later' 6 "$(stat -c %s "$dir/plain/two")"
