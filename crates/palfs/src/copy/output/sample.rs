//! A sample file: shows the owner and bits of new files on a filesystem, or holds a descriptor there.

use std::os::fd::{AsFd, BorrowedFd};

use super::discard::discard;
use crate::copy::path_at::PathAtBuf;
use crate::copy::source::PathAt;
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys;
use crate::sys::OpenFlags;

/// Creates a file in `dir` with the permission bits of `mode` and returns the result of `look` on it. No name of it is left.
pub(in crate::copy) fn new_file_in<T>(
    dir: BorrowedFd<'_>,
    mode: u32,
    look: impl FnOnce(BorrowedFd<'_>) -> Result<T, FsError>,
) -> Result<T, FsError> {
    // Without a name nothing has to be removed, which an append-only directory would not allow.
    #[cfg(target_os = "linux")]
    if let Ok(fd) = sys::openat(dir, c".", OpenFlags::UNNAMED, mode & 0o777) {
        return look(fd.as_fd());
    }
    let name = PathAtBuf::temporary_name()?;
    let fd = sys::openat(dir, &name, OpenFlags::CREATE_NEW, mode & 0o777).during("openat")?;
    let seen = look(fd.as_fd());
    if !discard(fd, PathAt { dir, name: &name }, None) {
        return Err(FsError::new(Errno::EPERM, "unlinkat"));
    }
    seen
}
