//! Which errors of link(2) mean that a name cannot be had by a hard link.

use std::os::fd::BorrowedFd;

use crate::errno::Errno;
use crate::sys;

/// Whether `errno` of a link(2) into `dir` means "not by a link": too many names (EMLINK), another subvolume (EXDEV), a
/// filesystem without hard links (EPERM, ENOTSUP, EINVAL; ENOSYS of FUSE servers without the call), a seccomp filter (EPERM,
/// ENOSYS), another user's file under protected_hardlinks (EPERM), a first name that is gone or out of reach (ENOENT, ESTALE,
/// EACCES). A copy has the same content and takes more blocks.
pub(crate) fn cannot_link(errno: Errno, dir: BorrowedFd<'_>) -> bool {
    errno == Errno::ENOTSUP
        || matches!(
            errno,
            Errno::EMLINK
                | Errno::EXDEV
                | Errno::EPERM
                | Errno::EOPNOTSUPP
                | Errno::EINVAL
                | Errno::ENOSYS
                | Errno::ENOENT
                | Errno::ESTALE
                | Errno::EACCES
        )
        || (errno == Errno::EIO && is_served(dir))
}

/// Whether a program or another machine serves the filesystem: rclone (1.60.1) answers link(2) with EIO.
fn is_served(dir: BorrowedFd<'_>) -> bool {
    sys::fstatfs(dir).is_ok_and(|info| !info.fs_type.is_local)
}
