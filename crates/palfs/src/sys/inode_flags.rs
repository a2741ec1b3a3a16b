//! The flags of chattr(1) and chflags(1).

use std::os::fd::{AsRawFd, BorrowedFd};

use super::result::{check, retry};
use crate::errno::Errno;

/// A set of inode flags, in the platform's own bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InodeFlags(u64);

impl InodeFlags {
    pub(crate) const NONE: Self = Self(0);

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

    /// Its flags, each a set of its own.
    pub(crate) fn each(self) -> impl Iterator<Item = Self> {
        (0..u64::BITS).map(move |bit| Self(self.0 & 1 << bit)).filter(|flag| !flag.is_empty())
    }
}

#[cfg(target_os = "linux")]
impl InodeFlags {
    /// How data is stored: NOCOW (btrfs takes it only while the file is empty), COMPR and NOCOMP. No loss where the destination
    /// stores in another way.
    pub(crate) const STORAGE: Self = Self(0x0080_0000 | 0x4 | 0x400);
    /// Set after everything else: secure deletion, undelete, SYNC, NODUMP, NOATIME, DIRSYNC, and the two below.
    pub(crate) const AFTER_DATA: Self = Self(0x1 | 0x2 | 0x8 | 0x40 | 0x80 | 0x0001_0000 | Self::LOCKING.0);
    /// APPEND and IMMUTABLE: the kernel refuses chmod, utimens, rename and unlink once they are set.
    pub(crate) const LOCKING: Self = Self(0x20 | 0x10);
    /// CASEFOLD: in this directory `a` and `A` are one name.
    pub(crate) const CASEFOLD: Self = Self(0x4000_0000);
}

#[cfg(not(target_os = "linux"))]
impl InodeFlags {
    /// None is set by a copy.
    pub(crate) const STORAGE: Self = Self(0);
    /// Set after everything else, in the order of chflags(1), and the two below.
    pub(crate) const AFTER_DATA: Self = Self(bsd::OF_THIS_SYSTEM.kept | Self::LOCKING.0);
    /// Immutable and append-only, for the owner (UF_) and for root (SF_): with these a file is not changed or renamed.
    pub(crate) const LOCKING: Self = Self(bsd::OF_THIS_SYSTEM.locking);

    /// Whether `st_flags` allows appending only.
    pub(super) fn is_append_only(st_flags: u32) -> bool {
        u64::from(st_flags) & (bsd::UF_APPEND | bsd::SF_APPEND) != 0
    }

    /// Whether `st_flags` forbids rename and removal.
    pub(super) fn is_locking(st_flags: u32) -> bool {
        u64::from(st_flags) & bsd::OF_THIS_SYSTEM.locking != 0
    }
}

/// The name that errors of [`set_inode_flags`] carry.
pub(crate) const SET_FLAGS_CALL: &str =
    if cfg!(target_os = "linux") { "ioctl(FS_IOC_SETFLAGS)" } else { "fchflags" };

#[cfg(any(test, not(target_os = "linux")))]
mod bsd {
    //! The bits of `st_flags` (sys/stat.h of macOS and FreeBSD) and which of them a copy keeps.

    const UF_NODUMP: u64 = 0x1;
    const UF_IMMUTABLE: u64 = 0x2;
    pub(super) const UF_APPEND: u64 = 0x4;
    const UF_OPAQUE: u64 = 0x8;
    const UF_HIDDEN: u64 = 0x8000;
    const SF_ARCHIVED: u64 = 0x0001_0000;
    const SF_IMMUTABLE: u64 = 0x0002_0000;
    pub(super) const SF_APPEND: u64 = 0x0004_0000;
    const SF_NOUNLINK: u64 = 0x0010_0000;
    // FreeBSD only; macOS uses some of these bits for what must not be copied.
    const UF_NOUNLINK: u64 = 0x10;
    const UF_SYSTEM: u64 = 0x80;
    const UF_ARCHIVE: u64 = 0x800;
    const UF_READONLY: u64 = 0x1000;

    /// The flags of a source that a copy keeps.
    pub(super) struct Flags {
        /// Without consequences for what follows.
        pub(super) kept: u64,
        /// Set under the final name.
        pub(super) locking: u64,
    }

