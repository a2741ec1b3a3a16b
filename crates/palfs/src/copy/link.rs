//! Symbolic links made anew: read, never followed.

use std::ffi::{CStr, CString};

use super::by_name::ByName;
use super::commit;
use super::name::Slot;
use super::options::CopyOptions;
use super::result::{CopyResult, Unpreserved};
use super::source::At;
use crate::error::{During, FsError};
use crate::sys::{self, Stat};

/// The text of the link at `at`.
pub(crate) fn read_link(at: At<'_>) -> Result<CString, FsError> {
    let text = sys::readlinkat(at.dir, at.name).during("readlinkat")?;
    // The kernel keeps links as strings, so there is no NUL within.
    CString::new(text).map_err(|_| FsError::new(crate::Errno::EINVAL, "readlinkat"))
}

/// Makes a link that leads to `text` at `dest`, with the metadata of the link `src`. What is at `dest` is replaced by
/// rename if `replace` says so, else it is EEXIST.
pub(crate) fn copy_link(
    (src, source): (At<'_>, &Stat),
    text: &CStr,
    dest: At<'_>,
    replace: bool,
    options: &CopyOptions,
) -> Result<CopyResult, FsError> {
    let temporary = if replace { Some(Slot::temporary_name()?) } else { None };
    let made = At { dir: dest.dir, name: temporary.as_deref().unwrap_or(dest.name) };
    sys::symlinkat(text, made.dir, made.name).during("symlinkat")?;
    let finish = || {
        let lost = Unpreserved::default();
        let unpreserved = ByName { src, source, dest: made, written: None, options, lost }.apply()?;
        if replace {
            sys::renameat(made.dir, made.name, dest.dir, dest.name).during("renameat")?;
        }
        Ok(unpreserved)
    };
    let unpreserved = finish().inspect_err(|_: &FsError| {
        // The first error counts.
        let _removed = sys::unlinkat(made.dir, made.name);
    })?;
    if options.durable {
        commit::sync_directory(dest.dir)?;
    }
    Ok(CopyResult { symlinks: 1, unpreserved, ..CopyResult::default() })
}
