//! Who has made a thing that this call has just made, or that has got its name since.

use std::os::fd::BorrowedFd;

use super::name::Slot;
use super::sample::new_file_in;
use super::source::At;
use crate::error::{During, FsError};
use crate::sys::{self, STAT_CALL, Stat};

/// Whether the caller can have made what is open, and was called `at` when it was made: it belongs to its maker, but where a
/// server, or a mount option, decides that (NFS, SMB, FAT, FUSE).
///
/// The owner and the caller's id are the kernel's own: a preloaded library would say of everything that it is root's
/// (fakeroot). Where they differ all the same, a file is made beside it, which nobody can exchange, and shows how the caller's
/// own files are shown: proot changes the answer of geteuid(2), and not that of statx(2); overlayfs shows what the
/// server under it decides.
pub(crate) fn is_made_by_caller(fd: BorrowedFd<'_>, stat: &Stat, at: At<'_>) -> Result<bool, FsError> {
    let owner = kernel_owner(fd, stat)?;
    if owner == sys::kernel_euid() || !sys::fstatfs(fd).is_ok_and(|info| info.fs_type.creator_owns_files) {
        return Ok(true);
    }
    let slot = Slot::of(at)?;
    let callers = new_file_in(slot.dir(), 0o600, |file| {
        let stat = sys::fstat(file).during(STAT_CALL)?;
        kernel_owner(file, &stat)
    });
    Ok(callers.is_ok_and(|callers| callers == owner))
}

fn kernel_owner(fd: BorrowedFd<'_>, stat: &Stat) -> Result<u32, FsError> {
    Ok(sys::as_kernel_has_it(fd, stat).during(STAT_CALL)?.uid)
}
