//! The removal of a tree: by directory descriptor and single names, so that nothing outside it can be reached.
//!
//! One unit reads the next names of a directory and unlinks them; each directory that is found is another unit. A
//! directory is removed from its parent after the last of them.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, PoisonError};

use super::batch::Batch;
use super::crew::{Crew, Work};
use super::directory::{Directory, Held};
use super::mirror;
use super::removal::TreeRemoval;
use super::retry::may_pass;
use super::text::as_text;
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys::{self, Entry, Follow, STAT_CALL};

/// How often a directory that is not empty after its names were removed is read again: others may add names, and NFS
/// loses some while they are removed.
const PASSES: u32 = 8;

/// The type bits of a directory's mode.
const DIRECTORY: u32 = 0o040_000;

/// One unit of work.
pub(super) enum Unit {
    /// What the caller named.
    Root,
    /// A directory that was found in its parent.
    Enter(Arc<Directory>, CString),
    /// The next names of a directory.
    Read(Arc<Directory>),
}

/// Parks a unit whose directory is closed now and will be open later; gives back any other.
fn park(unit: Unit, crew: &Crew<TreeRemoval>) -> Option<Unit> {
    let directory = match &unit {
        Unit::Enter(directory, _) | Unit::Read(directory) if directory.is_below_open() => directory.clone(),
        _ => return Some(unit),
    };
    crew.park(directory.place(), unit, || directory.is_below_open())
}

impl TreeRemoval {
    fn enter(&self, parent: Arc<Directory>, name: &CStr, crew: &Arc<Crew<Self>>) {
        match self.open_child(&parent, name, crew) {
            Ok(Some(directory)) => return self.read(directory, crew),
            Ok(None) => {}
            Err(error) => self.fail_at(&parent, name, error),
        }
        self.end(parent, crew);
    }

    /// `None`: the name is gone.
    fn open_child(
        &self,
        parent: &Arc<Directory>,
        name: &CStr,
        crew: &Arc<Crew<Self>>,
    ) -> Result<Option<Arc<Directory>>, FsError> {
        let held = self.hold(parent, crew)?;
        let dir = held.src.as_fd();
        let copy = match mirror::open_copy(&held, name) {
            Err(errno) if mirror::is_absent(errno) => {
                self.leave(parent);
                return Ok(None);
            }
            other => other.during("openat")?,
        };
        let src = match self.open(dir, name, crew) {
            Ok(Some(src)) => src,
            Ok(None) => {
                self.count_directory();
                return Ok(None);
            }
            // Something else by now, or nothing.
            Err(error) if mirror::is_absent(error.errno()) => {
                if !mirror::is_copied(&held, name, &self.time_losses) {
                    self.leave(parent);
                    return Ok(None);
                }
                return self.unlink(dir, name, crew).map(|_| None);
            }
            Err(error) => return Err(error),
        };
        let stat = sys::fstat(src.as_fd()).during(STAT_CALL)?;
        // A move gives up directories, never what is mounted in them.
        if self.only.is_some() && (stat.is_mount_root == Some(true) || stat.mount != parent.stat.mount) {
            self.leave(parent);
            return Ok(None);
        }
        self.open_up(src.as_fd(), &stat);
        let found = mirror::found(copy.as_ref())?;
        let (parent, held) = (Some(Arc::clone(parent)), Held { src, dest: copy });
        Ok(Some(Directory::new(parent, (name, Follow::No), held, stat, found, &self.descriptors)))
    }

    fn hold(&self, directory: &Arc<Directory>, crew: &Crew<Self>) -> Result<Arc<Held>, FsError> {
        let company = || !self.is_stopped() && crew.has_company();
        self.descriptors.patiently(company, || directory.hold(&self.descriptors))
    }

    /// Reads the next names of a directory, and removes them.
    pub(super) fn read(&self, directory: Arc<Directory>, crew: &Arc<Crew<Self>>) {
        let names = self.hold(&directory, crew).and_then(|held| {
            let read = Batch::read(&directory.listing, held.src.as_fd()).during(sys::READ_CALL)?;
            Ok((held, read))
        });
        match names {
            Ok((held, (mut batch, more))) => {
                if more {
                    directory.add_end();
                    crew.push(Unit::Read(Arc::clone(&directory)));
                }
                let mut found = Vec::new();
                while !self.is_stopped()
                    && batch.next(|_, entry| self.entry(&directory, &held, entry, crew, &mut found)).is_some()
                {
                }
                // The first is taken first: in the order in which they were made their inodes lie together.
                crew.push_all(found.into_iter().rev());
            }
            Err(error) => self.fail_at(&directory, c"", error),
        }
        self.end(directory, crew);
    }

