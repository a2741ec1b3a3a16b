//! Names in directories: rename, unlink, link, mknod, readlink.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::result::{check, check_len, retry};
use crate::errno::Errno;

/// `renameat(from_dir, from, to_dir, to)`: replaces what is at `to`, a link included, without following it.
pub(crate) fn renameat(
    from_dir: BorrowedFd<'_>,
    from: &CStr,
    to_dir: BorrowedFd<'_>,
    to: &CStr,
) -> Result<(), Errno> {
    let (from_dir, to_dir) = (from_dir.as_raw_fd(), to_dir.as_raw_fd());
    // SAFETY: both directories are open and both names NUL-terminated.
    retry(|| check(unsafe { libc::renameat(from_dir, from.as_ptr(), to_dir, to.as_ptr()) })).map(drop)
}

/// `renameat2(.., RENAME_NOREPLACE)`: EEXIST instead of replacing. EINVAL or ENOSYS where it is not supported.
#[cfg(target_os = "linux")]
pub(crate) fn renameat_noreplace(
    from_dir: BorrowedFd<'_>,
    from: &CStr,
    to_dir: BorrowedFd<'_>,
    to: &CStr,
) -> Result<(), Errno> {
    let (from_dir, to_dir) = (from_dir.as_raw_fd(), to_dir.as_raw_fd());
    let flags = libc::RENAME_NOREPLACE;
    let number = libc::SYS_renameat2; // raw: glibc has a wrapper from 2.28, musl from 1.2.6
    retry(|| {
        // SAFETY: both directories are open, both names NUL-terminated; the arguments are those of renameat2(2).
        super::result::check_offset(unsafe {
            libc::syscall(number, from_dir, from.as_ptr(), to_dir, to.as_ptr(), flags)
        })
    })
    .map(drop)
}

/// `renameatx_np(.., RENAME_EXCL)`: EEXIST instead of replacing. ENOTSUP where the volume cannot.
#[cfg(target_os = "macos")]
pub(crate) fn renameat_noreplace(
    from_dir: BorrowedFd<'_>,
    from: &CStr,
    to_dir: BorrowedFd<'_>,
    to: &CStr,
) -> Result<(), Errno> {
    let (from_dir, to_dir) = (from_dir.as_raw_fd(), to_dir.as_raw_fd());
    retry(|| {
        // SAFETY: both directories are open and both names NUL-terminated.
        check(unsafe { libc::renameatx_np(from_dir, from.as_ptr(), to_dir, to.as_ptr(), libc::RENAME_EXCL) })
    })
    .map(drop)
}

/// FreeBSD has no such rename; the caller links and unlinks instead.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(crate) fn renameat_noreplace(
    _from_dir: BorrowedFd<'_>,
    _from: &CStr,
    _to_dir: BorrowedFd<'_>,
    _to: &CStr,
) -> Result<(), Errno> {
    Err(Errno::ENOSYS)
}

/// `unlinkat(dir, name, 0)`.
pub(crate) fn unlinkat(dir: BorrowedFd<'_>, name: &CStr) -> Result<(), Errno> {
    // SAFETY: `dir` is open and `name` is NUL-terminated.
    retry(|| check(unsafe { libc::unlinkat(dir.as_raw_fd(), name.as_ptr(), 0) })).map(drop)
}

/// `linkat(from_dir, from, to_dir, to, 0)`: a second name; EEXIST if `to` exists; a link is not followed.
pub(crate) fn linkat(
    from_dir: BorrowedFd<'_>,
    from: &CStr,
    to_dir: BorrowedFd<'_>,
    to: &CStr,
) -> Result<(), Errno> {
    let (from_dir, to_dir) = (from_dir.as_raw_fd(), to_dir.as_raw_fd());
    // SAFETY: both directories are open and both names NUL-terminated.
    retry(|| check(unsafe { libc::linkat(from_dir, from.as_ptr(), to_dir, to.as_ptr(), 0) })).map(drop)
}

/// `mknodat(dir, name, mode, rdev)`: `mode` carries the type; the umask applies. EEXIST if the name is taken.
pub(crate) fn mknodat(dir: BorrowedFd<'_>, name: &CStr, mode: u32, rdev: u64) -> Result<(), Errno> {
    #[cfg(target_os = "macos")]
    let device = libc::dev_t::try_from(rdev).map_err(|_| Errno::EINVAL)?;
    #[cfg(not(target_os = "macos"))]
    let device = rdev;
    let mode = super::owner::bits(mode);
    // SAFETY: `dir` is open and `name` is NUL-terminated.
    retry(|| check(unsafe { libc::mknodat(dir.as_raw_fd(), name.as_ptr(), mode, device) })).map(drop)
}

/// `readlinkat(dir, name)`, whole: st_size may be 0 or stale, so the buffer grows until the target is shorter than it.
pub(crate) fn readlinkat(dir: BorrowedFd<'_>, name: &CStr) -> Result<Vec<u8>, Errno> {
    let mut buf = vec![0_u8; 256];
    loop {
        let (ptr, len) = (buf.as_mut_ptr().cast(), buf.len());
        // SAFETY: the kernel writes at most `len` bytes into `buf`.
        let used =
            retry(|| check_len(unsafe { libc::readlinkat(dir.as_raw_fd(), name.as_ptr(), ptr, len) }))?;
        if used < len {
            buf.truncate(used);
            return Ok(buf);
        }
        buf.resize(len.saturating_mul(2), 0);
    }
}
