//! The removal of a tree: by directory descriptors and single names, so that nothing outside the tree can be reached.
//!
//! One task reads the next names of a directory and unlinks them; each directory in it is another task. A directory is removed from
//! its parent after its last task.

pub(super) mod copied_check;
mod root;

use std::ffi::{CStr, CString};
use std::num::NonZero;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, OnceLock, PoisonError};
use std::time::Duration;

use super::options::{RemoveOptions, Removed};
use super::time_losses::TimeLosses;
use super::walk::directory::{DirFds, Directory};
use super::walk::name_batch::Batch;
use super::walk::operation::Operation;
use super::walk::paths::as_text;
use super::walk::scheduler::{Scheduler, TreeJob, TreeTask};
use crate::copy::{OnError, PathAtBuf};
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys::mode::S_IFDIR;
use crate::sys::{Entry, Follow, Identity, OpenFlags, STAT_CALL, Stat};
use crate::{Control, sys};

/// How often a directory that is not empty after its names were removed is read again: others may add names, and NFS
/// loses some while they are removed.
const PASSES: u32 = 8;

/// What one thread of a removal does at a time.
pub(super) enum Task {
    /// Removes the root.
    Root,
    /// Opens the directory of this name in its parent, and removes it.
    Enter(Arc<Directory>, CString),
    /// Reads the next names of a directory, and removes them.
    Read(Arc<Directory>),
}

impl TreeTask for Task {
    fn directory(&self) -> Option<&Arc<Directory>> {
        match self {
            Self::Root => None,
            Self::Enter(directory, _) | Self::Read(directory) => Some(directory),
        }
    }
}

impl TreeRemoval {
    fn enter(&self, parent: Arc<Directory>, name: &CStr, scheduler: &Arc<Scheduler<Self>>) {
        match self.open_child(&parent, name, scheduler) {
            Ok(Some(directory)) => return self.read(directory, scheduler),
            Ok(None) => {}
            Err(error) => self.fail_at(&parent, name, error),
        }
        self.end_task(parent, scheduler);
    }

    /// `None`: the name is gone.
    fn open_child(
        &self,
        parent: &Arc<Directory>,
        name: &CStr,
        scheduler: &Arc<Scheduler<Self>>,
    ) -> Result<Option<Arc<Directory>>, FsError> {
        let held = self.hold(parent, scheduler)?;
        let dir = held.src.as_fd();
        let copy = match copied_check::open_copy(&held, name) {
            Err(errno) if copied_check::is_absent(errno) => {
                self.leave(parent);
                return Ok(None);
            }
            other => other.during("openat")?,
        };
        let src = match self.open(dir, name, scheduler) {
            Ok(Some(src)) => src,
            Ok(None) => {
                self.count_directory();
                return Ok(None);
            }
            // Something else by now, or nothing.
            Err(error) if copied_check::is_absent(error.errno()) => {
                if !copied_check::is_copied(&held, name, &self.time_losses) {
                    self.leave(parent);
                    return Ok(None);
                }
                return self.unlink(dir, name, scheduler).map(|_| None);
            }
            Err(error) => return Err(error),
        };
        let stat = sys::fstat(src.as_fd()).during(STAT_CALL)?;
        // A move removes directories, never a filesystem that is mounted in them.
        if self.only.is_some() && (stat.is_mount_root == Some(true) || stat.mount != parent.stat.mount) {
            self.leave(parent);
            return Ok(None);
        }
        self.open_up(src.as_fd(), &stat);
        let found = copied_check::found(copy.as_ref())?;
        let (parent, held) = (Some(Arc::clone(parent)), DirFds { src, dest: copy });
        Ok(Some(Directory::new(parent, (name, Follow::No), held, stat, found, &self.operation.descriptors)))
    }

    /// Reads the next names of a directory, and removes them.
    pub(super) fn read(&self, directory: Arc<Directory>, scheduler: &Arc<Scheduler<Self>>) {
        let names = self.hold(&directory, scheduler).and_then(|held| {
            let read = Batch::read(&directory.listing, held.src.as_fd()).during(sys::READ_CALL)?;
            Ok((held, read))
        });
        match names {
            Ok((held, (mut batch, more))) => {
                if more {
                    directory.add_end();
                    scheduler.push(Task::Read(Arc::clone(&directory)));
                }
                let mut found = Vec::new();
                while !self.is_stopped()
                    && batch
                        .next(|_, entry| self.entry(&directory, &held, entry, scheduler, &mut found))
                        .is_some()
                {}
                // The first is taken first: in the order in which they were made their inodes lie together.
                scheduler.push_all(found.into_iter().rev());
            }
            Err(error) => self.fail_at(&directory, c"", error),
        }
        self.end_task(directory, scheduler);
    }

