//! What kind of filesystem a descriptor is on, and whether it has room.

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::result::{check, retry};
use crate::errno::Errno;

/// Filesystems that the copy engine treats differently; every other is `Other`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux's engine tells these apart"))]
pub(crate) enum FsType {
    Ext,
    Xfs,
    Btrfs,
    Tmpfs,
    /// CIFS and SMB: copy_file_range, chmod, chown and utimens fail there with odd errnos.
    Cifs,
    Other,
}

impl FsType {
    /// Whether this kernel itself keeps the files, and nobody else changes or invents what it says of them.
    pub(crate) const fn is_of_this_machine(self) -> bool {
        matches!(self, Self::Ext | Self::Xfs | Self::Btrfs | Self::Tmpfs)
    }
}

/// Type and free space of one filesystem.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FsInfo {
    pub(crate) kind: FsType,
    /// Bytes that an unprivileged write could get.
    pub(crate) room: u64,
}

/// What else statfs(2) tells of a mount, for those who ask about it and do not copy.
#[derive(Clone, Debug)]
pub(crate) struct MountInfo {
    /// `ext4`, `apfs`; `None` for a number that the table does not know.
    pub(crate) name: Option<String>,
    /// By the mount or by the filesystem under it.
    pub(crate) read_only: bool,
    /// Bytes in the longest name; `None` where the filesystem does not say.
    pub(crate) name_max: Option<u64>,
    /// The unit of allocation, in bytes.
    pub(crate) block: u64,
}

fn raw(fd: BorrowedFd<'_>) -> Result<libc::statfs, Errno> {
    let mut out = MaybeUninit::<libc::statfs>::zeroed();
    // SAFETY: `fd` is open and `out` has room for one statfs.
    retry(|| check(unsafe { libc::fstatfs(fd.as_raw_fd(), out.as_mut_ptr()) }))?;
    // SAFETY: the call succeeded, so `out` is filled.
    Ok(unsafe { out.assume_init() })
}

/// Of fields that each system has another type for; FreeBSD's free space is below 0 when root has used its reserve.
fn unsigned(number: impl TryInto<u64>) -> u64 {
    number.try_into().unwrap_or(0)
}

/// `fstatfs(fd)`.
pub(crate) fn fstatfs(fd: BorrowedFd<'_>) -> Result<FsInfo, Errno> {
    let out = raw(fd)?;
    Ok(FsInfo { kind: kind(&out), room: unsigned(out.f_bavail).saturating_mul(unsigned(out.f_bsize)) })
}

/// `fstatfs(fd)`: whether what is made here belongs to who made it, and neither a server nor a mount option decides that.
pub(crate) fn gives_to_maker(fd: BorrowedFd<'_>) -> bool {
    const THOSE: [&str; 9] =
        ["ext4", "xfs", "btrfs", "tmpfs", "overlay", "f2fs", "bcachefs", "ramfs", "apfs"];
    raw(fd).is_ok_and(|out| name(&out).is_some_and(|name| THOSE.contains(&name.as_str())))
}

/// `fstatfs(fd)` and `fstatvfs(fd)`, for what is known of the mount.
pub(crate) fn mount_info(fd: BorrowedFd<'_>) -> Result<MountInfo, Errno> {
    let name = name(&raw(fd)?);
    let mut out = MaybeUninit::<libc::statvfs>::zeroed();
    // SAFETY: `fd` is open and `out` has room for one statvfs.
    retry(|| check(unsafe { libc::fstatvfs(fd.as_raw_fd(), out.as_mut_ptr()) }))?;
    // SAFETY: the call succeeded, so `out` is filled.
    let out = unsafe { out.assume_init() };
    // FreeBSD's libc gives the largest number there is when it does not know.
    let name_max = Some(out.f_namemax).filter(|max| (1..u64::from(u32::MAX)).contains(max));
    Ok(MountInfo { name, read_only: out.f_flag & libc::ST_RDONLY != 0, name_max, block: out.f_frsize })
}

#[cfg(target_os = "linux")]
use linux::{kind, name};
#[cfg(not(target_os = "linux"))]
use named::{kind, name};

#[cfg(target_os = "linux")]
mod linux {
    //! Linux names a filesystem by the number in linux/magic.h and statfs(2).

    use super::FsType::{self, Btrfs, Cifs, Ext, Other, Tmpfs, Xfs};

