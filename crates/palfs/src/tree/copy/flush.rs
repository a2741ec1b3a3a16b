//! The flush of a copied tree, before its source is removed.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use crate::copy::sync_directory;
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys;
use crate::sys::mode::{S_IFDIR, S_IFREG};
use crate::sys::{Follow, Identity, OpenFlags, STAT_CALL, identity};

/// Flushes the filesystem that has the open directory `root`; where it cannot do that, each file and directory in it.
///
/// `root` was opened before anything was written to the tree: an error since then is reported, though another process may have
/// been told of it.
pub(in crate::tree) fn flush_tree(root: BorrowedFd<'_>) -> Result<(), FsError> {
    match sys::syncfs(root) {
        Ok(()) => Ok(()),
        Err(errno @ (Errno::EIO | Errno::ENOSPC | Errno::EDQUOT)) => Err(FsError::new(errno, "syncfs")),
        // Not of this tree: mergerfs (2.33.5, with cache.writeback) answers ESTALE for the times of files that were removed
        // before, and a sandbox may not know the call (ENOSYS, EPERM).
        Err(_) => flush_each(root),
    }
}

/// A directory that is being gone through.
struct Level {
    id: Identity,
    /// Directories in it that are still to be gone into.
    directories: Vec<CString>,
}

/// Goes through the tree with one directory open at a time, and by `..` back up, so that any depth will do.
fn flush_each(root: BorrowedFd<'_>) -> Result<(), FsError> {
    let mut here = open_directory(root, c".")?;
    let mut levels = vec![flush_files(&here)?];
    while let Some(level) = levels.last_mut() {
        if let Some(name) = level.directories.pop() {
            here = open_directory(here.as_fd(), &name)?;
            levels.push(flush_files(&here)?);
            continue;
        }
        sync_directory(here.as_fd())?;
        levels.pop();
        let Some(above) = levels.last() else { break };
        here = open_directory(here.as_fd(), c"..")?;
        if identity(&sys::fstat(here.as_fd()).during(STAT_CALL)?) != above.id {
            return Err(FsError::new(Errno::ESTALE, "openat"));
        }
    }
    Ok(())
}

fn open_directory(dir: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd, FsError> {
    sys::openat(dir, name, OpenFlags::DIR_NOFOLLOW, 0).during("openat")
}

/// Flushes the files of a directory.
fn flush_files(directory: &OwnedFd) -> Result<Level, FsError> {
    let id = identity(&sys::fstat(directory.as_fd()).during(STAT_CALL)?);
    let mut directories = Vec::new();
    let mut listing =
        sys::Directory::new(open_directory(directory.as_fd(), c".")?, Vec::new()).during(sys::READ_CALL)?;
    while let Some(entry) = listing.next_entry().during(sys::READ_CALL)? {
        let format = match entry.format {
            0 => {
                let stat = sys::fstatat(directory.as_fd(), entry.name, Follow::No).during(STAT_CALL)?;
                stat.format()
            }
            known => known,
        };
        match format {
            S_IFDIR => directories.push(entry.name.to_owned()),
            S_IFREG => {
                let file = sys::openat(directory.as_fd(), entry.name, OpenFlags::TREE_FILE, 0);
                sys::fsync(file.during("openat")?.as_fd()).during("fsync")?;
            }
            _ => {}
        }
    }
    Ok(Level { id, directories })
}
