//! Removal of a file that this process has just created and still has open.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use crate::copy::path_at::PathAtBuf;
use crate::copy::source::PathAt;
use crate::errno::Errno;
use crate::sys;
use crate::sys::{Follow, Stat};

/// Unlinks the file at `at` and closes it. Returns whether the name no longer belongs to it. `made` is its stat after creation: if the
/// name belongs to another inode by now, nothing is unlinked. `None`: no other process can have the name.
///
/// It is unlinked before it is closed: until then its inode number cannot mean another file, and libfuse, which renames an
/// unlinked file to `.fuse_hidden...` while it is open, cannot miss the last close. Where close(2) may bring it back, it is
/// unlinked again.
pub(in crate::copy) fn discard(fd: OwnedFd, at: PathAt<'_>, made: Option<&Stat>) -> bool {
    let is_final = prepare_unlink(fd.as_fd());
    let is_gone = unlink(at, made);
    if !is_gone {
        // Its directory may have another name by now. A part must not be taken for the whole.
        let _first_error_counts = sys::ftruncate(fd.as_fd(), 0);
    }
    if is_final {
        return is_gone;
    }
    let _first_error_counts = sys::close(fd);
    match sys::fstatat(at.dir, at.name, Follow::No) {
        Ok(now) if made.is_none_or(|made| now.same_inode(made)) => sys::unlinkat(at.dir, at.name).is_ok(),
        _ => is_gone,
    }
}

/// Makes an open file ready to be unlinked. `false`: it is to be unlinked a second time after it was closed.
pub(crate) fn prepare_unlink(fd: BorrowedFd<'_>) -> bool {
    let is_final = sys::fstatfs(fd).is_ok_and(|info| info.fs_type.unlink_is_final);
    if !is_final && sys::fstat(fd).is_ok_and(|now| now.size == 0) {
        let _nothing_else_to_try = give_content(fd);
    }
    is_final
}

/// Unlinks `at` unless it means another inode than `made`.
pub(in crate::copy) fn unlink(at: PathAt<'_>, made: Option<&Stat>) -> bool {
    made.is_none_or(|made| PathAtBuf::still_is(at, made)) && sys::unlinkat(at.dir, at.name).is_ok()
}

/// Writes a byte. rclone (1.60) uploads a file that was written to during close(2), and one that was not some time later, in
/// RELEASE, for which no call waits: of 100 such files that were closed and then unlinked 8 to 55 came back.
pub(in crate::copy) fn give_content(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    sys::pwrite(fd, &[0], 0).map(drop)
}
