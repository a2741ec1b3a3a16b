//! The two kinds of inode that get metadata: open files and directories, and links, FIFOs, sockets and devices, which are held
//! without being opened.

use std::os::fd::BorrowedFd;

use super::pinned_node::PinnedNode;
use crate::errno::Errno;
use crate::sys;
use crate::sys::{SetTime, Stat, Timestamp};

/// An inode that gets metadata.
#[derive(Clone, Copy)]
pub(crate) enum Inode<'a> {
    /// A file or directory.
    Open(BorrowedFd<'a>),
    /// A link, FIFO, socket or device.
    Held(&'a PinnedNode<'a>),
    /// A link whose owner and times cannot be set: the calls would change its target.
    Followed(&'a PinnedNode<'a>),
}

/// The calls that set metadata by inode, under the names that errors carry.
pub(in crate::copy) struct Calls {
    pub(in crate::copy) chown: &'static str,
    pub(in crate::copy) chmod: &'static str,
    pub(in crate::copy) utimens: &'static str,
}

impl<'a> Inode<'a> {
    /// A descriptor on its filesystem, for fstatfs(2).
    pub(in crate::copy) fn filesystem(self) -> BorrowedFd<'a> {
        match self {
            Self::Open(fd) => fd,
            Self::Held(node) | Self::Followed(node) => node.filesystem(),
        }
    }

    pub(in crate::copy) fn calls(self) -> Calls {
        match self {
            Self::Open(_) => Calls { chown: "fchown", chmod: "fchmod", utimens: "futimens" },
            Self::Held(_) | Self::Followed(_) => {
                Calls { chown: "fchownat", chmod: "fchmodat", utimens: "utimensat" }
            }
        }
    }

    /// `None` leaves an id as it is.
    pub(in crate::copy) fn chown(self, uid: Option<u32>, gid: Option<u32>) -> Result<(), Errno> {
        match self {
            Self::Open(fd) => sys::fchown(fd, uid, gid),
            Self::Held(node) => node.chown(uid, gid),
            Self::Followed(_) => Err(Errno::EOPNOTSUPP),
        }
    }

    /// Returns whether all bits were set: where only the set-id and sticky bits are refused, the others are.
    pub(in crate::copy) fn chmod(self, mode: u32) -> Result<bool, Errno> {
        match self {
            Self::Open(fd) => sys::fchmod_permitted(fd, mode),
            Self::Held(node) => node.chmod(mode).map(|()| true),
            Self::Followed(_) => Err(Errno::EOPNOTSUPP),
        }
    }

    pub(in crate::copy) fn utimens(self, atime: Timestamp, mtime: Timestamp) -> Result<(), Errno> {
        match self {
            Self::Open(fd) => sys::futimens(fd, atime, mtime),
            Self::Held(node) => node.utimens(SetTime::At(atime), SetTime::At(mtime)),
            Self::Followed(_) => Err(Errno::EOPNOTSUPP),
        }
    }

    /// Its present state, as its server has it.
    pub(in crate::copy) fn stat(self) -> Result<Stat, Errno> {
        match self {
            Self::Open(fd) => sys::fstat_uncached(fd),
            Self::Held(node) | Self::Followed(node) => node.look(),
        }
    }
}
