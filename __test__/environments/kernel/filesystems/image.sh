# Sourced in the guest. `mount_image DIRECTORY TYPE SIZE [MKFS-OPTIONS] [MOUNT-OPTIONS]` makes a filesystem in a file on tmpfs
# and mounts it over a loop device.

mount_image() {
  local directory=$1 type=$2 size=$3 make=${4:-} options=${5:-} image
  image=$(new_image "$(basename "$directory").$type" "$size") || return
  mkdir -p "$directory"
  modprobe -q loop
  # shellcheck disable=SC2086
  mkfs."$type" $make "$image" >/tmp/mkfs.log 2>&1 </dev/null || {
    cat /tmp/mkfs.log >&2
    return 1
  }
  mount -t "${mount_type:-$type}" -o "loop${options:+,$options}" "$image" "$directory"
}

# `new_image NAME SIZE` prints the path of a new sparse file on tmpfs.
new_image() {
  local images=/run/images
  mkdir -p "$images"
  mountpoint -q "$images" || mount -t tmpfs -o size=100% tmpfs "$images" || return
  truncate -s "$2" "$images/$1"
  echo "$images/$1"
}
