//! Descriptors: close(2), flock(2), and direct I/O.

use std::os::fd::{AsRawFd, BorrowedFd, IntoRawFd, OwnedFd};

use crate::errno::Errno;

/// `close(fd)`, with its error: NFS, CIFS and quotas report ENOSPC, EDQUOT and EIO of earlier writes here.
///
/// `EINTR` is not an error and not retried: Linux has freed the descriptor by then (close(2), NOTES).
pub(crate) fn close(fd: OwnedFd) -> Result<(), Errno> {
    let raw = fd.into_raw_fd();
    // SAFETY: `raw` was owned and is not used again.
    match super::result::check(unsafe { libc::close(raw) }) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// `fcntl(fd, F_SETFL, O_DIRECT)`: later reads and writes pass the page cache by. EINVAL where the filesystem cannot.
///
/// The descriptor must be one that no other flag is wanted of.
#[cfg(any(target_os = "linux", target_os = "freebsd"))]
pub(crate) fn set_direct(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: `fd` is open; F_SETFL takes an int.
    super::result::check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, libc::O_DIRECT) }).map(drop)
}

/// `fcntl(fd, F_NOCACHE, 1)`: later reads and writes leave no copy in the page cache. Takes any alignment.
#[cfg(target_os = "macos")]
pub(crate) fn set_direct(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: `fd` is open; F_NOCACHE takes an int.
    super::result::check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_NOCACHE, 1) }).map(drop)
}

/// There is no such flag.
#[cfg(not(any(target_os = "linux", target_os = "freebsd", target_os = "macos")))]
pub(crate) fn set_direct(_fd: BorrowedFd<'_>) -> Result<(), Errno> {
    Err(Errno::EINVAL)
}

/// `flock(fd, LOCK_EX | LOCK_NB)`.
pub(crate) fn flock_exclusive(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: `fd` is open.
    super::result::check(unsafe { libc::flock(fd.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) }).map(drop)
}

/// What a descriptor was opened for.
#[derive(Clone, Copy)]
pub(crate) struct Access {
    pub(crate) read: bool,
    pub(crate) write: bool,
    /// Every write goes to the end of the file.
    pub(crate) append: bool,
}

/// `fcntl(fd, F_GETFL)`.
pub(crate) fn access(fd: BorrowedFd<'_>) -> Result<Access, Errno> {
    // SAFETY: `fd` is open; F_GETFL takes no argument.
    let flags = super::result::check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) })?;
    let mode = flags & libc::O_ACCMODE;
    Ok(Access {
        read: mode != libc::O_WRONLY,
        write: mode != libc::O_RDONLY,
        append: flags & libc::O_APPEND != 0,
    })
}
