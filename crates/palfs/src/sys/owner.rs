//! Owner, group and permission bits.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd};

#[cfg(target_os = "linux")]
use super::open::{OpenFlags, openat};
use super::result::{check, retry};
use super::stat::Follow;
use crate::errno::Errno;

/// "Leave alone" for chown(2): (uid_t) -1.
const UNCHANGED: u32 = u32::MAX;

/// `fchown(fd, uid, gid)`; `None` leaves an id as it is.
pub(crate) fn fchown(fd: BorrowedFd<'_>, uid: Option<u32>, gid: Option<u32>) -> Result<(), Errno> {
    let (uid, gid) = (uid.unwrap_or(UNCHANGED), gid.unwrap_or(UNCHANGED));
    // SAFETY: `fd` is open.
    retry(|| check(unsafe { libc::fchown(fd.as_raw_fd(), uid, gid) })).map(drop)
}

/// `fchownat(dir, name, uid, gid)`; `None` leaves an id as it is.
pub(crate) fn fchownat(
    dir: BorrowedFd<'_>,
    name: &CStr,
    uid: Option<u32>,
    gid: Option<u32>,
    follow: Follow,
) -> Result<(), Errno> {
    let (uid, gid) = (uid.unwrap_or(UNCHANGED), gid.unwrap_or(UNCHANGED));
    let flags = follow.at_flags();
    // SAFETY: `dir` is open and `name` is NUL-terminated.
    retry(|| check(unsafe { libc::fchownat(dir.as_raw_fd(), name.as_ptr(), uid, gid, flags) })).map(drop)
}

/// `fchmod(fd, mode)`.
pub(crate) fn fchmod(fd: BorrowedFd<'_>, mode: u32) -> Result<(), Errno> {
    // SAFETY: `fd` is open.
    retry(|| check(unsafe { libc::fchmod(fd.as_raw_fd(), bits(mode)) })).map(drop)
}

/// `fchmod(fd, mode)`. If the set-id and sticky bits are refused, the others are set. Returns whether all were set.
///
/// FreeBSD returns EPERM for set-group-id with a group that the caller is not in, and EFTYPE for the sticky bit of a file. Linux drops
/// such bits without an error.
pub(crate) fn fchmod_permitted(fd: BorrowedFd<'_>, mode: u32) -> Result<bool, Errno> {
    match fchmod(fd, mode) {
        Err(errno) if mode & 0o7000 != 0 && may_refuse_special_bits(errno) => {
            fchmod(fd, mode & 0o777).map(|()| false)
        }
        other => other.map(|()| true),
    }
}

#[cfg(target_os = "linux")]
fn may_refuse_special_bits(_errno: Errno) -> bool {
    false
}

#[cfg(not(target_os = "linux"))]
fn may_refuse_special_bits(errno: Errno) -> bool {
    matches!(errno, Errno::EPERM | Errno::EFTYPE)
}

/// The same number on every architecture; libc names it on few.
#[cfg(target_os = "linux")]
pub(super) const SYS_FCHMODAT2: libc::c_long = 452;

/// `fchmodat(dir, name, mode)`. fchmodat2(2) of Linux 6.6 does not follow a link. Without it a link is followed, so that form is only
/// for nodes that this process has just created under a random name.
pub(crate) fn fchmodat(dir: BorrowedFd<'_>, name: &CStr, mode: u32, follow: Follow) -> Result<(), Errno> {
    #[cfg(target_os = "linux")]
    if follow == Follow::No && !super::preloaded::keeps_owners_and_modes() {
        // SAFETY: `dir` is open and `name` is NUL-terminated; the arguments are those of fchmodat2(2).
        let ret = unsafe {
            libc::syscall(SYS_FCHMODAT2, dir.as_raw_fd(), name.as_ptr(), mode, libc::AT_SYMLINK_NOFOLLOW)
        };
        match super::result::check_offset(ret) {
            // ENOSYS: an older kernel. EPERM: a seccomp profile older than the call; the plain form then returns the kernel's errno.
            Err(Errno::ENOSYS | Errno::EPERM) => {}
            other => return other.map(drop),
        }
    }
    // Linux's call takes no flags (glibc and musl emulate one through /proc).
    let flags = if cfg!(target_os = "linux") { 0 } else { follow.at_flags() };
    // SAFETY: `dir` is open and `name` is NUL-terminated.
    retry(|| check(unsafe { libc::fchmodat(dir.as_raw_fd(), name.as_ptr(), bits(mode), flags) })).map(drop)
}