    fn entry(
        &self,
        directory: &Arc<Directory>,
        held: &Held,
        entry: Entry<'_>,
        crew: &Arc<Crew<Self>>,
        found: &mut Vec<Unit>,
    ) {
        self.control.tell_path(|| directory.path_of(&self.path, entry.name));
        let is_directory = match entry.format {
            DIRECTORY => true,
            // A filesystem that does not say; unlink(2) of a directory is refused by Linux, but not by every system.
            0 => sys::fstatat(held.src.as_fd(), entry.name, Follow::No).is_ok_and(|stat| stat.is_dir()),
            _ => false,
        };
        if !is_directory && !mirror::is_copied(held, entry.name, &self.time_losses) {
            return self.leave(directory);
        }
        let unlinked = if is_directory { Ok(false) } else { self.unlink(held.src.as_fd(), entry.name, crew) };
        match unlinked {
            Ok(true) => {}
            Ok(false) => {
                directory.add_end();
                found.push(Unit::Enter(Arc::clone(directory), entry.name.to_owned()));
            }
            Err(error) => self.fail_at(directory, entry.name, error),
        }
    }

    /// `false`: it is a directory.
    fn unlink(&self, dir: BorrowedFd<'_>, name: &CStr, crew: &Crew<Self>) -> Result<bool, FsError> {
        match self.patiently(crew, || sys::unlinkat(dir, name)) {
            Ok(()) => {
                self.count_file();
                Ok(true)
            }
            // Somebody else was faster.
            Err(Errno::ENOENT) => Ok(true),
            // EPERM: how POSIX says it.
            Err(errno @ (Errno::EISDIR | Errno::EPERM)) => {
                let is_directory = sys::fstatat(dir, name, Follow::No).is_ok_and(|stat| stat.is_dir());
                if is_directory { Ok(false) } else { Err(FsError::new(errno, "unlinkat")) }
            }
            Err(errno) => Err(FsError::new(errno, "unlinkat")),
        }
    }

    /// One of the things to do in `directory` is done; after the last one it is removed, and perhaps its parent.
    fn end(&self, mut directory: Arc<Directory>, crew: &Arc<Crew<Self>>) {
        while directory.end_one() {
            if self.is_stopped() {
                return;
            }
            match self.remove(&directory, crew) {
                Ok(true) => {}
                // Names have come, or come to light: once more.
                Ok(false) => {
                    directory.add_end();
                    return crew.push(Unit::Read(directory));
                }
                Err(error) => self.fail_at(&directory, c"", error),
            }
            let Some(parent) = directory.leave(&self.descriptors).cloned() else { return };
            crew.unpark(parent.place());
            directory = parent;
        }
    }

    /// `false`: it is not empty.
    fn remove(&self, directory: &Arc<Directory>, crew: &Arc<Crew<Self>>) -> Result<bool, FsError> {
        directory.restore_parent(&self.descriptors);
        let written = as_text(&self.path);
        let above = match &directory.parent {
            Some(parent) => Some(self.hold(parent, crew)?),
            None => None,
        };
        let (dir, name) = match &above {
            Some(held) => (held.src.as_fd(), directory.name.as_c_str()),
            None => self.root_name(&written),
        };
        // What stays in a directory that is retried by the caller's wish is looked for first.
        match sys::rmdirat(dir, name) {
            Err(Errno::ENOTEMPTY | Errno::EEXIST) if self.mirror.is_some() => {
                self.leave(directory);
                return Ok(true);
            }
            Err(Errno::ENOTEMPTY | Errno::EEXIST) if directory.begin_pass() < PASSES => {
                let mut listing = directory.listing.lock().unwrap_or_else(PoisonError::into_inner);
                listing.rewind();
                return Ok(false);
            }
            Err(errno) if may_pass(errno) => {
                self.patiently(crew, || sys::rmdirat(dir, name)).during("unlinkat")?;
            }
            // Somebody else was faster.
            Err(Errno::ENOENT) => return Ok(true),
            other => other.during("unlinkat")?,
        }
        self.count_directory();
        Ok(true)
    }
}

impl Work for TreeRemoval {
    type Unit = Unit;

    fn run(&self, unit: Unit, crew: &Arc<Crew<Self>>) {
        let Some(unit) = park(unit, crew) else { return };
        match unit {
            Unit::Root => self.root(crew),
            Unit::Enter(parent, name) => self.enter(parent, &name, crew),
            Unit::Read(directory) => self.read(directory, crew),
        }
        if self.is_stopped() {
            crew.wake_all();
        }
    }

    fn is_stopped(&self) -> bool {
        self.is_stopped.load(Relaxed) || self.control.is_cancelled()
    }
}
