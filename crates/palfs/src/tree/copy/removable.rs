//! Checks that a move can remove an entry after its copy.
//!
//! A move between filesystems deletes the source at the end. Before copying an entry the copy checks that it can be deleted. If not, the
//! move fails here: the destination does not exist yet, the source is intact, and the partial copy can still be deleted because its
//! immutable flags are set last. The errnos are those of rename(2) in the same cases.

use std::os::fd::BorrowedFd;

use super::TreeCopy;
use crate::copy::Source;
use crate::errno::Errno;
use crate::error::FsError;
use crate::sys;
use crate::sys::{EXCLUSIVE_RENAME_CALL, InodeFlags, Stat};
use crate::tree::walk::dir_names::is_empty;

impl TreeCopy {
    /// Whether this is the copy of a move, whose source is removed afterwards.
    pub(in crate::tree) const fn is_move(&self) -> bool {
        self.slots.is_some()
    }

    /// Refuses a file that could not be removed.
    pub(in crate::tree) fn refuse_file_that_stays(&self, source: &Source) -> Result<(), FsError> {
        // Some filesystems do not tell of flags by statx(2).
        if self.is_move() && !source.extras.flags(InodeFlags::LOCKING).is_empty() {
            return Err(FsError::new(Errno::EPERM, EXCLUSIVE_RENAME_CALL));
        }
        self.refuse_what_stays(&source.stat)
    }

    /// Refuses an entry of any kind that could not be removed.
    pub(in crate::tree) fn refuse_what_stays(&self, stat: &Stat) -> Result<(), FsError> {
        if self.is_move() { ensure_removable(stat) } else { Ok(()) }
    }

    /// Refuses an open directory that could not be removed with what is in it.
    pub(in crate::tree) fn refuse_directory_that_stays(
        &self,
        fd: BorrowedFd<'_>,
        stat: &Stat,
    ) -> Result<(), FsError> {
        if !self.is_move() {
            return Ok(());
        }
        ensure_removable(stat)?;
        if sys::get_inode_flags(fd).is_ok_and(|flags| !flags.and(InodeFlags::LOCKING).is_empty()) {
            return Err(FsError::new(Errno::EPERM, EXCLUSIVE_RENAME_CALL));
        }
        match sys::can_write_dir(fd) {
            Err(errno) => match is_empty(fd) {
                // An empty one needs no right of its own.
                Ok(true) => Ok(()),
                // There may be a descriptor later.
                Err(short @ (Errno::EMFILE | Errno::ENFILE)) => Err(FsError::new(short, "openat")),
                _ => Err(FsError::new(errno, "faccessat")),
            },
            Ok(()) => Ok(()),
        }
    }
}

/// Refuses an entry that is a mount point or has a flag against removal.
pub(in crate::tree) fn ensure_removable(stat: &Stat) -> Result<(), FsError> {
    let errno = if stat.is_mount_root == Some(true) {
        Errno::EBUSY
    } else if stat.is_locked {
        Errno::EPERM
    } else {
        return Ok(());
    };
    Err(FsError::new(errno, EXCLUSIVE_RENAME_CALL))
}
