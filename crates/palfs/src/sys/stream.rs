//! FIFOs, sockets and terminals: reads and writes without positions, and waiting for them.

use std::os::fd::{AsRawFd, BorrowedFd};

use super::result::{at_most, check, check_len, retry};
use crate::errno::Errno;

/// `read(fd, buf)`.
pub(crate) fn read(fd: BorrowedFd<'_>, buf: &mut [u8]) -> Result<usize, Errno> {
    let len = at_most(buf.len());
    // SAFETY: the kernel writes at most `len` bytes into `buf`, which is ours alone and not shorter.
    retry(|| check_len(unsafe { libc::read(fd.as_raw_fd(), buf.as_mut_ptr().cast(), len) }))
}

/// `write(fd, buf)`.
pub(crate) fn write(fd: BorrowedFd<'_>, buf: &[u8]) -> Result<usize, Errno> {
    let len = at_most(buf.len());
    // SAFETY: the kernel reads at most `len` bytes of `buf`, which is not shorter.
    retry(|| check_len(unsafe { libc::write(fd.as_raw_fd(), buf.as_ptr().cast(), len) }))
}

/// Waits at most `milliseconds` until a read would not block: data, end of stream or an error.
pub(crate) fn poll_readable(fd: BorrowedFd<'_>, milliseconds: u16) -> Result<bool, Errno> {
    poll(fd, libc::POLLIN, milliseconds)
}

/// Waits at most `milliseconds` until a write would not block.
pub(crate) fn poll_writable(fd: BorrowedFd<'_>, milliseconds: u16) -> Result<bool, Errno> {
    poll(fd, libc::POLLOUT, milliseconds)
}

fn poll(fd: BorrowedFd<'_>, events: libc::c_short, milliseconds: u16) -> Result<bool, Errno> {
    let mut entry = libc::pollfd { fd: fd.as_raw_fd(), events, revents: 0 };
    // SAFETY: one entry is passed and its count is 1.
    match check(unsafe { libc::poll(&raw mut entry, 1, libc::c_int::from(milliseconds)) }) {
        Ok(ready) => Ok(ready > 0),
        // The caller waits in a loop anyway, and looks at its cancel flag in between.
        Err(Errno::EINTR) => Ok(false),
        Err(errno) => Err(errno),
    }
}
