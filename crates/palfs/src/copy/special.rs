//! FIFOs, sockets and devices made anew: never opened, on either side.

use std::ffi::CString;
use std::os::fd::AsRawFd;

use super::commit::{self, CommitError};
use super::metadata::{self, Piece};
use super::name::Slot;
use super::options::{CopyOptions, Preserve};
use super::place::{self, Standing};
use super::result::{CopyResult, Unpreserved};
use super::source::At;
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
    if options.exclusive && place::is_taken(dest) {
        return Err(FsError::new(Errno::EEXIST, "renameat2"));
    }
    let slot = match place::inspect(dest, source, options, control)? {
        Standing::SameAsSource | Standing::UpToDate => return Ok(CopyResult::one_skipped()),
        Standing::Special(_) => return Err(FsError::new(Errno::EINVAL, STAT_CALL)),
        Standing::Free | Standing::Name => Slot::of(dest)?,
        Standing::File(old) => old.slot(dest)?,
    };
    let node = Node::make(&slot, source)?;
    let mut unpreserved = node.metadata(source, options)?;
    node.attributes(src, options, &mut unpreserved)?;
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
            let owned = sys::fchownat(dir, name, Some(source.uid), Some(source.gid), Follow::No);
            if preserve.has(Preserve::OWNERSHIP) {
                judge(Piece::Ownership, owned, "fchownat")?;
            }
        }
        if preserve.wants_mode() {
            // Set-id bits mean nothing on a node that cannot be run.
            judge(
                Piece::Mode,
                sys::fchmodat(dir, name, source.permissions() & 0o1777, Follow::No),
                "fchmodat",
            )?;
        }
        if preserve.has(Preserve::TIMESTAMPS) {
            let (atime, mtime) = (SetTime::At(source.atime), SetTime::At(source.mtime));
            let set = sys::utimensat(dir, name, atime, mtime, Follow::No);
            judge(Piece::Timestamps, set, "utimensat")?;
        }
        Ok(lost)
    }

    /// Attributes and ACLs, where paths reach them: a node cannot be opened for them either.
    fn attributes(&self, src: At<'_>, options: &CopyOptions, lost: &mut Unpreserved) -> Result<(), FsError> {
        let preserve = options.preserve;
        if !preserve.has(Preserve::XATTR) && !preserve.has(Preserve::ACL) {
            return Ok(());
        }
        let (from, to) = (path_of(src)?, path_of(At { dir: self.slot.dir(), name: &self.temporary })?);
        let mut xattrs = Xattrs {
            src: XattrTarget::Path(&from, Follow::Yes),
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

    fn commit(mut self, options: &CopyOptions) -> Result<(), FsError> {
        commit::give_name(self.slot, &self.temporary, options.exclusive).map_err(CommitError::into_error)?;
        self.settled = true;
        if options.durable { commit::sync_directory(self.slot.dir()) } else { Ok(()) }
    }
}

/// A path to what `at` names, for the calls that have no form with a directory before Linux 6.13.
fn path_of(at: At<'_>) -> Result<CString, FsError> {
    if at.dir.as_raw_fd() == sys::CWD.as_raw_fd() {
        return Ok(at.name.to_owned());
    }
    let mut path = format!("/proc/self/fd/{}/", at.dir.as_raw_fd()).into_bytes();
    path.extend_from_slice(at.name.to_bytes());
    CString::new(path).map_err(|_| FsError::new(Errno::EINVAL, "openat"))
}

impl Drop for Node<'_> {
    fn drop(&mut self) {
        if !self.settled {
            let _first_error_counts = sys::unlinkat(self.slot.dir(), &self.temporary);
        }
    }
}
