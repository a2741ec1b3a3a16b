# Sourced in the guest. `mount_image DIRECTORY TYPE SIZE [MKFS-OPTIONS] [MOUNT-OPTIONS]` makes a filesystem in a file on tmpfs
# and mounts it over a loop device.

images=/run/images

mount_image() {
  local directory=$1 type=$2 size=$3 mkfs=${4:-} options=${5:-} image
  image=$images/$(basename "$directory").$type
  mkdir -p "$directory" "$images"
  mountpoint -q "$images" || mount -t tmpfs -o size=100% tmpfs "$images"
  modprobe -q loop
  truncate -s "$size" "$image"
  # shellcheck disable=SC2086
  mkfs."$type" $mkfs "$image" >/tmp/mkfs.log 2>&1 || {
    cat /tmp/mkfs.log >&2
    return 1
  }
  mount -t "$type" -o "loop${options:+,$options}" "$image" "$directory"
}
