//! Filesystem operations behind one trait, with one behaviour on every platform.
//!
//! Operations that are the same on every platform are provided methods of [`FileSystemOps`]. An implementation only lists the methods
//! by which it copies. Paths, names and link targets are bytes end to end, descriptors are owned, and `EINTR` is retried.
//!
//! ```
//! use palfs::platform::create_platform_filesystem;
//!
//! let fs = create_platform_filesystem();
//! # let dir = std::env::temp_dir().join(format!("palfs-ops-doc-{}", std::process::id()));
//! fs.mkdir(&dir, 0o755)?;
//! # std::fs::write(dir.join("a"), "content")?;
//! fs.copy_file_fast(&dir.join("a"), &dir.join("b"))?;
//! assert_eq!(fs.readdir(&dir)?.len(), 2);
//! assert_eq!(fs.stat(&dir.join("b"))?.size, 7);
//! # std::fs::remove_dir_all(&dir)?;
//! # Ok::<(), std::io::Error>(())
//! ```

mod by_descriptor;
mod by_path;
mod generic;
mod look_up;
#[cfg(any(target_os = "linux", target_os = "macos", target_os = "freebsd"))]
mod native;
mod read_directory;
mod types;

use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

pub use generic::StdFileSystemOps;
#[cfg(target_os = "freebsd")]
pub use native::FreeBsdFileSystemOps;
#[cfg(target_os = "linux")]
pub use native::LinuxFileSystemOps;
#[cfg(target_os = "macos")]
pub use native::MacOSFileSystemOps;
pub use read_directory::{Detail, ReadDirectory};
pub use types::{DirEntry, EntryRef, FileStat, FileType, SetTime, Timestamp};

use crate::control::Control;
use crate::copy::{CopyOffsets, CopyOptions, CopyResult, MethodSet, copy_file, copy_range};
use crate::error::FsError;
use crate::sys::Follow;
use crate::xattr::{self, SetMode, Target};

/// The operations of a platform's filesystems.
///
/// Usable as `Arc<dyn FileSystemOps<Error = FsError>>`. Errors name the system call that failed and the paths given.
pub trait FileSystemOps: Send + Sync {
    /// The error of every operation, made from the crate's own.
    type Error: std::error::Error + Send + Sync + From<FsError> + 'static;

    /// The ways in which [`copy_file_fast`](Self::copy_file_fast) and [`copy_file_range`](Self::copy_file_range) may move
    /// bytes. Which of them is tried first is the engine's choice.
    fn copy_methods(&self) -> MethodSet;

    /// open(2), with the platform's own `O_*` bits. O_CLOEXEC is always added. `mode` counts where a file is created; the
    /// umask applies.
    fn open(&self, path: &Path, flags: i32, mode: u32) -> Result<OwnedFd, Self::Error> {
        Ok(by_path::open(path, flags, mode)?)
    }

    /// close(2). NFS, CIFS and quotas tell here what became of earlier writes; the descriptor is gone in any case.
    fn close(&self, fd: OwnedFd) -> Result<(), Self::Error> {
        Ok(by_descriptor::close(fd)?)
    }

    /// pread(2) at `offset`, or read(2) at the descriptor's own position. May return fewer bytes than there is room for, and 0 only at
    /// the end of the file.
    fn read(&self, fd: BorrowedFd<'_>, buf: &mut [u8], offset: Option<u64>) -> Result<usize, Self::Error> {
        Ok(by_descriptor::read(fd, buf, offset)?)
    }

    /// pwrite(2) at `offset`, or write(2) at the descriptor's own position. May write less than asked. A file that is open
    /// for appending is appended to: on Linux, even with an offset.
    fn write(&self, fd: BorrowedFd<'_>, buf: &[u8], offset: Option<u64>) -> Result<usize, Self::Error> {
        Ok(by_descriptor::write(fd, buf, offset)?)
    }

    /// fsync(2): content and metadata are on the medium when it returns. On macOS F_FULLFSYNC, because fsync(2) there
    /// stops at the drive's cache.
    fn fsync(&self, fd: BorrowedFd<'_>) -> Result<(), Self::Error> {
        Ok(by_descriptor::fsync(fd)?)
    }

    /// ftruncate(2): cuts the file, or lengthens it by a hole.
    fn ftruncate(&self, fd: BorrowedFd<'_>, size: u64) -> Result<(), Self::Error> {
        Ok(by_descriptor::ftruncate(fd, size)?)
    }

    /// stat(2): of what `path` leads to.
    fn stat(&self, path: &Path) -> Result<FileStat, Self::Error> {
        Ok(by_path::stat(path, Follow::Yes)?)
    }

    /// lstat(2): of `path` itself, a link as a link.
    fn lstat(&self, path: &Path) -> Result<FileStat, Self::Error> {
        Ok(by_path::stat(path, Follow::No)?)
    }

    /// fstat(2).
    fn fstat(&self, fd: BorrowedFd<'_>) -> Result<FileStat, Self::Error> {
        Ok(by_descriptor::fstat(fd)?)
    }

    /// utimensat(2), of what `path` leads to. Nanoseconds are kept as finely as the filesystem can; what it cannot hold
    /// at all (ext3 after 2038, xfs before 1901) it moves to the nearest time that it can.
    fn utimes(&self, path: &Path, atime: SetTime, mtime: SetTime) -> Result<(), Self::Error> {
        Ok(by_path::utimes(path, atime, mtime)?)
    }

