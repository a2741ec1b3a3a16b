//! The types in arguments and results of the operations.

use std::ffi::{OsStr, OsString};

use crate::sys::Stat;
use crate::sys::mode::{S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK};
pub use crate::sys::{SetTime, Timestamp};

/// The type of an inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileType {
    /// A regular file.
    RegularFile,
    /// A directory.
    Directory,
    /// A symbolic link.
    SymbolicLink,
    /// A character device.
    CharacterDevice,
    /// A block device.
    BlockDevice,
    /// A FIFO (named pipe).
    Fifo,
    /// A Unix domain socket.
    Socket,
    /// A type that this platform does not name, or an entry whose type is neither in the directory nor readable by lstat(2).
    Unknown,
}

impl FileType {
    /// By the type bits of a mode.
    pub(crate) fn of_mode(mode: u32) -> Self {
        match mode & S_IFMT {
            S_IFREG => Self::RegularFile,
            S_IFDIR => Self::Directory,
            S_IFLNK => Self::SymbolicLink,
            S_IFCHR => Self::CharacterDevice,
            S_IFBLK => Self::BlockDevice,
            S_IFIFO => Self::Fifo,
            S_IFSOCK => Self::Socket,
            _ => Self::Unknown,
        }
    }
}

/// One inode, as stat(2) and statx(2) show it. Times carry nanoseconds and may lie before 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStat {
    /// Bytes of content.
    pub size: u64,
    /// Type, set-id, sticky and permission bits.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Last read, as far as the mount keeps account of that.
    pub atime: Timestamp,
    /// Last change of the content.
    pub mtime: Timestamp,
    /// Last change of the inode.
    pub ctime: Timestamp,
    /// When the inode was made; `None` where the filesystem does not keep that.
    pub btime: Option<Timestamp>,
    /// The inode's number, unique within its device.
    pub inode: u64,
    /// The device that holds the inode.
    pub device: u64,
    /// Names that the inode has.
    pub nlinks: u64,
    /// The size of reads and writes that the filesystem likes best.
    pub blksize: u64,
    /// Allocated storage, in units of 512 bytes, independent of `blksize`.
    pub blocks: u64,
    /// The device that the inode is, if it is one.
    pub rdev: u64,
}

impl FileStat {
    /// The type in the mode.
    #[must_use]
    pub fn file_type(&self) -> FileType {
        FileType::of_mode(self.mode)
    }

    /// The mode without its type: permission, set-id and sticky bits.
    #[must_use]
    pub fn permissions(&self) -> u32 {
        self.mode & 0o7777
    }
}

impl From<Stat> for FileStat {
    fn from(stat: Stat) -> Self {
        Self {
            size: stat.size,
            mode: stat.mode,
            uid: stat.uid,
            gid: stat.gid,
            atime: stat.atime,
            mtime: stat.mtime,
            ctime: stat.ctime,
            btime: stat.btime,
            inode: stat.ino,
            device: stat.dev,
            nlinks: stat.nlink,
            blksize: stat.blksize,
            blocks: stat.blocks,
            rdev: stat.rdev,
        }
    }
}

/// One name in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirEntry {
    /// The name, byte for byte.
    pub name: OsString,
    /// What it names; a link is a link.
    pub file_type: FileType,
    /// The number of the inode that it names. For the root of a mount, the number of what that covers.
    pub inode: u64,
}

/// One name in a directory that is being read, good until the next one is.
#[derive(Clone, Copy, Debug)]
pub struct EntryRef<'a> {
    /// The name, byte for byte.
    pub name: &'a OsStr,
    /// What it names; a link is a link.
    pub file_type: FileType,
    /// The number of the inode that it names.
    pub inode: u64,
    /// The lstat(2), if it was asked for.
    pub stat: Option<FileStat>,
}

impl From<EntryRef<'_>> for DirEntry {
    fn from(entry: EntryRef<'_>) -> Self {
        Self { name: entry.name.to_os_string(), file_type: entry.file_type, inode: entry.inode }
    }
}
