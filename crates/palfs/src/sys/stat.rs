//! The stat of an inode.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::mode::{OTHERS_MAY_WRITE, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK};
use crate::errno::Errno;

/// Seconds and nanoseconds since 1970; seconds may be negative, nanoseconds are 0 to 999,999,999.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Whole seconds, rounded down: half a second before 1970 is -1.
    pub seconds: i64,
    /// Nanoseconds after `seconds`, 0 to 999,999,999, also for times before 1970.
    pub nanoseconds: u32,
}

/// One inode as stat(2) and statx(2) show it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stat {
    pub(crate) dev: u64,
    pub(crate) ino: u64,
    /// Type and permission bits.
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) rdev: u64,
    pub(crate) size: u64,
    pub(crate) blksize: u64,
    /// In units of 512 bytes.
    pub(crate) blocks: u64,
    pub(crate) atime: Timestamp,
    pub(crate) mtime: Timestamp,
    pub(crate) ctime: Timestamp,
    /// When the inode was made, where the filesystem keeps that.
    pub(crate) btime: Option<Timestamp>,
    pub(crate) nlink: u64,
    /// Nothing in this directory can be renamed or removed, or this file only be appended to (`chattr +a`, `chflags
    /// uappnd`).
    pub(crate) append_only: bool,
    /// A flag forbids its removal and rename (`chattr +i`, `chflags uchg`).
    pub(crate) is_locked: bool,
    /// Something is mounted here, and this is its root (Linux 5.8); `None` where that is not known.
    pub(crate) is_mount_root: Option<bool>,
    /// A number that no other mount has had since boot (Linux 6.8), so facts about the mount can be kept.
    pub(crate) mount: Option<u64>,
}

impl Stat {
    /// The type bits.
    pub(crate) fn format(&self) -> u32 {
        self.mode & S_IFMT
    }

    pub(crate) fn is_file(&self) -> bool {
        self.format() == S_IFREG
    }

    pub(crate) fn is_dir(&self) -> bool {
        self.format() == S_IFDIR
    }

    pub(crate) fn is_symlink(&self) -> bool {
        self.format() == S_IFLNK
    }

    pub(crate) fn is_fifo(&self) -> bool {
        self.format() == S_IFIFO
    }

    pub(crate) fn is_socket(&self) -> bool {
        self.format() == S_IFSOCK
    }

    /// Permission, set-id and sticky bits.
    pub(crate) fn permissions(&self) -> u32 {
        self.mode & 0o7777
    }

    /// Whether both have the same type bits.
    pub(crate) fn same_type(&self, other: &Self) -> bool {
        self.format() == other.format()
    }

    /// Whether users other than the owner may write to it, by the permission bits.
    pub(crate) fn others_may_write(&self) -> bool {
        self.mode & OTHERS_MAY_WRITE != 0
    }

    /// Both halves of an inode's identity: numbers are unique only within one device.
    pub(crate) fn same_inode(&self, other: &Self) -> bool {
        (self.dev, self.ino) == (other.dev, other.ino)
    }
}

/// Whether a filesystem with this device number is on a block device: others get numbers with the major 0.
#[cfg(target_os = "linux")]
pub(crate) fn is_block_device(dev: u64) -> bool {
    libc::major(dev) != 0
}

/// Whether a symbolic link as last component is followed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Follow {
    Yes,
    No,
}

impl Follow {
    /// As the `*at` calls take it.
    pub(super) fn at_flags(self) -> libc::c_int {
        match self {
            Self::Yes => 0,
            Self::No => libc::AT_SYMLINK_NOFOLLOW,
        }
    }
}

#[cfg(target_os = "linux")]
pub(crate) use linux::{STAT_CALL, as_kernel_has_it, fstat, fstat_uncached, fstatat, fstatat_uncached};
#[cfg(not(target_os = "linux"))]
pub(crate) use posix::{
    STAT_CALL, as_kernel_has_it, fstat, fstat as fstat_uncached, fstatat, fstatat as fstatat_uncached,
};

#[cfg(target_os = "linux")]
mod linux {
    //! statx(2): one call also returns the mount's number. It is a raw system call, because glibc has the wrapper only from 2.28. With a
    //! preloaded library such as fakeroot it goes through that library, as chown(2) and mknod(2) do.

