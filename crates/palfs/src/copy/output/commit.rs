//! How a finished file gets its name, and how that is made to last.

use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::free_name::rename_by_placeholder;
use super::hard_link::cannot_link;
#[cfg(target_os = "linux")]
use super::sample::new_file_in;
use crate::copy::source::PathAt;
use crate::errno::Errno;
use crate::error::{Destination, During, FsError};
use crate::sys;
use crate::sys::{Follow, OpenFlags, Stat};

/// Why a finished file did not get its name.
pub(crate) enum CommitError {
    /// The rename is impossible here (EBUSY of a mount point; EACCES, EPERM, EROFS): rewriting in place may work.
    NoRename(FsError),
    /// Anything else.
    Failed(FsError),
}

impl CommitError {
    /// Whether nothing is left at the destination, so that the new content must not be removed, too.
    pub(in crate::copy) fn lost_the_old(&self) -> bool {
        let (Self::NoRename(error) | Self::Failed(error)) = self;
        error.destination() == Destination::Removed
    }

    /// The error, where there is no second way.
    pub(crate) fn into_error(self) -> FsError {
        match self {
            Self::NoRename(error) | Self::Failed(error) => error,
        }
    }

    /// Adds how many bytes of content had been moved, and the state of the destination unless the error has one.
    pub(crate) fn of_copy(self, bytes: u64, left: Destination) -> Self {
        let complete = |error: FsError| {
            let known = error.destination();
            let left = if known == Destination::Untouched { left } else { known };
            error.with_bytes(bytes).with_destination(left)
        };
        match self {
            Self::NoRename(error) => Self::NoRename(complete(error)),
            Self::Failed(error) => Self::Failed(complete(error)),
        }
    }
}

impl From<FsError> for CommitError {
    fn from(error: FsError) -> Self {
        Self::Failed(error)
    }
}

/// A complete file under a temporary name, and the name that it is to get in the same directory.
pub(in crate::copy) struct Complete<'a> {
    pub(in crate::copy) name: PathAt<'a>,
    pub(in crate::copy) temporary: &'a CStr,
    /// `None`: not looked at.
    pub(in crate::copy) stat: Option<&'a Stat>,
    /// Whether the name must be free (EEXIST).
    pub(in crate::copy) exclusive: bool,
    /// Whether the name was in use before.
    pub(in crate::copy) replaces: bool,
}

impl Complete<'_> {
    pub(in crate::copy) fn publish(&self) -> Result<(), CommitError> {
        if self.exclusive {
            return Ok(claim_name(self.name, self.temporary)?);
        }
        let Err(errno) = self.rename() else { return Ok(()) };
        let error = FsError::new(errno, "renameat");
        match self.after_failed_rename() {
            Left::New => Ok(()),
            Left::Nothing if self.replaces => {
                self.rename().map_err(|_| error.with_destination(Destination::Removed).into())
            }
            _ if is_no_rename(errno) => Err(CommitError::NoRename(error)),
            _ => Err(CommitError::Failed(error)),
        }
    }

    fn rename(&self) -> Result<(), Errno> {
        sys::renameat(self.name.dir, self.temporary, self.name.dir, self.name.name)
    }

    /// An error of rename(2) is the server's answer, and not always true. SMB: the server refuses to replace a file that another process
    /// has open (EACCES), but Linux 6.1 has unlinked it by then; until its last close the name still shows the inode, with no link.
    /// NFS: a request that was sent twice is answered ENOENT the second time.
    fn after_failed_rename(&self) -> Left {
        let counts_links = self.stat.is_none_or(|stat| stat.nlink > 0);
        match sys::fstatat(self.name.dir, self.name.name, Follow::No) {
            Ok(now) if self.stat.is_some_and(|stat| now.same_inode(stat)) && self.has_left() => Left::New,
            Ok(now) if now.nlink == 0 && counts_links => Left::Nothing,
            Err(Errno::ENOENT) => Left::Nothing,
            _ => Left::Other,
        }
    }

    /// Whether the temporary name is free.
    fn has_left(&self) -> bool {
        matches!(sys::fstatat(self.name.dir, self.temporary, Follow::No), Err(Errno::ENOENT))
    }
}

