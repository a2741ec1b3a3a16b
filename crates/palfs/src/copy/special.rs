//! FIFOs, sockets and devices made anew: never opened, on either side.

use std::ffi::CString;
use std::os::fd::AsRawFd;

use super::commit::{self, CommitError};
use super::metadata::{self, Piece};
use super::mode;
use super::name::Slot;
use super::options::{CopyOptions, Preserve};
use super::place::takes_temporaries;
use super::result::{CopyResult, Unpreserved};
use super::source::At;
use super::standing::{self, Standing};
use super::xattrs::Xattrs;
use crate::control::Control;
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys::xattr::XattrTarget;
use crate::sys::{self, Follow, STAT_CALL, SetTime, Stat};

/// Makes a node like `source` at `dest`: under a temporary name first, so that it appears whole and replaces a file
/// by rename.
pub(super) fn copy(
    src: At<'_>,
    source: &Stat,
    dest: At<'_>,
    options: &CopyOptions,
    control: &Control,
) -> Result<CopyResult, FsError> {
    if options.exclusive && standing::is_taken(dest) {
        return Err(FsError::new(Errno::EEXIST, sys::EXCLUSIVE_RENAME_CALL));
    }
    let slot = match standing::inspect(dest, source, options, control)? {
        Standing::SameAsSource | Standing::UpToDate => return Ok(CopyResult::one_skipped()),
        Standing::Special(_) => return Err(FsError::new(Errno::EINVAL, STAT_CALL)),
        Standing::Free | Standing::Name => Slot::of(dest)?,
        Standing::File(old) => old.slot(dest)?,
    };
    let node = Node::make(&slot, source, options)?;
    let mut unpreserved = node.metadata(source, options)?;
    node.attributes(src, dest, options, &mut unpreserved)?;
    node.commit(options)?;
    control.add_file();
    Ok(CopyResult { others: 1, unpreserved, ..CopyResult::default() })
}

/// A new node under a temporary name; dropped before it got its own, it is removed.
struct Node<'a> {
    slot: &'a Slot,
    temporary: CString,
    settled: bool,
}

impl<'a> Node<'a> {
    /// Where the owner changes, with the owner's bits alone: a disk must not be open to the wrong group for a moment.
    fn make(slot: &'a Slot, source: &Stat, options: &CopyOptions) -> Result<Self, FsError> {
        takes_temporaries(slot)?;
        let temporary = Slot::temporary_name()?;
        let bits = if options.preserve.wants_owner() { 0o170_600 } else { 0o170_777 };
        sys::mknodat(slot.dir(), &temporary, source.mode & bits, source.rdev).during("mknodat")?;
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
            let owned = sys::fchownat(dir, name, Some(source.uid), Some(source.gid), Follow::No);
            if preserve.has(Preserve::OWNERSHIP) {
                judge(Piece::Ownership, owned, "fchownat")?;
            }
        }
        if preserve.wants_mode() {
            // Set-id bits mean nothing on a node that cannot be run.
            let set = sys::fchmodat(dir, name, source.permissions() & 0o1777, Follow::No);
            judge(Piece::Mode, set, "fchmodat")?;
        } else if preserve.wants_owner() {
            let widened = mode::as_created_in(dir, source.permissions() & 0o777)?;
            sys::fchmodat(dir, name, widened, Follow::No).during("fchmodat")?;
        }
        if preserve.has(Preserve::TIMESTAMPS) {
            let (atime, mtime) = (SetTime::At(source.atime), SetTime::At(source.mtime));
            let set = sys::utimensat(dir, name, atime, mtime, Follow::No);
            judge(Piece::Timestamps, set, "utimensat")?;
        }
        Ok(lost)
    }

    /// Attributes and ACLs, where paths reach them: a node cannot be opened for them either.
    fn attributes(
        &self,
        src: At<'_>,
        dest: At<'_>,
        options: &CopyOptions,
        lost: &mut Unpreserved,
    ) -> Result<(), FsError> {
        let preserve = options.preserve;
        if !preserve.has(Preserve::XATTR) && !preserve.has(Preserve::ACL) {
            return Ok(());
        }
        let from = src.name;
        let Some(to) = self.path(dest) else {
            return metadata::judge(
                options.metadata_errors,
                Piece::Xattr,
                Errno::EOPNOTSUPP,
                "lsetxattr",
                lost,
            );
        };
        let mut xattrs = Xattrs {
            src: XattrTarget::Path(from, Follow::Yes),
            dest: XattrTarget::Path(&to, Follow::No),
            filesystem: self.slot.dir(),
            policy: options.metadata_errors,
            lost,
        };
        if preserve.has(Preserve::XATTR) {
            // The owner was set or its loss counted; capabilities mean nothing on what cannot be run.
            xattrs.plain(true)?;
        }
        if preserve.has(Preserve::ACL) { xattrs.acls() } else { Ok(()) }
    }

    /// A path to the node, for calls that have no form with a directory before Linux 6.13: by the descriptor of the
    /// directory, or where there is no /proc by the caller's path. Only one that is seen to lead to the node.
    fn path(&self, dest: At<'_>) -> Option<CString> {
        let node = sys::fstatat(self.slot.dir(), &self.temporary, Follow::No).ok()?;
        let temporary = self.temporary.to_bytes();
        let by_descriptor = format!("/proc/self/fd/{}/", self.slot.dir().as_raw_fd()).into_bytes();
        let named = dest.name.to_bytes();
        let parent = named.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash.saturating_add(1));
        let by_name = named.get(..parent).unwrap_or_default().to_vec();
        [by_descriptor, by_name]
            .into_iter()
            .filter_map(|directory| CString::new([directory.as_slice(), temporary].concat()).ok())
            .find(|path| sys::fstatat(dest.dir, path, Follow::No).is_ok_and(|seen| seen.same_inode(&node)))
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