    use std::mem::MaybeUninit;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

    use super::{AsRawFd, BorrowedFd, CStr, Errno, Follow, Stat, Timestamp, posix};
    use crate::sys::preloaded;
    use crate::sys::result::{check, check_offset, retry};

    /// The name that errors carry.
    pub(crate) const STAT_CALL: &str = "statx";

    /// Set once the kernel (before 4.11) or a seccomp filter has refused statx.
    static NO_STATX: AtomicBool = AtomicBool::new(false);

    /// `fstat(fd)`.
    pub(crate) fn fstat(fd: BorrowedFd<'_>) -> Result<Stat, Errno> {
        statx(fd, c"", libc::AT_EMPTY_PATH, preloaded::statx()).unwrap_or_else(|| posix::fstat(fd))
    }

    /// `fstat(fd)` of the kernel, past a preloaded library. `seen` is the result of [`fstat`] just before; without such a library it is
    /// returned without another call.
    pub(crate) fn as_kernel_has_it(fd: BorrowedFd<'_>, seen: &Stat) -> Result<Stat, Errno> {
        if preloaded::statx().is_none() {
            return Ok(*seen);
        }
        statx(fd, c"", libc::AT_EMPTY_PATH, None).unwrap_or(Ok(*seen))
    }

    /// `fstat(fd)` with AT_STATX_FORCE_SYNC: network and FUSE filesystems query their server and do not use their cache.
    pub(crate) fn fstat_uncached(fd: BorrowedFd<'_>) -> Result<Stat, Errno> {
        statx(fd, c"", libc::AT_EMPTY_PATH | libc::AT_STATX_FORCE_SYNC, preloaded::statx())
            .unwrap_or_else(|| posix::fstat(fd))
    }

    /// `fstatat(dir, name)`.
    pub(crate) fn fstatat(dir: BorrowedFd<'_>, name: &CStr, follow: Follow) -> Result<Stat, Errno> {
        statx(dir, name, follow.at_flags(), preloaded::statx())
            .unwrap_or_else(|| posix::fstatat(dir, name, follow))
    }

    /// `fstatat(dir, name)` with AT_STATX_FORCE_SYNC.
    pub(crate) fn fstatat_uncached(dir: BorrowedFd<'_>, name: &CStr, follow: Follow) -> Result<Stat, Errno> {
        let flags = follow.at_flags() | libc::AT_STATX_FORCE_SYNC;
        statx(dir, name, flags, preloaded::statx()).unwrap_or_else(|| posix::fstatat(dir, name, follow))
    }

    /// `None` where statx itself is not to be had.
    fn statx(
        dir: BorrowedFd<'_>,
        name: &CStr,
        flags: libc::c_int,
        preloaded: Option<preloaded::Statx>,
    ) -> Option<Result<Stat, Errno>> {
        if NO_STATX.load(Relaxed) {
            return None;
        }
        let mut out = MaybeUninit::<libc::statx>::zeroed();
        let mask = libc::STATX_BASIC_STATS | libc::STATX_BTIME | libc::STATX_MNT_ID_UNIQUE;
        let (fd, path, out_ptr) = (dir.as_raw_fd(), name.as_ptr(), out.as_mut_ptr());
        let result = retry(|| match preloaded {
            // SAFETY: `dir` is open, `name` NUL-terminated, `out` large enough; the arguments are those of statx(2).
            None => check_offset(unsafe { libc::syscall(libc::SYS_statx, fd, path, flags, mask, out_ptr) }),
            // SAFETY: as above.
            Some(statx) => check(unsafe { statx(fd, path, flags, mask, out_ptr) }).map(|_| 0),
        });
        // SAFETY: statx is plain numbers, for which the zeros written above are valid even if the call failed.
        let out = unsafe { out.assume_init() };
        match result {
            Ok(_) => Some(Ok(convert(&out))),
            // statx returns EPERM for no file: it comes from a seccomp profile older than the call. ENOSYS may come from one FUSE
            // server, so statx is probed once more without a file.
            Err(Errno::ENOSYS | Errno::EPERM) => {
                NO_STATX.store(!exists(), Relaxed);
                None
            }
            Err(errno) => Some(Err(errno)),
        }
    }

