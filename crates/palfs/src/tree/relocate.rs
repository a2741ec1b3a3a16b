//! Moves: a rename where that is possible.

use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::directory::{Identity, identity};
use super::last_name::LastName;
use super::listed::is_listed;
use super::options::MoveOptions;
use super::parents;
use super::removal::TreeRemoval;
use super::text::{as_text, current_directory, resolve};
use crate::Control;
use crate::copy::{CopyResult, Method, Slot, sync_directory};
use crate::errno::Errno;
use crate::error::{Destination, During, ErrorKind, FsError};
use crate::sys::{self, Follow, OpenFlags, STAT_CALL, Stat};

/// One move.
pub(super) struct Move<'a> {
    pub(super) src: &'a Path,
    pub(super) dest: &'a Path,
    /// The two names, in directories that stay open.
    pub(super) from: Slot,
    pub(super) to: Slot,
    pub(super) stat: Stat,
    pub(super) options: &'a MoveOptions,
    pub(super) control: &'a Arc<Control>,
}

/// See [`move_tree`](super::move_tree).
pub(super) fn relocate(
    src: &Path,
    dest: &Path,
    options: &MoveOptions,
    control: &Arc<Control>,
) -> Result<CopyResult, FsError> {
    let source = LastName::of(src)?;
    let from = source.slot()?;
    let target = LastName::of(dest)?;
    let Some(from) = from.filter(|_| !target.is_fixed()) else {
        // rename(2) looks for the directories above both names first.
        target.open_parent()?;
        let errno = if source.is_fixed() || options.overwrite { Errno::EBUSY } else { Errno::EEXIST };
        return Err(FsError::new(errno, call(options)));
    };
    let stat = sys::fstatat(from.dir(), &from.name, Follow::No).during(STAT_CALL)?;
    if (source.has_slash() || target.has_slash()) && !stat.is_dir() {
        // As rename(2): with RENAME_NOREPLACE, a name that is taken counts more than the slash behind it.
        let is_taken = sys::fstatat(sys::CWD, target.at().name, Follow::No).is_ok();
        let errno = if is_taken && !options.overwrite { Errno::EEXIST } else { Errno::ENOTDIR };
        return Err(FsError::new(errno, call(options)));
    }
    if stat.is_dir() {
        let inside = parents::refuse_inside(from.at(), &stat, &resolve(&current_directory(), dest));
        // As rename(2) says it.
        inside.map_err(|error| {
            if is_inside(&error) { FsError::new(Errno::EINVAL, sys::EXCLUSIVE_RENAME_CALL) } else { error }
        })?;
    }
    parents::make(dest, options.file.durable || is_elsewhere(&stat, dest))?;
    let to = Slot::of(target.at())?;
    Move { src, dest, from, to, stat, options, control }.run()
}

/// Whether the directories above `dest` are on another filesystem: then the source will be removed, and they must last.
fn is_elsewhere(src: &Stat, dest: &Path) -> bool {
    let mut above =
        dest.ancestors().skip(1).map(|path| if path.as_os_str().is_empty() { Path::new(".") } else { path });
    let nearest = above.find_map(|path| sys::fstatat(sys::CWD, &as_text(path), Follow::Yes).ok());
    nearest.is_some_and(|nearest| nearest.dev != src.dev)
}

fn is_inside(error: &FsError) -> bool {
    error.kind() == ErrorKind::IntoItself
}

/// The call that a move within a filesystem is made of.
const fn call(options: &MoveOptions) -> &'static str {
    if options.overwrite { "renameat" } else { sys::EXCLUSIVE_RENAME_CALL }
}

