//! FreeBSD 13: copy_file_range(2).

use std::os::fd::{AsRawFd, BorrowedFd};

use super::result::{check_len, offset, retry};
use crate::errno::Errno;

/// `copy_file_range(src, &at, dest, &at, len, 0)`. May share storage on ZFS.
pub(crate) fn copy_file_range(
    src: BorrowedFd<'_>,
    dest: BorrowedFd<'_>,
    at: u64,
    len: usize,
) -> Result<usize, Errno> {
    let start = offset(at)?;
    retry(|| {
        // An interrupted call on NFS leaves the offsets where they were; set anew all the same.
        let (mut from, mut to) = (start, start);
        // SAFETY: both descriptors are open and both offsets outlive the call.
        check_len(unsafe {
            libc::copy_file_range(src.as_raw_fd(), &raw mut from, dest.as_raw_fd(), &raw mut to, len, 0)
        })
    })
}
