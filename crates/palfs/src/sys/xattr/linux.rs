//! xattr(7): getxattr, lgetxattr, fgetxattr, getxattrat and their kin.

use std::ffi::{CStr, c_void};
use std::os::fd::AsRawFd;

use super::reading::growing;
use super::{Follow, SetMode, XattrTarget, check, check_len, pointer, retry};
use crate::errno::Errno;

pub(super) const ABSENT: Errno = Errno::ENODATA;

// The calls with a directory, from Linux 6.13 on: the same numbers on every architecture; no C library has them.
const SYS_SETXATTRAT: libc::c_long = 463;
const SYS_GETXATTRAT: libc::c_long = 464;
const SYS_LISTXATTRAT: libc::c_long = 465;
const SYS_REMOVEXATTRAT: libc::c_long = 466;

/// `struct xattr_args` of linux/xattr.h.
#[repr(C)]
struct XattrArgs {
    value: u64,
    size: u32,
    flags: u32,
}

impl XattrArgs {
    fn new(value: *const c_void, size: usize, flags: libc::c_int) -> Result<Self, Errno> {
        let size = u32::try_from(size).map_err(|_| Errno::E2BIG)?;
        // An address as the kernel takes it, in 64 bits.
        Ok(Self { value: value.expose_provenance() as u64, size, flags: flags.cast_unsigned() })
    }
}

const NO_FOLLOW: libc::c_int = libc::AT_SYMLINK_NOFOLLOW;

fn length(ret: libc::c_long) -> Result<usize, Errno> {
    usize::try_from(ret).map_err(|_| Errno::last())
}

pub(super) fn get(target: XattrTarget<'_>, name: &CStr) -> Result<Vec<u8>, Errno> {
    let name = name.as_ptr();
    growing(|room| {
        let (buf, len) = pointer(room);
        retry(|| {
            check_len(match target {
                // SAFETY: the descriptor is open, `name` NUL-terminated, `buf` has room for `len` bytes or is null with 0.
                XattrTarget::Fd(fd) => unsafe { libc::fgetxattr(fd.as_raw_fd(), name, buf, len) },
                // SAFETY: both names are NUL-terminated, `buf` as above.
                XattrTarget::Path(path, Follow::Yes) => unsafe {
                    libc::getxattr(path.as_ptr(), name, buf, len)
                },
                // SAFETY: as above.
                XattrTarget::Path(path, Follow::No) => unsafe {
                    libc::lgetxattr(path.as_ptr(), name, buf, len)
                },
                XattrTarget::At(dir, file) => {
                    let mut args = XattrArgs::new(buf, len, 0)?;
                    let (dir, file, size) = (dir.as_raw_fd(), file.as_ptr(), size_of::<XattrArgs>());
                    // SAFETY: the directory is open, both names are NUL-terminated, `args` outlives the call and names `buf`,
                    // which is as above.
                    return length(unsafe {
                        libc::syscall(SYS_GETXATTRAT, dir, file, NO_FOLLOW, name, &raw mut args, size)
                    });
                }
            })
        })
    })
}

pub(super) fn list(target: XattrTarget<'_>) -> Result<Vec<u8>, Errno> {
    growing(|room| {
        let (buf, len) = pointer(room);
        let buf = buf.cast();
        retry(|| {
            check_len(match target {
                // SAFETY: the descriptor is open, `buf` has room for `len` bytes or is null with 0.
                XattrTarget::Fd(fd) => unsafe { libc::flistxattr(fd.as_raw_fd(), buf, len) },
                // SAFETY: the path is NUL-terminated, `buf` as above.
                XattrTarget::Path(path, Follow::Yes) => unsafe { libc::listxattr(path.as_ptr(), buf, len) },
                // SAFETY: as above.
                XattrTarget::Path(path, Follow::No) => unsafe { libc::llistxattr(path.as_ptr(), buf, len) },
                XattrTarget::At(dir, file) => {
                    let (dir, file) = (dir.as_raw_fd(), file.as_ptr());
                    // SAFETY: the directory is open, the name NUL-terminated, `buf` as above.
                    return length(unsafe { libc::syscall(SYS_LISTXATTRAT, dir, file, NO_FOLLOW, buf, len) });
                }
            })
        })
    })
}

pub(super) fn set(target: XattrTarget<'_>, name: &CStr, value: &[u8], mode: SetMode) -> Result<(), Errno> {
    let flags = match mode {
        SetMode::Any => 0,
        SetMode::Create => libc::XATTR_CREATE,
        SetMode::Replace => libc::XATTR_REPLACE,
    };
    let (name, ptr, len) = (name.as_ptr(), value.as_ptr().cast::<c_void>(), value.len());
    retry(|| {
        check(match target {
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
            XattrTarget::At(dir, file) => {
                let args = XattrArgs::new(ptr, len, flags)?;
                let (dir, file, size) = (dir.as_raw_fd(), file.as_ptr(), size_of::<XattrArgs>());
                // SAFETY: the directory is open, both names are NUL-terminated, `args` outlives the call and names `ptr`, which is as
                // above.
                return length(unsafe {
                    libc::syscall(SYS_SETXATTRAT, dir, file, NO_FOLLOW, name, &raw const args, size)
                })
                .map(|_| 0);
            }
        })
    })
    .map(drop)
}

pub(super) fn remove(target: XattrTarget<'_>, name: &CStr) -> Result<(), Errno> {
    let name = name.as_ptr();
    retry(|| {
        check(match target {
            // SAFETY: the descriptor is open and `name` NUL-terminated.
            XattrTarget::Fd(fd) => unsafe { libc::fremovexattr(fd.as_raw_fd(), name) },
            // SAFETY: both names are NUL-terminated.
            XattrTarget::Path(path, Follow::Yes) => unsafe { libc::removexattr(path.as_ptr(), name) },
            // SAFETY: as above.
            XattrTarget::Path(path, Follow::No) => unsafe { libc::lremovexattr(path.as_ptr(), name) },
            XattrTarget::At(dir, file) => {
                let (dir, file) = (dir.as_raw_fd(), file.as_ptr());
                // SAFETY: the directory is open and both names are NUL-terminated.
                return length(unsafe { libc::syscall(SYS_REMOVEXATTRAT, dir, file, NO_FOLLOW, name) })
                    .map(|_| 0);
            }
        })
    })
    .map(drop)
}
