#!/usr/bin/env bash
# fuse-overlayfs 1.10 loses a file capability that is set on an open file right after its data was written.
#
# The usual guess: setxattr(2) that returned 0 has stored the attribute, so data first, attributes second is a safe order.
# What happens: the mount uses the kernel's write-back cache by default. The pages are still in memory when the
# capability is set. Their later write to the lower file removes it, as any write does, and no call reports that: close(2) succeeds.
# After an fsync(2), or after utimensat(2), which flushes too, the same setxattr(2) lasts.
# Seen with Linux 6.18. Needs root and /dev/fuse.
set -euo pipefail
source "$(dirname "$0")/fetch-debian.sh"
fetch_debian fuse-overlayfs=1.10-1 libfuse3-3=3.14.0-4

mkdir "$dir"/{lower,upper,work,merged}
fuse-overlayfs -o "lowerdir=$dir/lower,upperdir=$dir/upper,workdir=$dir/work" "$dir/merged" 2>/dev/null

python3 - "$dir/merged" <<'PY'
import os, struct, sys
os.chdir(sys.argv[1])
# Version 2 of the attribute: cap_net_raw (bit 13) is permitted.
capability = struct.pack('<IIIII', 0x02000000, 1 << 13, 0, 0, 0)
for name in 'at-once', 'after-fsync':
    with open(name, 'wb', buffering=0) as file:
        file.write(b'#!')
        if name == 'after-fsync':
            os.fsync(file.fileno())
        os.setxattr(file.fileno(), 'security.capability', capability)
PY

attributes() { python3 -c 'import os, sys; print(os.listxattr(sys.argv[1]))' "$dir/upper/$1"; }
seen 'set while the data is in the cache' '[]' "$(attributes at-once)"
seen 'set after fsync' "['security.capability']" "$(attributes after-fsync)"
