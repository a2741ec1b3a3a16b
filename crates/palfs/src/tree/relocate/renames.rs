//! How a destination gets its name by renames within its directory: onto a free name, onto another spelling of the same name, and in
//! the place of a directory, which rename(2) replaces only if it is empty.

use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::Move;
use crate::copy::{CopyResult, PathAtBuf, rename_by_placeholder};
use crate::errno::Errno;
use crate::error::{Destination, During, FsError};
use crate::sys;
use crate::sys::{Follow, Identity, Stat, identity};
use crate::tree::remove::TreeRemoval;
use crate::tree::walk::dir_names::is_listed;

impl Move<'_> {
    /// Two names of one file: nothing to do, unless they are one name to the filesystem, in another spelling.
    pub(in crate::tree) fn same_file(&self) -> Result<CopyResult, FsError> {
        // rename(2) of one hard link onto another does nothing.
        if self.is_spelled() {
            return Ok(CopyResult::one_skipped());
        }
        sys::renameat(self.from.dir(), &self.from.name, self.to.dir(), &self.to.name).during("renameat")?;
        self.spelled()
    }

    /// The result of a rename that returned 0. Where each spelling of a name has an inode number of its own (SMB with noserverino),
    /// a name that was in use may have been the source's own.
    pub(in crate::tree) fn renamed_to_spelling(&self, was_in_use: bool) -> Result<CopyResult, FsError> {
        let is_other_spelling = || {
            let (old, new) = (self.from.name.to_bytes(), self.to.name.to_bytes());
            old != new
                && old.eq_ignore_ascii_case(new)
                && matches!((sys::fstat(self.from.dir()), sys::fstat(self.to.dir())), (Ok(one), Ok(other)) if one.same_inode(&other))
        };
        if was_in_use && is_other_spelling() { self.spelled() } else { Ok(self.renamed()) }
    }

    fn spelled(&self) -> Result<CopyResult, FsError> {
        if self.is_spelled() || self.respell()? { Ok(self.renamed()) } else { Ok(CopyResult::one_skipped()) }
    }

    /// Whether the destination's directory lists its name exactly as it was given.
    fn is_spelled(&self) -> bool {
        is_listed(self.to.dir(), &self.to.name)
    }

    /// Gives the name its new spelling by way of another name, where rename(2) returns 0 and leaves the old one (vfat and casefold
    /// directories: both spellings are one inode, and rename(2) of an inode onto itself does nothing). What is not spelled so in
    /// the end (a hard link that has the new name in a third spelling, a filesystem that stores another form) gets its old name
    /// back.
    fn respell(&self) -> Result<bool, FsError> {
        let between = self.from.beside(self.name_between()?)?;
        if rename_to_free(&self.from, &between).is_err() {
            // The name is too long, say. Nothing has happened.
            return Ok(false);
        }
        if rename_to_free(&between, &self.to).is_ok() && self.is_spelled() {
            return Ok(true);
        }
        // Either name may mean it now. The source must not be left with a name that the caller does not know.
        match rename_to_free(&between, &self.from) {
            Ok(()) | Err(Errno::ENOENT) => Ok(false),
            Err(errno) => {
                let path = self.src.with_file_name(OsStr::from_bytes(between.name.to_bytes()));
                Err(FsError::new(errno, "renameat").with_path(&path).with_destination(Destination::Torn))
            }
        }
    }

    /// The user's own name with random letters behind it: for a moment it is the only one of the content, and a temporary
    /// name would say that the file may be deleted.
    fn name_between(&self) -> Result<CString, FsError> {
        let random = u128::from_ne_bytes(sys::random_bytes().during("getrandom")?);
        let mut name = self.to.name.to_bytes().to_vec();
        name.extend_from_slice(format!(".{:016x}", random >> 64).as_bytes());
        CString::new(name).map_err(|_| FsError::new(Errno::EINVAL, "getrandom"))
    }

    /// Renames the entry `from` to the destination's name.
    pub(in crate::tree) fn place(&self, from: &PathAtBuf, existing: Option<&Stat>) -> Result<(), FsError> {
        let Some(existing) = existing else { return self.claim(from) };
        let is_unlinked_first =
            || sys::fstatfs(self.to.dir()).is_ok_and(|info| info.fs_type.unlinks_before_rename);
        if existing.is_file() && is_unlinked_first() {
            // A rename to a temporary name has no target to unlink: if the server refuses it, the old file stays.
            let aside = self.put_aside(from)?;
            return self.remove_aside(aside, existing);
        }
        let renamed = sys::renameat(from.dir(), &from.name, self.to.dir(), &self.to.name);
        match renamed {
            // A directory is replaced as a whole. rename(2) does that only to empty ones.
            Err(Errno::ENOTEMPTY | Errno::EEXIST) if self.stat.is_dir() && existing.is_dir() => {
                self.exchange(from, existing)
            }
            // mergerfs (2.33.5) refuses a rename onto a directory that another branch has, also within one pool. Onto a free name it
            // renames, so the old directory is put aside. If that is EXDEV, too, the caller copies.
            Err(Errno::EXDEV) if self.stat.is_dir() && existing.is_dir() && self.stat.dev == existing.dev => {
                let aside = self.put_aside(from)?;
                self.remove_aside(aside, existing)
            }
            Err(errno) if !existing.is_dir() => self.after_failed_rename(from, existing, errno),
            other => other.during("renameat"),
        }
    }

    /// An error of rename(2) is the server's answer, and not always true. NFS: a request that was sent twice is answered ENOENT
    /// the second time. Servers of SMB refuse to replace an open file that the client has unlinked by then. The names show which.
    fn after_failed_rename(&self, from: &PathAtBuf, existing: &Stat, errno: Errno) -> Result<(), FsError> {
        let error = FsError::new(errno, "renameat");
        let is_gone =
            |slot: &PathAtBuf| matches!(sys::fstatat(slot.dir(), &slot.name, Follow::No), Err(Errno::ENOENT));
        match sys::fstatat(self.to.dir(), &self.to.name, Follow::No) {
            Ok(now) if now.same_inode(&self.stat) && is_gone(from) => Ok(()),
            Ok(now) if now.nlink > 0 || existing.nlink == 0 => Err(error),
            // Nothing is left at the destination: the source may take the name now.
            Ok(_) | Err(Errno::ENOENT) => sys::renameat(from.dir(), &from.name, self.to.dir(), &self.to.name)
                .map_err(|_| error.with_destination(Destination::Removed)),
            Err(_) => Err(error),
        }
    }

    /// Takes a name that is free: EEXIST if it is not.
    fn claim(&self, from: &PathAtBuf) -> Result<(), FsError> {
        let (dir, name) = (self.to.dir(), self.to.name.as_c_str());
        match sys::renameat_noreplace(from.dir(), &from.name, dir, name) {
            // EINVAL: the filesystem cannot; ENOSYS: the kernel cannot; ENOTSUP: macOS volumes.
            Err(Errno::EINVAL | Errno::ENOSYS | Errno::ENOTSUP) => {}
            other => return other.during(sys::EXCLUSIVE_RENAME_CALL),
        }
        // The rename then replaces an entry of our own that no other process has seen.
        if !self.stat.is_dir() {
            return rename_by_placeholder(from.at(), self.to.at());
        }
        sys::mkdirat(dir, name, 0o700).during("mkdirat")?;
        let rename = || sys::renameat(from.dir(), &from.name, dir, name);
        let renamed = match rename() {
            // Servers that rename no directory onto another, be it empty (rclone 1.60): onto a free name they do. Another
            // process that takes the name in between loses no more than an empty directory.
            Err(Errno::EEXIST | Errno::ENOTEMPTY) => {
                return sys::rmdirat(dir, name).and_then(|()| rename()).during("renameat");
            }
            other => other,
        };
        renamed.during("renameat").inspect_err(|_| {
            let _first_error_counts = sys::rmdirat(dir, name);
        })
    }

    /// Renames the entry `from` over the existing destination, and removes the old one.
    fn exchange(&self, from: &PathAtBuf, existing: &Stat) -> Result<(), FsError> {
        // Before there is anything to be undone.
        let old = from.beside(from.name.clone())?;
        let exchanged = sys::renameat_exchange(from.dir(), &from.name, self.to.dir(), &self.to.name);
        let path = match exchanged {
            Ok(()) if std::ptr::eq(from, &raw const self.from) => self.src.to_path_buf(),
            Ok(()) => self.beside_dest(&from.name),
            Err(Errno::EINVAL | Errno::ENOSYS | Errno::ENOTSUP | Errno::EXDEV) => {
                return match self.put_aside(from) {
                    // Not of the source, which rename(2) has refused for other reasons.
                    Err(error) if error.errno() == Errno::EXDEV => self.replace_unmovable(from, existing),
                    aside => self.remove_aside(aside?, existing),
                };
            }
            Err(errno) => return Err(FsError::new(errno, sys::EXCLUSIVE_RENAME_CALL)),
        };
        // Under the name that it has by now: what cannot be removed will be looked for there.
        self.remove(old, identity(existing), &path)
    }

    /// Removes the old entry that was put aside. Its name is random, so no other process can have exchanged it; its inode number may
    /// be another one since the rename (mergerfs with use_ino: that of another branch's directory).
    fn remove_aside(&self, aside: PathAtBuf, existing: &Stat) -> Result<(), FsError> {
        let path = self.beside_dest(&aside.name);
        let seen = sys::fstatat(aside.dir(), &aside.name, Follow::No);
        self.remove(aside, identity(seen.as_ref().unwrap_or(existing)), &path)
    }

    fn beside_dest(&self, name: &CStr) -> PathBuf {
        self.dest.with_file_name(OsStr::from_bytes(name.to_bytes()))
    }

    /// Without RENAME_EXCHANGE there is a moment in which nothing has the name; a failure in it is undone.
    fn put_aside(&self, from: &PathAtBuf) -> Result<PathAtBuf, FsError> {
        let aside = self.to.beside(PathAtBuf::temporary_name()?)?;
        let (dir, name) = (self.to.dir(), self.to.name.as_c_str());
        sys::renameat(dir, name, aside.dir(), &aside.name).during("renameat")?;
        match sys::renameat(from.dir(), &from.name, dir, name) {
            Ok(()) => Ok(aside),
            Err(errno) => {
                let back = sys::renameat_noreplace(aside.dir(), &aside.name, dir, name)
                    .or_else(|_| sys::renameat(aside.dir(), &aside.name, dir, name));
                let left = if back.is_ok() { Destination::Untouched } else { Destination::Torn };
                Err(FsError::new(errno, "renameat").with_destination(left))
            }
        }
    }

    /// overlayfs renames no directory of a lower layer (EXDEV, unless redirect_dir is on), so the old directory can be neither
    /// exchanged nor put aside. It is removed first; until the new one has its name the source is whole.
    fn replace_unmovable(&self, from: &PathAtBuf, existing: &Stat) -> Result<(), FsError> {
        let old = self.to.beside(self.to.name.clone())?;
        let removed = TreeRemoval::of(old, identity(existing), self.dest, self.options.concurrency).run();
        let placed = removed.and_then(|_| self.claim(from));
        placed.map_err(|error| error.with_destination(Destination::Torn))
    }

    /// The move is done, whether this succeeds or not.
    fn remove(&self, what: PathAtBuf, id: Identity, path: &Path) -> Result<(), FsError> {
        let removed = TreeRemoval::of(what, id, path, self.options.concurrency).run();
        removed.map(drop).map_err(|error| error.with_destination(Destination::Replaced))
    }
}

/// Renames onto a name that is free, as far as the filesystem can tell: EEXIST if it is not.
fn rename_to_free(from: &PathAtBuf, to: &PathAtBuf) -> Result<(), Errno> {
    match sys::renameat_noreplace(from.dir(), &from.name, to.dir(), &to.name) {
        // As in `claim`. Without a placeholder: in directories of this kind the name would stay as the placeholder has it.
        Err(Errno::EINVAL | Errno::ENOSYS | Errno::ENOTSUP) => {
            match sys::fstatat(to.dir(), &to.name, Follow::No) {
                Err(Errno::ENOENT) => sys::renameat(from.dir(), &from.name, to.dir(), &to.name),
                Err(errno) => Err(errno),
                Ok(_) => Err(Errno::EEXIST),
            }
        }
        other => other,
    }
}