    fn entry(
        &self,
        directory: &Arc<Directory>,
        held: &DirFds,
        entry: Entry<'_>,
        scheduler: &Arc<Scheduler<Self>>,
        found: &mut Vec<Task>,
    ) {
        self.operation.control.tell_path(|| directory.path_of(&self.path, entry.name));
        let is_directory = match entry.format {
            S_IFDIR => true,
            // A filesystem that does not say; unlink(2) of a directory is refused by Linux, but not by every system.
            0 => sys::fstatat(held.src.as_fd(), entry.name, Follow::No).is_ok_and(|stat| stat.is_dir()),
            _ => false,
        };
        if !is_directory && !copied_check::is_copied(held, entry.name, &self.time_losses) {
            return self.leave(directory);
        }
        let unlinked =
            if is_directory { Ok(false) } else { self.unlink(held.src.as_fd(), entry.name, scheduler) };
        match unlinked {
            Ok(true) => {}
            Ok(false) => {
                directory.add_end();
                found.push(Task::Enter(Arc::clone(directory), entry.name.to_owned()));
            }
            Err(error) => self.fail_at(directory, entry.name, error),
        }
    }

    /// `false`: it is a directory.
    fn unlink(&self, dir: BorrowedFd<'_>, name: &CStr, scheduler: &Scheduler<Self>) -> Result<bool, FsError> {
        match self.retry_what_may_pass(scheduler, || sys::unlinkat(dir, name)) {
            Ok(()) => {
                self.count_file();
                Ok(true)
            }
            // Another process removed it first.
            Err(Errno::ENOENT) => Ok(true),
            // EPERM is the errno of POSIX for a directory.
            Err(errno @ (Errno::EISDIR | Errno::EPERM)) => {
                let is_directory = sys::fstatat(dir, name, Follow::No).is_ok_and(|stat| stat.is_dir());
                if is_directory { Ok(false) } else { Err(FsError::new(errno, "unlinkat")) }
            }
            Err(errno) => Err(FsError::new(errno, "unlinkat")),
        }
    }

    /// `false`: it is not empty.
    fn remove(&self, directory: &Arc<Directory>, scheduler: &Arc<Scheduler<Self>>) -> Result<bool, FsError> {
        directory.restore_parent(&self.operation.descriptors);
        let written = as_text(&self.path);
        let above = match &directory.parent {
            Some(parent) => Some(self.hold(parent, scheduler)?),
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
                self.retry_what_may_pass(scheduler, || sys::rmdirat(dir, name)).during("unlinkat")?;
            }
            // Another process removed it first.
            Err(Errno::ENOENT) => return Ok(true),
            other => other.during("unlinkat")?,
        }
        self.count_directory();
        Ok(true)
    }
}

impl TreeJob for TreeRemoval {
    type Task = Task;

    fn operation(&self) -> &Operation {
        &self.operation
    }

    fn finish_directory(&self, directory: &Arc<Directory>, scheduler: &Arc<Scheduler<Self>>) -> Option<Task> {
        match self.remove(directory, scheduler) {
            Ok(true) => {}
            // Names have come, or come to light: the directory is read once more.
            Ok(false) => return Some(Task::Read(Arc::clone(directory))),
            Err(error) => self.fail_at(directory, c"", error),
        }
        None
    }

    fn run(&self, unit: Task, scheduler: &Arc<Scheduler<Self>>) {
        match unit {
            Task::Root => self.root(scheduler),
            Task::Enter(parent, name) => self.enter(parent, &name, scheduler),
            Task::Read(directory) => self.read(directory, scheduler),
        }
    }
}

/// What the threads of one removal share.
pub(super) struct TreeRemoval {
    pub(super) path: PathBuf,
    /// The directory that has the root, and its name there.
    pub(super) slot: OnceLock<Option<PathAtBuf>>,
    pub(super) options: RemoveOptions,
    pub(super) operation: Operation,
    /// Removed only if it is still this.
    pub(super) only: Option<Identity>,
    /// Everything in it was made by this process: directories may be opened up.
    is_ours: bool,
    /// Only entries that this copy has are removed.
    pub(super) mirror: Option<PathAtBuf>,
    /// Sources that were copied although the copy shows another time.
    pub(super) time_losses: Arc<TimeLosses>,
    files: AtomicU64,
    directories: AtomicU64,
}

impl TreeRemoval {
    pub(super) fn new(path: &Path, options: &RemoveOptions, control: &Arc<Control>) -> Self {
        Self {
            path: path.to_path_buf(),
            slot: OnceLock::new(),
            options: options.clone(),
            operation: Operation::new(control, OnError::Stop),
            only: None,
            is_ours: false,
            mirror: None,
            time_losses: Arc::default(),
            files: AtomicU64::new(0),
            directories: AtomicU64::new(0),
        }
    }

