//! macOS and FreeBSD: access control lists of open files, acl(3). Linux keeps them in extended attributes.

use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::NonNull;

use libc::{c_int, c_void};

use super::result::check;
use crate::errno::Errno;

// Of sys/acl.h, which the libc crate does not have; in libSystem, and in FreeBSD's libc from version 8 on.
unsafe extern "C" {
    fn acl_get_fd_np(fd: c_int, kind: c_int) -> *mut c_void;
    fn acl_set_fd_np(fd: c_int, acl: *mut c_void, kind: c_int) -> c_int;
    fn acl_free(object: *mut c_void) -> c_int;
    #[cfg(target_os = "macos")]
    fn acl_init(count: c_int) -> *mut c_void;
    #[cfg(target_os = "freebsd")]
    fn acl_is_trivial_np(acl: *mut c_void, trivial: *mut c_int) -> c_int;
    #[cfg(target_os = "freebsd")]
    fn acl_strip_np(acl: *mut c_void, recalculate_mask: c_int) -> *mut c_void;
}

/// A list in memory of the C library's.
struct Acl(NonNull<c_void>);

impl Acl {
    fn of(made: *mut c_void) -> Result<Self, Errno> {
        NonNull::new(made).map(Self).ok_or_else(Errno::last)
    }

    fn get(fd: BorrowedFd<'_>, kind: c_int) -> Result<Self, Errno> {
        // SAFETY: `fd` is open.
        Self::of(unsafe { acl_get_fd_np(fd.as_raw_fd(), kind) })
    }

    fn set(&self, fd: BorrowedFd<'_>, kind: c_int) -> Result<(), Errno> {
        // SAFETY: `fd` is open, and the list is one that the library made.
        check(unsafe { acl_set_fd_np(fd.as_raw_fd(), self.0.as_ptr(), kind) }).map(drop)
    }
}

impl Drop for Acl {
    fn drop(&mut self) {
        // SAFETY: the list is one that the library made, and is not used again.
        unsafe { acl_free(self.0.as_ptr()) };
    }
}

#[cfg(target_os = "macos")]
mod system {
    //! One kind of list, which most files do not have.

    use super::{Acl, BorrowedFd, Errno, acl_init};

    /// ACL_TYPE_EXTENDED
    const EXTENDED: i32 = 0x100;

    /// The list; `None` where there is none, or where the volume has none.
    fn get(fd: BorrowedFd<'_>) -> Result<Option<Acl>, Errno> {
        match Acl::get(fd, EXTENDED) {
            Err(Errno::ENOENT | Errno::ENOTSUP | Errno::EOPNOTSUPP) => Ok(None),
            other => other.map(Some),
        }
    }

    /// Whether the file has a list of its own.
    pub(crate) fn has_acl(fd: BorrowedFd<'_>) -> Result<bool, Errno> {
        get(fd).map(|acl| acl.is_some())
    }

    /// Sets the list of `src` on `dest`. If `src` has none, a list that `dest` inherited from its directory is removed.
    pub(crate) fn copy_acl(src: BorrowedFd<'_>, dest: BorrowedFd<'_>) -> Result<(), Errno> {
        match (get(src)?, get(dest)?) {
            (Some(acl), _) => acl.set(dest, EXTENDED),
            (None, None) => Ok(()),
            (None, Some(_)) => {
                // SAFETY: takes a number, returns an empty list or null.
                Acl::of(unsafe { acl_init(1) })?.set(dest, EXTENDED)
            }
        }
    }
}

#[cfg(target_os = "freebsd")]
mod system {
    //! POSIX.1e lists or those of NFS version 4, by filesystem. Every file has one; a trivial one equals the mode.

    use super::{Acl, BorrowedFd, Errno, acl_is_trivial_np, acl_strip_np, check};
    use crate::sys::{Limit, fpathconf};

    const ACCESS: i32 = 2; // ACL_TYPE_ACCESS
    const NFS4: i32 = 4; // ACL_TYPE_NFS4

    /// Which kind the filesystem has, if any.
    fn kind(fd: BorrowedFd<'_>) -> Option<i32> {
        let has = |limit| fpathconf(fd, limit).is_ok_and(|value| value.is_some_and(|value| value > 0));
        if has(Limit::AclNfs4) { Some(NFS4) } else { has(Limit::Acl).then_some(ACCESS) }
    }

    fn is_trivial(acl: &Acl) -> Result<bool, Errno> {
        let mut trivial = 0;
        // SAFETY: the list is one that the library made, and the answer outlives the call.
        check(unsafe { acl_is_trivial_np(acl.0.as_ptr(), &raw mut trivial) })?;
        Ok(trivial != 0)
    }

    /// What `dest` inherited from its directory goes.
    fn strip(dest: BorrowedFd<'_>, kind: i32) -> Result<(), Errno> {
        let inherited = Acl::get(dest, kind)?;
        if is_trivial(&inherited)? {
            return Ok(());
        }
        // SAFETY: the list is one that the library made; 0 leaves the mask alone.
        Acl::of(unsafe { acl_strip_np(inherited.0.as_ptr(), 0) })?.set(dest, kind)
    }

    /// Sets the list of `src` on `dest`. EOPNOTSUPP: the filesystems have different kinds, which cannot be translated, or
    /// the destination's has none.
    pub(crate) fn copy_acl(src: BorrowedFd<'_>, dest: BorrowedFd<'_>) -> Result<(), Errno> {
        let to = kind(dest);
        let Some(from) = kind(src) else { return to.map_or(Ok(()), |to| strip(dest, to)) };
        let acl = Acl::get(src, from)?;
        match (is_trivial(&acl)?, to) {
            (true, None) => Ok(()),
            (true, Some(to)) => strip(dest, to),
            (false, to) if to == Some(from) => acl.set(dest, from),
            (false, _) => Err(Errno::EOPNOTSUPP),
        }
    }
}

pub(crate) use system::copy_acl;
#[cfg(target_os = "macos")]
pub(crate) use system::has_acl;
