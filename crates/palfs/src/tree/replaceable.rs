//! What a move may replace, judged before anything changes: what rename(2) replaces, and a full directory by a directory.

use std::os::fd::AsFd;

use super::directory::identity;
use super::mounts;
use super::parents::is_below;
use super::relocate::Move;
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys::{self, EXCLUSIVE_RENAME_CALL, OpenFlags, STAT_CALL, Stat};

impl Move<'_> {
    /// Refuses a destination that the source may not replace.
    pub(super) fn refuse_destination(&self, standing: &Stat) -> Result<(), FsError> {
        let refused = |errno| Err(FsError::new(errno, "renameat"));
        if standing.is_dir() && self.is_inside(standing)? {
            // What is removed in the end would be what the source was in.
            return refused(Errno::ENOTEMPTY);
        }
        match (self.stat.is_dir(), standing.is_dir()) {
            (false, true) => refused(Errno::EISDIR),
            (true, false) => refused(Errno::ENOTDIR),
            (true, true) => self.refuse_mounts(standing),
            (false, false) => Ok(()),
        }
    }

    /// Whether the source is somewhere in the directory that it would replace.
    fn is_inside(&self, standing: &Stat) -> Result<bool, FsError> {
        let above = sys::fstat(self.from.dir()).during(STAT_CALL)?;
        is_below(self.from.dir(), &above, identity(standing))
    }

    /// A directory is not replaced with what is mounted in it, which is no part of it, and would keep it from being removed.
    fn refuse_mounts(&self, standing: &Stat) -> Result<(), FsError> {
        let busy = || FsError::new(Errno::EBUSY, EXCLUSIVE_RENAME_CALL);
        if standing.is_mount_root == Some(true) {
            return Err(busy());
        }
        let directory = sys::openat(self.to.dir(), &self.to.name, OpenFlags::ANCHOR, 0).during("openat")?;
        match mounts::below(directory.as_fd()) {
            Some(point) => Err(busy().with_dest(&self.dest.join(point))),
            None => Ok(()),
        }
    }
}
