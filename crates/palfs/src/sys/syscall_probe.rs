//! Whether the kernel has a call: asked with descriptors that cannot be open, so nothing can happen.
//!
//! EBADF is the answer of a call that exists. ENOSYS is that of a kernel without it, EPERM that of a seccomp filter
//! that hides it. Kernel versions are not asked: distributions add calls to old kernels and sandboxes take them away.

use super::result::check;
#[cfg(not(target_os = "openbsd"))]
use super::result::check_len;
#[cfg(target_os = "linux")]
use super::result::check_offset;
use crate::errno::Errno;

const CLOSED: libc::c_int = -1;

fn exists<T>(answer: &Result<T, Errno>) -> bool {
    !matches!(answer, Err(Errno::ENOSYS | Errno::EPERM))
}

/// copy_file_range(2), on Linux by number: glibc 2.27 to 2.29 have a copy of their own where the kernel has none.
#[cfg(target_os = "linux")]
pub(crate) fn has_copy_file_range() -> bool {
    let null = std::ptr::null_mut::<libc::loff_t>();
    let number = libc::SYS_copy_file_range;
    // SAFETY: the arguments are those of the man page; no descriptor is open, so nothing is read or written.
    exists(&check_offset(unsafe { libc::syscall(number, CLOSED, null, CLOSED, null, 1_usize, 0_u32) }))
}

/// copy_file_range(2).
#[cfg(target_os = "freebsd")]
pub(crate) fn has_copy_file_range() -> bool {
    let null = std::ptr::null_mut();
    // SAFETY: no descriptor is open, so nothing is read or written; null offsets mean the files' own.
    exists(&check_len(unsafe { libc::copy_file_range(CLOSED, null, CLOSED, null, 1, 0) }))
}

/// There is no such call.
#[cfg(not(any(target_os = "linux", target_os = "freebsd")))]
pub(crate) fn has_copy_file_range() -> bool {
    false
}

/// splice(2).
#[cfg(target_os = "linux")]
pub(crate) fn has_splice() -> bool {
    let null = std::ptr::null_mut();
    // SAFETY: no descriptor is open, so nothing is moved; null offsets mean the files' own.
    exists(&check_len(unsafe { libc::splice(CLOSED, null, CLOSED, null, 1, 0) }))
}

/// There is no such call.
#[cfg(not(target_os = "linux"))]
pub(crate) fn has_splice() -> bool {
    false
}

/// sendfile(2).
#[cfg(target_os = "linux")]
pub(crate) fn has_sendfile() -> bool {
    // SAFETY: no descriptor is open, so nothing is moved; a null offset means the file's own.
    exists(&check_len(unsafe { libc::sendfile(CLOSED, CLOSED, std::ptr::null_mut(), 1) }))
}

/// sendfile(2), to sockets only.
#[cfg(target_os = "macos")]
pub(crate) fn has_sendfile() -> bool {
    let (mut len, null) = (0, std::ptr::null_mut());
    // SAFETY: no descriptor is open, so nothing is sent; a null header list is allowed and `len` outlives the call.
    exists(&check(unsafe { libc::sendfile(CLOSED, CLOSED, 0, &raw mut len, null, 0) }))
}

/// sendfile(2), to sockets only.
#[cfg(target_os = "freebsd")]
pub(crate) fn has_sendfile() -> bool {
    let null = std::ptr::null_mut();
    // SAFETY: no descriptor is open, so nothing is sent; null header list and count are allowed.
    exists(&check(unsafe { libc::sendfile(CLOSED, CLOSED, 0, 1, null, std::ptr::null_mut(), 0) }))
}

/// There is no such call.
#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "freebsd")))]
pub(crate) fn has_sendfile() -> bool {
    false
}

/// fclonefileat(2).
#[cfg(target_os = "macos")]
pub(crate) fn has_clonefile() -> bool {
    // SAFETY: the source is not open, so nothing is cloned; the name is NUL-terminated.
    exists(&check(unsafe { libc::fclonefileat(CLOSED, CLOSED, c"".as_ptr(), 0) }))
}

/// There is no such call: Linux clones into an open file, with an ioctl.
#[cfg(not(target_os = "macos"))]
pub(crate) fn has_clonefile() -> bool {
    false
}

/// fgetxattr(2), and with it the family.
#[cfg(target_os = "linux")]
pub(crate) fn has_xattr() -> bool {
    // SAFETY: the name is NUL-terminated; a null buffer of no length asks for the size only.
    exists(&check_len(unsafe { libc::fgetxattr(CLOSED, c"user.a".as_ptr(), std::ptr::null_mut(), 0) }))
}

/// fgetxattr(2), and with it the family.
#[cfg(target_os = "macos")]
pub(crate) fn has_xattr() -> bool {
    // SAFETY: the name is NUL-terminated; a null buffer of no length asks for the size only.
    exists(&check_len(unsafe { libc::fgetxattr(CLOSED, c"a".as_ptr(), std::ptr::null_mut(), 0, 0, 0) }))
}

/// extattr_get_fd(2), and with it the family.
#[cfg(any(target_os = "freebsd", target_os = "netbsd"))]
pub(crate) fn has_xattr() -> bool {
    // SAFETY: the name is NUL-terminated; a null buffer of no length asks for the size only.
    let answer = unsafe { libc::extattr_get_fd(CLOSED, 1, c"a".as_ptr(), std::ptr::null_mut(), 0) };
    exists(&check_len(super::result::as_length(answer)))
}

/// There are no extended attributes: OpenBSD removed them with 4.6.
#[cfg(target_os = "openbsd")]
pub(crate) fn has_xattr() -> bool {
    false
}

/// flock(2).
pub(crate) fn has_flock() -> bool {
    // SAFETY: no descriptor is open, so nothing is locked or unlocked.
    exists(&check(unsafe { libc::flock(CLOSED, libc::LOCK_UN) }))
}
