//! A move to another filesystem ends with the removal of the source. What could not be removed is refused when the copy comes to
//! it: then nothing has the destination's name yet, the source is whole, and the copy, which never got what keeps it from
//! being removed, goes. The errors are those that rename(2) has where it meets the same.

use std::os::fd::{AsFd, BorrowedFd};

use crate::copy::{PathAtBuf, Source, ensure_can_rename_temp};
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys;
use crate::sys::{EXCLUSIVE_RENAME_CALL, InodeFlags, STAT_CALL, Stat};
use crate::tree::copy::TreeCopy;
use crate::tree::walk::dir_names::is_empty;

impl TreeCopy {
    /// Whether the source is to go.
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
        if self.is_move() { refuse(stat) } else { Ok(()) }
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
        refuse(stat)?;
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

/// Checks before anything is copied: the source itself, and the two directories whose entries a move changes.
pub(in crate::tree) fn refuse_names(from: &PathAtBuf, stat: &Stat, to: &PathAtBuf) -> Result<(), FsError> {
    refuse(stat)?;
    let above = sys::fstat(from.dir()).during(STAT_CALL)?;
    if above.is_locked {
        return Err(FsError::new(Errno::EPERM, EXCLUSIVE_RENAME_CALL));
    }
    sys::can_write_dir(from.dir().as_fd()).during("faccessat")?;
    ensure_can_rename_temp(to.dir())
}

fn refuse(stat: &Stat) -> Result<(), FsError> {
    let errno = if stat.is_mount_root == Some(true) {
        Errno::EBUSY
    } else if stat.is_locked {
        Errno::EPERM
    } else {
        return Ok(());
    };
    Err(FsError::new(errno, EXCLUSIVE_RENAME_CALL))
}
