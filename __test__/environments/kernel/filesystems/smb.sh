# Sourced in the guest. `mount_smb_plain DIRECTORY` and `mount_smb_btrfs DIRECTORY` mount a share of the guest's own samba with
# SMB 3.1.1: of ext4, and of btrfs with vfs_btrfs (server-side clones). The server's side is in DIRECTORY.server.

mount_smb_plain() {
  mkdir -p "$1.server"
  mount_image "$1.server" ext4 "${2:-2G}"
  mount_share "$1" plain ''
}

mount_smb_btrfs() {
  mkdir -p "$1.server"
  mount_image "$1.server" btrfs "${2:-2G}"
  mount_share "$1" btrfs 'vfs objects = btrfs'
}

# Clients of SMB keep a file open for a second after close(2), which makes the kernel's own tests repeat; the defaults are
# what users have.
mount_share() {
  local directory=$1 share=$2 extra=$3
  modprobe -a cifs nls_utf8 sha512_generic cmac gcm ccm
  cat >"/etc/samba/smb.conf.$share" <<END
[$share]
path = $directory.server
read only = no
guest ok = no
$extra
END
  cat >/etc/samba/smb.conf <<END
[global]
server role = standalone server
server min protocol = SMB3_11
smb ports = 445
interfaces = lo
bind interfaces only = yes
disable netbios = yes
load printers = no
disable spoolss = yes
log level = 0
END
  cat /etc/samba/smb.conf.* >>/etc/samba/smb.conf
  # The server creates files as the user who logs in.
  printf 'guest\nguest\n' | smbpasswd -s -a root >/dev/null
  if [[ ! -e /run/samba/smbd.pid ]]; then
    mkdir -p /run/samba
    smbd --daemon || return
  else
    smbcontrol smbd reload-config
  fi
  mkdir -p "$directory"
  local try
  for try in {1..50}; do
    mount -t cifs "//127.0.0.1/$share" "$directory" -o vers=3.1.1,username=root,password=guest 2>/tmp/mount-error && return
    sleep 0.2
  done
  cat /tmp/mount-error >&2
  return 1
}
