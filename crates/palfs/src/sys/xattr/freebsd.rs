//! extattr(2): a namespace number beside a bare name. `user.x` and `system.x` are mapped, other names are EOPNOTSUPP.

use std::ffi::{CStr, c_void};
use std::os::fd::AsRawFd;

use libc::{c_char, c_int, ssize_t};

use super::{Follow, SetMode, XattrTarget};
use crate::errno::{self, Errno};

pub(super) const ABSENT: Errno = Errno::ENOATTR;

const USER: c_int = 1;
const SYSTEM: c_int = 2;

/// Splits `user.x` into its number and the bare name.
fn split(name: &CStr) -> Option<(c_int, &CStr)> {
    let bytes = name.to_bytes_with_nul();
    let (space, rest) = match bytes.strip_prefix(b"user.") {
        Some(rest) => (USER, rest),
        None => (SYSTEM, bytes.strip_prefix(b"system.")?),
    };
    CStr::from_bytes_with_nul(rest).ok().map(|bare| (space, bare))
}

/// Fails as a system call does.
fn refuse(errno: Errno) -> ssize_t {
    errno::set_errno(errno);
    -1
}

/// Single attributes are far below 2 GiB; only the sign carries meaning.
fn narrow(ret: ssize_t) -> c_int {
    if ret < 0 { -1 } else { 0 }
}

fn get_bare(
    target: XattrTarget<'_>,
    space: c_int,
    name: *const c_char,
    buf: *mut c_void,
    len: usize,
) -> ssize_t {
    match target {
        // SAFETY: the descriptor is open, `name` NUL-terminated, `buf` has room for `len` bytes or is null with 0.
        XattrTarget::Fd(fd) => unsafe { libc::extattr_get_fd(fd.as_raw_fd(), space, name, buf, len) },
        // SAFETY: both names are NUL-terminated, `buf` as above.
        XattrTarget::Path(path, Follow::Yes) => unsafe {
            libc::extattr_get_file(path.as_ptr(), space, name, buf, len)
        },
        // SAFETY: as above.
        XattrTarget::Path(path, Follow::No) => unsafe {
            libc::extattr_get_link(path.as_ptr(), space, name, buf, len)
        },
    }
}

pub(super) fn get(target: XattrTarget<'_>, name: &CStr, buf: *mut u8, len: usize) -> ssize_t {
    let Some((space, bare)) = split(name) else { return refuse(Errno::EOPNOTSUPP) };
    let size = get_bare(target, space, bare.as_ptr(), std::ptr::null_mut(), 0);
    if size < 0 || buf.is_null() {
        return size;
    }
    // A value longer than the buffer is cut without a word; say ERANGE, as the other systems do.
    if size.unsigned_abs() > len {
        return refuse(Errno::ERANGE);
    }
    get_bare(target, space, bare.as_ptr(), buf.cast(), len)
}

/// There are no flags for create and replace, so they are asked beforehand; another process may come in between.
pub(super) fn set(target: XattrTarget<'_>, name: &CStr, value: &[u8], mode: SetMode) -> c_int {
    let Some((space, bare)) = split(name) else { return narrow(refuse(Errno::EOPNOTSUPP)) };
    if mode != SetMode::Any {
        let exists = get_bare(target, space, bare.as_ptr(), std::ptr::null_mut(), 0) >= 0;
        if exists && mode == SetMode::Create {
            return narrow(refuse(Errno::EEXIST));
        }
        if !exists && mode == SetMode::Replace {
            return -1; // With the errno of the question: ENOATTR.
        }
    }
    let (name, ptr, len) = (bare.as_ptr(), value.as_ptr().cast(), value.len());
    narrow(match target {
        // SAFETY: the descriptor is open, `name` NUL-terminated, `ptr` has `len` bytes to read.
        XattrTarget::Fd(fd) => unsafe { libc::extattr_set_fd(fd.as_raw_fd(), space, name, ptr, len) },
        // SAFETY: both names are NUL-terminated, `ptr` as above.
        XattrTarget::Path(path, Follow::Yes) => unsafe {
            libc::extattr_set_file(path.as_ptr(), space, name, ptr, len)
        },
        // SAFETY: as above.
        XattrTarget::Path(path, Follow::No) => unsafe {
            libc::extattr_set_link(path.as_ptr(), space, name, ptr, len)
        },
    })
}

