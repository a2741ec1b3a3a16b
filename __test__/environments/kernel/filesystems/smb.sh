# Sourced in the guest. `mount_smb_plain DIRECTORY` and the like mount a share of the guest's own samba with SMB 3.1.1; the
# server's side is in DIRECTORY.server.

mount_smb_plain() {
  mount_ext4 "$1.server"
  # See mount_smb_seconds.
  touch -d '2020-02-02 02:02:02.123456789' "$1.server"
  mount_share "$1" plain '' ,closetimeo=0
}

# With clones on the server.
mount_smb_btrfs() {
  mount_btrfs "$1.server"
  touch -d '2020-02-02 02:02:02.123456789' "$1.server"
  mount_share "$1" btrfs 'vfs objects = btrfs' ,closetimeo=0
}

# samba looks at the times of a share's root when a client connects. Where they are whole seconds, as mkfs leaves them, it takes
# the filesystem for one that keeps no more, and rounds times to the nearest second. The mount options here are the defaults.
mount_smb_seconds() {
  mount_ext4 "$1.server"
  mount_share "$1" seconds '' ''
}

# `mount_share DIRECTORY SHARE SERVER-OPTIONS CLIENT-OPTIONS`. A client closes a file on the server a second after close(2), and
# shows the time of the last write until then instead of the one that was set: closetimeo=0 makes its answers true at once.
mount_share() {
  local directory=$1 share=$2 extra=$3 options=$4 try
  modprobe -a cifs nls_utf8 sha512_generic cmac gcm ccm
  cat >"/etc/samba/share.$share" <<END
[$share]
path = $directory.server
read only = no
$extra
END
  cat - /etc/samba/share.* >/etc/samba/smb.conf <<END
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
  # The server makes files as the user who logs in.
  printf 'guest\nguest\n' | smbpasswd -s -a root >/dev/null
  if pidof smbd >/dev/null; then
    smbcontrol smbd reload-config
  else
    mkdir -p /run/samba
    smbd --daemon || return
  fi
  mkdir -p "$directory"
  for try in {1..50}; do
    mount -t cifs "//127.0.0.1/$share" "$directory" -o "vers=3.1.1,username=root,password=guest$options" 2>/tmp/mount-error && return
    sleep 0.2
  done
  cat /tmp/mount-error >&2
  return 1
}
