//! Limits and properties that a filesystem states through fpathconf(3).

use std::os::fd::{AsRawFd, BorrowedFd};

use crate::errno::{Errno, clear_errno};

/// A limit of pathconf(2).
#[derive(Clone, Copy)]
pub(crate) enum Limit {
    /// Bytes in the longest path, its NUL included.
    PathMax,
    /// Bytes in the longest name.
    NameMax,
    /// 1 where `a` and `A` are two names.
    #[cfg(target_os = "macos")]
    CaseSensitive,
    /// 1 where files can have ACLs.
    #[cfg(any(target_os = "macos", target_os = "freebsd"))]
    Acl,
    /// 1 where files can have ACLs as NFS version 4 has them.
    #[cfg(target_os = "freebsd")]
    AclNfs4,
}

impl Limit {
    fn name(self) -> libc::c_int {
        match self {
            Self::PathMax => libc::_PC_PATH_MAX,
            Self::NameMax => libc::_PC_NAME_MAX,
            #[cfg(target_os = "macos")]
            Self::CaseSensitive => libc::_PC_CASE_SENSITIVE,
            #[cfg(target_os = "macos")]
            Self::Acl => libc::_PC_EXTENDED_SECURITY_NP,
            #[cfg(target_os = "freebsd")]
            Self::Acl => libc::_PC_ACL_EXTENDED,
            #[cfg(target_os = "freebsd")]
            Self::AclNfs4 => libc::_PC_ACL_NFS4,
        }
    }
}

/// `fpathconf(fd, limit)`. `None`: there is no limit, or the system names none.
///
/// -1 means both "no limit" and "error"; errno distinguishes them only if it was zero before.
pub(crate) fn fpathconf(fd: BorrowedFd<'_>, limit: Limit) -> Result<Option<u64>, Errno> {
    clear_errno();
    // SAFETY: `fd` is open.
    let value = unsafe { libc::fpathconf(fd.as_raw_fd(), limit.name()) };
    match (u64::try_from(value), Errno::last()) {
        (Ok(value), _) => Ok(Some(value)),
        (Err(_), errno) if errno.raw() == 0 => Ok(None),
        (Err(_), errno) => Err(errno),
    }
}
