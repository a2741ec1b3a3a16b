//! What may be copied onto what: the rules of node:fs's `cp`, in its order.

use crate::copy::{PathAt, SpecialFiles, is_as_new};
use crate::errno::Errno;
use crate::error::{ErrorKind, FsError};
use crate::sys::{STAT_CALL, Stat};
use crate::tree::options::{Existing, TreeOptions};

/// What becomes of a name that exists at the destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tree) enum OverwriteAction {
    /// Both are directories: the content is put into the old one.
    Merge,
    /// The old one gives way.
    Replace,
    /// The old one stays.
    Keep,
}

/// Judges `dest`, which exists under the name `at`, against `src`.
pub(in crate::tree) fn overwrite_action(
    src: &Stat,
    dest: &Stat,
    at: PathAt<'_>,
    options: &TreeOptions,
) -> Result<OverwriteAction, FsError> {
    judge_kinds(src, dest, options)?;
    judge_existing(src, dest, at, options)
}

/// Refuses one file under two names, and a directory where the other is none. A destination inside the source is looked
/// for after this, and before [`judge_existing`].
pub(in crate::tree) fn judge_kinds(src: &Stat, dest: &Stat, options: &TreeOptions) -> Result<(), FsError> {
    // By the rules of cp(1) a second name of the link is what was asked for.
    if src.same_inode(dest) && !(options.links_replace && src.is_symlink()) {
        return refuse(ErrorKind::SameFile, Errno::EINVAL);
    }
    match (src.is_dir(), dest.is_dir()) {
        (true, false) => refuse(ErrorKind::DirectoryToOther, Errno::EISDIR),
        (false, true) => refuse(ErrorKind::OtherToDirectory, Errno::ENOTDIR),
        _ => Ok(()),
    }
}

/// Judges `dest` by the options, both being directories or neither.
pub(in crate::tree) fn judge_existing(
    src: &Stat,
    dest: &Stat,
    at: PathAt<'_>,
    options: &TreeOptions,
) -> Result<OverwriteAction, FsError> {
    if src.is_dir() {
        return match options.existing {
            _ if !options.recursive => refuse(ErrorKind::IsDirectory, Errno::EISDIR),
            Existing::Error => refuse(ErrorKind::Exists, Errno::EEXIST),
            Existing::Replace | Existing::Keep => Ok(OverwriteAction::Merge),
        };
    }
    if src.same_inode(dest) {
        return Ok(OverwriteAction::Keep);
    }
    // A special file that is refused or skipped is so whatever exists at the destination.
    if is_special(src) && !makes_special(options) {
        return Ok(OverwriteAction::Replace);
    }
    if is_up_to_date(src, dest, at, options) {
        return Ok(OverwriteAction::Keep);
    }
    // The option for existing files does not apply to links, which have rules of their own.
    match options.existing {
        _ if src.is_symlink() => Ok(OverwriteAction::Replace),
        Existing::Replace => Ok(OverwriteAction::Replace),
        Existing::Keep => Ok(OverwriteAction::Keep),
        Existing::Error => refuse(ErrorKind::Exists, Errno::EEXIST),
    }
}

fn refuse<T>(kind: ErrorKind, errno: Errno) -> Result<T, FsError> {
    Err(FsError::new(errno, STAT_CALL).with_kind(kind))
}

fn makes_special(options: &TreeOptions) -> bool {
    matches!(options.file.special_files, SpecialFiles::Copy | SpecialFiles::Content)
}

/// `update`: one of the same kind that is as new; by the rules of cp(1), where links replace anything, one of any kind.
fn is_up_to_date(src: &Stat, dest: &Stat, at: PathAt<'_>, options: &TreeOptions) -> bool {
    let is_compared = options.links_replace || src.same_type(dest);
    options.file.update && options.existing != Existing::Error && is_compared && is_as_new(src, dest, at)
}

/// FIFOs, sockets and devices.
fn is_special(stat: &Stat) -> bool {
    !stat.is_file() && !stat.is_dir() && !stat.is_symlink()
}
