//! Extended attributes of an open file. Names and values are bytes; an empty value is a value.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::result::{check, check_len, retry};
use crate::errno::Errno;

/// The errno of an absent attribute: ENODATA on Linux.
#[cfg(target_os = "linux")]
const ABSENT: Errno = Errno::ENODATA;
/// The errno of an absent attribute: ENOATTR on the BSDs.
#[cfg(not(target_os = "linux"))]
const ABSENT: Errno = Errno::ENOATTR;

/// The value of `name`, or `None` when there is no such attribute.
///
/// Sized first, then read; when the value grew in between (ERANGE) both are done again.
pub(crate) fn fgetxattr(fd: BorrowedFd<'_>, name: &CStr) -> Result<Option<Vec<u8>>, Errno> {
    let value = read_growing(|buf, len| {
        // SAFETY: `fd` is open, `name` NUL-terminated, and `buf` has room for `len` bytes (or is null with 0).
        retry(|| check_len(unsafe { raw::get(fd.as_raw_fd(), name.as_ptr(), buf, len) }))
    });
    match value {
        Err(errno) if errno == ABSENT => Ok(None),
        other => other.map(Some),
    }
}

/// Every name, each followed by a NUL, as flistxattr(2) gives them.
pub(crate) fn flistxattr(fd: BorrowedFd<'_>) -> Result<Vec<u8>, Errno> {
    read_growing(|buf, len| {
        // SAFETY: `fd` is open and `buf` has room for `len` bytes (or is null with 0).
        retry(|| check_len(unsafe { raw::list(fd.as_raw_fd(), buf, len) }))
    })
}

/// Sets `name` to `value`, made anew or replaced.
pub(crate) fn fsetxattr(fd: BorrowedFd<'_>, name: &CStr, value: &[u8]) -> Result<(), Errno> {
    let (ptr, len) = (value.as_ptr().cast(), value.len());
    // SAFETY: `fd` is open, `name` NUL-terminated, and `value` has `len` bytes to read.
    retry(|| check(unsafe { raw::set(fd.as_raw_fd(), name.as_ptr(), ptr, len) })).map(drop)
}

/// Removes `name`; `false` when there was no such attribute.
pub(crate) fn fremovexattr(fd: BorrowedFd<'_>, name: &CStr) -> Result<bool, Errno> {
    // SAFETY: `fd` is open and `name` NUL-terminated.
    match retry(|| check(unsafe { raw::remove(fd.as_raw_fd(), name.as_ptr()) })) {
        Ok(_) => Ok(true),
        Err(errno) if errno == ABSENT => Ok(false),
        Err(errno) => Err(errno),
    }
}

/// First a guess that fits most attributes, so that one call is enough; then size and read until they agree.
fn read_growing(
    mut call: impl FnMut(*mut libc::c_void, usize) -> Result<usize, Errno>,
) -> Result<Vec<u8>, Errno> {
    let mut buf = vec![0_u8; 256];
    loop {
        match call(buf.as_mut_ptr().cast(), buf.len()) {
            Ok(used) => {
                buf.truncate(used);
                return Ok(buf);
            }
            Err(Errno::ERANGE) => {
                let needed = call(std::ptr::null_mut(), 0)?;
                buf.resize(needed.max(1), 0);
            }
            Err(errno) => return Err(errno),
        }
    }
}

#[cfg(target_os = "linux")]
mod raw {
    pub(super) use libc::{fgetxattr as get, fremovexattr as remove};

    pub(super) unsafe fn list(fd: libc::c_int, buf: *mut libc::c_void, len: usize) -> libc::ssize_t {
        // SAFETY: the caller's promises are those of flistxattr(2).
        unsafe { libc::flistxattr(fd, buf.cast(), len) }
    }

    pub(super) unsafe fn set(
        fd: libc::c_int,
        name: *const libc::c_char,
        value: *const libc::c_void,
        len: usize,
    ) -> libc::c_int {
        // SAFETY: the caller's promises are those of fsetxattr(2).
        unsafe { libc::fsetxattr(fd, name, value, len, 0) }
    }
}

#[cfg(target_os = "macos")]
mod raw {
    //! The same calls with a position (for resource forks) and options.

    use libc::{c_char, c_int, c_void, ssize_t};

    pub(super) unsafe fn get(fd: c_int, name: *const c_char, buf: *mut c_void, len: usize) -> ssize_t {
        // SAFETY: the caller's promises are those of fgetxattr(2).
        unsafe { libc::fgetxattr(fd, name, buf, len, 0, 0) }
    }

    pub(super) unsafe fn list(fd: c_int, buf: *mut c_void, len: usize) -> ssize_t {
        // SAFETY: the caller's promises are those of flistxattr(2).
        unsafe { libc::flistxattr(fd, buf.cast(), len, 0) }
    }

    pub(super) unsafe fn set(fd: c_int, name: *const c_char, value: *const c_void, len: usize) -> c_int {
        // SAFETY: the caller's promises are those of fsetxattr(2).
        unsafe { libc::fsetxattr(fd, name, value, len, 0, 0) }
    }

