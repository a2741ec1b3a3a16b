//! Directories of any size, a batch of names at a time.

use std::cell::Cell;
use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::look_up::look_up;
use super::types::{DirEntry, EntryRef, FileStat, FileType};
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys::{self, Directory, Follow, OpenFlags, RawEntry, STAT_CALL};

/// How many names a batch of the iterator holds.
const BATCH: usize = 1024;

thread_local! {
    /// Kept between directories: to clear 64 KiB takes as long as to read a small one.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// How much is read about each name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Its type and inode number, which most filesystems keep beside the name.
    #[default]
    Type,
    /// The type and the lstat(2).
    Stat,
    /// The type in the directory: [`FileType::Unknown`] if it keeps none.
    Name,
}

/// A directory that is being read. It holds one buffer of 64 KiB for any number of names. `.` and `..` are left out.
///
/// As an iterator it returns batches of up to 1,024 names, in the filesystem's order, and ends after an error.
pub struct ReadDirectory {
    directory: Directory,
    path: PathBuf,
    has_failed: bool,
}

impl ReadDirectory {
    /// Opens `path`, or what it leads to. ENOTDIR for anything but a directory.
    pub fn open(path: &Path) -> Result<Self, FsError> {
        let name = sys::cstring(path.as_os_str());
        let fd = name.and_then(|name| sys::openat(sys::CWD, &name, OpenFlags::DIRECTORY, 0));
        let directory = fd.and_then(|fd| Directory::new(fd, SPARE.take()));
        let directory = directory.during("openat").map_err(|error| error.with_path(path))?;
        Ok(Self { directory, path: path.to_path_buf(), has_failed: false })
    }

    /// Calls `each` with up to `limit` names, and returns how many, fewer only at the end of the directory.
    ///
    /// A name that is removed between the read and its lstat(2) is left out, as if it had been removed before.
    pub fn visit(
        &mut self,
        limit: usize,
        detail: Detail,
        mut each: impl FnMut(EntryRef<'_>),
    ) -> Result<usize, FsError> {
        let mut count = 0;
        while count < limit {
            let raw = match self.directory.next_entry() {
                Ok(Some(raw)) => raw,
                Ok(None) => break,
                Err(errno) => return Err(FsError::new(errno, sys::READ_CALL).with_path(&self.path)),
            };
            let name = OsStr::from_bytes(raw.name.to_bytes());
            let seen = look(&raw, detail).during(STAT_CALL);
            let seen = seen.map_err(|error| error.with_path(&self.path.join(name)))?;
            if let Some((file_type, stat)) = seen {
                each(EntryRef { name, file_type, inode: raw.inode, stat });
                count += 1;
            }
        }
        Ok(count)
    }

    /// The lstat(2) of each of `names`, which are in this directory; `None` for one that is gone.
    ///
    /// With `alone` on this thread only; else other threads help with many names.
    pub fn look_up(&self, names: &[&CStr], alone: bool) -> Result<Vec<Option<FileStat>>, FsError> {
        look_up(self.directory.fd(), names, alone).map_err(|(errno, name)| {
            let name = OsStr::from_bytes(name.to_bytes());
            FsError::new(errno, STAT_CALL).with_path(&self.path.join(name))
        })
    }

    /// The next names, up to `limit` of them; none at the end.
    pub fn next_batch(&mut self, limit: usize) -> Result<Vec<DirEntry>, FsError> {
        let mut batch = Vec::new();
        self.visit(limit, Detail::Type, |entry| batch.push(entry.into()))?;
        Ok(batch)
    }
}

/// Type and details of one name; `None` when it is gone by now.
fn look(raw: &RawEntry<'_>, detail: Detail) -> Result<Option<(FileType, Option<FileStat>)>, Errno> {
    if detail == Detail::Name || (detail == Detail::Type && raw.format != 0) {
        return Ok(Some((FileType::of_mode(raw.format), None)));
    }
    match sys::fstatat(raw.dir, raw.name, Follow::No) {
        Ok(stat) => {
            let stat = FileStat::from(stat);
            Ok(Some((stat.file_type(), (detail == Detail::Stat).then_some(stat))))
        }
        Err(Errno::ENOENT) => Ok(None),
        // A directory may be read, but not searched, with `r` alone: its names are all that can be had.
        Err(Errno::EACCES) if detail == Detail::Type => Ok(Some((FileType::Unknown, None))),
        Err(errno) => Err(errno),
    }
}

impl Drop for ReadDirectory {
    fn drop(&mut self) {
        SPARE.set(self.directory.take_buffer());
    }
}

impl Iterator for ReadDirectory {
    type Item = Result<Vec<DirEntry>, FsError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_failed {
            return None;
        }
        let batch = self.next_batch(BATCH);
        self.has_failed = batch.is_err();
        batch.map(|batch| (!batch.is_empty()).then_some(batch)).transpose()
    }
}
