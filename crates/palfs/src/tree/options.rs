//! What an operation on a tree may be asked to do. Every option is documented here, once, with its default; those of
//! one file are [`CopyOptions`].

use std::num::NonZero;

use super::copy::hard_links::LinkGroups;
use crate::copy::{CopyOptions, OnError};

/// Which links are followed at the source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dereference {
    /// None: a link is copied as a link. The default.
    #[default]
    Never,
    /// The one that the caller named, none below it (`cp -H`).
    Named,
    /// All of them: what they lead to is copied in their place.
    Always,
}

/// What happens to a destination that exists, where the source is no directory. Directories are merged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// It is replaced, a link itself and not what it leads to. The default.
    #[default]
    Replace,
    /// It stays, and is counted as skipped.
    Keep,
    /// It is an error, `ERR_FS_CP_EEXIST`.
    Error,
}

/// Options of a copy of a tree. `TreeOptions::default()` behaves as `fs.promises.cp` of Node 26 without options.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent option under its own name")]
pub struct TreeOptions {
    /// How each file is copied. Its `exclusive`, `force`, `replace_name` and `on_error` are set by the tree's own options.
    pub file: CopyOptions,
    /// Copy directories with what is in them. Default `false`: a directory is an error, `ERR_FS_EISDIR`.
    pub recursive: bool,
    /// Default [`Dereference::Never`].
    pub dereference: Dereference,
    /// Default [`Existing::Replace`].
    pub existing: Existing,
    /// Copy the text of links as it is. Default `false`: relative ones are made absolute, as node:fs does.
    pub verbatim_symlinks: bool,
    /// A link replaces whatever has its name. Default `false`: only another link, by the rules of node:fs.
    pub links_replace: bool,
    /// A file that the caller may not open for writing is an error, as cp(1) has it without `-f`. Default `false`: it is
    /// replaced by rename, as node:fs does.
    pub spares_unwritable: bool,
    /// Where hard-link groups are preserved: those of other copies that this one belongs to, too. Default: its own alone.
    pub groups: Option<LinkGroups>,
    /// Do not descend into other mounts: their directories are made, empty. Default `false`.
    pub one_file_system: bool,
    /// After the first error. Default [`OnError::Stop`].
    pub on_error: OnError,
    /// The most threads that work on this operation. Default: as many as there are cores.
    pub concurrency: Option<NonZero<usize>>,
}

impl TreeOptions {
    /// Whether a link that leads to itself gives way, as one that leads nowhere, where links are followed: by the rules of
    /// cp(1), and with its `-f`.
    pub(super) fn replaces_loops(&self) -> bool {
        self.links_replace && !self.spares_unwritable
    }
}

/// Options of the removal of a tree. `RemoveOptions::default()` behaves as `fs.promises.rm` without options.
#[derive(Clone, Debug, Default)]
pub struct RemoveOptions {
    /// Remove directories with what is in them. Default `false`: a directory is an error, `ERR_FS_EISDIR`.
    pub recursive: bool,
    /// What does not exist is success. Default `false`.
    pub force: bool,
    /// How often EBUSY, EMFILE, ENFILE, ENOTEMPTY and EPERM are tried again. Default 0.
    pub max_retries: u32,
    /// Milliseconds to wait before the first try again; one more of it before each further one. Default 100.
    pub retry_delay: Option<u32>,
    /// The most threads that work on this operation. Default: as many as there are cores; on btrfs one, which is faster.
    pub concurrency: Option<NonZero<usize>>,
}

/// Options of a move.
#[derive(Clone, Debug, Default)]
pub struct MoveOptions {
    /// How each file is copied where no rename is possible; `metadata_errors` also decides whether a move that would
    /// lose metadata is refused. What to preserve is not asked: everything is.
    pub file: CopyOptions,
    /// Replace what is at the destination: a directory by a directory, anything else by what is no directory. Default `false`:
    /// EEXIST.
    pub overwrite: bool,
    /// Between filesystems, the hard-link groups of other moves that this one belongs to: names of one file that are moved one
    /// after the other stay names of one file. Default: its own alone.
    pub groups: Option<LinkGroups>,
    /// The most threads that work on this operation. Default: as many as there are cores.
    pub concurrency: Option<NonZero<usize>>,
}

/// What a removal did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Names that were no directories.
    pub files: u64,
    /// Directories.
    pub directories: u64,
}
