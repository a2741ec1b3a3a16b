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

/// Type and free space of one filesystem.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FsInfo {
    pub(crate) kind: FsType,
    /// Whether an unprivileged write could get one more block.
    pub(crate) has_room: bool,
}

/// `fstatfs(fd)`.
pub(crate) fn fstatfs(fd: BorrowedFd<'_>) -> Result<FsInfo, Errno> {
    let mut out = MaybeUninit::<libc::statfs>::zeroed();
    // SAFETY: `fd` is open and `out` has room for one statfs.
    retry(|| check(unsafe { libc::fstatfs(fd.as_raw_fd(), out.as_mut_ptr()) }))?;
    // SAFETY: the call succeeded, so `out` is filled.
    let out = unsafe { out.assume_init() };
    Ok(FsInfo { kind: kind(&out), has_room: out.f_bavail > 0 })
}

/// The magic numbers of linux/magic.h and statfs(2); f_type's width and sign differ by libc, its low 32 bits do not.
#[cfg(target_os = "linux")]
fn kind(out: &libc::statfs) -> FsType {
    match out.f_type & 0xffff_ffff {
        0xef53 => FsType::Ext,
        0x5846_5342 => FsType::Xfs,
        0x9123_683e => FsType::Btrfs,
        0x0102_1994 => FsType::Tmpfs,
        0x517b | 0xfe53_4d42 | 0xff53_4d42 => FsType::Cifs,
        _ => FsType::Other,
    }
}

/// The other systems' engines need no distinction but SMB's.
#[cfg(not(target_os = "linux"))]
fn kind(out: &libc::statfs) -> FsType {
    let is =
        |name: &[u8]| out.f_fstypename.iter().zip(name).all(|(have, want)| have.cast_unsigned() == *want);
    if is(b"smbfs\0") { FsType::Cifs } else { FsType::Other }
}
