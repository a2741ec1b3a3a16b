//! Who has made a thing that this call has just made, or that has got its name since.

use std::os::fd::BorrowedFd;

use crate::sys::{self, Stat};

/// Whether the caller can have made what is open: it belongs to its maker, but where a server, or a mount option, decides
/// that (NFS, SMB, FAT, FUSE).
pub(crate) fn is_made_by_caller(fd: BorrowedFd<'_>, stat: &Stat) -> bool {
    stat.uid == sys::geteuid() || !sys::fstatfs(fd).is_ok_and(|info| info.fs_type.creator_owns_files)
}