/// Renames `temporary`, whose stat is `stat`, over the existing entry `name` of the same directory. An error's
/// [`destination`](FsError::destination) is `Removed` if the server has taken the old entry away all the same.
pub(crate) fn replace_by(name: PathAt<'_>, temporary: &CStr, stat: &Stat) -> Result<(), FsError> {
    let complete = Complete { name, temporary, stat: Some(stat), exclusive: false, replaces: true };
    complete.publish().map_err(CommitError::into_error)
}

/// What the name means after a rename has failed.
enum Left {
    /// The new file: it was renamed all the same.
    New,
    Nothing,
    /// The entry that had the name before, if known.
    Other,
}

/// The errnos that mean "not by rename, in this directory": a bind-mounted file (EBUSY), a directory in which the
/// caller may not make or replace names (EACCES, EPERM with the sticky bit), a read-only one around a writable mount.
pub(in crate::copy) fn is_no_rename(errno: Errno) -> bool {
    matches!(errno, Errno::EBUSY | Errno::EACCES | Errno::EPERM | Errno::EROFS)
}

/// The errnos that mean "no new file can be made beside the old one". ENOENT, of a directory that is held open, is
/// procfs's way to say that its directories take no files.
pub(in crate::copy) fn is_no_new_file(errno: Errno) -> bool {
    is_no_rename(errno) || errno == Errno::ENOENT
}

/// Renames only onto a free name.
fn claim_name(at: PathAt<'_>, temporary: &CStr) -> Result<(), FsError> {
    match sys::renameat_noreplace(at.dir, temporary, at.dir, at.name) {
        // EINVAL: the filesystem cannot; ENOSYS: the kernel cannot; ENOTSUP: macOS volumes.
        Err(Errno::EINVAL | Errno::ENOSYS | Errno::ENOTSUP) => {}
        other => return other.during(sys::EXCLUSIVE_RENAME_CALL),
    }
    // A hard link is refused when the name is taken, so link and unlink do the same in two steps.
    match sys::linkat(at.dir, temporary, at.dir, at.name) {
        Ok(()) => sys::unlinkat(at.dir, temporary).during("unlinkat"),
        Err(errno) if cannot_link(errno, at.dir) => {
            rename_by_placeholder(PathAt { dir: at.dir, name: temporary }, at)
        }
        Err(errno) => Err(FsError::new(errno, "linkat")),
    }
}

/// fsync of the directory, without which a crash may undo the rename.
pub(crate) fn sync_directory(dir: BorrowedFd<'_>) -> Result<(), FsError> {
    DirSync::of(dir)?.sync()
}

/// A directory whose entries must survive a power cut. It is opened before the rename, so that a failure can still be undone.
pub(in crate::copy) enum DirSync {
    Directory(OwnedFd),
    /// A file on the directory's filesystem.
    #[cfg(target_os = "linux")]
    Filesystem(OwnedFd),
}

impl DirSync {
    pub(in crate::copy) fn of(dir: BorrowedFd<'_>) -> Result<Self, FsError> {
        match sys::openat(dir, c".", OpenFlags::DIRECTORY, 0) {
            // A directory that may be written to and not read (0333). fsync(2) takes no descriptor of O_PATH; syncfs(2) takes
            // one of any file there and flushes the directory with the rest.
            #[cfg(target_os = "linux")]
            Err(Errno::EACCES) => {
                new_file_in(dir, 0o600, |file| sys::duplicate(file).during("fcntl")).map(Self::Filesystem)
            }
            opened => opened.during("openat").map(Self::Directory),
        }
    }

    /// `None` if `durable` is not set.
    pub(in crate::copy) fn if_durable(durable: bool, dir: BorrowedFd<'_>) -> Result<Option<Self>, FsError> {
        if durable { Self::of(dir).map(Some) } else { Ok(None) }
    }

    pub(in crate::copy) fn sync(&self) -> Result<(), FsError> {
        let directory = match self {
            Self::Directory(directory) => directory,
            #[cfg(target_os = "linux")]
            Self::Filesystem(file) => return sys::syncfs(file.as_fd()).during("syncfs"),
        };
        match sys::fsync(directory.as_fd()) {
            // EINVAL: a filesystem that has no fsync for directories; its renames are as durable as they get.
            Ok(()) | Err(Errno::EINVAL) => Ok(()),
            Err(errno) => Err(FsError::new(errno, "fsync")),
        }
    }
}
