//! xattr(7): getxattr, lgetxattr, fgetxattr and their kin.

use std::ffi::CStr;
use std::os::fd::AsRawFd;

use libc::{c_int, ssize_t};

use super::{Follow, SetMode, XattrTarget};
use crate::errno::Errno;

pub(super) const ABSENT: Errno = Errno::ENODATA;

pub(super) fn get(target: XattrTarget<'_>, name: &CStr, buf: *mut u8, len: usize) -> ssize_t {
    let (name, buf) = (name.as_ptr(), buf.cast());
    match target {
        // SAFETY: the descriptor is open, `name` NUL-terminated, `buf` has room for `len` bytes or is null with 0.
        XattrTarget::Fd(fd) => unsafe { libc::fgetxattr(fd.as_raw_fd(), name, buf, len) },
        // SAFETY: both names are NUL-terminated, `buf` as above.
        XattrTarget::Path(path, Follow::Yes) => unsafe { libc::getxattr(path.as_ptr(), name, buf, len) },
        // SAFETY: as above.
        XattrTarget::Path(path, Follow::No) => unsafe { libc::lgetxattr(path.as_ptr(), name, buf, len) },
    }
}

pub(super) fn list(target: XattrTarget<'_>, buf: *mut u8, len: usize) -> ssize_t {
    let buf = buf.cast();
    match target {
        // SAFETY: the descriptor is open, `buf` has room for `len` bytes or is null with 0.
        XattrTarget::Fd(fd) => unsafe { libc::flistxattr(fd.as_raw_fd(), buf, len) },
        // SAFETY: the path is NUL-terminated, `buf` as above.
        XattrTarget::Path(path, Follow::Yes) => unsafe { libc::listxattr(path.as_ptr(), buf, len) },
        // SAFETY: as above.
        XattrTarget::Path(path, Follow::No) => unsafe { libc::llistxattr(path.as_ptr(), buf, len) },
    }
}

pub(super) fn set(target: XattrTarget<'_>, name: &CStr, value: &[u8], mode: SetMode) -> c_int {
    let flags = match mode {
        SetMode::Any => 0,
        SetMode::Create => libc::XATTR_CREATE,
        SetMode::Replace => libc::XATTR_REPLACE,
    };
    let (name, ptr, len) = (name.as_ptr(), value.as_ptr().cast(), value.len());
    match target {
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
    }
}

pub(super) fn remove(target: XattrTarget<'_>, name: &CStr) -> c_int {
    let name = name.as_ptr();
    match target {
        // SAFETY: the descriptor is open and `name` NUL-terminated.
        XattrTarget::Fd(fd) => unsafe { libc::fremovexattr(fd.as_raw_fd(), name) },
        // SAFETY: both names are NUL-terminated.
        XattrTarget::Path(path, Follow::Yes) => unsafe { libc::removexattr(path.as_ptr(), name) },
        // SAFETY: as above.
        XattrTarget::Path(path, Follow::No) => unsafe { libc::lremovexattr(path.as_ptr(), name) },
    }
}
