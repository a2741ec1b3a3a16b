//! The directories above a destination.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use super::mounts;
use super::paths::as_text;
use crate::copy::{PathAt, sync_directory};
use crate::errno::Errno;
use crate::error::{During, ErrorKind, FsError};
use crate::sys;
use crate::sys::{Identity, OpenFlags, STAT_CALL, Stat, identity};

/// Creates the parent directory of `path` and those above it, like `mkdir -p`. `durable`: so that they survive a power cut.
pub(in crate::tree) fn make(path: &Path, durable: bool) -> Result<(), FsError> {
    let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) else { return Ok(()) };
    let mut missing = Vec::new();
    for ancestor in parent.ancestors().filter(|ancestor| !ancestor.as_os_str().is_empty()) {
        match sys::mkdirat(sys::CWD, &as_text(ancestor), 0o777) {
            Ok(()) => {
                resolve(ancestor, durable)?;
                break;
            }
            Err(Errno::ENOENT) => missing.push(ancestor),
            Err(Errno::EEXIST) => {
                is_directory(ancestor)?;
                break;
            }
            // A directory that exists may be on a filesystem that nothing can be made on.
            Err(_) if sys::openat(sys::CWD, &as_text(ancestor), OpenFlags::DIR_PATH, 0).is_ok() => break,
            Err(errno) => return Err(FsError::new(errno, "mkdirat").with_path(ancestor)),
        }
    }
    for ancestor in missing.into_iter().rev() {
        match sys::mkdirat(sys::CWD, &as_text(ancestor), 0o777) {
            Ok(()) | Err(Errno::EEXIST) => resolve(ancestor, durable)?,
            Err(errno) => return Err(FsError::new(errno, "mkdirat").with_path(ancestor)),
        }
    }
    Ok(())
}

/// The name of a new directory lasts.
fn resolve(made: &Path, durable: bool) -> Result<(), FsError> {
    let Some(above) = made.parent().filter(|_| durable) else { return Ok(()) };
    let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
    let dir = sys::openat(sys::CWD, &as_text(above), OpenFlags::DIR_PATH, 0).during("openat");
    dir.and_then(|dir| sync_directory(dir.as_fd())).map_err(|error| error.with_path(above))
}

/// ENOTDIR for what exists and is none; a link that leads nowhere is none.
fn is_directory(path: &Path) -> Result<(), FsError> {
    match sys::openat(sys::CWD, &as_text(path), OpenFlags::DIR_PATH, 0) {
        // A directory without search permission counts as existing; the later call in it returns the error.
        Ok(_) | Err(Errno::EACCES) => Ok(()),
        Err(Errno::ENOENT) => Err(FsError::new(Errno::ENOTDIR, "mkdirat").with_path(path)),
        Err(errno) => Err(FsError::new(errno, "mkdirat").with_path(path)),
    }
}

/// Refuses a destination inside the directory `src`, by any path: links and bind mounts may
/// lead there too, so the directories are compared, not their names.
pub(in crate::tree) fn refuse_inside(src: PathAt<'_>, stat: &Stat, dest: &Path) -> Result<(), FsError> {
    if !stat.is_dir() {
        return Ok(());
    }
    let Some(above) = nearest(dest)? else { return Ok(()) };
    let seen = sys::fstat(above.as_fd()).during(STAT_CALL)?;
    if is_below(above.as_fd(), &seen, identity(stat))? || is_mounted_from(src, stat, above.as_fd(), &seen) {
        return Err(FsError::new(Errno::EINVAL, STAT_CALL).with_kind(ErrorKind::IntoItself));
    }
    Ok(())
}

/// Whether a directory is `wanted`, or below it by `..`.
pub(in crate::tree) fn is_below(
    directory: BorrowedFd<'_>,
    seen: &Stat,
    wanted: Identity,
) -> Result<bool, FsError> {
    let mut here = identity(seen);
    let mut next = sys::openat(directory, c"..", OpenFlags::DIR_PATH, 0);
    while here != wanted {
        let parent = match next {
            Ok(parent) => parent,
            // No answer, and none to guess.
            Err(errno @ (Errno::EMFILE | Errno::ENFILE)) => return Err(FsError::new(errno, "openat")),
            // A directory above that may not be searched ends the walk.
            Err(_) => return Ok(false),
        };
        let above = identity(&sys::fstat(parent.as_fd()).during(STAT_CALL)?);
        // The root is its own parent.
        if above == here {
            return Ok(false);
        }
        here = above;
        next = sys::openat(parent.as_fd(), c"..", OpenFlags::DIR_PATH, 0);
    }
    Ok(true)
}

/// Whether a directory of another mount is inside `src` all the same: above a bind mount `..` leads elsewhere.
fn is_mounted_from(src: PathAt<'_>, stat: &Stat, directory: BorrowedFd<'_>, seen: &Stat) -> bool {
    let is_same_mount = seen.mount.is_some() && seen.mount == stat.mount;
    if is_same_mount || seen.dev != stat.dev {
        return false;
    }
    let src = sys::openat(src.dir, src.name, OpenFlags::DIR_PATH, 0);
    src.is_ok_and(|src| mounts::is_inside(directory, src.as_fd()))
}

/// The nearest directory above `path` that exists.
fn nearest(path: &Path) -> Result<Option<OwnedFd>, FsError> {
    for ancestor in path.ancestors().skip(1) {
        let name = if ancestor.as_os_str().is_empty() { Path::new(".") } else { ancestor };
        match sys::openat(sys::CWD, &as_text(name), OpenFlags::DIR_PATH, 0) {
            Ok(fd) => return Ok(Some(fd)),
            Err(Errno::ENOENT) => {}
            Err(errno) => return Err(FsError::new(errno, "openat").with_path(path)),
        }
    }
    Ok(None)
}
