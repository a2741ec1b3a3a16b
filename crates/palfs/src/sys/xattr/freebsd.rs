//! extattr(2) of FreeBSD and NetBSD: a namespace number beside a bare name. `user.x` and `system.x` are mapped, other names are EOPNOTSUPP.

use std::ffi::{CStr, c_void};
use std::os::fd::AsRawFd;

use libc::c_int;

use super::reading::{Room, split, unpack, with_slack};
use super::{Follow, SetMode, XattrTarget, check, check_len, pointer, retry};
use crate::errno::Errno;
use crate::sys::result::as_length;

pub(super) const ABSENT: Errno = Errno::ENOATTR;

/// The number of the namespace and the bare name.
fn place(name: &CStr) -> Result<(c_int, &CStr), Errno> {
    split(name).ok_or(Errno::EOPNOTSUPP)
}

/// One call: as much of the value as there is room for, or its size.
fn get_bare(target: XattrTarget<'_>, space: c_int, name: &CStr, room: Room<'_>) -> Result<usize, Errno> {
    let (name, (buf, len)) = (name.as_ptr(), pointer(room));
    retry(|| {
        check_len(as_length(match target {
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
        }))
    })
}

pub(super) fn get(target: XattrTarget<'_>, name: &CStr) -> Result<Vec<u8>, Errno> {
    let (space, bare) = place(name)?;
    with_slack(|room| get_bare(target, space, bare, room))
}

/// There are no flags for create and replace, so the attribute is looked up first; another process may change it in between.
pub(super) fn set(target: XattrTarget<'_>, name: &CStr, value: &[u8], mode: SetMode) -> Result<(), Errno> {
    let (space, bare) = place(name)?;
    match mode {
        SetMode::Any => {}
        SetMode::Create => match get_bare(target, space, bare, None) {
            Err(errno) if errno == ABSENT => {}
            other => return other.and(Err(Errno::EEXIST)),
        },
        // Absent: the errno of the question is the answer.
        SetMode::Replace => get_bare(target, space, bare, None).map(drop)?,
    }
    let (name, ptr, len) = (bare.as_ptr(), value.as_ptr().cast::<c_void>(), value.len());
    let written = retry(|| {
        check_len(as_length(match target {
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
        }))
    })?;
    // The whole value or an error is what filesystems do; the call's contract is that of write(2).
    if written == len { Ok(()) } else { Err(Errno::EIO) }
}

pub(super) fn remove(target: XattrTarget<'_>, name: &CStr) -> Result<(), Errno> {
    let (space, bare) = place(name)?;
    let name = bare.as_ptr();
    retry(|| {
        check(match target {
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
        })
    })
    .map(drop)
}

/// The kernel's list is length-prefixed names of one namespace; ours is `user.x` with NULs.
pub(super) fn list(target: XattrTarget<'_>) -> Result<Vec<u8>, Errno> {
    let mut names = Vec::new();
    for (space, prefix) in
        [(libc::EXTATTR_NAMESPACE_USER, &b"user."[..]), (libc::EXTATTR_NAMESPACE_SYSTEM, &b"system."[..])]
    {
        match with_slack(|room| list_bare(target, space, room)) {
            Ok(packed) => unpack(&packed, prefix, &mut names),
            // Without privilege there is no system namespace to see.
            Err(Errno::EPERM) if space == libc::EXTATTR_NAMESPACE_SYSTEM => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(names)
}

fn list_bare(target: XattrTarget<'_>, space: c_int, room: Room<'_>) -> Result<usize, Errno> {
    let (buf, len) = pointer(room);
    retry(|| {
        check_len(as_length(match target {
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
        }))
    })
}
