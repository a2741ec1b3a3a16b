//! Linux: owner, mode and times of what an O_PATH descriptor stands for. Links, FIFOs, sockets and devices are not opened.

use std::ffi::CString;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::owner::SYS_FCHMODAT2;
use super::preloaded;
use super::result::{check, check_offset, retry};
use super::stat::Follow;
use super::time::{SetTime, timespec, utimensat};
use super::{CWD, fchmodat};
use crate::errno::Errno;

/// `fchownat(fd, "", uid, gid, AT_EMPTY_PATH)`; `None` leaves an id as it is.
pub(crate) fn chown_o_path(fd: BorrowedFd<'_>, uid: Option<u32>, gid: Option<u32>) -> Result<(), Errno> {
    let (uid, gid) = (uid.unwrap_or(u32::MAX), gid.unwrap_or(u32::MAX));
    // SAFETY: `fd` is open and the name NUL-terminated.
    retry(|| check(unsafe { libc::fchownat(fd.as_raw_fd(), c"".as_ptr(), uid, gid, libc::AT_EMPTY_PATH) }))
        .map(drop)
}

/// `fchmodat2(fd, "", mode, AT_EMPTY_PATH)`, from Linux 6.6; before, chmod(2) of the descriptor's path in /proc: ENOENT where
/// there is none. Not for links, which have no mode.
pub(crate) fn chmod_o_path(fd: BorrowedFd<'_>, mode: u32) -> Result<(), Errno> {
    if preloaded::keeps_owners_and_modes() {
        return fchmodat(CWD, &path(fd)?, mode, Follow::Yes);
    }
    // SAFETY: `fd` is open and the name NUL-terminated; the arguments are those of fchmodat2(2).
    let ret =
        unsafe { libc::syscall(SYS_FCHMODAT2, fd.as_raw_fd(), c"".as_ptr(), mode, libc::AT_EMPTY_PATH) };
    match check_offset(ret) {
        // ENOSYS: an older kernel. EPERM: a seccomp profile older than the call; the other form then returns the kernel's errno.
        Err(Errno::ENOSYS | Errno::EPERM) => fchmodat(CWD, &path(fd)?, mode, Follow::Yes),
        other => other.map(drop),
    }
}

/// `utimensat(fd, "", {atime, mtime}, AT_EMPTY_PATH)`, from Linux 5.8; before, by the descriptor's path in /proc: ENOENT where
/// there is none.
pub(crate) fn utimens_o_path(fd: BorrowedFd<'_>, atime: SetTime, mtime: SetTime) -> Result<(), Errno> {
    let times = [timespec(atime)?, timespec(mtime)?];
    let flags = libc::AT_EMPTY_PATH;
    // SAFETY: `fd` is open, the name NUL-terminated, and `times` holds the two entries that the call reads.
    let set =
        retry(|| check(unsafe { libc::utimensat(fd.as_raw_fd(), c"".as_ptr(), times.as_ptr(), flags) }));
    match set {
        Err(Errno::EINVAL) => utimensat(CWD, &path(fd)?, atime, mtime, Follow::Yes),
        other => other.map(drop),
    }
}

/// The kernel follows it to the held inode and no further, even if that is a link.
fn path(fd: BorrowedFd<'_>) -> Result<CString, Errno> {
    CString::new(format!("/proc/self/fd/{}", fd.as_raw_fd())).map_err(|_| Errno::EINVAL)
}
