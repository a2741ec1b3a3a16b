# Sourced in the guest. `mount_p9_diod DIRECTORY` mounts an export of diod, a server of 9P2000.L, over TCP; the server's side is
# in DIRECTORY.server.

mount_p9_diod() {
  modprobe -a 9pnet 9pnet_fd 9p || return
  mount_ext4 "$1.server" || return
  diod --no-auth --listen 127.0.0.1:5640 --export "$1.server" --logdest stderr 2>/tmp/diod.log || return
  mkdir -p "$1"
  local try
  for try in {1..50}; do
    mount -t 9p -o "trans=tcp,port=5640,version=9p2000.L,access=any,aname=$1.server,uname=root,cache=none" 127.0.0.1 "$1" 2>/tmp/mount-error && return
    sleep 0.2
  done
  cat /tmp/mount-error /tmp/diod.log >&2
  return 1
}
