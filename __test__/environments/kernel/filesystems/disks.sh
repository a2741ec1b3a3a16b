# Sourced in the guest: filesystems of disks, each with `mount_NAME DIRECTORY`.

mount_ext4() { mount_image "$1" ext4 2G -q; }
mount_ext4_128() { mount_image "$1" ext4 2G '-q -I 128'; }
mount_ext4_bigalloc() { mount_image "$1" ext4 2G '-q -O bigalloc -C 65536'; }
mount_ext4_inline_data() { mount_image "$1" ext4 2G '-q -O inline_data'; }
mount_ext4_journal() { mount_image "$1" ext4 2G -q data=journal; }
mount_ext2() { mount_image "$1" ext2 2G -q; }
mount_xfs() { mount_image "$1" xfs 2G '-q -m reflink=1'; }
mount_xfs_no_reflink() { mount_image "$1" xfs 2G '-q -m reflink=0,bigtime=0'; }
mount_btrfs() { mount_image "$1" btrfs 2G -q; }
mount_btrfs_nodatacow() { mount_image "$1" btrfs 2G -q nodatacow; }
mount_btrfs_compressed() { mount_image "$1" btrfs 2G -q compress-force=zstd; }
mount_jfs() { mount_image "$1" jfs 1G -q; }
mount_reiserfs() { mount_image "$1" reiserfs 1G -q acl,user_xattr; }
mount_nilfs2() { mount_image "$1" nilfs2 1G -q; }
mount_udf() { mount_image "$1" udf 1G '--media-type=hd --blocksize=512'; }

mount_f2fs() {
  modprobe f2fs
  mount_image "$1" f2fs 2G '-q'
}

mount_f2fs_crtime() {
  modprobe f2fs
  mount_image "$1" f2fs 2G '-q -O extra_attr,inode_crtime,compression'
}

# minix has 64 KiB inodes at most, and names of 60 bytes.
mount_minix() { mount_image "$1" minix 512M -3; }

mount_vfat() {
  modprobe -a nls_cp437 nls_utf8 nls_ascii nls_iso8859-1
  mount_image "$1" vfat 2G '-F 32' utf8
}

# Files are put on the realtime device, in extents of 64 KiB.
mount_xfs_rt() {
  local data realtime
  modprobe -q loop
  data=$(losetup --find --show "$(new_image xfs-data 2G)") || return
  realtime=$(losetup --find --show "$(new_image xfs-realtime 2G)") || return
  mkdir -p "$1"
  mkfs.xfs -q -m reflink=0,rmapbt=0 -d rtinherit=1 -r "rtdev=$realtime,extsize=64k" "$data" &&
    mount -t xfs -o "rtdev=$realtime" "$data" "$1"
}

# Two subvolumes of one filesystem: DIRECTORY, and DIRECTORY.local for the other side.
mount_btrfs_subvolumes() {
  mount_image "$1.top" btrfs 3G -q || return
  btrfs -q subvolume create "$1.top/here"
  btrfs -q subvolume create "$1.top/there"
  mkdir -p "$1" "$1.local"
  mount --bind "$1.top/here" "$1"
  mount --bind "$1.top/there" "$1.local"
}
