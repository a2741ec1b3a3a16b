//! What an operation on a tree may be asked to do. Every option is documented here, once, with its default; those of
//! one file are [`CopyOptions`].

use std::num::NonZero;

use super::copy::hard_links::LinkGroups;
use crate::copy::{CopyOptions, MetadataErrors, MethodSet, OnError, Reflink, Sparse, setters};

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
#[non_exhaustive]
pub struct TreeOptions {
    /// How each file is copied; set by [`with_file`](Self::with_file).
    pub(crate) file: CopyOptions,
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
#[non_exhaustive]
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
#[non_exhaustive]
pub struct MoveOptions {
    /// How each file is copied where no rename is possible. A move preserves everything.
    pub(crate) file: CopyOptions,
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

setters! { TreeOptions {
    with_recursive: recursive: bool,
    with_dereference: dereference: Dereference,
    with_existing: existing: Existing,
    with_verbatim_symlinks: verbatim_symlinks: bool,
    with_links_replace: links_replace: bool,
    with_spares_unwritable: spares_unwritable: bool,
    with_groups: groups: Option<LinkGroups>,
    with_one_file_system: one_file_system: bool,
    with_on_error: on_error: OnError,
    with_concurrency: concurrency: Option<NonZero<usize>>,
} }

impl TreeOptions {
    /// The same options with another way of copying each file. Three options of a single file are the tree's own and are taken
    /// over: `exclusive` becomes [`Existing::Error`], `on_error` becomes [`on_error`](Self::on_error), each unless it is the
    /// default. `force` has no meaning in a tree, which replaces files that the caller may not write
    /// unless [`spares_unwritable`](Self::spares_unwritable) is set.
    #[must_use]
    pub fn with_file(mut self, file: CopyOptions) -> Self {
        if file.exclusive {
            self.existing = Existing::Error;
        }
        if file.on_error != OnError::Stop {
            self.on_error = file.on_error;
        }
        self.file = file;
        self
    }
}

setters! { RemoveOptions {
    with_recursive: recursive: bool,
    with_force: force: bool,
    with_max_retries: max_retries: u32,
    with_retry_delay: retry_delay: Option<u32>,
    with_concurrency: concurrency: Option<NonZero<usize>>,
} }

setters! { MoveOptions {
    with_overwrite: overwrite: bool,
    with_groups: groups: Option<LinkGroups>,
    with_concurrency: concurrency: Option<NonZero<usize>>,
} }

impl MoveOptions {
    /// What happens if metadata would be lost between filesystems. Under [`MetadataErrors::Ignore`] and
    /// [`MetadataErrors::Report`] the move goes on; else it is refused before anything is removed. Default: refused.
    #[must_use]
    pub fn with_metadata_errors(mut self, metadata_errors: MetadataErrors) -> Self {
        self.file.metadata_errors = metadata_errors;
        self
    }

    /// Sharing of storage, where no rename is possible. Default [`Reflink::Auto`].
    #[must_use]
    pub fn with_reflink(mut self, reflink: Reflink) -> Self {
        self.file.reflink = reflink;
        self
    }

    /// Holes, where no rename is possible. Default [`Sparse::Auto`].
    #[must_use]
    pub fn with_sparse(mut self, sparse: Sparse) -> Self {
        self.file.sparse = sparse;
        self
    }

    /// fsync(2) the directories of a rename before success. A move to another filesystem is always flushed. Default `false`.
    #[must_use]
    pub fn with_durable(mut self, durable: bool) -> Self {
        self.file.durable = durable;
        self
    }

    /// The ways of moving bytes that may be used. Default: all that this platform has.
    #[must_use]
    pub fn with_methods(mut self, methods: MethodSet) -> Self {
        self.file.methods = methods;
        self
    }
}
