//! FreeBSD 13: copy_file_range(2).

use std::os::fd::{AsRawFd, BorrowedFd};

use super::result::{check_len, offset, retry};
use crate::errno::Errno;

/// `copy_file_range(src, from, dest, to, len, 0)`. May share storage on ZFS.
pub(crate) fn copy_file_range(
    src: BorrowedFd<'_>,
    from: u64,
    dest: BorrowedFd<'_>,
    to: u64,
    len: usize,
) -> Result<usize, Errno> {
    let start = (offset(from)?, offset(to)?);
    retry(|| {
        // An interrupted call on NFS leaves the offsets where they were; set anew all the same.
        let (mut from, mut to) = start;
        // SAFETY: both descriptors are open and both offsets outlive the call.
        check_len(unsafe {
            libc::copy_file_range(src.as_raw_fd(), &raw mut from, dest.as_raw_fd(), &raw mut to, len, 0)
        })
    })
}

/// `copy_file_range(src, 0, dest, 0, len, COPY_FILE_RANGE_CLONE)`: share storage or fail. FreeBSD 15; before, the flag
/// is EINVAL.
pub(crate) fn clone_range(src: BorrowedFd<'_>, dest: BorrowedFd<'_>, len: usize) -> Result<usize, Errno> {
    const COPY_FILE_RANGE_CLONE: libc::c_uint = 0x0080_0000; // unistd.h of FreeBSD 15; libc does not have it
    let (mut from, mut to) = (0, 0);
    let flags = COPY_FILE_RANGE_CLONE;
    let (src, dest) = (src.as_raw_fd(), dest.as_raw_fd());
    // SAFETY: both descriptors are open and both offsets outlive the call.
    check_len(unsafe { libc::copy_file_range(src, &raw mut from, dest, &raw mut to, len, flags) })
}
