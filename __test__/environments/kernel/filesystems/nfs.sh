# Sourced in the guest. `mount_nfs4_ext4 DIRECTORY` and the like mount an export of the guest's own kernel server; the server's
# side is in DIRECTORY.server.

mount_nfs4_ext4() { mount_export "$1" ext4 vers=4.2; }
mount_nfs4_xfs() { mount_export "$1" xfs vers=4.2; }
mount_nfs4_btrfs() { mount_export "$1" btrfs vers=4.2; }
mount_nfs3_ext4() { mount_export "$1" ext4 vers=3; }
mount_nfs3_xfs() { mount_export "$1" xfs vers=3; }

mount_export() {
  local directory=$1 type=$2 options=$3
  mkdir -p "$directory"
  "mount_$type" "$directory.server" || return
  serve_nfs "$directory.server" || return
  mount -t nfs -o "$options" "127.0.0.1:$directory.server" "$directory"
}

serve_nfs() {
  modprobe -a sunrpc nfsd nfs nfsv3 nfsv4 || return
  mkdir -p /run/rpcbind
  mountpoint -q /proc/fs/nfsd || mount -t nfsd nfsd /proc/fs/nfsd
  echo "$1 127.0.0.1(rw,no_root_squash,no_subtree_check,sync)" >>/etc/exports
  if ! pidof rpc.mountd >/dev/null; then
    # The shortest that the kernel takes: a client waits as long after the start of the server.
    rpcbind -w && rpc.statd --no-notify && rpc.nfsd --grace-time 10 --lease-time 10 4 && rpc.mountd || return
  fi
  exportfs -ra
}
