//! getxattr(2) and its kin: the same calls with a position (for resource forks) and options.

use std::ffi::CStr;
use std::os::fd::AsRawFd;

use libc::c_int;

use super::reading::{Room, by_position, growing, in_pieces};
use super::{Follow, SetMode, XattrTarget, check, check_len, pointer, retry};
use crate::errno::Errno;

pub(super) const ABSENT: Errno = Errno::ENOATTR;

/// Behaves as a file, not as a value: it is read in parts and never ERANGE, and a write leaves what lies behind it.
const RESOURCE_FORK: &CStr = c"com.apple.ResourceFork";

fn options(follow: Follow) -> c_int {
    if follow == Follow::Yes { 0 } else { libc::XATTR_NOFOLLOW }
}

fn get_at(target: XattrTarget<'_>, name: &CStr, room: Room<'_>, at: u32) -> Result<usize, Errno> {
    let (name, (buf, len)) = (name.as_ptr(), pointer(room));
    retry(|| {
        check_len(match target {
            // SAFETY: the descriptor is open, `name` NUL-terminated, `buf` has room for `len` bytes or is null with 0.
            XattrTarget::Fd(fd) => unsafe { libc::fgetxattr(fd.as_raw_fd(), name, buf, len, at, 0) },
            // SAFETY: both names are NUL-terminated, `buf` as above.
            XattrTarget::Path(path, follow) => unsafe {
                libc::getxattr(path.as_ptr(), name, buf, len, at, options(follow))
            },
        })
    })
}

pub(super) fn get(target: XattrTarget<'_>, name: &CStr) -> Result<Vec<u8>, Errno> {
    if name == RESOURCE_FORK {
        return by_position(|room, at| get_at(target, name, room, at));
    }
    growing(|room| get_at(target, name, room, 0))
}

pub(super) fn list(target: XattrTarget<'_>) -> Result<Vec<u8>, Errno> {
    growing(|room| {
        let (buf, len) = pointer(room);
        let buf = buf.cast();
        retry(|| {
            check_len(match target {
                // SAFETY: the descriptor is open, `buf` has room for `len` bytes or is null with 0.
                XattrTarget::Fd(fd) => unsafe { libc::flistxattr(fd.as_raw_fd(), buf, len, 0) },
                // SAFETY: the path is NUL-terminated, `buf` as above.
                XattrTarget::Path(path, follow) => unsafe {
                    libc::listxattr(path.as_ptr(), buf, len, options(follow))
                },
            })
        })
    })
}

fn set_at(target: XattrTarget<'_>, name: &CStr, value: &[u8], at: u32, flags: c_int) -> Result<(), Errno> {
    let (name, ptr, len) = (name.as_ptr(), value.as_ptr().cast(), value.len());
    retry(|| {
        check(match target {
            // SAFETY: the descriptor is open, `name` NUL-terminated, `ptr` has `len` bytes to read.
            XattrTarget::Fd(fd) => unsafe { libc::fsetxattr(fd.as_raw_fd(), name, ptr, len, at, flags) },
            // SAFETY: both names are NUL-terminated, `ptr` as above.
            XattrTarget::Path(path, follow) => unsafe {
                libc::setxattr(path.as_ptr(), name, ptr, len, at, flags | options(follow))
            },
        })
    })
    .map(drop)
}

pub(super) fn set(target: XattrTarget<'_>, name: &CStr, value: &[u8], mode: SetMode) -> Result<(), Errno> {
    if name == RESOURCE_FORK {
        return set_fork(target, value, mode);
    }
    let flags = match mode {
        SetMode::Any => 0,
        SetMode::Create => libc::XATTR_CREATE,
        SetMode::Replace => libc::XATTR_REPLACE,
    };
    set_at(target, name, value, 0, flags)
}

/// A fork that is longer than the new one has to go first: it would keep its tail.
fn set_fork(target: XattrTarget<'_>, value: &[u8], mode: SetMode) -> Result<(), Errno> {
    match get_at(target, RESOURCE_FORK, None, 0) {
        Ok(_) if mode == SetMode::Create => return Err(Errno::EEXIST),
        Ok(old) if old > value.len() => remove(target, RESOURCE_FORK)?,
        Err(errno) if mode == SetMode::Replace => return Err(errno),
        _ => {}
    }
    in_pieces(value, |piece, at| set_at(target, RESOURCE_FORK, piece, at, 0))
}

pub(super) fn remove(target: XattrTarget<'_>, name: &CStr) -> Result<(), Errno> {
    let name = name.as_ptr();
    retry(|| {
        check(match target {
            // SAFETY: the descriptor is open and `name` NUL-terminated.
            XattrTarget::Fd(fd) => unsafe { libc::fremovexattr(fd.as_raw_fd(), name, 0) },
            // SAFETY: both names are NUL-terminated.
            XattrTarget::Path(path, follow) => unsafe {
                libc::removexattr(path.as_ptr(), name, options(follow))
            },
        })
    })
    .map(drop)
}
