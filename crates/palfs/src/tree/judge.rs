//! What may be copied onto what: the rules of node:fs's `cp`, in its order.

use super::options::{Existing, TreeOptions};
use crate::copy::{At, SpecialFiles, is_as_new};
use crate::errno::Errno;
use crate::error::{ErrorKind, FsError};
use crate::sys::{STAT_CALL, Stat};

/// What becomes of a name that exists at the destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Both are directories: the content is put into the old one.
    Merge,
    /// The old one gives way.
    Replace,
    /// The old one stays.
    Keep,
}

/// Judges `dest`, which exists under the name `at`, against `src`.
pub(super) fn judge(src: &Stat, dest: &Stat, at: At<'_>, options: &TreeOptions) -> Result<Verdict, FsError> {
    let refuse = |kind, errno| Err(FsError::new(errno, STAT_CALL).with_kind(kind));
    if src.same_inode(dest) {
        // By the rules of cp(1) a second name of the link is what was asked for.
        if options.links_replace && src.is_symlink() {
            return Ok(Verdict::Keep);
        }
        return refuse(ErrorKind::SameFile, Errno::EINVAL);
    }
    match (src.is_dir(), dest.is_dir()) {
        (true, false) => refuse(ErrorKind::DirectoryToOther, Errno::EISDIR),
        (false, true) => refuse(ErrorKind::OtherToDirectory, Errno::ENOTDIR),
        (true, true) if !options.recursive => refuse(ErrorKind::IsDirectory, Errno::EISDIR),
        (true, true) if options.existing == Existing::Error => refuse(ErrorKind::Exists, Errno::EEXIST),
        (true, true) => Ok(Verdict::Merge),
        // What is said about existing files says nothing of links; they have rules of their own.
        // Special files that are refused or passed over are so whatever is there.
        (false, false) if is_special(src) && !makes_special(options) => Ok(Verdict::Replace),
        (false, false) if is_up_to_date(src, dest, at, options) => Ok(Verdict::Keep),
        (false, false) if src.is_symlink() => Ok(Verdict::Replace),
        (false, false) => match options.existing {
            Existing::Replace => Ok(Verdict::Replace),
            Existing::Keep => Ok(Verdict::Keep),
            Existing::Error => refuse(ErrorKind::Exists, Errno::EEXIST),
        },
    }
}

fn makes_special(options: &TreeOptions) -> bool {
    matches!(options.file.special_files, SpecialFiles::Copy | SpecialFiles::Content)
}

/// `update`: one of the same kind that is as new; by the rules of cp(1), where links replace anything, one of any kind.
fn is_up_to_date(src: &Stat, dest: &Stat, at: At<'_>, options: &TreeOptions) -> bool {
    let is_compared = options.links_replace || (src.mode ^ dest.mode) & 0o170_000 == 0;
    options.file.update && options.existing != Existing::Error && is_compared && is_as_new(src, dest, at)
}

/// FIFOs, sockets and devices.
fn is_special(stat: &Stat) -> bool {
    !stat.is_file() && !stat.is_dir() && !stat.is_symlink()
}
