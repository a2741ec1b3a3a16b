# Sourced in the guest: filesystems that only qemu's machine has, each with `mount_NAME DIRECTORY`.

mount_exfat() {
  modprobe -a exfat nls_utf8
  mount_image "$1" exfat 2G
}

mount_ext4_casefold() {
  modprobe ext4
  mount_image "$1.top" ext4 2G '-q -O casefold -E encoding=utf8' || return
  mount_folded "$1"
}

mount_f2fs_casefold() {
  modprobe f2fs
  mount_image "$1.top" f2fs 2G '-q -O casefold -C utf8' || return
  mount_folded "$1"
}

# A directory where case makes no difference is an attribute of an empty one, which all below inherit.
mount_folded() {
  mkdir -p "$1" "$1.top/folded"
  chattr +F "$1.top/folded" && mount --bind "$1.top/folded" "$1"
}

mount_ext4_fscrypt() {
  mount_image "$1.top" ext4 2G '-q -O encrypt' || return
  mkdir -p "$1" "$1.top/secret"
  python3 "$(dirname "$BASH_ENV")/filesystems/fscrypt.py" "$1.top/secret" && mount --bind "$1.top/secret" "$1"
}

# Folders of the host. The server's side is what the guest sees of them through /host.
mount_p9_passthrough() { mount_shared "$1" passthrough 9p trans=virtio,version=9p2000.L,msize=262144; }
mount_p9_mapped() { mount_shared "$1" mapped 9p trans=virtio,version=9p2000.L,msize=262144; }
mount_virtiofs() { mount_shared "$1" virtiofs virtiofs defaults; }

mount_shared() {
  modprobe -a "$3"
  mkdir -p "$1"
  mount -t "$3" -o "$4" "$2" "$1"
}
