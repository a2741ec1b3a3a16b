//! What the C calling convention says of success and failure, in one place.

use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt;

use crate::errno::Errno;

/// Turns "-1 and errno" into a `Result`.
pub(super) fn check(ret: libc::c_int) -> Result<libc::c_int, Errno> {
    if ret == -1 { Err(Errno::last()) } else { Ok(ret) }
}

/// Turns "-1 and errno" into a `Result` for calls that give a count or an offset.
pub(super) fn check_len(ret: libc::ssize_t) -> Result<usize, Errno> {
    usize::try_from(ret).map_err(|_| Errno::last())
}

/// The length that extattr(2) returns: an `int` on NetBSD, a `ssize_t` on FreeBSD.
#[cfg(any(target_os = "freebsd", target_os = "netbsd"))]
pub(super) fn as_length(ret: impl TryInto<libc::ssize_t>) -> libc::ssize_t {
    ret.try_into().unwrap_or(-1)
}

/// Turns "-1 and errno" into a `Result` for `lseek` and `syscall`, whose success is never negative.
pub(super) fn check_offset(ret: i64) -> Result<u64, Errno> {
    u64::try_from(ret).map_err(|_| Errno::last())
}

/// Calls again for as long as a signal handler interrupts.
pub(super) fn retry<T>(mut call: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            other => return other,
        }
    }
}

/// An offset as the kernel takes it; beyond 2^63 - 1 there are no files.
pub(super) fn offset(value: u64) -> Result<libc::off_t, Errno> {
    libc::off_t::try_from(value).map_err(|_| Errno::EOVERFLOW)
}

/// The part of `len` that one read or write requests: the most that Linux moves. macOS returns EINVAL for more than an int.
pub(super) fn at_most(len: usize) -> usize {
    len.min(0x7fff_f000)
}

/// Longer than nearly every name and path.
const SHORT: usize = 256;

/// Calls `body` with `bytes` as C takes them: from the stack where they are short. A NUL inside is `EINVAL`.
pub(crate) fn with_cstr<T>(bytes: &[u8], body: impl FnOnce(&CStr) -> Result<T, Errno>) -> Result<T, Errno> {
    let mut short = [0; SHORT];
    let Some(with_nul) = short.get_mut(..=bytes.len()) else {
        return CString::new(bytes).map_err(|_| Errno::EINVAL).and_then(|long| body(&long));
    };
    if let Some((_nul, place)) = with_nul.split_last_mut() {
        place.copy_from_slice(bytes);
    }
    CStr::from_bytes_with_nul(with_nul).map_err(|_| Errno::EINVAL).and_then(body)
}

/// A path as the kernel takes it. A NUL inside would cut it short, so it is `EINVAL`.
pub(crate) fn cstring(path: &OsStr) -> Result<CString, Errno> {
    CString::new(path.as_bytes()).map_err(|_| Errno::EINVAL)
}

#[cfg(test)]
mod tests {
    use super::at_most;

    #[test]
    fn no_call_is_asked_for_more_than_an_int_can_count() {
        assert_eq!(at_most(4096), 4096);
        assert!(i32::try_from(at_most(usize::MAX)).is_ok());
    }
}