    /// The removal of the entry with this name, if it still is `only`. `path` is for errors only.
    pub(super) fn of(slot: PathAtBuf, only: Identity, path: &Path, limit: Option<NonZero<usize>>) -> Self {
        let options =
            RemoveOptions { recursive: true, force: true, concurrency: limit, ..RemoveOptions::default() };
        let removal = Self::new(path, &options, &Arc::new(Control::new()));
        Self { slot: OnceLock::from(Some(slot)), only: Some(only), ..removal }
    }

    /// The same, for a copy that is not needed: its directories may have their final permissions, which may forbid the removal of
    /// their entries.
    pub(super) fn of_ours(
        slot: PathAtBuf,
        only: Identity,
        path: &Path,
        limit: Option<NonZero<usize>>,
    ) -> Self {
        Self { is_ours: true, ..Self::of(slot, only, path, limit) }
    }

    /// The same, for a source that was copied to `mirror`.
    pub(super) fn mirrored(self, mirror: PathAtBuf, time_losses: Arc<TimeLosses>) -> Self {
        Self { mirror: Some(mirror), time_losses, ..self }
    }

    /// Does it.
    pub(super) fn run(self) -> Result<Removed, FsError> {
        let limit = self.options.concurrency.map(NonZero::get);
        Scheduler::run(self, limit, Task::Root, |work| work.outcome())
    }

    /// The outcome, once all threads are done.
    fn outcome(&self) -> Result<Removed, FsError> {
        self.operation.outcome("rm").map_err(|error| error.with_path(&self.path))?;
        Ok(Removed { files: self.files.load(Relaxed), directories: self.directories.load(Relaxed) })
    }

    pub(super) fn open_up(&self, directory: BorrowedFd<'_>, stat: &Stat) {
        if self.is_ours && stat.permissions() & 0o700 != 0o700 {
            let _what_it_forbids_says_so = sys::fchmod(directory, 0o700);
        }
    }

    pub(super) fn fail_at(&self, directory: &Directory, name: &CStr, error: FsError) {
        self.operation.fail(error.with_path(&directory.path_of(&self.path, name)));
    }

    pub(super) fn count_file(&self) {
        self.files.fetch_add(1, Relaxed);
        self.operation.control.add_file();
    }

    pub(super) fn count_directory(&self) {
        self.directories.fetch_add(1, Relaxed);
        self.operation.control.add_directory();
    }
}

impl TreeRemoval {
    /// Reports at the end that `directory` is not empty; the removal goes on.
    fn leave(&self, directory: &Directory) {
        let error = FsError::new(Errno::ENOTEMPTY, "unlinkat");
        self.operation.note(error.with_path(&directory.path_of(&self.path, c"")));
    }

    /// Opens a directory. `None`: it could not be opened, but removed, because it was empty.
    pub(super) fn open(
        &self,
        dir: BorrowedFd<'_>,
        name: &CStr,
        scheduler: &Scheduler<Self>,
    ) -> Result<Option<OwnedFd>, FsError> {
        match self.retry_what_may_pass(scheduler, || sys::openat(dir, name, OpenFlags::DIR_NOFOLLOW, 0)) {
            Ok(fd) => Ok(Some(fd)),
            Err(Errno::EACCES) if sys::rmdirat(dir, name).is_ok() => Ok(None),
            Err(errno) => Err(FsError::new(errno, "openat")),
        }
    }
}

/// How often a thread that waits for its next try checks whether the operation was stopped.
const NAP: Duration = Duration::from_millis(20);

impl TreeRemoval {
    /// Repeats `attempt` while descriptors are short, and up to `max_retries` times after the errnos of [`may_pass`]. ECANCELED if the
    /// operation was cancelled during a wait.
    pub(super) fn retry_what_may_pass<T>(
        &self,
        scheduler: &Scheduler<Self>,
        mut attempt: impl FnMut() -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        let mut tries = 0_u32;
        loop {
            let errno = match self.retry_on_emfile(scheduler, &mut attempt) {
                Err(errno) if may_pass(errno) => errno,
                other => return other,
            };
            if tries >= self.options.max_retries || self.is_stopped() {
                return Err(errno);
            }
            tries = tries.saturating_add(1);
            let delay = self.options.retry_delay.unwrap_or(100).saturating_mul(tries);
            self.sleep(Duration::from_millis(u64::from(delay)));
            if self.operation.control.is_cancelled() {
                return Err(Errno::ECANCELED);
            }
        }
    }

    /// Waits, but not when the operation is stopped.
    fn sleep(&self, whole: Duration) {
        let mut left = whole;
        while !left.is_zero() && !self.is_stopped() {
            let part = left.min(NAP);
            std::thread::sleep(part);
            left = left.saturating_sub(part);
        }
    }
}

/// The errnos that `fs.rm` tries again.
pub(super) fn may_pass(errno: Errno) -> bool {
    matches!(errno, Errno::EBUSY | Errno::EMFILE | Errno::ENFILE | Errno::ENOTEMPTY | Errno::EPERM)
}