    /// Sorted by name, but for the first few, which are met most. One number stands for ext2, ext3 and ext4.
    const TABLE: &[(u32, &str, FsType)] = &[
        (0xef53, "ext4", Ext),
        (0x5846_5342, "xfs", Xfs),
        (0x9123_683e, "btrfs", Btrfs),
        (0x0102_1994, "tmpfs", Tmpfs),
        (0x794c_7630, "overlay", Other),
        (0x0102_1997, "9p", Other),
        (0xadf5, "adfs", Other),
        (0xadff, "affs", Other),
        (0x5346_414f, "afs", Other),
        (0x0187, "autofs", Other),
        (0xca45_1a4e, "bcachefs", Other),
        (0x4249_4e4d, "binfmt_misc", Other),
        (0xcafe_4a11, "bpf", Other),
        (0x00c3_6400, "ceph", Other),
        (0x0027_e0eb, "cgroup", Other),
        (0x6367_7270, "cgroup2", Other),
        (0xff53_4d42, "cifs", Cifs),
        (0x6265_6570, "configfs", Other),
        (0x28cd_3d45, "cramfs", Other),
        (0x6462_6720, "debugfs", Other),
        (0x1cd1, "devpts", Other),
        (0xf15f, "ecryptfs", Other),
        (0xde5e_81e4, "efivarfs", Other),
        (0xe0f5_e1e2, "erofs", Other),
        (0x2011_bab0, "exfat", Other),
        (0xf2f5_2010, "f2fs", Other),
        (0x6573_5546, "fuse", Other),
        (0x4244, "hfs", Other),
        (0x482b, "hfsplus", Other),
        (0x9584_58f6, "hugetlbfs", Other),
        (0x9660, "isofs", Other),
        (0x72b6, "jffs2", Other),
        (0x3153_464a, "jfs", Other),
        (0x1980_0202, "mqueue", Other),
        (0x4d44, "vfat", Other),
        (0x6969, "nfs", Other),
        (0x3434, "nilfs2", Other),
        (0x6e73_6673, "nsfs", Other),
        (0x5346_544e, "ntfs", Other),
        (0x7366_746e, "ntfs3", Other),
        (0x7461_636f, "ocfs2", Other),
        (0x5049_5045, "pipefs", Other),
        (0x9fa0, "proc", Other),
        (0x6165_676c, "pstore", Other),
        (0x8584_58f6, "ramfs", Other),
        (0x5265_4973, "reiserfs", Other),
        (0x7275_6e63, "resctrl", Other),
        (0x517b, "smb", Cifs),
        (0xfe53_4d42, "smb2", Cifs),
        (0x7363_6673, "securityfs", Other),
        (0xf97c_ff8c, "selinuxfs", Other),
        (0x534f_434b, "sockfs", Other),
        (0x7371_7368, "squashfs", Other),
        (0x6265_6572, "sysfs", Other),
        (0x7472_6163, "tracefs", Other),
        (0x2405_1905, "ubifs", Other),
        (0x1501_3346, "udf", Other),
        (0x0001_1954, "ufs", Other),
        (0x786f_4256, "vboxsf", Other),
        (0x2fc1_2fc1, "zfs", Other),
        (0x5a4f_4653, "zonefs", Other),
    ];

    /// f_type's width and sign differ by libc, its low 32 bits do not.
    fn entry(out: &libc::statfs) -> Option<(&'static str, FsType)> {
        let magic = u32::try_from(out.f_type & 0xffff_ffff).ok()?;
        TABLE.iter().find(|(number, ..)| *number == magic).map(|(_, name, kind)| (*name, *kind))
    }

    pub(super) fn kind(out: &libc::statfs) -> FsType {
        entry(out).map_or(Other, |(_, kind)| kind)
    }

    pub(super) fn name(out: &libc::statfs) -> Option<String> {
        entry(out).map(|(name, _)| name.to_owned())
    }

    #[cfg(test)]
    mod tests {
        #[test]
        fn every_number_of_the_table_has_one_name() {
            let mut numbers: Vec<u32> = super::TABLE.iter().map(|(number, ..)| *number).collect();
            numbers.sort_unstable();
            numbers.dedup();
            assert_eq!(numbers.len(), super::TABLE.len());
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod named {
    //! The BSDs write the name into the answer.

    use super::FsType;

    /// The other systems' engines need no distinction but SMB's.
    pub(super) fn kind(out: &libc::statfs) -> FsType {
        if name(out).as_deref() == Some("smbfs") { FsType::Cifs } else { FsType::Other }
    }

    pub(super) fn name(out: &libc::statfs) -> Option<String> {
        let bytes = out.f_fstypename.iter().map(|byte| byte.cast_unsigned()).take_while(|byte| *byte != 0);
        String::from_utf8(bytes.collect()).ok().filter(|name| !name.is_empty())
    }
}
