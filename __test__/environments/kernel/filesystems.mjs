// @ts-check
// The filesystems of the run and what each is; `mount_NAME` in filesystems/*.sh mounts it.

/**
 * @typedef {object} Filesystem
 * @property {string} about
 * @property {'uml' | 'qemu'} [machine] user-mode-linux unless said
 * @property {readonly string[]} [checks] of the suite, all of them unless said
 * @property {readonly import('../limits.mjs').Limit[]} [limits]
 */

/** @typedef {import('../limits.mjs').Limit} Limit */

/** @type {readonly Limit[]} */
const OF_FAT = [
  { line: /EPERM symlinkat/, reason: 'FAT has no links' },
  { line: /EPERM mknodat/, reason: 'FAT has no special files' },
  { line: /names\/[^:]*.*(EINVAL|EILSEQ|ENOENT) openat/s, reason: 'FAT does not allow these names' },
  {
    line: /names\/dot\.?: |errorCount: expected (31, seen 30|30, seen 29)|unpreserved\.mode .*expected (180|181), seen (184|185)/,
    reason:
      'the kernel leaves out the dot at the end of a name: `dot.` is there as `dot`, with a mode that was lost',
  },
]

/** @type {readonly Limit[]} */
const OF_SMB = [
  { line: /ENOTSUP symlinkat/, reason: 'no links without the extensions of Unix' },
  { line: /EPERM mknodat/, reason: 'no special files' },
  {
    line: /names\/.*(EINVAL|ENOENT) openat/s,
    reason: 'a backslash, or more than 85 letters of several bytes in a name',
  },
  {
    line: /^rm: .*EACCES/,
    reason: 'a directory without write permission cannot be removed: it is read-only to Windows',
  },
  {
    line: /^replace: the file is replaced: \w+, replace: atomic, held open.*EACCES/,
    reason: 'a server refuses a rename over a file that is held open',
  },
]

/** @type {readonly Limit[]} */
const OF_XFS_SERVED = [
  { line: /symlinks\/very-long: .*ENAMETOOLONG/, reason: 'links of more than 1023 bytes' },
  {
    line: /^failures: .*(a limit on sizes|nothing comes back)/,
    reason: 'the server clones and copies for its client, who has a limit on sizes and the server none',
  },
]

/** @type {readonly Limit[]} */
const OF_ECRYPTFS = [
  { line: /names\/.*ENAMETOOLONG/, reason: 'names of more than 143 bytes' },
  {
    line: /symlinks\/very-long: .*ENAMETOOLONG/,
    reason: 'a link has to fit into a block when it is encrypted',
  },
]

/** @type {Readonly<Record<string, Filesystem>>} */
export const FILESYSTEMS = {
  smb_plain: { about: 'SMB 3.1.1, samba on ext4', limits: OF_SMB },
  smb_btrfs: { about: 'SMB 3.1.1, samba on btrfs with vfs_btrfs', limits: OF_SMB },
  smb_seconds: { about: 'SMB 3.1.1, samba that rounds to seconds', limits: OF_SMB },
  nfs4_ext4: { about: 'NFSv4.2 of ext4' },
  nfs4_xfs: { about: 'NFSv4.2 of xfs', limits: OF_XFS_SERVED },
  nfs4_btrfs: { about: 'NFSv4.2 of btrfs' },
  nfs3_ext4: { about: 'NFSv3 of ext4' },
  nfs3_xfs: { about: 'NFSv3 of xfs' },
  f2fs: { about: 'f2fs' },
  f2fs_crtime: { about: 'f2fs with birth times and compression' },
  jfs: { about: 'jfs' },
  vfat: { about: 'vfat', limits: OF_FAT },
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
  ecryptfs: { about: 'eCryptfs with encrypted names', limits: OF_ECRYPTFS },
  overlay_metacopy: { about: 'overlay on xfs, metacopy, redirect_dir' },
  udf: { about: 'udf' },
  reiserfs: { about: 'reiserfs' },
  nilfs2: { about: 'nilfs2' },
  minix: { about: 'minix' },
  p9_diod: { about: '9p, diod over TCP' },
  exfat: { about: 'exfat', machine: 'qemu', limits: OF_FAT },
  ext4_casefold: { about: 'ext4, casefold', machine: 'qemu' },
  f2fs_casefold: { about: 'f2fs, casefold', machine: 'qemu' },
  ext4_fscrypt: { about: 'ext4, fscrypt', machine: 'qemu' },
  p9_passthrough: { about: '9p of qemu, passthrough', machine: 'qemu' },
  p9_mapped: { about: '9p of qemu, mapped-xattr', machine: 'qemu' },
  virtiofs: { about: 'virtiofs', machine: 'qemu' },
}
