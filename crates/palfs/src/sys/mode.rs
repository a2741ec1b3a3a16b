//! The bits of a mode (sys/stat.h, inode(7)): the same numbers on every system that this crate compiles for.

/// The type bits.
pub(crate) const S_IFMT: u32 = 0o170_000;
pub(crate) const S_IFSOCK: u32 = 0o140_000;
pub(crate) const S_IFLNK: u32 = 0o120_000;
pub(crate) const S_IFREG: u32 = 0o100_000;
pub(crate) const S_IFBLK: u32 = 0o060_000;
pub(crate) const S_IFDIR: u32 = 0o040_000;
pub(crate) const S_IFCHR: u32 = 0o020_000;
pub(crate) const S_IFIFO: u32 = 0o010_000;

/// Write permission for users other than the owner. The bits of the group are also the mask of an ACL.
pub(crate) const OTHERS_MAY_WRITE: u32 = 0o022;
