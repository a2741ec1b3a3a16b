//! What a copy may be asked to do. Every option is documented here, once, with its default.

use super::method::MethodSet;

/// Sharing of storage between source and copy (FICLONE, clonefile).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reflink {
    /// Share where the filesystem can and it pays; else copy. The default.
    #[default]
    Auto,
    /// Share or fail with the kernel's error: no new destination is left, an old one is untouched.
    Always,
    /// Never share; copy_file_range is not used either, because it shares where it can.
    Never,
}

/// Holes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sparse {
    /// Keep the holes that the source has. The default.
    #[default]
    Auto,
    /// Also turn runs of zeros into holes. Turns sharing off.
    Always,
    /// Write every byte. Turns sharing off.
    Never,
}

/// What happens to an existing destination file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replace {
    /// A sibling temporary is renamed over it; only where that is impossible (EBUSY on a bind-mounted file;
    /// EACCES, EPERM, EROFS of the directory) it is rewritten in place. The default.
    #[default]
    Auto,
    /// By rename, or a typed error. An absent destination, too, appears complete or not at all.
    Atomic,
    /// Inode, other hard links, owner, ACL and xattrs of the old file stay. A failure leaves it torn, and the error reports that.
    InPlace,
}

/// What happens when a requested piece of metadata cannot be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MetadataErrors {
    /// What the target cannot hold, or the caller may not set, is skipped and counted in
    /// [`Unpreserved`](super::Unpreserved); every other error fails the copy. The default.
    #[default]
    IgnoreUnsupported,
    /// Every error fails the copy.
    Error,
    /// No error fails the copy; each is counted.
    Ignore,
    /// As [`Ignore`](Self::Ignore), and the losses of these pieces that cp(1) reports are also among the result's
    /// [`errors`](super::CopyResult::errors). An existing file in place is refused, not written, while its bits are too wide
    /// and cannot be changed.
    Report(Preserve),
}

impl MetadataErrors {
    /// Whether a copy succeeds without a piece of metadata after any error.
    pub(crate) const fn never_fail(self) -> bool {
        matches!(self, Self::Ignore | Self::Report(_))
    }
}

/// FIFOs, sockets and devices as source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SpecialFiles {
    /// A typed error; the node is never opened. The default.
    #[default]
    Error,
    /// The node is made anew by mknod(2), never opened.
    Copy,
    /// Skipped and counted.
    Skip,
    /// Read to its end as a stream, and an existing special destination is written to: what cp(1) does without `-r`.
    Content,
}

/// What happens after the first error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnError {
    /// The operation fails with it. The default.
    #[default]
    Stop,
    /// The rest is finished and the result carries the errors. A missing source and a cancel still fail.
    Collect,
}

/// The pieces of metadata that a copy keeps.
///
/// The default is what `fs.promises.copyFile` of Node 26 keeps: the permission bits exactly (umask plays no part),
/// owner and group where the caller may set them, set-id bits only if owner and group then equal the source's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preserve(u16);

impl Preserve {
    /// Permission bits; set-id bits only where owner and group equal the source's.
    pub const MODE: Self = Self(1);
    /// User and group.
    pub const OWNERSHIP: Self = Self(1 << 1);
    /// Access and modification time, to the nanosecond.
    pub const TIMESTAMPS: Self = Self(1 << 2);
    /// Extended attributes, but for ACLs and the labels that belong to one inode (security.ima, security.evm).
    pub const XATTR: Self = Self(1 << 3);
    /// Access control lists; one that the new file inherited from its directory is removed if the source has none.
    pub const ACL: Self = Self(1 << 4);
    /// Hard-link groups across one operation.
    pub const LINKS: Self = Self(1 << 5);
    /// Inode flags of chattr(1) or chflags(1).
    pub const FLAGS: Self = Self(1 << 6);
    /// Nothing: new files get the source's mode less the umask and set-id bits; an old file's mode stays in place.
    pub const NOTHING: Self = Self(0);
    /// All that is named above.
    pub const ALL: Self = Self(0x7f);
    /// What Node 26 keeps by default.
    pub const DEFAULT: Self = Self(1 << 7);

    /// The part of [`DEFAULT`](Self::DEFAULT) that Node 26 keeps of directories: the permission bits.
    pub(crate) const DEFAULT_OF_DIRECTORIES: Self = Self(1 << 8);

    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether every item of `other` is in this set.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether the new file gets the source's permission bits.
    pub(crate) const fn wants_mode(self) -> bool {
        self.has(Self::MODE) || self.has(Self::DEFAULT) || self.has(Self::DEFAULT_OF_DIRECTORIES)
    }

