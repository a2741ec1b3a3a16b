# Sourced in the guest: filesystems over another one, each with `mount_NAME DIRECTORY`.

mount_overlay_metacopy() {
  modprobe overlay
  mount_image "$1.base" xfs 2G '-q -m reflink=1' || return
  mkdir -p "$1" "$1.base"/{lower,upper,work}
  mount -t overlay -o "lowerdir=$1.base/lower,upperdir=$1.base/upper,workdir=$1.base/work,metacopy=on,redirect_dir=on" \
    overlay "$1"
}

# With names encrypted, too. The key is made for this run.
mount_ecryptfs() {
  local signature
  modprobe -a ecryptfs cbc ecb md5
  mount_image "$1.base" ext4 2G -q || return
  mkdir -p "$1" "$1.base/lower"
  signature=$(printf 'passphrase of a test' | ecryptfs-add-passphrase --fnek - | sed -n 's/.*\[\([0-9a-f]*\)\].*/\1/p' | paste -sd' ')
  mount -i -t ecryptfs "$1.base/lower" "$1" -o "ecryptfs_sig=${signature% *},ecryptfs_fnek_sig=${signature#* },ecryptfs_cipher=aes,ecryptfs_key_bytes=16,ecryptfs_unlink_sigs"
}
