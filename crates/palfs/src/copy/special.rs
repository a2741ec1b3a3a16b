//! FIFOs, sockets and devices made anew: never opened, on either side.

use std::ffi::CString;

use super::commit::{self, CommitError};
use super::metadata::{self, Piece};
use super::name::Slot;
use super::options::{CopyOptions, Preserve};
use super::place::{self, Standing};
use super::result::{CopyResult, Unpreserved};
use super::source::At;
use crate::control::Control;
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys::{self, STAT_CALL, Stat};

/// Makes a node like `source` at `dest`: under a temporary name first, so that it appears whole and replaces a file
/// by rename.
pub(super) fn copy(
    source: &Stat,
    dest: At<'_>,
    options: &CopyOptions,
    control: &Control,
) -> Result<CopyResult, FsError> {
    if options.exclusive && place::is_taken(dest) {
        return Err(FsError::new(Errno::EEXIST, "renameat2"));
    }
    let slot = match place::inspect(dest, source, options, control)? {
        Standing::SameAsSource | Standing::UpToDate => return Ok(CopyResult::one_skipped()),
        Standing::Special(_) => return Err(FsError::new(Errno::EINVAL, STAT_CALL)),
        Standing::Free => Slot::of(dest)?,
        Standing::File(old) => old.slot(dest)?,
    };
    let node = Node::make(&slot, source)?;
    let unpreserved = node.metadata(source, options)?;
    node.commit(options)?;
    Ok(CopyResult { others: 1, unpreserved, ..CopyResult::default() })
}

/// A new node under a temporary name; dropped before it got its own, it is removed.
struct Node<'a> {
    slot: &'a Slot,
    temporary: CString,
    settled: bool,
}

impl<'a> Node<'a> {
    fn make(slot: &'a Slot, source: &Stat) -> Result<Self, FsError> {
        let temporary = Slot::temporary_name()?;
        let mode = source.mode & 0o170_777;
        sys::mknodat(slot.dir(), &temporary, mode, source.rdev).during("mknodat")?;
        Ok(Self { slot, temporary, settled: false })
    }

    /// Owner, mode and times. By name, which nobody else knows, because a node is not opened to be changed.
    fn metadata(&self, source: &Stat, options: &CopyOptions) -> Result<Unpreserved, FsError> {
        let mut lost = Unpreserved::default();
        let mut judge = |piece, result: Result<(), Errno>, call| match result {
            Ok(()) => Ok(()),
            Err(errno) => metadata::judge(options.metadata_errors, piece, errno, call, &mut lost),
        };
        let (dir, name, preserve) = (self.slot.dir(), self.temporary.as_c_str(), options.preserve);
        if preserve.wants_owner() {
            let owned = sys::fchownat(dir, name, Some(source.uid), Some(source.gid));
            if preserve.has(Preserve::OWNERSHIP) {
                judge(Piece::Ownership, owned, "fchownat")?;
            }
        }
        if preserve.wants_mode() {
            // Set-id bits mean nothing on a node that cannot be run.
            judge(Piece::Mode, sys::fchmodat(dir, name, source.permissions() & 0o1777), "fchmodat")?;
        }
        if preserve.has(Preserve::TIMESTAMPS) {
            judge(Piece::Timestamps, sys::utimensat(dir, name, source.atime, source.mtime), "utimensat")?;
        }
        Ok(lost)
    }

    fn commit(mut self, options: &CopyOptions) -> Result<(), FsError> {
        commit::give_name(self.slot, &self.temporary, options.exclusive).map_err(CommitError::into_error)?;
        self.settled = true;
        if options.durable { commit::sync_directory(self.slot.dir()) } else { Ok(()) }
    }
}

impl Drop for Node<'_> {
    fn drop(&mut self) {
        if !self.settled {
            let _first_error_counts = sys::unlinkat(self.slot.dir(), &self.temporary);
        }
    }
}
