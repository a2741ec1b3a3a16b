//! Descriptors: close(2), flock(2), a second one, and direct I/O.

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};

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

/// `fcntl(fd, F_DUPFD_CLOEXEC)`: a second descriptor of the same open file.
pub(crate) fn duplicate(fd: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    // SAFETY: `fd` is open; the call takes the least number that may be given.
    let copy = super::result::check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, 3) })?;
    // SAFETY: the call succeeded, so `copy` is a new descriptor without another owner.
    Ok(unsafe { OwnedFd::from_raw_fd(copy) })
}

/// Turns direct I/O of `fd` on or off: O_DIRECT by fcntl(2), F_SETFL.
///
/// EINVAL if the filesystem has no direct I/O. On macOS F_NOCACHE, which needs no alignment.
pub(crate) fn set_direct(fd: BorrowedFd<'_>, on: bool) -> Result<(), Errno> {
    #[cfg(target_os = "macos")]
    {
        // SAFETY: `fd` is open; F_NOCACHE takes an int.
        super::result::check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_NOCACHE, libc::c_int::from(on)) })
            .map(drop)
    }
    #[cfg(any(target_os = "linux", target_os = "freebsd"))]
    {
        // SAFETY: `fd` is open; F_GETFL takes nothing.
        let flags = super::result::check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) })?;
        let wanted = if on { flags | libc::O_DIRECT } else { flags & !libc::O_DIRECT };
        // SAFETY: `fd` is open; F_SETFL takes an int.
        super::result::check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, wanted) }).map(drop)
    }
    #[cfg(not(any(target_os = "linux", target_os = "freebsd", target_os = "macos")))]
    {
        // There is no such flag.
        let (_, _) = (fd, on);
        Err(Errno::EINVAL)
    }
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