    /// Whether there is such a call: then a descriptor that cannot be is EBADF.
    fn exists() -> bool {
        let mut out = MaybeUninit::<libc::statx>::zeroed();
        let (number, flags) = (libc::SYS_statx, libc::AT_EMPTY_PATH);
        // SAFETY: the name is NUL-terminated and `out` large enough; -1 is a descriptor that no process has.
        let asked = unsafe { libc::syscall(number, -1, c"".as_ptr(), flags, 0, out.as_mut_ptr()) };
        check_offset(asked) == Err(Errno::EBADF)
    }

    fn convert(x: &libc::statx) -> Stat {
        const IMMUTABLE: u64 = 0x10; // STATX_ATTR_IMMUTABLE
        const APPEND: u64 = 0x20; // STATX_ATTR_APPEND
        const MOUNT_ROOT: u64 = 0x2000; // STATX_ATTR_MOUNT_ROOT
        let time = |t: &libc::statx_timestamp| Timestamp { seconds: t.tv_sec, nanoseconds: t.tv_nsec };
        Stat {
            dev: libc::makedev(x.stx_dev_major, x.stx_dev_minor),
            ino: x.stx_ino,
            mode: u32::from(x.stx_mode),
            uid: x.stx_uid,
            gid: x.stx_gid,
            rdev: libc::makedev(x.stx_rdev_major, x.stx_rdev_minor),
            size: x.stx_size,
            blksize: u64::from(x.stx_blksize),
            blocks: x.stx_blocks,
            atime: time(&x.stx_atime),
            mtime: time(&x.stx_mtime),
            ctime: time(&x.stx_ctime),
            btime: (x.stx_mask & libc::STATX_BTIME != 0).then(|| time(&x.stx_btime)),
            nlink: u64::from(x.stx_nlink),
            append_only: x.stx_attributes & APPEND != 0,
            is_locked: x.stx_attributes & (APPEND | IMMUTABLE) != 0,
            is_mount_root: (x.stx_attributes_mask & MOUNT_ROOT != 0)
                .then_some(x.stx_attributes & MOUNT_ROOT != 0),
            mount: (x.stx_mask & libc::STATX_MNT_ID_UNIQUE != 0).then_some(x.stx_mnt_id),
        }
    }
}

mod posix {
    //! fstatat(2), for systems without statx and for sandboxes that deny it.

    use std::mem::MaybeUninit;

    use super::{AsRawFd, BorrowedFd, CStr, Errno, Follow, Stat, Timestamp};
    use crate::sys::result::{check, retry};

    /// The name that errors carry.
    #[cfg(not(target_os = "linux"))]
    pub(crate) const STAT_CALL: &str = "fstatat";

    /// `fstat(fd)`.
    pub(crate) fn fstat(fd: BorrowedFd<'_>) -> Result<Stat, Errno> {
        let mut out = MaybeUninit::<libc::stat>::zeroed();
        // SAFETY: `fd` is open and `out` has room for one stat.
        retry(|| check(unsafe { libc::fstat(fd.as_raw_fd(), out.as_mut_ptr()) }))?;
        // SAFETY: the call succeeded, so `out` is filled.
        Ok(convert(&unsafe { out.assume_init() }))
    }