    pub(super) unsafe fn remove(fd: c_int, name: *const c_char) -> c_int {
        // SAFETY: the caller's promises are those of fremovexattr(2).
        unsafe { libc::fremovexattr(fd, name, 0) }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
mod raw {
    //! extattr(2) of FreeBSD: a namespace number beside a bare name. `user.x` and `system.x` are mapped, others refused.

    use libc::{c_char, c_int, c_void, ssize_t};

    const USER: c_int = 1;
    const SYSTEM: c_int = 2;

    /// Splits `user.x` into its number and the bare name.
    unsafe fn split(name: *const c_char) -> Option<(c_int, *const c_char)> {
        // SAFETY: the caller promises a NUL-terminated name.
        let bytes = unsafe { std::ffi::CStr::from_ptr(name) }.to_bytes_with_nul();
        let (space, rest) = if let Some(rest) = bytes.strip_prefix(b"user.") {
            (USER, rest)
        } else {
            (SYSTEM, bytes.strip_prefix(b"system.")?)
        };
        Some((space, rest.as_ptr().cast()))
    }

    fn refuse() -> ssize_t {
        errno::set_errno(errno::Errno(libc::EOPNOTSUPP));
        -1
    }

    pub(super) unsafe fn get(fd: c_int, name: *const c_char, buf: *mut c_void, len: usize) -> ssize_t {
        // SAFETY: the caller promises a NUL-terminated name.
        let Some((space, bare)) = (unsafe { split(name) }) else { return refuse() };
        // SAFETY: a null buffer asks for the size only.
        let size = unsafe { libc::extattr_get_fd(fd, space, bare, std::ptr::null_mut(), 0) };
        if size < 0 || len == 0 {
            return size;
        }
        // extattr_get_fd cuts a long value short without a word; say ERANGE, as the other systems do.
        if size.unsigned_abs() > len {
            errno::set_errno(errno::Errno(libc::ERANGE));
            return -1;
        }
        // SAFETY: `buf` has room for `len` bytes.
        unsafe { libc::extattr_get_fd(fd, space, bare, buf, len) }
    }

    pub(super) unsafe fn set(fd: c_int, name: *const c_char, value: *const c_void, len: usize) -> c_int {
        // SAFETY: the caller promises a NUL-terminated name.
        let Some((space, bare)) = (unsafe { split(name) }) else { return narrow(refuse()) };
        // SAFETY: `value` has `len` bytes to read.
        narrow(unsafe { libc::extattr_set_fd(fd, space, bare, value, len) })
    }

    pub(super) unsafe fn remove(fd: c_int, name: *const c_char) -> c_int {
        // SAFETY: the caller promises a NUL-terminated name.
        let Some((space, bare)) = (unsafe { split(name) }) else { return narrow(refuse()) };
        // SAFETY: `bare` points into the caller's NUL-terminated name.
        unsafe { libc::extattr_delete_fd(fd, space, bare) }
    }

    /// The kernel's list is length-prefixed names of one namespace; ours is `user.x` with NULs.
    pub(super) unsafe fn list(fd: c_int, buf: *mut c_void, len: usize) -> ssize_t {
        let mut names = Vec::new();
        for (space, prefix) in [(USER, &b"user."[..]), (SYSTEM, &b"system."[..])] {
            match list_one(fd, space) {
                Ok(packed) => unpack(&packed, prefix, &mut names),
                // Without privilege there is no system namespace to see.
                Err(libc::EPERM) if space == SYSTEM => {}
                Err(raw) => {
                    errno::set_errno(errno::Errno(raw));
                    return -1;
                }
            }
        }
        if len == 0 {
            return ssize_t::try_from(names.len()).unwrap_or(-1);
        }
        if names.len() > len {
            errno::set_errno(errno::Errno(libc::ERANGE));
            return -1;
        }
        // SAFETY: `names` fits into the `len` bytes that the caller promises, and the two do not overlap.
        unsafe { std::ptr::copy_nonoverlapping(names.as_ptr(), buf.cast(), names.len()) };
        ssize_t::try_from(names.len()).unwrap_or(-1)
    }

    fn list_one(fd: c_int, space: c_int) -> Result<Vec<u8>, c_int> {
        loop {
            // SAFETY: a null buffer asks for the size only.
            let size = unsafe { libc::extattr_list_fd(fd, space, std::ptr::null_mut(), 0) };
            let Ok(size) = usize::try_from(size) else { return Err(errno::errno().0) };
            // One byte of slack: a list that fills the buffer may have been cut, so it is read again.
            let mut buf = vec![0_u8; size.saturating_add(1)];
            // SAFETY: the kernel writes at most `buf.len()` bytes into `buf`.
            let used = unsafe { libc::extattr_list_fd(fd, space, buf.as_mut_ptr().cast(), buf.len()) };
            let Ok(used) = usize::try_from(used) else { return Err(errno::errno().0) };
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

    /// Sizes of single attributes fit; only the sign carries meaning here.
    fn narrow(ret: ssize_t) -> c_int {
        if ret < 0 { -1 } else { 0 }
    }
}
