//! Symbolic links made anew: read, never followed.

use std::ffi::{CStr, CString};

use super::metadata::nofollow::ByName;
use super::metadata::pinned_node::PinnedNode;
use super::options::{CopyOptions, Preserve};
use super::output::commit::{CommitError, Complete, DirSync};
use super::output::ensure_can_rename_temp;
use super::path_at::PathAtBuf;
use super::result::{Copied, CopyResult, Losses};
use super::source::PathAt;
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys;
use crate::sys::Stat;

/// The text of the link at `at`.
pub(crate) fn read_link(at: PathAt<'_>) -> Result<CString, FsError> {
    let text = sys::readlinkat(at.dir, at.name).during("readlinkat")?;
    // The kernel keeps links as strings, so there is no NUL within.
    CString::new(text).map_err(|_| FsError::new(Errno::EINVAL, "readlinkat"))
}

/// Makes a link that leads to `text` at `dest`, with the metadata of the link `src`. What is at `dest` is replaced by
/// rename if `replace` says so, else it is EEXIST.
pub(crate) fn copy_link(
    (src, source): (PathAt<'_>, &Stat),
    text: &CStr,
    dest: PathAt<'_>,
    replace: bool,
    options: &CopyOptions,
) -> Result<Copied, FsError> {
    if replace {
        ensure_can_rename_temp(dest.dir)?;
    }
    let names = DirSync::if_durable(options.durable, dest.dir)?;
    let temporary = if replace { Some(PathAtBuf::temporary_name()?) } else { None };
    let at = PathAt { dir: dest.dir, name: temporary.as_deref().unwrap_or(dest.name) };
    sys::symlinkat(text, at.dir, at.name).during("symlinkat")?;
    let finish = || {
        let made = if is_looked_after(options) { Some(PinnedNode::hold(at, source)?) } else { None };
        let lost = match &made {
            Some(made) => ByName { src, source, dest: made, written: None, options }.apply()?,
            None => Losses::default(),
        };
        if let Some(temporary) = &temporary {
            let stat = made.as_ref().map(|made| &made.stat);
            let complete = Complete { name: dest, temporary, stat, exclusive: false, replaces: true };
            complete.publish().map_err(CommitError::into_error)?;
        }
        Ok((lost, made.map(|made| (made.stat.dev, made.stat.ino))))
    };
    let (lost, made) = finish().inspect_err(|error: &FsError| {
        // The first error counts. What has the name by now is not ours to remove.
        if error.errno() != Errno::ESTALE {
            let _removed = sys::unlinkat(at.dir, at.name);
        }
    })?;
    if let Some(names) = names {
        names.sync()?;
    }
    let result = CopyResult { symlinks: 1, ..CopyResult::default() }.with_losses(lost);
    Ok(Copied { result, created: made })
}

/// Whether a link is more than its text: gets metadata, or other names.
fn is_looked_after(options: &CopyOptions) -> bool {
    [Preserve::OWNERSHIP, Preserve::XATTR, Preserve::ACL, Preserve::TIMESTAMPS, Preserve::LINKS]
        .into_iter()
        .any(|piece| options.preserve.has(piece))
}
