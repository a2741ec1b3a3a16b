//! Names in directories: rename, unlink, link, symlink, mkdir, rmdir, mknod, readlink.

use std::ffi::CStr;
#[cfg(target_os = "linux")]
use std::os::fd::RawFd;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::mode::{S_IFBLK, S_IFCHR, S_IFMT, S_IFSOCK};
use super::result::{check, check_len, retry};
use crate::errno::Errno;

/// `renameat(from_dir, from, to_dir, to)`: replaces an entry at `to`, also a link, without following it.
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
    renameat2((from_dir, from), (to_dir, to), libc::RENAME_NOREPLACE)
}

/// `renameat2(from_dir, from, to_dir, to, flags)`. ENOSYS, too, where a seccomp profile older than the call answers EPERM.
#[cfg(target_os = "linux")]
fn renameat2(
    (from_dir, from): (BorrowedFd<'_>, &CStr),
    (to_dir, to): (BorrowedFd<'_>, &CStr),
    flags: libc::c_uint,
) -> Result<(), Errno> {
    let call = |from_dir: RawFd, from: &CStr, to_dir: RawFd, to: &CStr| {
        let (from, to) = (from.as_ptr(), to.as_ptr());
        // SAFETY: both names are NUL-terminated; a descriptor that is not open is EBADF; the arguments are those of renameat2(2).
        super::result::check_offset(unsafe {
            libc::syscall(libc::SYS_renameat2, from_dir, from, to_dir, to, flags) // raw: glibc has it from 2.28, musl from 1.2.6
        })
    };
    match retry(|| call(from_dir.as_raw_fd(), from, to_dir.as_raw_fd(), to)) {
        // A seccomp filter sees only numbers: it returns the same errno for a descriptor that is not open, where the kernel returns EBADF.
        Err(Errno::EPERM) if call(-1, c"a", -1, c"b") == Err(Errno::EPERM) => Err(Errno::ENOSYS),
        other => other.map(drop),
    }
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

/// The name that errors of [`renameat_noreplace`] carry.
pub(crate) const EXCLUSIVE_RENAME_CALL: &str =
    if cfg!(target_os = "macos") { "renameatx_np" } else { "renameat2" };

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

/// `renameat2(one_dir, one, other_dir, other, RENAME_EXCHANGE)`: two names change places. EINVAL or ENOSYS where it is
/// not supported.
#[cfg(target_os = "linux")]
pub(crate) fn renameat_exchange(
    one_dir: BorrowedFd<'_>,
    one: &CStr,
    other_dir: BorrowedFd<'_>,
    other: &CStr,
) -> Result<(), Errno> {
    renameat2((one_dir, one), (other_dir, other), libc::RENAME_EXCHANGE)
}

/// `renameatx_np(one_dir, one, other_dir, other, RENAME_SWAP)`: two names change places. ENOTSUP where the volume
/// cannot.
#[cfg(target_os = "macos")]
pub(crate) fn renameat_exchange(
    one_dir: BorrowedFd<'_>,
    one: &CStr,
    other_dir: BorrowedFd<'_>,
    other: &CStr,
) -> Result<(), Errno> {
    let (one_dir, other_dir) = (one_dir.as_raw_fd(), other_dir.as_raw_fd());
    let flags = libc::RENAME_SWAP;
    // SAFETY: both directories are open and both names NUL-terminated.
    retry(|| check(unsafe { libc::renameatx_np(one_dir, one.as_ptr(), other_dir, other.as_ptr(), flags) }))
        .map(drop)
}

/// FreeBSD has no such rename.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(crate) fn renameat_exchange(
    _one_dir: BorrowedFd<'_>,
    _one: &CStr,
    _other_dir: BorrowedFd<'_>,
    _other: &CStr,
) -> Result<(), Errno> {
    Err(Errno::ENOSYS)
}

/// `unlinkat(dir, name, 0)`.
pub(crate) fn unlinkat(dir: BorrowedFd<'_>, name: &CStr) -> Result<(), Errno> {
    // SAFETY: `dir` is open and `name` is NUL-terminated.
    retry(|| check(unsafe { libc::unlinkat(dir.as_raw_fd(), name.as_ptr(), 0) })).map(drop)
}

/// `unlinkat(dir, name, AT_REMOVEDIR)`: rmdir(2).
pub(crate) fn rmdirat(dir: BorrowedFd<'_>, name: &CStr) -> Result<(), Errno> {
    let flags = libc::AT_REMOVEDIR;
    // SAFETY: `dir` is open and `name` is NUL-terminated.
    retry(|| check(unsafe { libc::unlinkat(dir.as_raw_fd(), name.as_ptr(), flags) })).map(drop)
}

/// `mkdirat(dir, name, mode)`: the umask applies.
pub(crate) fn mkdirat(dir: BorrowedFd<'_>, name: &CStr, mode: u32) -> Result<(), Errno> {
    let mode = super::owner::bits(mode);
    // SAFETY: `dir` is open and `name` is NUL-terminated.
    retry(|| check(unsafe { libc::mkdirat(dir.as_raw_fd(), name.as_ptr(), mode) })).map(drop)
}

/// `symlinkat(target, dir, name)`: `target` is kept byte for byte and need not exist.
pub(crate) fn symlinkat(target: &CStr, dir: BorrowedFd<'_>, name: &CStr) -> Result<(), Errno> {
    // SAFETY: `dir` is open, target and name are NUL-terminated.
    retry(|| check(unsafe { libc::symlinkat(target.as_ptr(), dir.as_raw_fd(), name.as_ptr()) })).map(drop)
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

/// `mknodat(dir, name, mode, rdev)`: `mode` carries the type; the umask applies. EEXIST if the name is taken. Sockets
/// are ENOTSUP but on Linux: elsewhere only bind(2) makes them.
pub(crate) fn mknodat(dir: BorrowedFd<'_>, name: &CStr, mode: u32, rdev: u64) -> Result<(), Errno> {
    if !cfg!(target_os = "linux") && mode & S_IFMT == S_IFSOCK {
        return Err(Errno::ENOTSUP);
    }
    let (mode, device) = (super::owner::bits(mode), device_of(mode, rdev));
    make_node(dir, name, mode, device)
}

/// The number for mknod(2): a device's own, and 0 for a FIFO. FreeBSD's stat shows -1 for a FIFO, and its mknod takes only 0.
fn device_of(mode: u32, rdev: u64) -> u64 {
    if matches!(mode & S_IFMT, S_IFCHR | S_IFBLK) { rdev } else { 0 }
}

#[cfg(not(target_os = "macos"))]
fn make_node(dir: BorrowedFd<'_>, name: &CStr, mode: libc::mode_t, device: u64) -> Result<(), Errno> {
    // Device numbers have 64 bits on Linux, FreeBSD and NetBSD, and 32 on OpenBSD.
    #[cfg(target_os = "openbsd")]
    let device = u32::try_from(device).map_err(|_| Errno::EINVAL)?.cast_signed();
    // SAFETY: `dir` is open and `name` is NUL-terminated.
    retry(|| check(unsafe { libc::mknodat(dir.as_raw_fd(), name.as_ptr(), mode, device) })).map(drop)
}

/// macOS has the call from version 13 on. It is looked up when it is needed: a library that names it would not load on
/// an older system. ENOTSUP there.
#[cfg(target_os = "macos")]
fn make_node(dir: BorrowedFd<'_>, name: &CStr, mode: libc::mode_t, device: u64) -> Result<(), Errno> {
    type Mknodat =
        unsafe extern "C" fn(libc::c_int, *const libc::c_char, libc::mode_t, libc::dev_t) -> libc::c_int;
    let device = u32::try_from(device).map_err(|_| Errno::EINVAL)?.cast_signed();
    // SAFETY: the name is NUL-terminated.
    let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"mknodat".as_ptr()) };
    if found.is_null() {
        return Err(Errno::ENOTSUP);
    }
    // SAFETY: libSystem's mknodat is the function that sys/stat.h declares so.
    let mknodat = unsafe { std::mem::transmute::<*mut libc::c_void, Mknodat>(found) };
    // SAFETY: `dir` is open and `name` is NUL-terminated.
    retry(|| check(unsafe { mknodat(dir.as_raw_fd(), name.as_ptr(), mode, device) })).map(drop)
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

#[cfg(test)]
mod tests {
    use super::device_of;

    #[test]
    fn only_devices_have_a_number_when_they_are_made() {
        assert_eq!(device_of(0o010_644, u64::MAX), 0); // a FIFO as FreeBSD's stat shows it
        assert_eq!(device_of(0o140_755, 7), 0);
        assert_eq!(device_of(0o020_666, 0x103), 0x103);
        assert_eq!(device_of(0o060_660, 0x0800), 0x0800);
    }
}
