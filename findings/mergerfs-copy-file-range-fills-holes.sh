#!/usr/bin/env bash
# mergerfs 2.33.5: copy_file_range(2) inside the pool writes out every hole, and lseek(SEEK_HOLE) tells none.
#
# The usual guess: the kernel's own copy is the best that a filesystem can do, and a file without holes has none to lose.
# What happens: FUSE_LSEEK is not implemented, so the kernel answers that the first hole is the end of the file.
# st_blocks still shows the truth. Only a scan for zeros, as `cp` makes it of a file that looks sparse, keeps the holes.
# Seen with Linux 6.18. Needs root and /dev/fuse.
set -euo pipefail
source "$(dirname "$0")/fetch-debian.sh"
fetch_debian mergerfs=2.33.5-1

mkdir "$dir"/{branch,pool}
mergerfs -o minfreespace=1M "$dir/branch" "$dir/pool"
truncate -s 16M "$dir/pool/sparse"
printf x | dd of="$dir/pool/sparse" bs=1 seek=8M conv=notrunc status=none

python3 - "$dir/pool" >"$dir/answers" <<'PY'
import os, sys
os.chdir(sys.argv[1])
source = os.open('sparse', os.O_RDONLY)
print(os.lseek(source, 0, os.SEEK_HOLE) == os.fstat(source).st_size)
os.lseek(source, 0, os.SEEK_SET)
dest = os.open('copied', os.O_WRONLY | os.O_CREAT)
while os.copy_file_range(source, dest, 1 << 24) > 0:
    pass
os.fsync(dest)
PY
seen 'SEEK_HOLE tells the end of the file' True "$(cat "$dir/answers")"
cp --sparse=auto --reflink=never "$dir/pool/sparse" "$dir/pool/by-cp"
sync -f "$dir/pool"
seen 'blocks of the source' 8 "$(stat -c %b "$dir/branch/sparse")"
seen 'blocks of the copy by copy_file_range' 32768 "$(stat -c %b "$dir/branch/copied")"
seen 'blocks of the copy by cp' 8 "$(stat -c %b "$dir/branch/by-cp")"
