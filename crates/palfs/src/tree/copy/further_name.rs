//! A further name of a hard-link group: whether a file has one, and the link(2) that creates it.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::TreeCopy;
use super::hard_links::{Inode, LinkTarget, Links};
use crate::copy::{CopyResult, PathAt, PathAtBuf, replace_by};
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys;
use crate::sys::{Follow, InodeFlags, OpenFlags, STAT_CALL, Stat, identity};

impl TreeCopy {
    /// A file of the source.
    pub(in crate::tree) fn inode_of(&self, source: &Stat) -> Inode {
        if self.is_move() { Inode::of_moved(source) } else { Inode::of(source) }
    }

    /// What a move before this one has made of another name of `source`, of which this is the last: the others are removed.
    pub(in crate::tree) fn first_of_last_name(&self, source: &Stat) -> Option<LinkTarget> {
        let links = self.links.as_ref().filter(|_| self.is_move() && self.options.groups.is_some());
        links?.first(self.inode_of(source))
    }

    /// How many further names a file may have in this operation and those that share its groups. `u64::MAX` (unknown) if symbolic
    /// links are followed or groups are shared: then one name may be reached more than once.
    pub(in crate::tree) fn further_names(&self, source: &Stat) -> u64 {
        let is_shared = self.options.groups.is_some() && source.nlink > 1;
        if is_shared || self.follow_below() == Follow::Yes {
            u64::MAX
        } else {
            source.nlink.saturating_sub(1)
        }
    }

    /// The stats of a name that became a link.
    pub(in crate::tree) fn further_name(&self, source: &Stat) -> CopyResult {
        let result = CopyResult::default();
        if source.is_file() {
            self.operation.control.add_file();
            CopyResult { files: 1, ..result }
        } else if source.is_symlink() {
            CopyResult { symlinks: 1, ..result }
        } else {
            CopyResult { others: 1, ..result }
        }
    }

    /// Links `dest` to the inode of `first`. With `replace` it takes the place of an existing entry, by rename.
    pub(in crate::tree) fn hard_link(
        &self,
        first: &LinkTarget,
        dest: PathAt<'_>,
        replace: bool,
    ) -> Result<(), FsError> {
        let from = first.directory.hold_for_link(&self.operation.descriptors)?;
        let PathAt { dir, name } = dest;
        let temporary = if replace { Some(PathAtBuf::temporary_name()?) } else { None };
        let made = temporary.as_deref().unwrap_or(name);
        let link = || sys::linkat(from.dest(), &first.name, dir, made);
        match link() {
            // Its flags came with the first name: append-only or immutable.
            Err(Errno::EPERM) => self.link_locked(from.dest(), first, link)?,
            linked => linked.during("linkat")?,
        }
        let place = || {
            let seen = sys::fstatat(dir, made, Follow::No).during(STAT_CALL)?;
            if identity(&seen) != first.id {
                // The first name belongs to another file by now.
                return Err(FsError::new(Errno::ESTALE, "linkat"));
            }
            if replace { replace_by(dest, made, &seen) } else { Ok(()) }
        };
        let placed = place();
        if placed.is_err() || replace {
            // rename(2) leaves both names where they already are one file.
            let _gone_or_not_needed = sys::unlinkat(dir, made);
        }
        placed
    }

    /// Links what forbids new names, for the time of the call without the flags that do. One at a time: by another thread's
    /// doing they may be away, or come back, at any moment.
    fn link_locked(
        &self,
        dir: BorrowedFd<'_>,
        first: &LinkTarget,
        link: impl Fn() -> Result<(), Errno>,
    ) -> Result<(), FsError> {
        let _alone = self.links.as_deref().map(Links::unlock_one);
        let unlocked = Unlocked::open(dir, first);
        // Another thread has locked it again since; or it is something else that forbids it, and will say so.
        if unlocked.as_ref().is_err_and(|error| error.errno() != Errno::EPERM) {
            unlocked?;
        }
        link().during("linkat")
    }
}

/// A file of ours without the flags that forbid new names; they come back when it is dropped.
struct Unlocked {
    fd: OwnedFd,
    flags: InodeFlags,
}

impl Unlocked {
    /// EPERM where flags are not what forbids it. What is no file has none, and is not opened: a device would notice.
    fn open(dir: BorrowedFd<'_>, first: &LinkTarget) -> Result<Self, FsError> {
        if !sys::fstatat(dir, &first.name, Follow::No).during(STAT_CALL)?.is_file() {
            return Err(FsError::new(Errno::EPERM, "linkat"));
        }
        let fd = sys::openat(dir, &first.name, OpenFlags::TREE_FILE, 0).during("openat")?;
        let is_ours = identity(&sys::fstat(fd.as_fd()).during(STAT_CALL)?) == first.id;
        let flags = sys::get_inode_flags(fd.as_fd()).unwrap_or(InodeFlags::NONE);
        if !is_ours || flags.and(InodeFlags::LOCKING).is_empty() {
            return Err(FsError::new(Errno::EPERM, "linkat"));
        }
        sys::set_inode_flags(fd.as_fd(), flags.without(InodeFlags::LOCKING)).during(sys::SET_FLAGS_CALL)?;
        Ok(Self { fd, flags })
    }
}

impl Drop for Unlocked {
    fn drop(&mut self) {
        // They could be taken away a moment ago, so they can be set.
        let _set_before = sys::set_inode_flags(self.fd.as_fd(), self.flags);
    }
}
