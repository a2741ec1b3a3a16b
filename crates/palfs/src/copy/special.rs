//! FIFOs, sockets and devices made anew: never opened, on either side.

use std::ffi::CString;

use super::by_name::ByName;
use super::commit::{CommitError, Complete, Names};
use super::made::Made;
use super::name::Slot;
use super::options::CopyOptions;
use super::place::takes_temporaries;
use super::result::{Copied, CopyResult};
use super::source::At;
use super::standing::{self, Means, Standing};
use crate::control::Control;
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys::{self, STAT_CALL, Stat};

/// Makes a node like `source` at `dest`: under a temporary name first, so that it appears whole and replaces a file
/// by rename.
pub(crate) fn copy(
    src: At<'_>,
    source: &Stat,
    dest: At<'_>,
    options: &CopyOptions,
    control: &Control,
) -> Result<Copied, FsError> {
    if options.exclusive && standing::is_taken(dest) {
        return Err(FsError::new(Errno::EEXIST, sys::EXCLUSIVE_RENAME_CALL));
    }
    let (slot, replaces) = match standing::inspect(dest, source, Means::Rename, options, control)? {
        Standing::SameAsSource | Standing::UpToDate => return Ok(CopyResult::one_skipped().into()),
        Standing::Special(_) => return Err(FsError::new(Errno::EINVAL, STAT_CALL)),
        Standing::Free => (Slot::of(dest)?, false),
        Standing::Name => (Slot::of(dest)?, true),
        Standing::File(old) => (old.slot(dest)?, true),
    };
    let mut node = Node::make(&slot, source, options)?;
    let name = node.temporary.clone();
    let held = Made::hold(At { dir: slot.dir(), name: &name }, source);
    // What has the name by now is not ours to remove.
    node.settled = held.as_ref().is_err_and(|error| error.errno() == Errno::ESTALE);
    let made = held?;
    let lost = ByName { src, source, dest: &made, written: Some(dest), options }.apply()?;
    node.commit(&made.stat, replaces, options)?;
    control.add_file();
    let result = CopyResult { others: 1, ..CopyResult::default() }.with_losses(lost);
    Ok(Copied { result, made: Some((made.stat.dev, made.stat.ino)) })
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
        takes_temporaries(slot.dir())?;
        let temporary = Slot::temporary_name()?;
        let bits = if options.preserve.wants_owner() { 0o170_600 } else { 0o170_777 };
        sys::mknodat(slot.dir(), &temporary, source.mode & bits, source.rdev).during("mknodat")?;
        Ok(Self { slot, temporary, settled: false })
    }

    fn commit(mut self, stat: &Stat, replaces: bool, options: &CopyOptions) -> Result<(), FsError> {
        let names = Names::if_durable(options.durable, self.slot.dir())?;
        let (name, temporary, exclusive) = (self.slot.at(), &self.temporary, options.exclusive);
        let complete = Complete { name, temporary, stat: Some(stat), exclusive, replaces };
        complete.give_name().map_err(CommitError::into_error)?;
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