    /// Left out, as Apple's copyfile does: UF_TRACKED, UF_DATAVAULT, SF_RESTRICTED, SF_NOUNLINK. UF_COMPRESSED and
    /// SF_DATALESS describe storage.
    pub(super) const MACOS: Flags = Flags {
        kept: UF_NODUMP | UF_OPAQUE | UF_HIDDEN | SF_ARCHIVED,
        locking: UF_IMMUTABLE | UF_APPEND | SF_IMMUTABLE | SF_APPEND,
    };

    /// Left out: UF_SPARSE, UF_OFFLINE and UF_REPARSE describe storage, SF_SNAPSHOT cannot be set.
    pub(super) const FREEBSD: Flags = Flags {
        kept: MACOS.kept | UF_SYSTEM | UF_ARCHIVE | UF_READONLY,
        locking: MACOS.locking | UF_NOUNLINK | SF_NOUNLINK,
    };

    #[cfg(not(target_os = "linux"))]
    pub(super) const OF_THIS_SYSTEM: Flags = if cfg!(target_os = "macos") { MACOS } else { FREEBSD };

    // What the libc crate names must be the same bits.
    #[cfg(target_os = "freebsd")]
    const _: () = assert!(
        FREEBSD.kept
            == libc::UF_NODUMP
                | libc::UF_OPAQUE
                | libc::UF_HIDDEN
                | libc::SF_ARCHIVED
                | libc::UF_SYSTEM
                | libc::UF_ARCHIVE
                | libc::UF_READONLY
            && FREEBSD.locking
                == libc::UF_IMMUTABLE
                    | libc::UF_APPEND
                    | libc::SF_IMMUTABLE
                    | libc::SF_APPEND
                    | libc::UF_NOUNLINK
                    | libc::SF_NOUNLINK
    );

    #[cfg(test)]
    mod tests {
        use super::{FREEBSD, Flags, MACOS};

        fn copied(flags: &Flags, of_source: u64) -> u64 {
            of_source & (flags.kept | flags.locking)
        }

        #[test]
        fn flags_that_describe_storage_or_belong_to_the_system_are_not_copied() {
            // UF_COMPRESSED, UF_TRACKED, UF_DATAVAULT, SF_RESTRICTED, SF_NOUNLINK, SF_FIRMLINK, SF_DATALESS
            for of_macos in [0x20, 0x40, 0x80, 0x8_0000, 0x10_0000, 0x80_0000, 0x4000_0000] {
                assert_eq!(copied(&MACOS, of_macos), 0, "{of_macos:#x}");
            }
            // UF_SPARSE, UF_OFFLINE, UF_REPARSE, SF_SNAPSHOT
            for of_freebsd in [0x100, 0x200, 0x400, 0x20_0000] {
                assert_eq!(copied(&FREEBSD, of_freebsd), 0, "{of_freebsd:#x}");
            }
        }

        #[test]
        fn flags_that_forbid_changes_are_set_last() {
            for flags in [&MACOS, &FREEBSD] {
                assert_eq!(flags.kept & flags.locking, 0);
                assert_eq!(flags.locking & 0x6_0006, 0x6_0006);
            }
            assert_eq!(FREEBSD.locking & 0x10_0010, 0x10_0010, "nounlink forbids the rename");
        }
    }
}

/// `ioctl(fd, FS_IOC_GETFLAGS)`. ENOTTY or EOPNOTSUPP where the filesystem has none.
#[cfg(target_os = "linux")]
pub(crate) fn get_inode_flags(fd: BorrowedFd<'_>) -> Result<InodeFlags, Errno> {
    // The ioctl's number encodes a `long`, but every filesystem reads and writes an int (ioctl_iflags(2), BUGS).
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
    any(target_os = "freebsd", target_os = "netbsd"),
    expect(clippy::useless_conversion, reason = "macOS and OpenBSD take 32 bits, FreeBSD and NetBSD 64")
)]
pub(crate) fn set_inode_flags(fd: BorrowedFd<'_>, flags: InodeFlags) -> Result<(), Errno> {
    let flags = flags.0.try_into().map_err(|_| Errno::EINVAL)?;
    // SAFETY: `fd` is open.
    retry(|| check(unsafe { libc::fchflags(fd.as_raw_fd(), flags) })).map(drop)
}
