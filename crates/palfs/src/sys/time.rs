//! Access and modification times.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::result::{check, retry};
use super::stat::{Follow, Timestamp};
use crate::errno::Errno;

/// What becomes of one of a file's times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetTime {
    /// It is set to this, to the nanosecond or as finely as the filesystem can; EINVAL for a second or more of
    /// nanoseconds.
    At(Timestamp),
    /// It is set to the kernel's present time. Write permission is enough for that, if both times are set so.
    Now,
    /// It stays as it is.
    Leave,
}

/// `futimens(fd, {atime, mtime})`.
pub(crate) fn futimens(fd: BorrowedFd<'_>, atime: Timestamp, mtime: Timestamp) -> Result<(), Errno> {
    let times = [timespec(SetTime::At(atime))?, timespec(SetTime::At(mtime))?];
    // SAFETY: `times` holds the two entries that the call reads.
    retry(|| check(unsafe { libc::futimens(fd.as_raw_fd(), times.as_ptr()) })).map(drop)
}

/// `futimens(fd, NULL)`: both times become now.
pub(crate) fn futimens_now(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: `fd` is open; null stands for "now".
    retry(|| check(unsafe { libc::futimens(fd.as_raw_fd(), std::ptr::null()) })).map(drop)
}

/// `utimensat(dir, name, {atime, mtime})`.
pub(crate) fn utimensat(
    dir: BorrowedFd<'_>,
    name: &CStr,
    atime: SetTime,
    mtime: SetTime,
    follow: Follow,
) -> Result<(), Errno> {
    let times = [timespec(atime)?, timespec(mtime)?];
    let flags = follow.at_flags();
    // SAFETY: `dir` is open, `name` is NUL-terminated, `times` holds the two entries that the call reads.
    retry(|| check(unsafe { libc::utimensat(dir.as_raw_fd(), name.as_ptr(), times.as_ptr(), flags) }))
        .map(drop)
}

/// On some systems "now" and "leave" are numbers that a caller's nanoseconds could be, hence the check.
pub(super) fn timespec(time: SetTime) -> Result<libc::timespec, Errno> {
    match time {
        SetTime::Now => Ok(libc::timespec { tv_sec: 0, tv_nsec: libc::UTIME_NOW }),
        SetTime::Leave => Ok(libc::timespec { tv_sec: 0, tv_nsec: libc::UTIME_OMIT }),
        SetTime::At(time) if time.nanoseconds >= 1_000_000_000 => Err(Errno::EINVAL),
        SetTime::At(time) => {
            Ok(libc::timespec { tv_sec: time.seconds, tv_nsec: libc::c_long::from(time.nanoseconds) })
        }
    }
}
