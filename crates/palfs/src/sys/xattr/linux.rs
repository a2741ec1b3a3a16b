//! xattr(7): getxattr, lgetxattr, fgetxattr and their kin.

use std::ffi::CStr;
use std::os::fd::AsRawFd;

use super::reading::growing;
use super::{Follow, SetMode, XattrTarget, check, check_len, pointer, retry};
use crate::errno::Errno;

pub(super) const ABSENT: Errno = Errno::ENODATA;

pub(super) fn get(target: XattrTarget<'_>, name: &CStr) -> Result<Vec<u8>, Errno> {
    let name = name.as_ptr();
    growing(|room| {
        let (buf, len) = pointer(room);
        retry(|| {
            check_len(match target {
                // SAFETY: the descriptor is open, `name` NUL-terminated, `buf` has room for `len` bytes or is null with 0.
                XattrTarget::Fd(fd) => unsafe { libc::fgetxattr(fd.as_raw_fd(), name, buf, len) },
                // SAFETY: both names are NUL-terminated, `buf` as above.
                XattrTarget::Path(path, Follow::Yes) => unsafe {
                    libc::getxattr(path.as_ptr(), name, buf, len)
                },
                // SAFETY: as above.
                XattrTarget::Path(path, Follow::No) => unsafe {
                    libc::lgetxattr(path.as_ptr(), name, buf, len)
                },
            })
        })
    })
}

pub(super) fn list(target: XattrTarget<'_>) -> Result<Vec<u8>, Errno> {
    growing(|room| {
        let (buf, len) = pointer(room);
        let buf = buf.cast();
        retry(|| {
            check_len(match target {
                // SAFETY: the descriptor is open, `buf` has room for `len` bytes or is null with 0.
                XattrTarget::Fd(fd) => unsafe { libc::flistxattr(fd.as_raw_fd(), buf, len) },
                // SAFETY: the path is NUL-terminated, `buf` as above.
                XattrTarget::Path(path, Follow::Yes) => unsafe { libc::listxattr(path.as_ptr(), buf, len) },
                // SAFETY: as above.
                XattrTarget::Path(path, Follow::No) => unsafe { libc::llistxattr(path.as_ptr(), buf, len) },
            })
        })
    })
}

pub(super) fn set(target: XattrTarget<'_>, name: &CStr, value: &[u8], mode: SetMode) -> Result<(), Errno> {
    let flags = match mode {
        SetMode::Any => 0,
        SetMode::Create => libc::XATTR_CREATE,
        SetMode::Replace => libc::XATTR_REPLACE,
    };
    let (name, ptr, len) = (name.as_ptr(), value.as_ptr().cast(), value.len());
    retry(|| {
        check(match target {
            // SAFETY: the descriptor is open, `name` NUL-terminated, `ptr` has `len` bytes to read.
            XattrTarget::Fd(fd) => unsafe { libc::fsetxattr(fd.as_raw_fd(), name, ptr, len, flags) },
            // SAFETY: both names are NUL-terminated, `ptr` as above.
            XattrTarget::Path(path, Follow::Yes) => unsafe {
                libc::setxattr(path.as_ptr(), name, ptr, len, flags)
            },
            // SAFETY: as above.
            XattrTarget::Path(path, Follow::No) => unsafe {
                libc::lsetxattr(path.as_ptr(), name, ptr, len, flags)
            },
        })
    })
    .map(drop)
}

pub(super) fn remove(target: XattrTarget<'_>, name: &CStr) -> Result<(), Errno> {
    let name = name.as_ptr();
    retry(|| {
        check(match target {
            // SAFETY: the descriptor is open and `name` NUL-terminated.
            XattrTarget::Fd(fd) => unsafe { libc::fremovexattr(fd.as_raw_fd(), name) },
            // SAFETY: both names are NUL-terminated.
            XattrTarget::Path(path, Follow::Yes) => unsafe { libc::removexattr(path.as_ptr(), name) },
            // SAFETY: as above.
            XattrTarget::Path(path, Follow::No) => unsafe { libc::lremovexattr(path.as_ptr(), name) },
        })
    })
    .map(drop)
}