    /// The same set for a directory.
    pub(crate) const fn of_directory(self) -> Self {
        if self.has(Self::DEFAULT) {
            Self(self.0 & !Self::DEFAULT.0 | Self::DEFAULT_OF_DIRECTORIES.0)
        } else {
            self
        }
    }

    /// The set without the items of `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether owner and group are set at all (silently best effort under the default).
    pub(crate) const fn wants_owner(self) -> bool {
        self.has(Self::OWNERSHIP) || self.has(Self::DEFAULT)
    }
}

impl Default for Preserve {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Defines `with_FIELD` methods, which set one option each.
macro_rules! setters {
    ($options:ident { $($with:ident: $field:ident: $type:ty,)+ }) => {
        impl $options {
            $(
                #[doc = concat!("The same options with another [`", stringify!($field), "`](Self::", stringify!($field), ").")]
                #[must_use]
                pub fn $with(mut self, $field: $type) -> Self {
                    self.$field = $field;
                    self
                }
            )+
        }
    };
}
pub(crate) use setters;

/// Options of one copy. `CopyOptions::default()` behaves as `fs.promises.copyFile` of Node 26, with the faults of
/// that function mended (docs/guarantees.md).
///
/// ```
/// use palfs::copy::{CopyOptions, Preserve, Replace};
///
/// let options = CopyOptions::default().with_preserve(Preserve::ALL).with_replace(Replace::Atomic);
/// assert!(!options.durable);
/// ```
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent option under its own name")]
#[non_exhaustive]
pub struct CopyOptions {
    /// Sharing of storage. Default [`Reflink::Auto`].
    pub reflink: Reflink,
    /// Holes. Default [`Sparse::Auto`].
    pub sparse: Sparse,
    /// Metadata to keep. Default [`Preserve::DEFAULT`].
    pub preserve: Preserve,
    /// What happens when metadata cannot be kept. Default [`MetadataErrors::IgnoreUnsupported`].
    pub metadata_errors: MetadataErrors,
    /// What happens to an existing destination. Default [`Replace::Auto`].
    pub replace: Replace,
    /// Fail with EEXIST when the destination exists. Default `false`.
    pub exclusive: bool,
    /// Replace, by rename, an existing destination that the caller may not open for writing. Default `false`.
    pub force: bool,
    /// Replace any entry with the destination's name, by rename: a link and not its target, a special file, a second name of the
    /// source. Default `false`.
    pub(crate) replace_name: bool,
    /// A link at the destination is replaced and never written through. Default `false`.
    pub(crate) never_through_links: bool,
    /// Without [`Preserve::MODE`]: make new files as any new file is made (0666 less the umask), not from the source's
    /// bits. Default `false`.
    pub ordinary_mode: bool,
    /// The destination's directory has no default ACL, so no inherited list has to be removed under [`Preserve::ACL`]. Default `false`.
    pub(crate) no_default_acl: bool,
    /// Copy only if the source is newer than the destination, or the destination is missing. Default `false`.
    pub update: bool,
    /// fsync(2) the file and its directory before success. Default `false`.
    pub durable: bool,
    /// Fail when the source's size, mtime, ctime or inode changed during the copy. Default `false`.
    pub verify_source: bool,
    /// FIFOs, sockets, devices. Default [`SpecialFiles::Error`].
    pub special_files: SpecialFiles,
    /// After the first error. Default [`OnError::Stop`].
    pub on_error: OnError,
    /// The ways of moving bytes that may be used. Default: all that this platform has.
    pub methods: MethodSet,
}

setters! { CopyOptions {
    with_reflink: reflink: Reflink,
    with_sparse: sparse: Sparse,
    with_preserve: preserve: Preserve,
    with_metadata_errors: metadata_errors: MetadataErrors,
    with_replace: replace: Replace,
    with_exclusive: exclusive: bool,
    with_force: force: bool,
    with_ordinary_mode: ordinary_mode: bool,
    with_update: update: bool,
    with_durable: durable: bool,
    with_verify_source: verify_source: bool,
    with_special_files: special_files: SpecialFiles,
    with_on_error: on_error: OnError,
    with_methods: methods: MethodSet,
} }

impl CopyOptions {
    /// The same options with another choice of what is replaced. `true`: any entry with the destination's name, by rename: a link and
    /// not its target, a special file, a second name of the source. Default `false`.
    #[must_use]
    pub fn with_replace_name(mut self, replace_name: bool) -> Self {
        self.replace_name = replace_name;
        self
    }
}
