//! FIFOs, sockets and devices made anew: never opened, on either side.

use std::ffi::CString;
use std::os::fd::AsFd;

use super::existing;
use super::existing::{Existing, Means};
use super::metadata::nofollow::ByName;
use super::metadata::pinned_node::{PinnedNode, is_created_by_caller};
use super::options::CopyOptions;
use super::output::commit::{CommitError, Complete, DirSync};
use super::output::ensure_can_rename_temp;
use super::path_at::PathAtBuf;
use super::result::{Copied, CopyResult};
use super::source::PathAt;
use crate::control::Control;
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys;
use crate::sys::{Follow, OpenFlags, STAT_CALL, Stat};

/// Makes a node like `source` at `dest`: under a temporary name first, so that it appears whole and replaces a file
/// by rename.
pub(crate) fn copy(
    src: PathAt<'_>,
    source: &Stat,
    dest: PathAt<'_>,
    options: &CopyOptions,
    control: &Control,
) -> Result<Copied, FsError> {
    if options.exclusive && existing::is_taken(dest) {
        return Err(FsError::new(Errno::EEXIST, sys::EXCLUSIVE_RENAME_CALL));
    }
    let (slot, replaces) = match existing::inspect(dest, source, Means::Rename, options, control)? {
        Existing::SameAsSource | Existing::UpToDate => return Ok(CopyResult::one_skipped().into()),
        Existing::Special(_) => return Err(FsError::new(Errno::EINVAL, STAT_CALL)),
        Existing::Free => (PathAtBuf::of(dest)?, false),
        Existing::Name => (PathAtBuf::of(dest)?, true),
        Existing::File(old) => (old.slot(dest)?, true),
    };
    let mut node = Node::make(&slot, source, options)?;
    let name = node.temporary.clone();
    let at = PathAt { dir: slot.dir(), name: &name };
    let made = match PinnedNode::hold(at, source) {
        Err(error) if error.errno() == Errno::ESTALE => {
            let is_wrong_kind = is_empty_file_of_caller(at);
            // What else has the name by now is not ours to remove.
            node.settled = !is_wrong_kind;
            return Err(if is_wrong_kind { FsError::new(Errno::EOPNOTSUPP, "mknodat") } else { error });
        }
        held => held?,
    };
    let lost = ByName { src, source, dest: &made, written: Some(dest), options }.apply()?;
    node.commit(&made.stat, replaces, options)?;
    control.add_file();
    let result = CopyResult { others: 1, ..CopyResult::default() }.with_losses(lost);
    Ok(Copied { result, created: Some((made.stat.dev, made.stat.ino)) })
}

/// Whether the name means what fusefat (0.1) makes in place of a node: an empty file, with success.
fn is_empty_file_of_caller(at: PathAt<'_>) -> bool {
    // Looked at before it is opened: a device or FIFO would notice that.
    if !sys::fstatat(at.dir, at.name, Follow::No).is_ok_and(|stat| stat.is_file()) {
        return false;
    }
    let Ok(fd) = sys::openat(at.dir, at.name, OpenFlags::TREE_FILE, 0) else { return false };
    let Ok(stat) = sys::fstat(fd.as_fd()) else { return false };
    stat.is_file()
        && stat.size == 0
        && stat.nlink <= 1
        && is_created_by_caller(fd.as_fd(), &stat, at).unwrap_or(false)
}

/// A new node under a temporary name; dropped before it got its own, it is removed.
struct Node<'a> {
    slot: &'a PathAtBuf,
    temporary: CString,
    settled: bool,
}

impl<'a> Node<'a> {
    /// Where the owner changes, with the owner's bits alone: a disk must not be open to the wrong group for a moment.
    fn make(slot: &'a PathAtBuf, source: &Stat, options: &CopyOptions) -> Result<Self, FsError> {
        ensure_can_rename_temp(slot.dir())?;
        let temporary = PathAtBuf::temporary_name()?;
        let bits = if options.preserve.wants_owner() { 0o170_600 } else { 0o170_777 };
        let made = sys::mknodat(slot.dir(), &temporary, source.mode & bits, source.rdev);
        // Dropped after an error, too: rclone 1.60.1 makes a file and answers EIO. Only EEXIST says that the name was taken.
        let node = Self { slot, temporary, settled: made == Err(Errno::EEXIST) };
        made.during("mknodat").map(|()| node)
    }

    fn commit(mut self, stat: &Stat, replaces: bool, options: &CopyOptions) -> Result<(), FsError> {
        let names = DirSync::if_durable(options.durable, self.slot.dir())?;
        let (name, temporary, exclusive) = (self.slot.at(), &self.temporary, options.exclusive);
        let complete = Complete { name, temporary, stat: Some(stat), exclusive, replaces };
        complete.publish().map_err(CommitError::into_error)?;
        self.settled = true;
        names.map_or(Ok(()), |names| names.sync())
    }
}

impl Drop for Node<'_> {
    fn drop(&mut self) {
        if !self.settled {
            let _first_error_counts = sys::unlinkat(self.slot.dir(), &self.temporary);
        }
    }
}
