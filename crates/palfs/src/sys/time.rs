//! Access and modification times.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::result::{check, retry};
use super::stat::Timestamp;
use crate::errno::Errno;

/// `futimens(fd, {atime, mtime})`.
pub(crate) fn futimens(fd: BorrowedFd<'_>, atime: Timestamp, mtime: Timestamp) -> Result<(), Errno> {
    let times = [timespec(atime), timespec(mtime)];
    // SAFETY: `times` holds the two entries that the call reads.
    retry(|| check(unsafe { libc::futimens(fd.as_raw_fd(), times.as_ptr()) })).map(drop)
}

/// `futimens(fd, NULL)`: both times become now.
pub(crate) fn futimens_now(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: `fd` is open; null stands for "now".
    retry(|| check(unsafe { libc::futimens(fd.as_raw_fd(), std::ptr::null()) })).map(drop)
}

/// `utimensat(dir, name, {atime, mtime}, AT_SYMLINK_NOFOLLOW)`: a link's own times.
pub(crate) fn utimensat(
    dir: BorrowedFd<'_>,
    name: &CStr,
    atime: Timestamp,
    mtime: Timestamp,
) -> Result<(), Errno> {
    let times = [timespec(atime), timespec(mtime)];
    let flags = libc::AT_SYMLINK_NOFOLLOW;
    // SAFETY: `dir` is open, `name` is NUL-terminated, `times` holds the two entries that the call reads.
    retry(|| check(unsafe { libc::utimensat(dir.as_raw_fd(), name.as_ptr(), times.as_ptr(), flags) }))
        .map(drop)
}

fn timespec(time: Timestamp) -> libc::timespec {
    libc::timespec { tv_sec: time.seconds, tv_nsec: libc::c_long::from(time.nanoseconds) }
}
