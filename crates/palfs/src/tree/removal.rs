//! One removal: what it is of, what its threads share, and its outcome.

use std::ffi::CStr;
use std::num::NonZero;
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::crew::Crew;
use super::descriptors::Descriptors;
use super::directory::{Directory, Identity};
use super::options::{RemoveOptions, Removed};
use super::remove::Unit;
use super::time_losses::TimeLosses;
use crate::Control;
use crate::copy::Slot;
use crate::errno::Errno;
use crate::error::FsError;
use crate::sys::{self, Stat};

/// What the threads of one removal share.
pub(super) struct TreeRemoval {
    pub(super) path: PathBuf,
    /// The directory that has the root, and its name there.
    pub(super) slot: OnceLock<Option<Slot>>,
    pub(super) options: RemoveOptions,
    pub(super) control: Arc<Control>,
    pub(super) descriptors: Descriptors,
    /// Removed only if it is still this.
    pub(super) only: Option<Identity>,
    /// Everything in it was made by this process: directories may be opened up.
    is_ours: bool,
    /// Only what is there, too, is removed.
    pub(super) mirror: Option<Slot>,
    /// What is in it though the copy shows another time.
    pub(super) time_losses: Arc<TimeLosses>,
    files: AtomicU64,
    directories: AtomicU64,
    failure: Mutex<Option<FsError>>,
    pub(super) is_stopped: AtomicBool,
}

impl TreeRemoval {
    pub(super) fn new(path: &Path, options: &RemoveOptions, control: &Arc<Control>) -> Self {
        Self {
            path: path.to_path_buf(),
            slot: OnceLock::new(),
            options: options.clone(),
            control: Arc::clone(control),
            descriptors: Descriptors::new(),
            only: None,
            is_ours: false,
            mirror: None,
            time_losses: Arc::default(),
            files: AtomicU64::new(0),
            directories: AtomicU64::new(0),
            failure: Mutex::default(),
            is_stopped: AtomicBool::new(false),
        }
    }

    /// The removal of what has this name, if it is still this; `path` is only what errors say.
    pub(super) fn of(slot: Slot, only: Identity, path: &Path, limit: Option<NonZero<usize>>) -> Self {
        let options =
            RemoveOptions { recursive: true, force: true, concurrency: limit, ..RemoveOptions::default() };
        let removal = Self::new(path, &options, &Arc::new(Control::new()));
        Self { slot: OnceLock::from(Some(slot)), only: Some(only), ..removal }
    }

    /// The same, of a copy that will not be needed: its directories may have their final permissions, which need not
    /// let their owner remove what is in them.
    pub(super) fn of_ours(slot: Slot, only: Identity, path: &Path, limit: Option<NonZero<usize>>) -> Self {
        Self { is_ours: true, ..Self::of(slot, only, path, limit) }
    }

    /// The same, of what was copied to `mirror`.
    pub(super) fn mirrored(self, mirror: Slot, time_losses: Arc<TimeLosses>) -> Self {
        Self { mirror: Some(mirror), time_losses, ..self }
    }

    /// Does it.
    pub(super) fn run(self) -> Result<Removed, FsError> {
        let limit = self.options.concurrency.map(NonZero::get);
        Crew::run(self, limit, Unit::Root, |work| work.outcome())
    }

    /// The outcome, once all threads are done.
    fn outcome(&self) -> Result<Removed, FsError> {
        match self.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(error),
            None if self.control.is_cancelled() => {
                Err(self.control.cancelled_during("rm").with_path(&self.path))
            }
            None => {
                Ok(Removed { files: self.files.load(Relaxed), directories: self.directories.load(Relaxed) })
            }
        }
    }

    pub(super) fn fail(&self, error: FsError) {
        // What was given up because of a cancel is not why the operation ends.
        if error.errno() != Errno::ECANCELED {
            self.note(error);
        }
        self.is_stopped.store(true, Relaxed);
    }

    /// Remembers an error that does not end the operation.
    pub(super) fn note(&self, error: FsError) {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }

    pub(super) fn open_up(&self, directory: BorrowedFd<'_>, stat: &Stat) {
        if self.is_ours && stat.permissions() & 0o700 != 0o700 {
            let _what_it_forbids_says_so = sys::fchmod(directory, 0o700);
        }
    }

    pub(super) fn fail_at(&self, directory: &Directory, name: &CStr, error: FsError) {
        self.fail(error.with_path(&directory.path_of(&self.path, name)));
    }

    pub(super) fn count_file(&self) {
        self.files.fetch_add(1, Relaxed);
        self.control.add_file();
    }

    pub(super) fn count_directory(&self) {
        self.directories.fetch_add(1, Relaxed);
        self.control.add_directory();
    }
}
