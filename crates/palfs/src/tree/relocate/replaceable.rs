//! What a move may replace, judged before anything changes: what rename(2) replaces, and a full directory by a directory.

use std::os::fd::AsFd;

use super::Move;
use crate::copy::PathAtBuf;
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys;
use crate::sys::{EXCLUSIVE_RENAME_CALL, Follow, OpenFlags, STAT_CALL, Stat, identity};
use crate::tree::walk::dir_names::is_listed;
use crate::tree::walk::mounts;
use crate::tree::walk::parents::is_below;

impl Move<'_> {
    /// Refuses a destination that the source may not replace.
    pub(in crate::tree) fn refuse_destination(&self, existing: &Stat) -> Result<(), FsError> {
        self.refuse_own_target(existing)?;
        let refused = |errno| Err(FsError::new(errno, "renameat"));
        if existing.is_dir() && self.is_inside(existing)? {
            // The old destination, which is removed in the end, contains the source.
            return refused(Errno::ENOTEMPTY);
        }
        match (self.stat.is_dir(), existing.is_dir()) {
            (false, true) => refused(Errno::EISDIR),
            (true, false) => refused(Errno::ENOTDIR),
            (true, true) => self.refuse_mounts(existing),
            (false, false) => Ok(()),
        }
    }

    /// Refuses a link that would take the place of what it leads to: it would lead to itself, and the content would have no
    /// name any more.
    fn refuse_own_target(&self, existing: &Stat) -> Result<(), FsError> {
        if !self.stat.is_symlink() {
            return Ok(());
        }
        // A link that leads nowhere has nothing to lose.
        let Ok(leads_to) = sys::fstatat(self.from.dir(), &self.from.name, Follow::Yes) else { return Ok(()) };
        if !leads_to.same_inode(existing) || self.leads_to_other_name(existing) {
            return Ok(());
        }
        Err(FsError::new(Errno::EINVAL, "renameat"))
    }

    /// Whether the link leads to another hard link of the destination's file, which keeps the content. Where that is not known
    /// it does not.
    fn leads_to_other_name(&self, existing: &Stat) -> bool {
        if existing.is_dir() || existing.nlink < 2 {
            return false;
        }
        let Ok(target) = PathAtBuf::of_target(self.from.at()) else { return false };
        let directories = (sys::fstat(target.dir()), sys::fstat(self.to.dir()));
        let (Ok(theirs), Ok(ours)) = directories else { return false };
        // Two spellings may be one name in a directory that does not tell them apart.
        !theirs.same_inode(&ours) || (target.name != self.to.name && self.lists_both(&target))
    }

    fn lists_both(&self, target: &PathAtBuf) -> bool {
        [target, &self.to].into_iter().all(|slot| is_listed(slot.dir(), &slot.name))
    }

    /// Whether the source is somewhere in the directory that it would replace.
    fn is_inside(&self, existing: &Stat) -> Result<bool, FsError> {
        let above = sys::fstat(self.from.dir()).during(STAT_CALL)?;
        is_below(self.from.dir(), &above, identity(existing))
    }

    /// A directory is not replaced if a filesystem is mounted in it: that is no part of it, and prevents its removal.
    fn refuse_mounts(&self, existing: &Stat) -> Result<(), FsError> {
        let busy = || FsError::new(Errno::EBUSY, EXCLUSIVE_RENAME_CALL);
        if existing.is_mount_root == Some(true) {
            return Err(busy());
        }
        let directory = sys::openat(self.to.dir(), &self.to.name, OpenFlags::DIR_PATH, 0).during("openat")?;
        match mounts::below(directory.as_fd()) {
            Some(point) => Err(busy().with_dest(&self.dest.join(point))),
            None => Ok(()),
        }
    }
}
