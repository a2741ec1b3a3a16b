//! How a finished file gets its name, and how that is made to last.

use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::name::Slot;
use crate::errno::Errno;
use crate::error::{Destination, During, FsError};
use crate::sys::{self, OpenFlags};

/// Why a finished file did not get its name.
pub(crate) enum CommitError {
    /// The rename is impossible here (EBUSY of a mount point; EACCES, EPERM, EROFS): rewriting in place may work.
    NoRename(FsError),
    /// Anything else.
    Failed(FsError),
}

impl CommitError {
    /// The error, where there is no second way.
    pub(crate) fn into_error(self) -> FsError {
        match self {
            Self::NoRename(error) | Self::Failed(error) => error,
        }
    }

    /// Adds how many bytes of content had been moved, and what is left at the destination unless that is known better.
    pub(crate) fn of_copy(self, bytes: u64, left: Destination) -> Self {
        let complete = |error: FsError| {
            let known = error.destination();
            let left = if known == Destination::Untouched { left } else { known };
            error.with_bytes(bytes).with_destination(left)
        };
        match self {
            Self::NoRename(error) => Self::NoRename(complete(error)),
            Self::Failed(error) => Self::Failed(complete(error)),
        }
    }
}

impl From<FsError> for CommitError {
    fn from(error: FsError) -> Self {
        Self::Failed(error)
    }
}

/// Renames the temporary to its name in the same directory.
pub(super) fn give_name(slot: &Slot, temporary: &CStr, exclusive: bool) -> Result<(), CommitError> {
    if exclusive {
        return Ok(claim_name(slot, temporary)?);
    }
    match sys::renameat(slot.dir(), temporary, slot.dir(), &slot.name) {
        Ok(()) => Ok(()),
        Err(errno) if is_no_rename(errno) => Err(CommitError::NoRename(FsError::new(errno, "renameat"))),
        Err(errno) => Err(CommitError::Failed(FsError::new(errno, "renameat"))),
    }
}

/// The errnos that mean "not by rename, in this directory": a bind-mounted file (EBUSY), a directory in which the
/// caller may not make or replace names (EACCES, EPERM with the sticky bit), a read-only one around a writable mount.
pub(super) fn is_no_rename(errno: Errno) -> bool {
    matches!(errno, Errno::EBUSY | Errno::EACCES | Errno::EPERM | Errno::EROFS)
}

/// The errnos that mean "no new file can be made beside the old one". ENOENT, of a directory that is held open, is
/// procfs's way to say that its directories take no files.
pub(super) fn is_no_new_file(errno: Errno) -> bool {
    is_no_rename(errno) || errno == Errno::ENOENT
}

/// Renames only onto a free name.
fn claim_name(slot: &Slot, temporary: &CStr) -> Result<(), FsError> {
    match sys::renameat_noreplace(slot.dir(), temporary, slot.dir(), &slot.name) {
        // EINVAL: the filesystem cannot; ENOSYS: the kernel cannot; ENOTSUP: macOS volumes.
        Err(Errno::EINVAL | Errno::ENOSYS | Errno::ENOTSUP) => {}
        other => return other.during(sys::EXCLUSIVE_RENAME_CALL),
    }
    // A hard link is refused when the name is taken, so link and unlink do the same in two steps.
    match sys::linkat(slot.dir(), temporary, slot.dir(), &slot.name) {
        Ok(()) => sys::unlinkat(slot.dir(), temporary).during("unlinkat"),
        Err(errno) => Err(FsError::new(errno, "linkat")),
    }
}

/// fsync of the directory, without which a crash may undo the rename.
pub(crate) fn sync_directory(dir: BorrowedFd<'_>) -> Result<(), FsError> {
    Names::of(dir)?.sync()
}

/// A directory whose names are to last. It is opened before anything has its name: what fails then can be undone.
pub(super) struct Names(OwnedFd);

impl Names {
    pub(super) fn of(dir: BorrowedFd<'_>) -> Result<Self, FsError> {
        sys::openat(dir, c".", OpenFlags::DIRECTORY, 0).during("openat").map(Self)
    }

    /// `None` where nobody asked for that.
    pub(super) fn if_durable(durable: bool, dir: BorrowedFd<'_>) -> Result<Option<Self>, FsError> {
        if durable { Self::of(dir).map(Some) } else { Ok(None) }
    }

    pub(super) fn sync(&self) -> Result<(), FsError> {
        match sys::fsync(self.0.as_fd()) {
            // EINVAL: a filesystem that has no fsync for directories; its renames are as durable as they get.
            Ok(()) | Err(Errno::EINVAL) => Ok(()),
            Err(errno) => Err(FsError::new(errno, "fsync")),
        }
    }
}
