// @ts-check
// The filesystems of the run and what each is; `mount_NAME` in filesystems/*.sh mounts it.

/**
 * @typedef {object} Filesystem
 * @property {string} about
 * @property {'uml' | 'qemu'} [machine] user-mode-linux unless said
 * @property {readonly string[]} [checks] of the suite, all of them unless said
 * @property {readonly import('../limits.mjs').Limit[]} [limits]
 */

/** @type {Readonly<Record<string, Filesystem>>} */
export const FILESYSTEMS = {
  smb_plain: { about: 'SMB 3.1.1, samba on ext4' },
  smb_btrfs: { about: 'SMB 3.1.1, samba on btrfs with vfs_btrfs' },
  smb_seconds: { about: 'SMB 3.1.1, samba that rounds to seconds' },
  nfs4_ext4: { about: 'NFSv4.2 of ext4' },
  nfs4_xfs: { about: 'NFSv4.2 of xfs' },
  nfs4_btrfs: { about: 'NFSv4.2 of btrfs' },
  nfs3_ext4: { about: 'NFSv3 of ext4' },
  nfs3_xfs: { about: 'NFSv3 of xfs' },
  f2fs: { about: 'f2fs' },
  f2fs_crtime: { about: 'f2fs with birth times and compression' },
  jfs: { about: 'jfs' },
  vfat: { about: 'vfat' },
  ext4_128: { about: 'ext4, 128-byte inodes' },
  ext4_bigalloc: { about: 'ext4, bigalloc, 64 KiB' },
  ext4_inline_data: { about: 'ext4, inline_data' },
  ext4_journal: { about: 'ext4, data=journal' },
  ext2: { about: 'ext2' },
  xfs_no_reflink: { about: 'xfs without reflink and bigtime' },
  xfs_rt: { about: 'xfs, realtime device, 64 KiB' },
  btrfs_nodatacow: { about: 'btrfs, nodatacow' },
  btrfs_compressed: { about: 'btrfs, compress-force=zstd' },
  btrfs_subvolumes: { about: 'btrfs, from one subvolume to another' },
  ecryptfs: { about: 'eCryptfs with encrypted names' },
  overlay_metacopy: { about: 'overlay on xfs, metacopy, redirect_dir' },
  udf: { about: 'udf' },
  reiserfs: { about: 'reiserfs' },
  nilfs2: { about: 'nilfs2' },
  minix: { about: 'minix' },
  p9_diod: { about: '9p, diod over TCP' },
  exfat: { about: 'exfat', machine: 'qemu' },
  ext4_casefold: { about: 'ext4, casefold', machine: 'qemu' },
  f2fs_casefold: { about: 'f2fs, casefold', machine: 'qemu' },
  ext4_fscrypt: { about: 'ext4, fscrypt', machine: 'qemu' },
  p9_passthrough: { about: '9p of qemu, passthrough', machine: 'qemu' },
  p9_mapped: { about: '9p of qemu, mapped-xattr', machine: 'qemu' },
  virtiofs: { about: 'virtiofs', machine: 'qemu' },
}
