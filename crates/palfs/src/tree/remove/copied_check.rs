//! The removal of a source after its copy: only entries that the copy has are removed. An entry that was created or changed since
//! then stays, and so do the directories above it.

use std::ffi::CStr;
use std::os::fd::{AsFd, OwnedFd};

use crate::copy::{PathAt, is_stored_form};
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys;
use crate::sys::{Follow, OpenFlags, STAT_CALL, Stat};
use crate::tree::time_losses::TimeLosses;
use crate::tree::walk::directory::{DestInfo, DirFds};

/// Whether the copy, if there is one, has what `name` means at the source.
pub(in crate::tree) fn is_copied(held: &DirFds, name: &CStr, losses: &TimeLosses) -> bool {
    let Some(copy) = &held.dest else { return true };
    let source = sys::fstatat(held.src.as_fd(), name, Follow::No);
    // What is gone needs no copy.
    source.map_or(true, |source| is_like(&source, PathAt { dir: copy.as_fd(), name }, losses))
}

/// Opens the copy of a directory, where there is to be one.
pub(in crate::tree) fn open_copy(held: &DirFds, name: &CStr) -> Result<Option<OwnedFd>, Errno> {
    let Some(copy) = &held.dest else { return Ok(None) };
    sys::openat(copy.as_fd(), name, OpenFlags::DIR_NOFOLLOW, 0).map(Some)
}

/// The errnos that mean "no such directory".
pub(in crate::tree) fn is_absent(errno: Errno) -> bool {
    matches!(errno, Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP)
}

/// What is known of the copy of a directory.
pub(in crate::tree) fn found(copy: Option<&OwnedFd>) -> Result<Option<DestInfo>, FsError> {
    let Some(copy) = copy else { return Ok(None) };
    let stat = sys::fstat(copy.as_fd()).during(STAT_CALL)?;
    Ok(Some(DestInfo { stat, is_fresh: false, gives_acl: false, is_readable: true }))
}

/// Whether `copy` is what `source` was when it was copied: of its kind, its size and its time.
pub(in crate::tree) fn is_like(source: &Stat, copy: PathAt<'_>, losses: &TimeLosses) -> bool {
    let is_like = |copy: Stat| {
        let same_kind = source.same_type(&copy);
        let same_size = !source.is_file() || source.size == copy.size;
        let same_time = || is_stored_form(source.mtime, copy.mtime) || losses.has(source);
        same_kind && same_size && same_time()
    };
    // The server is asked where the kernel's answer differs: gocryptfs (2.3) shows the size of the encrypted file for a second
    // after link(2).
    [sys::fstatat, sys::fstatat_uncached]
        .into_iter()
        .any(|look| look(copy.dir, copy.name, Follow::No).is_ok_and(is_like))
}
