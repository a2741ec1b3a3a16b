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
    call(src, from, dest, to, len, 0)
}

/// `copy_file_range(src, at, dest, at, len, COPY_FILE_RANGE_CLONE)`: share storage or fail with EOPNOTSUPP. FreeBSD 15;
/// before, the flag is EINVAL.
pub(crate) fn clone_range(
    src: BorrowedFd<'_>,
    dest: BorrowedFd<'_>,
    at: u64,
    len: usize,
) -> Result<usize, Errno> {
    /// Of sys/unistd.h of FreeBSD 15; the libc crate does not have it.
    const COPY_FILE_RANGE_CLONE: libc::c_uint = 0x0080_0000;
    call(src, at, dest, at, len, COPY_FILE_RANGE_CLONE)
}

fn call(
    src: BorrowedFd<'_>,
    from: u64,
    dest: BorrowedFd<'_>,
    to: u64,
    len: usize,
    flags: libc::c_uint,
) -> Result<usize, Errno> {
    let start = (offset(from)?, offset(to)?);
    let (src, dest) = (src.as_raw_fd(), dest.as_raw_fd());
    retry(|| {
        // An interrupted call on NFS leaves the offsets where they were; set anew all the same.
        let (mut from, mut to) = start;
        // SAFETY: both descriptors are open and both offsets outlive the call.
        check_len(unsafe { libc::copy_file_range(src, &raw mut from, dest, &raw mut to, len, flags) })
    })
}
