//! Descriptors: close(2).

use std::os::fd::{IntoRawFd, OwnedFd};

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
