//! The flags of chattr(1) and chflags(1).

use std::os::fd::{AsRawFd, BorrowedFd};

use super::result::{check, retry};
use crate::errno::Errno;

/// A set of inode flags, in the platform's own bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InodeFlags(u64);

impl InodeFlags {
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

#[cfg(target_os = "linux")]
impl InodeFlags {
    /// Must be set while the file is empty: NOCOW (btrfs refuses it later), COMPR and NOCOMP (decide how data is stored).
    pub(crate) const BEFORE_DATA: Self = Self(0x0080_0000 | 0x4 | 0x400);
    /// Set after everything else: secure deletion, undelete, SYNC, NODUMP, NOATIME, DIRSYNC, and the two below.
    pub(crate) const AFTER_DATA: Self = Self(0x1 | 0x2 | 0x8 | 0x40 | 0x80 | 0x0001_0000 | Self::LOCKING.0);
    /// APPEND and IMMUTABLE: the kernel refuses chmod, utimens, rename and unlink once they are set.
    pub(crate) const LOCKING: Self = Self(0x20 | 0x10);
    /// CASEFOLD: in this directory `a` and `A` are one name.
    pub(crate) const CASEFOLD: Self = Self(0x4000_0000);
}

#[cfg(not(target_os = "linux"))]
impl InodeFlags {
    /// Nothing has to be known before the data.
    pub(crate) const BEFORE_DATA: Self = Self(0);
    /// UF_NODUMP, UF_IMMUTABLE, UF_APPEND, UF_OPAQUE, UF_HIDDEN, SF_ARCHIVED, SF_IMMUTABLE, SF_APPEND. Left out, as
    /// Apple's copyfile does: UF_TRACKED, UF_DATAVAULT, SF_RESTRICTED, SF_NOUNLINK; UF_COMPRESSED describes storage.
    pub(crate) const AFTER_DATA: Self = Self(0x1 | 0x8 | 0x8000 | 0x0001_0000 | Self::LOCKING.0);
    /// UF_IMMUTABLE, UF_APPEND, SF_IMMUTABLE, SF_APPEND.
    pub(crate) const LOCKING: Self = Self(0x2 | 0x4 | 0x0002_0000 | 0x0004_0000);
}

/// `ioctl(fd, FS_IOC_GETFLAGS)`. ENOTTY or EOPNOTSUPP where the filesystem has none.
#[cfg(target_os = "linux")]
pub(crate) fn get_inode_flags(fd: BorrowedFd<'_>) -> Result<InodeFlags, Errno> {
    // The ioctl's number says `long`, but every filesystem reads and writes an int (ioctl_iflags(2), BUGS).
    let mut flags: libc::c_uint = 0;
    // SAFETY: `fd` is open; the kernel writes one int to `flags`.
    retry(|| check(unsafe { libc::ioctl(fd.as_raw_fd(), libc::FS_IOC_GETFLAGS, &raw mut flags) }))?;
    Ok(InodeFlags(u64::from(flags)))
}

/// `ioctl(fd, FS_IOC_SETFLAGS)`: the whole set, so bits that are to stay must be in it.
#[cfg(target_os = "linux")]
pub(crate) fn set_inode_flags(fd: BorrowedFd<'_>, flags: InodeFlags) -> Result<(), Errno> {
    let flags = libc::c_uint::try_from(flags.0).map_err(|_| Errno::EINVAL)?;
    // SAFETY: `fd` is open; the kernel reads one int from `flags`.
    retry(|| check(unsafe { libc::ioctl(fd.as_raw_fd(), libc::FS_IOC_SETFLAGS, &raw const flags) })).map(drop)
}

/// `st_flags` of fstat(2).
#[cfg(not(target_os = "linux"))]
pub(crate) fn get_inode_flags(fd: BorrowedFd<'_>) -> Result<InodeFlags, Errno> {
    let mut out = std::mem::MaybeUninit::<libc::stat>::zeroed();
    // SAFETY: `fd` is open and `out` has room for one stat.
    retry(|| check(unsafe { libc::fstat(fd.as_raw_fd(), out.as_mut_ptr()) }))?;
    // SAFETY: the call succeeded, so `out` is filled.
    let out = unsafe { out.assume_init() };
    Ok(InodeFlags(u64::from(out.st_flags)))
}

/// `fchflags(fd, flags)`.
#[cfg(not(target_os = "linux"))]
#[cfg_attr(
    target_os = "freebsd",
    expect(clippy::useless_conversion, reason = "macOS takes 32 bits, FreeBSD 64")
)]
pub(crate) fn set_inode_flags(fd: BorrowedFd<'_>, flags: InodeFlags) -> Result<(), Errno> {
    let flags = flags.0.try_into().map_err(|_| Errno::EINVAL)?;
    // SAFETY: `fd` is open.
    retry(|| check(unsafe { libc::fchflags(fd.as_raw_fd(), flags) })).map(drop)
}
