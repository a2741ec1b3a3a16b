//! The entry that has the destination's name before a copy.

use std::os::fd::{AsFd, OwnedFd};

use super::metadata::stored_time::is_as_new;
use super::options::{CopyOptions, Replace, SpecialFiles};
use super::path_at::PathAtBuf;
use super::source;
use super::source::PathAt;
use crate::control::Control;
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys;
use crate::sys::{Follow, OpenFlags, STAT_CALL, Stat};

/// What the destination's name means before the copy.
pub(crate) enum Existing {
    /// Nothing.
    Free,
    /// An entry that is replaced without opening it: a dangling symlink, or any entry if `replace_name` is set.
    Name,
    /// A file that may be replaced.
    File(ExistingFile),
    /// A FIFO or device, which a stream may be written to.
    Special(Stat),
    /// The source under another name.
    SameAsSource,
    /// `update`: at least as new as the source.
    UpToDate,
}

/// An existing destination file.
pub(crate) struct ExistingFile {
    /// Open for writing, where it is to be rewritten in place. No descriptor is held over a rename: an SMB server refuses to
    /// replace an open file, and Linux 6.1 has unlinked it by then.
    pub(crate) fd: Option<OwnedFd>,
    pub(crate) stat: Stat,
    /// Whether the destination is a link to it.
    pub(crate) linked: bool,
}

/// How an existing file is to be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Means {
    /// By rename only: it is never opened.
    Rename,
    /// By rename; rewritten in place where that is impossible.
    RenameOrRewrite,
    /// In place.
    Rewrite,
}

impl From<Replace> for Means {
    fn from(replace: Replace) -> Self {
        match replace {
            Replace::Auto => Self::RenameOrRewrite,
            Replace::Atomic => Self::Rename,
            Replace::InPlace => Self::Rewrite,
        }
    }
}

impl ExistingFile {
    /// The name that the new file gets: that of the old file itself, if `dest` is a link to it.
    ///
    /// ENOENT if no name of the file is known. The kernel follows links in /proc to the file itself; their text may name no file, or
    /// another one.
    pub(crate) fn slot(&self, dest: PathAt<'_>) -> Result<PathAtBuf, FsError> {
        if !self.linked {
            return PathAtBuf::of(dest);
        }
        let slot = PathAtBuf::of_target(dest)?;
        let named = PathAt { dir: slot.dir(), name: &slot.name };
        if PathAtBuf::still_is(named, &self.stat) {
            Ok(slot)
        } else {
            Err(FsError::new(Errno::ENOENT, "readlinkat"))
        }
    }

    /// Opens the file to be rewritten in place after a rename over it has failed. `None`: `dest` does not lead to a file that
    /// can be opened, leads to the source, or to a file that has lost its last link since it was judged.
    pub(crate) fn reopen(
        &self,
        dest: PathAt<'_>,
        source: &Stat,
        options: &CopyOptions,
        control: &Control,
    ) -> Option<(OwnedFd, Stat)> {
        let fd = source::open_file(dest, write_flags(options), control).ok()?;
        let stat = sys::fstat(fd.as_fd()).ok()?;
        let named = sys::fstatat(dest.dir, dest.name, Follow::Yes).ok()?;
        // A link of /proc leads to a file that had none before.
        let is_named = named.same_inode(&stat) && (stat.nlink > 0 || self.stat.nlink == 0);
        (stat.is_file() && is_named && !stat.same_inode(source)).then_some((fd, stat))
    }
}

fn write_flags(options: &CopyOptions) -> OpenFlags {
    if options.never_through_links { OpenFlags::WRITE_NOFOLLOW } else { OpenFlags::WRITE }
}

/// Judges an existing destination before anything is changed. EACCES (or EPERM, EROFS) where the caller may not write to it,
/// though a rename could replace it, unless `force` is set.
pub(crate) fn inspect(
    dest: PathAt<'_>,
    source: &Stat,
    means: Means,
    options: &CopyOptions,
    control: &Control,
) -> Result<Existing, FsError> {
    let look = |follow| match sys::fstatat(dest.dir, dest.name, follow) {
        Err(Errno::ENOENT) => Ok(None),
        other => other.map(Some).during(STAT_CALL),
    };
    let Some(named) = look(Follow::No)? else { return Ok(Existing::Free) };
    // Where the name itself is replaced, it does not matter where it leads.
    let linked = named.is_symlink() && !options.replace_name;
    if linked && options.never_through_links {
        return Ok(Existing::Name);
    }
    let seen = if linked { look(Follow::Yes)? } else { Some(named) };
    let Some(seen) = seen else { return Ok(Existing::Name) };
    // cp(1) compares times with an entry of any kind, and so never opens a FIFO that is as new.
    let is_compared = seen.is_file() || options.special_files == SpecialFiles::Content;
    if options.update && is_compared && is_as_new(source, &seen, dest) && !seen.same_inode(source) {
        return Ok(Existing::UpToDate);
    }
    if options.replace_name && !named.is_dir() {
        return Ok(Existing::Name);
    }
    if seen.is_dir() {
        return Err(FsError::new(Errno::EISDIR, STAT_CALL));
    }
    // Before the open for writing: on overlayfs that open copies the file up, and its inode number may change.
    if seen.same_inode(source) {
        return Ok(Existing::SameAsSource);
    }
    if !seen.is_file() {
        return Ok(Existing::Special(seen));
    }
    if means == Means::Rename || (means == Means::RenameOrRewrite && options.force) {
        if !options.force {
            let follow = if options.never_through_links { Follow::No } else { Follow::Yes };
            sys::may_write(dest.dir, dest.name, follow).during(sys::ACCESS_CALL)?;
        }
        return Ok(Existing::File(ExistingFile { fd: None, stat: seen, linked }));
    }
    match source::open_file(dest, write_flags(options), control) {
        // A link by now.
        Err(error) if error.errno() == Errno::ELOOP && options.never_through_links => Ok(Existing::Name),
        Ok(fd) => {
            let stat = sys::fstat(fd.as_fd()).during(STAT_CALL)?;
            if stat.same_inode(source) {
                return Ok(Existing::SameAsSource);
            }
            if stat.is_file() {
                let fd = Some(fd).filter(|_| means == Means::Rewrite);
                return Ok(Existing::File(ExistingFile { fd, stat, linked }));
            }
            Ok(Existing::Special(stat))
        }
        Err(_) if options.force => Ok(Existing::File(ExistingFile { fd: None, stat: seen, linked })),
        Err(error) => Err(error),
    }
}

/// Whether the name is in use, by a dangling link too.
pub(crate) fn is_taken(dest: PathAt<'_>) -> bool {
    sys::fstatat(dest.dir, dest.name, Follow::No).is_ok()
}
