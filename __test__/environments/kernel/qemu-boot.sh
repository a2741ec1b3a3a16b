#!/usr/bin/env bash
# Prints the path of a folder with what qemu boots, and makes it first if there is none: `qemu-boot.sh`. Debian's kernel, its
# modules as a disk, and an initrd that mounts the root image. It lies beside the root image, under a name that changes with its
# contents; older ones are removed.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
source "$root/scripts/packages.sh"
require_packages qemu-system-x86 qemu-system-common kmod cpio e2fsprogs >&2

package=$(apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: \(linux-image-[^ ]*\)$/\1/p')
version=$(apt-cache policy "$package" | sed -n 's/.*Candidate: //p')
name=$(cat "${BASH_SOURCE[0]}" <(echo "$package $version") | sha256sum | cut -c1-16)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/palfs
boot=$cache/kernel-qemu-$name

mkdir -p "$cache"
exec 9>"$cache/kernel-qemu.lock"
flock 9
if [[ -d $boot ]]; then
  echo "$boot"
  exit
fi
# It has the root image's busybox.
image=$("$root/__test__/environments/kernel/root-image.sh")
work=$(mktemp -d "$cache/kernel-qemu.XXXXXX")
trap 'rm -rf "$work"' EXIT
echo "making what qemu boots ($package $version)" >&2
(cd "$work" && apt-get download -qq "$package" >/dev/null 2>"$work/log") || {
  cat "$work/log" >&2
  exit 1
}
dpkg-deb -x "$work"/linux-image-*.deb "$work/package"
kernel=$(ls "$work/package/lib/modules")
depmod -b "$work/package" "$kernel"

mkdir -p "$work/initrd"/{bin,dev,proc,root,lib} "$work/boot"
debugfs -R "dump /usr/bin/busybox $work/initrd/bin/busybox" "$image" 2>/dev/null
chmod +x "$work/initrd/bin/busybox"
for module in virtio_pci virtio_blk virtio_rng ext4 9pnet_virtio 9p; do
  modprobe -d "$work/package" -S "$kernel" --show-depends "$module"
done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while IFS= read -r file; do
  cp "$file" "$work/initrd/lib/"
  echo "/lib/$(basename "$file")" >>"$work/initrd/modules"
done
cat >"$work/initrd/init" <<'END'
#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t proc proc /proc
while read -r module; do /bin/busybox insmod "$module"; done </modules
modules=/root/lib/modules/$(/bin/busybox uname -r)
/bin/busybox mount -t ext4 /dev/vda /root
/bin/busybox mkdir -p "$modules"
/bin/busybox mount -t ext4 -o ro /dev/vdb "$modules"
/bin/busybox mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 host /root/host
/bin/busybox mount --move /proc /root/proc
/bin/busybox umount /dev
exec /bin/busybox switch_root /root /host/init.sh
END
chmod +x "$work/initrd/init"
(cd "$work/initrd" && find . | cpio -o -H newc --quiet | gzip -1) >"$work/boot/initrd"
cp "$work/package/boot/vmlinuz-$kernel" "$work/boot/vmlinuz"
truncate -s 700M "$work/boot/modules.ext4"
mke2fs -q -t ext4 -m 0 -d "$work/package/lib/modules/$kernel" "$work/boot/modules.ext4"
find "$cache" -maxdepth 1 -name 'kernel-qemu-*' -exec rm -rf {} +
mv "$work/boot" "$boot"
echo "$boot"