    /// `fstat(fd)`, which is `seen`.
    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unnecessary_wraps, reason = "Linux's twin may fail")]
    pub(crate) fn as_kernel_has_it(_fd: BorrowedFd<'_>, seen: &Stat) -> Result<Stat, Errno> {
        Ok(*seen)
    }

    /// `fstatat(dir, name)`.
    pub(crate) fn fstatat(dir: BorrowedFd<'_>, name: &CStr, follow: Follow) -> Result<Stat, Errno> {
        let flags = follow.at_flags();
        let mut out = MaybeUninit::<libc::stat>::zeroed();
        // SAFETY: `dir` is open, `name` NUL-terminated and `out` has room for one stat.
        retry(|| check(unsafe { libc::fstatat(dir.as_raw_fd(), name.as_ptr(), out.as_mut_ptr(), flags) }))?;
        // SAFETY: the call succeeded, so `out` is filled.
        Ok(convert(&unsafe { out.assume_init() }))
    }

    /// Widths differ by platform (dev_t is signed on macOS); an id is compared, never computed with.
    fn convert(s: &libc::stat) -> Stat {
        let time = |seconds, nanoseconds| Timestamp {
            seconds,
            nanoseconds: u32::try_from(nanoseconds).unwrap_or(0),
        };
        Stat {
            dev: device(s.st_dev),
            ino: widen(s.st_ino),
            mode: u32::try_from(widen(s.st_mode)).unwrap_or(0),
            uid: s.st_uid,
            gid: s.st_gid,
            rdev: device(s.st_rdev),
            size: widen(s.st_size),
            blksize: widen(s.st_blksize),
            blocks: widen(s.st_blocks),
            #[cfg(not(target_os = "netbsd"))]
            atime: time(s.st_atime, s.st_atime_nsec),
            #[cfg(not(target_os = "netbsd"))]
            mtime: time(s.st_mtime, s.st_mtime_nsec),
            #[cfg(not(target_os = "netbsd"))]
            ctime: time(s.st_ctime, s.st_ctime_nsec),
            #[cfg(target_os = "netbsd")]
            atime: time(s.st_atime, s.st_atimensec),
            #[cfg(target_os = "netbsd")]
            mtime: time(s.st_mtime, s.st_mtimensec),
            #[cfg(target_os = "netbsd")]
            ctime: time(s.st_ctime, s.st_ctimensec),
            #[cfg(target_os = "linux")]
            btime: None, // stat(2) has no field for it
            #[cfg(target_os = "netbsd")]
            btime: birth(time(s.st_birthtime, s.st_birthtimensec)),
            #[cfg(not(any(target_os = "linux", target_os = "netbsd")))]
            btime: birth(time(s.st_birthtime, s.st_birthtime_nsec)),
            nlink: widen(s.st_nlink),
            // stat(2) has no field for these two either.
            #[cfg(target_os = "linux")]
            append_only: false,
            #[cfg(target_os = "linux")]
            is_locked: false,
            #[cfg(not(target_os = "linux"))]
            append_only: crate::sys::InodeFlags::is_append_only(s.st_flags),
            #[cfg(not(target_os = "linux"))]
            is_locked: crate::sys::InodeFlags::is_locking(s.st_flags),
            is_mount_root: None,
            mount: None,
        }
    }

    /// A time of birth, or `None` for the value of filesystems that keep none: -1 on FreeBSD, all zeros on macOS.
    #[cfg(any(test, not(target_os = "linux")))]
    pub(super) fn birth(time: Timestamp) -> Option<Timestamp> {
        (time.seconds != -1 && time != Timestamp::default()).then_some(time)
    }

    /// A device number of any width. macOS's are signed, and all 32 bits count.
    #[cfg(target_os = "macos")]
    fn device(value: libc::dev_t) -> u64 {
        u64::from(value.cast_unsigned())
    }

    /// A device number.
    #[cfg(not(target_os = "macos"))]
    fn device(value: libc::dev_t) -> u64 {
        widen(value)
    }

    /// A count or id of any width; a negative one (no size or count is) becomes 0.
    fn widen<T: TryInto<u64>>(value: T) -> u64 {
        value.try_into().unwrap_or(0)
    }
}

/// Device and inode number.
pub(crate) type Identity = (u64, u64);

/// Both numbers of an inode.
pub(crate) fn identity(stat: &Stat) -> Identity {
    (stat.dev, stat.ino)
}

#[cfg(test)]
mod tests {
    use super::{Timestamp, posix::birth};

    #[test]
    fn a_time_of_birth_that_is_not_kept_is_none() {
        assert_eq!(birth(Timestamp { seconds: -1, nanoseconds: 0 }), None);
        assert_eq!(birth(Timestamp::default()), None);
        let epoch = Timestamp { seconds: 0, nanoseconds: 1 };
        assert_eq!(birth(epoch), Some(epoch));
        let before = Timestamp { seconds: -2, nanoseconds: 0 };
        assert_eq!(birth(before), Some(before));
    }
}
