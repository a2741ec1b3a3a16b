// @ts-check
/**
 * The filesystems of the run and what each is; `mount_NAME` in filesystems/*.sh mounts it.
 * @type {Readonly<Record<string, string>>}
 */
export const FILESYSTEMS = {
  smb_plain: 'SMB 3.1.1, samba on ext4',
  smb_btrfs: 'SMB 3.1.1, samba on btrfs with vfs_btrfs',
  smb_seconds: 'SMB 3.1.1, samba that rounds to seconds',
  nfs4_ext4: 'NFSv4.2 of ext4',
  nfs4_xfs: 'NFSv4.2 of xfs',
  nfs4_btrfs: 'NFSv4.2 of btrfs',
  nfs3_ext4: 'NFSv3 of ext4',
  nfs3_xfs: 'NFSv3 of xfs',
  f2fs: 'f2fs',
  f2fs_crtime: 'f2fs with birth times and compression',
  jfs: 'jfs',
  vfat: 'vfat',
  ext4_128: 'ext4, 128-byte inodes',
  ext4_bigalloc: 'ext4, bigalloc, 64 KiB',
  ext4_inline_data: 'ext4, inline_data',
  ext4_journal: 'ext4, data=journal',
  ext2: 'ext2',
  xfs_no_reflink: 'xfs without reflink and bigtime',
  xfs_rt: 'xfs, realtime device, 64 KiB',
  btrfs_nodatacow: 'btrfs, nodatacow',
  btrfs_compressed: 'btrfs, compress-force=zstd',
  btrfs_subvolumes: 'btrfs, from one subvolume to another',
  ecryptfs: 'eCryptfs with encrypted names',
  overlay_metacopy: 'overlay on xfs, metacopy, redirect_dir',
  udf: 'udf',
  reiserfs: 'reiserfs',
  nilfs2: 'nilfs2',
  minix: 'minix',
  p9_diod: '9p, diod over TCP',
}