    /// chmod(2), of what `path` leads to. The umask plays no part.
    fn chmod(&self, path: &Path, mode: u32) -> Result<(), Self::Error> {
        Ok(by_path::chmod(path, mode)?)
    }

    /// chown(2), of what `path` leads to; `None` leaves an id as it is. The kernel clears set-id bits.
    fn chown(&self, path: &Path, uid: Option<u32>, gid: Option<u32>) -> Result<(), Self::Error> {
        Ok(by_path::chown(path, uid, gid)?)
    }

    /// mkdir(2): one directory, its parent must exist. The umask applies.
    fn mkdir(&self, path: &Path, mode: u32) -> Result<(), Self::Error> {
        Ok(by_path::mkdir(path, mode)?)
    }

    /// rmdir(2): an empty directory. ENOTEMPTY for another.
    fn rmdir(&self, path: &Path) -> Result<(), Self::Error> {
        Ok(by_path::rmdir(path)?)
    }

    /// Every name in a directory but `.` and `..`, in the filesystem's order, in one vector. A type that the directory does not keep is
    /// read by lstat(2), never guessed.
    fn readdir(&self, path: &Path) -> Result<Vec<DirEntry>, Self::Error> {
        let mut entries = Vec::new();
        let mut directory = ReadDirectory::open(path)?;
        directory.visit(usize::MAX, Detail::Type, |entry| entries.push(entry.into()))?;
        Ok(entries)
    }

    /// The same, with the lstat(2) of each.
    fn readdir_stats(&self, path: &Path) -> Result<Vec<(DirEntry, FileStat)>, Self::Error> {
        let mut entries = Vec::new();
        let mut directory = ReadDirectory::open(path)?;
        directory.visit(usize::MAX, Detail::Stat, |entry| {
            entries.extend(entry.stat.map(|stat| (entry.into(), stat)));
        })?;
        Ok(entries)
    }

    /// The same in batches, with the memory of one batch, however many names there are.
    fn read_directory(&self, path: &Path) -> Result<ReadDirectory, Self::Error> {
        Ok(ReadDirectory::open(path)?)
    }

    /// link(2): `new` becomes another name of `existing`; of the link itself, if that is one. EEXIST if `new` is taken.
    fn link(&self, existing: &Path, new: &Path) -> Result<(), Self::Error> {
        Ok(by_path::link(existing, new)?)
    }

    /// unlink(2): removes a name that is no directory's (EISDIR on Linux, EPERM elsewhere). A link is not followed.
    fn unlink(&self, path: &Path) -> Result<(), Self::Error> {
        Ok(by_path::unlink(path)?)
    }

    /// symlink(2): `link` will lead to `target`, which is kept byte for byte and need not exist. EEXIST if `link` is taken.
    fn symlink(&self, target: &Path, link: &Path) -> Result<(), Self::Error> {
        Ok(by_path::symlink(target, link)?)
    }

    /// readlink(2), complete at any length. EINVAL if `path` is no link.
    fn readlink(&self, path: &Path) -> Result<PathBuf, Self::Error> {
        Ok(by_path::readlink(path)?)
    }

    /// rename(2): replaces an entry at `to`, also a link, in one step. EXDEV across filesystems.
    fn rename(&self, from: &Path, to: &Path) -> Result<(), Self::Error> {
        Ok(by_path::rename(from, to)?)
    }

    /// [`xattr::get`]: ENODATA when there is none. The target decides whether a link is followed.
    fn getxattr(&self, target: Target<'_>, name: &[u8]) -> Result<Vec<u8>, Self::Error> {
        Ok(xattr::get(target, name)?)
    }

    /// [`xattr::set`].
    fn setxattr(
        &self,
        target: Target<'_>,
        name: &[u8],
        value: &[u8],
        mode: SetMode,
    ) -> Result<(), Self::Error> {
        Ok(xattr::set(target, name, value, mode)?)
    }

    /// [`xattr::remove`]: ENODATA when there is none.
    fn removexattr(&self, target: Target<'_>, name: &[u8]) -> Result<(), Self::Error> {
        Ok(xattr::remove(target, name)?)
    }

    /// [`xattr::list`]: names as the kernel has them, namespace included.
    fn listxattr(&self, target: Target<'_>) -> Result<Vec<Vec<u8>>, Self::Error> {
        Ok(xattr::list(target)?)
    }

    /// [`copy_file`] with its default options: a link is followed on either side, an existing `dst` replaced, the mode
    /// that of `src`.
    fn copy_file_fast(&self, src: &Path, dst: &Path) -> Result<CopyResult, Self::Error> {
        let options = CopyOptions { methods: self.copy_methods(), ..CopyOptions::default() };
        Ok(copy_file(src, dst, &options, &Control::new())?)
    }

    /// [`copy_range`]: copies up to `len` bytes and returns how many, fewer only if the source ends.
    fn copy_file_range(
        &self,
        src: BorrowedFd<'_>,
        dst: BorrowedFd<'_>,
        len: u64,
        at: CopyOffsets,
    ) -> Result<u64, Self::Error> {
        Ok(copy_range(src, dst, len, at, self.copy_methods(), &Control::new())?)
    }
}