pub(super) fn remove(target: XattrTarget<'_>, name: &CStr) -> c_int {
    let Some((space, bare)) = split(name) else { return narrow(refuse(Errno::EOPNOTSUPP)) };
    let name = bare.as_ptr();
    match target {
        // SAFETY: the descriptor is open and `name` NUL-terminated.
        XattrTarget::Fd(fd) => unsafe { libc::extattr_delete_fd(fd.as_raw_fd(), space, name) },
        // SAFETY: both names are NUL-terminated.
        XattrTarget::Path(path, Follow::Yes) => unsafe {
            libc::extattr_delete_file(path.as_ptr(), space, name)
        },
        // SAFETY: as above.
        XattrTarget::Path(path, Follow::No) => unsafe {
            libc::extattr_delete_link(path.as_ptr(), space, name)
        },
    }
}

/// The kernel's list is length-prefixed names of one namespace; ours is `user.x` with NULs.
pub(super) fn list(target: XattrTarget<'_>, buf: *mut u8, len: usize) -> ssize_t {
    let mut names = Vec::new();
    for (space, prefix) in [(USER, &b"user."[..]), (SYSTEM, &b"system."[..])] {
        match list_one(target, space) {
            Ok(packed) => unpack(&packed, prefix, &mut names),
            // Without privilege there is no system namespace to see.
            Err(Errno::EPERM) if space == SYSTEM => {}
            Err(errno) => return refuse(errno),
        }
    }
    if !buf.is_null() {
        if names.len() > len {
            return refuse(Errno::ERANGE);
        }
        // SAFETY: `names` fits into the `len` bytes that the caller promises, and the two do not overlap.
        unsafe { std::ptr::copy_nonoverlapping(names.as_ptr(), buf, names.len()) };
    }
    ssize_t::try_from(names.len()).unwrap_or_else(|_| refuse(Errno::E2BIG))
}

fn list_bare(target: XattrTarget<'_>, space: c_int, buf: *mut c_void, len: usize) -> Result<usize, Errno> {
    super::check_len(match target {
        // SAFETY: the descriptor is open, `buf` has room for `len` bytes or is null with 0.
        XattrTarget::Fd(fd) => unsafe { libc::extattr_list_fd(fd.as_raw_fd(), space, buf, len) },
        // SAFETY: the path is NUL-terminated, `buf` as above.
        XattrTarget::Path(path, Follow::Yes) => unsafe {
            libc::extattr_list_file(path.as_ptr(), space, buf, len)
        },
        // SAFETY: as above.
        XattrTarget::Path(path, Follow::No) => unsafe {
            libc::extattr_list_link(path.as_ptr(), space, buf, len)
        },
    })
}

fn list_one(target: XattrTarget<'_>, space: c_int) -> Result<Vec<u8>, Errno> {
    loop {
        let size = list_bare(target, space, std::ptr::null_mut(), 0)?;
        // One byte of slack: a list that fills the buffer may have been cut, so it is read again.
        let mut buf = vec![0_u8; size.saturating_add(1)];
        let used = list_bare(target, space, buf.as_mut_ptr().cast(), buf.len())?;
        if used < buf.len() {
            buf.truncate(used);
            return Ok(buf);
        }
    }
}

fn unpack(mut packed: &[u8], prefix: &[u8], names: &mut Vec<u8>) {
    while let Some((len, rest)) = packed.split_first() {
        let Some((name, next)) = rest.split_at_checked(usize::from(*len)) else { return };
        names.extend_from_slice(prefix);
        names.extend_from_slice(name);
        names.push(0);
        packed = next;
    }
}
