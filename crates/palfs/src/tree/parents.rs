//! The directories above a destination.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use super::directory::{Identity, identity};
use super::text::as_text;
use crate::copy::sync_directory;
use crate::errno::Errno;
use crate::error::{During, ErrorKind, FsError};
use crate::sys::{self, OpenFlags, STAT_CALL};

/// Makes the directory that `path` is to be in, and those above it, as mkdir(1) does with `-p`; `durable`: so that a power
/// cut does not take them away with what is put into them.
pub(super) fn make(path: &Path, durable: bool) -> Result<(), FsError> {
    let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) else { return Ok(()) };
    let mut missing = Vec::new();
    for ancestor in parent.ancestors().filter(|ancestor| !ancestor.as_os_str().is_empty()) {
        match sys::mkdirat(sys::CWD, &as_text(ancestor), 0o777) {
            Ok(()) => {
                settle(ancestor, durable)?;
                break;
            }
            Err(Errno::ENOENT) => missing.push(ancestor),
            Err(Errno::EEXIST) => {
                is_directory(ancestor)?;
                break;
            }
            // A directory that exists may be on a filesystem that nothing can be made on.
            Err(_) if sys::openat(sys::CWD, &as_text(ancestor), OpenFlags::ANCHOR, 0).is_ok() => break,
            Err(errno) => return Err(FsError::new(errno, "mkdirat").with_path(ancestor)),
        }
    }
    for ancestor in missing.into_iter().rev() {
        match sys::mkdirat(sys::CWD, &as_text(ancestor), 0o777) {
            Ok(()) | Err(Errno::EEXIST) => settle(ancestor, durable)?,
            Err(errno) => return Err(FsError::new(errno, "mkdirat").with_path(ancestor)),
        }
    }
    Ok(())
}

/// The name of a new directory lasts.
fn settle(made: &Path, durable: bool) -> Result<(), FsError> {
    let Some(above) = made.parent().filter(|_| durable) else { return Ok(()) };
    let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
    let dir = sys::openat(sys::CWD, &as_text(above), OpenFlags::ANCHOR, 0).during("openat");
    dir.and_then(|dir| sync_directory(dir.as_fd())).map_err(|error| error.with_path(above))
}

/// ENOTDIR for what exists and is none; a link that leads nowhere is none.
fn is_directory(path: &Path) -> Result<(), FsError> {
    match sys::openat(sys::CWD, &as_text(path), OpenFlags::ANCHOR, 0) {
        // A directory that may not be searched is one all the same; what is made in it will say so.
        Ok(_) | Err(Errno::EACCES) => Ok(()),
        Err(Errno::ENOENT) => Err(FsError::new(Errno::ENOTDIR, "mkdirat").with_path(path)),
        Err(errno) => Err(FsError::new(errno, "mkdirat").with_path(path)),
    }
}

/// Refuses a destination that is somewhere inside the directory `src`, under whatever name: links and bind mounts may
/// lead there too, so the directories are compared, not their names.
pub(super) fn refuse_inside(src: Identity, dest: &Path) -> Result<(), FsError> {
    let Some(mut at) = nearest(dest)? else { return Ok(()) };
    let mut below = None;
    loop {
        let here = identity(&sys::fstat(at.as_fd()).during(STAT_CALL)?);
        if here == src {
            return Err(FsError::new(Errno::EINVAL, STAT_CALL).with_kind(ErrorKind::IntoItself));
        }
        // The root is its own parent. A directory above that may not be searched ends the walk, too.
        if below == Some(here) {
            return Ok(());
        }
        below = Some(here);
        match sys::openat(at.as_fd(), c"..", OpenFlags::ANCHOR, 0) {
            Ok(parent) => at = parent,
            Err(_) => return Ok(()),
        }
    }
}

/// The nearest directory above `path` that exists.
fn nearest(path: &Path) -> Result<Option<OwnedFd>, FsError> {
    for ancestor in path.ancestors().skip(1) {
        let name = if ancestor.as_os_str().is_empty() { Path::new(".") } else { ancestor };
        match sys::openat(sys::CWD, &as_text(name), OpenFlags::ANCHOR, 0) {
            Ok(fd) => return Ok(Some(fd)),
            Err(Errno::ENOENT) => {}
            Err(errno) => return Err(FsError::new(errno, "openat").with_path(path)),
        }
    }
    Ok(None)
}