/// `faccessat(dir, ".", W_OK | X_OK, AT_EACCESS)`: whether the caller may create and remove entries in an open directory. EROFS on a
/// read-only filesystem.
pub(crate) fn can_write_dir(dir: BorrowedFd<'_>) -> Result<(), Errno> {
    let wanted = libc::W_OK | libc::X_OK;
    #[cfg(target_os = "linux")]
    {
        match faccessat2(dir, c".", wanted, 0) {
            // An older kernel, or an older seccomp profile: the call without flags, which checks the real user.
            Err(Errno::ENOSYS | Errno::EPERM) => {}
            other => return other,
        }
        // SAFETY: `dir` is open and the name NUL-terminated; the arguments are those of faccessat(2).
        let asked = unsafe { libc::syscall(libc::SYS_faccessat, dir.as_raw_fd(), c".".as_ptr(), wanted) };
        super::result::check_offset(asked).map(drop)
    }
    // SAFETY: `dir` is open and the name NUL-terminated.
    #[cfg(not(target_os = "linux"))]
    check(unsafe { libc::faccessat(dir.as_raw_fd(), c".".as_ptr(), wanted, libc::AT_EACCESS) }).map(drop)
}

/// The name that errors of [`may_write`] carry.
pub(crate) const ACCESS_CALL: &str = if cfg!(target_os = "linux") { "faccessat2" } else { "faccessat" };

/// `faccessat(dir, name, W_OK, AT_EACCESS)`: whether the caller may write to a file. The file is not opened, which would copy
/// it up on overlayfs, break a lease, and be ETXTBSY of a running program.
pub(crate) fn may_write(dir: BorrowedFd<'_>, name: &CStr, follow: Follow) -> Result<(), Errno> {
    let flags = follow.at_flags();
    #[cfg(target_os = "linux")]
    match faccessat2(dir, name, libc::W_OK, flags) {
        // ENOSYS: Linux before 5.8. EPERM: an older seccomp profile, or an immutable file; an open tells these apart.
        Err(Errno::ENOSYS | Errno::EPERM) => may_open_to_write(dir, name, follow),
        other => other,
    }
    #[cfg(not(target_os = "linux"))]
    {
        let flags = flags | libc::AT_EACCESS;
        // SAFETY: `dir` is open and `name` is NUL-terminated.
        check(unsafe { libc::faccessat(dir.as_raw_fd(), name.as_ptr(), libc::W_OK, flags) }).map(drop)
    }
}

/// Opens a file for writing and closes it.
#[cfg(target_os = "linux")]
fn may_open_to_write(dir: BorrowedFd<'_>, name: &CStr, follow: Follow) -> Result<(), Errno> {
    let flags = if follow == Follow::Yes { OpenFlags::WRITE } else { OpenFlags::WRITE_NOFOLLOW };
    match openat(dir, name, flags, 0) {
        // These come after the permission was checked: a lease, a running program, a FIFO without a reader.
        Ok(_) | Err(Errno::EAGAIN | Errno::ETXTBSY | Errno::ENXIO) => Ok(()),
        // A link that is not followed has no permissions of its own.
        Err(Errno::ELOOP) if follow == Follow::No => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// `faccessat2(dir, name, wanted, flags | AT_EACCESS)`. A raw call: musl's faccessat starts a child process, and glibc's before 2.33
/// computes the result from the mode.
#[cfg(target_os = "linux")]
fn faccessat2(
    dir: BorrowedFd<'_>,
    name: &CStr,
    wanted: libc::c_int,
    flags: libc::c_int,
) -> Result<(), Errno> {
    const SYS_FACCESSAT2: libc::c_long = 439; // Linux 5.8; the same number on every architecture
    let flags = flags | libc::AT_EACCESS;
    // SAFETY: `dir` is open and `name` is NUL-terminated; the arguments are those of faccessat2(2).
    let asked = unsafe { libc::syscall(SYS_FACCESSAT2, dir.as_raw_fd(), name.as_ptr(), wanted, flags) };
    super::result::check_offset(asked).map(drop)
}

/// Permission bits as this platform's `mode_t`: 32 bits wide on Linux, 16 on the BSDs; all twelve fit either.
#[cfg(target_os = "linux")]
pub(super) fn bits(mode: u32) -> libc::mode_t {
    mode & 0o177_777
}

/// Permission bits as this platform's `mode_t`: 32 bits wide on Linux, 16 on the BSDs; all twelve fit either.
#[cfg(not(target_os = "linux"))]
pub(super) fn bits(mode: u32) -> libc::mode_t {
    libc::mode_t::try_from(mode & 0o177_777).unwrap_or(0)
}