impl Move<'_> {
    fn run(&self) -> Result<CopyResult, FsError> {
        let standing = match sys::fstatat(self.to.dir(), &self.to.name, Follow::No) {
            Ok(standing) => Some(standing),
            Err(Errno::ENOENT) => None,
            Err(errno) => return Err(FsError::new(errno, STAT_CALL)),
        };
        if let Some(standing) = &standing {
            if standing.same_inode(&self.stat) {
                return self.same_file();
            }
            if !self.options.overwrite {
                return Err(FsError::new(Errno::EEXIST, sys::EXCLUSIVE_RENAME_CALL));
            }
            self.refuse_destination(standing)?;
        }
        match self.place(&self.from, standing.as_ref()) {
            Ok(()) => {
                self.settle()?;
                Ok(self.renamed())
            }
            Err(error) if error.errno() == Errno::EXDEV => self.across(standing.as_ref()),
            Err(error) => Err(error),
        }
    }

    /// `durable`: the rename lasts.
    fn settle(&self) -> Result<(), FsError> {
        if !self.options.file.durable {
            return Ok(());
        }
        let synced = sync_directory(self.to.dir()).and_then(|()| sync_directory(self.from.dir()));
        synced.map_err(|error| error.with_destination(Destination::Replaced))
    }

    fn renamed(&self) -> CopyResult {
        let mut result = CopyResult { method: Method::Rename, ..CopyResult::default() };
        if self.stat.is_dir() {
            result.directories = 1;
        } else if self.stat.is_symlink() {
            result.symlinks = 1;
        } else if self.stat.is_file() {
            (result.files, result.bytes) = (1, self.stat.size);
        } else {
            result.others = 1;
        }
        if let Some(count) = result.methods.get_mut(Method::Rename as usize) {
            *count = 1;
        }
        result
    }

    /// Two names of one file: nothing to do, unless they are one name to the filesystem, in another spelling.
    fn same_file(&self) -> Result<CopyResult, FsError> {
        // rename(2) of one hard link onto another does nothing.
        if !is_listed(self.to.dir(), &self.to.name) {
            sys::renameat(self.from.dir(), &self.from.name, self.to.dir(), &self.to.name)
                .during("renameat")?;
            return Ok(self.renamed());
        }
        Ok(CopyResult::one_skipped())
    }

    /// Gives what has the name `from` the destination's name.
    pub(super) fn place(&self, from: &Slot, standing: Option<&Stat>) -> Result<(), FsError> {
        let Some(standing) = standing else { return self.claim(from) };
        let renamed = sys::renameat(from.dir(), &from.name, self.to.dir(), &self.to.name);
        match renamed {
            // A directory is replaced as a whole. rename(2) does that only to empty ones.
            Err(Errno::ENOTEMPTY | Errno::EEXIST) if self.stat.is_dir() && standing.is_dir() => {
                self.exchange(from, standing)
            }
            other => other.during("renameat"),
        }
    }

    /// Takes a name that is free: EEXIST if it is not.
    fn claim(&self, from: &Slot) -> Result<(), FsError> {
        let (dir, name) = (self.to.dir(), self.to.name.as_c_str());
        match sys::renameat_noreplace(from.dir(), &from.name, dir, name) {
            // EINVAL: the filesystem cannot; ENOSYS: the kernel cannot; ENOTSUP: macOS volumes.
            Err(Errno::EINVAL | Errno::ENOSYS | Errno::ENOTSUP) => {}
            other => return other.during(sys::EXCLUSIVE_RENAME_CALL),
        }
        // What is renamed then replaces something of ours, that nobody else had.
        if self.stat.is_dir() {
            sys::mkdirat(dir, name, 0o700).during("mkdirat")?;
        } else {
            let claimed = sys::openat(dir, name, OpenFlags::CREATE_NEW, 0o600).during("openat")?;
            drop(claimed);
        }
        sys::renameat(from.dir(), &from.name, dir, name).during("renameat").inspect_err(|_| {
            let _first_error_counts =
                if self.stat.is_dir() { sys::rmdirat(dir, name) } else { sys::unlinkat(dir, name) };
        })
    }

    /// Puts what has the name `from` in the place of what is there, and removes that.
    fn exchange(&self, from: &Slot, standing: &Stat) -> Result<(), FsError> {
        // Before there is anything to be undone.
        let old = from.beside(from.name.clone())?;
        let exchanged = sys::renameat_exchange(from.dir(), &from.name, self.to.dir(), &self.to.name);
        let (old, path) = match exchanged {
            Ok(()) if std::ptr::eq(from, &raw const self.from) => (old, self.src.to_path_buf()),
            Ok(()) => (old, self.beside_dest(&from.name)),
            Err(Errno::EINVAL | Errno::ENOSYS | Errno::ENOTSUP) => {
                let aside = self.put_aside(from)?;
                let path = self.beside_dest(&aside.name);
                (aside, path)
            }
            Err(errno) => return Err(FsError::new(errno, sys::EXCLUSIVE_RENAME_CALL)),
        };
        // Under the name that it has by now: what cannot be removed will be looked for there.
        self.remove(old, identity(standing), &path)
    }

    fn beside_dest(&self, name: &CStr) -> PathBuf {
        self.dest.with_file_name(OsStr::from_bytes(name.to_bytes()))
    }

    /// Without RENAME_EXCHANGE there is a moment in which nothing has the name; a failure in it is undone.
    fn put_aside(&self, from: &Slot) -> Result<Slot, FsError> {
        let aside = self.to.beside(Slot::temporary_name()?)?;
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

    /// The move is done, whatever comes of this.
    fn remove(&self, what: Slot, id: Identity, path: &Path) -> Result<(), FsError> {
        let removed = TreeRemoval::of(what, id, path, self.options.concurrency).run();
        removed.map(drop).map_err(|error| error.with_destination(Destination::Replaced))
    }
}
