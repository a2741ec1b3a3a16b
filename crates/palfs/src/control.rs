//! How a running operation is seen from outside: it can be cancelled, and its counters can be read.

use crate::errno::Errno;
use crate::error::{ErrorKind, FsError};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// As many threads count without getting into each other's way.
const STRIPES: usize = 4;

/// What some threads have done. On cache lines of its own (two, because processors fetch them in pairs): a line that two
/// processors write to costs each of them more than a small file's system calls differ.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Counters {
    bytes: AtomicU64,
    files: AtomicU64,
    directories: AtomicU64,
}

thread_local! {
    /// Which counters this thread uses.
    static STRIPE: usize = {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        NEXT.fetch_add(1, Relaxed) % STRIPES
    };
}

/// A cancel flag and counters, shared by an operation and whoever watches it.
///
/// Counters grow while the operation runs; only where a file has to be copied a second time (no rename was possible) do
/// its bytes go back first. They are for display: the [`CopyResult`](crate::copy::CopyResult) is the account.
#[derive(Debug, Default)]
pub struct Control {
    cancelled: AtomicBool,
    counters: [Counters; STRIPES],
    total_bytes: AtomicU64,
    total_files: AtomicU64,
    path: Mutex<Option<PathBuf>>,
    path_is_wanted: AtomicBool,
}

impl Control {
    /// A control that nobody has cancelled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the operation to stop: it does so within one chunk of data or one entry.
    pub fn cancel(&self) {
        self.cancelled.store(true, Relaxed);
    }

    /// Whether [`cancel`](Self::cancel) was called.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Relaxed)
    }

    /// Bytes of content moved so far (holes and clones count).
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.sum(|counters| &counters.bytes)
    }

    /// Files completed so far.
    #[must_use]
    pub fn files(&self) -> u64 {
        self.sum(|counters| &counters.files)
    }

    /// Directories created so far.
    #[must_use]
    pub fn directories(&self) -> u64 {
        self.sum(|counters| &counters.directories)
    }

    /// Bytes that will be moved in all, or 0 while that is not known.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.total_bytes.load(Relaxed)
    }

    /// Files that will be copied in all, or 0 while that is not known.
    #[must_use]
    pub fn total_files(&self) -> u64 {
        self.total_files.load(Relaxed)
    }

    fn sum(&self, counter: impl Fn(&Counters) -> &AtomicU64) -> u64 {
        self.counters.iter().map(|counters| counter(counters).load(Relaxed)).fold(0, u64::saturating_add)
    }

    fn own(&self) -> &Counters {
        let [first, ..] = &self.counters;
        self.counters.get(STRIPE.with(|stripe| *stripe)).unwrap_or(first)
    }

    /// The error of an operation that stopped because it was cancelled.
    pub(crate) fn cancelled_during(&self, call: &'static str) -> FsError {
        FsError::new(Errno::ECANCELED, call).with_kind(ErrorKind::Cancelled).with_bytes(self.bytes())
    }

    pub(crate) fn set_totals(&self, bytes: u64, files: u64) {
        self.total_bytes.store(bytes, Relaxed);
        self.total_files.store(files, Relaxed);
    }

    pub(crate) fn add_bytes(&self, bytes: u64) {
        self.own().bytes.fetch_add(bytes, Relaxed);
    }

    /// A second attempt at the same file starts at zero again.
    pub(crate) fn take_back_bytes(&self, bytes: u64) {
        // By the thread that has added them.
        let _never_fails =
            self.own().bytes.fetch_update(Relaxed, Relaxed, |now| Some(now.saturating_sub(bytes)));
    }

    pub(crate) fn add_file(&self) {
        self.own().files.fetch_add(1, Relaxed);
    }

    pub(crate) fn add_directory(&self) {
        self.own().directories.fetch_add(1, Relaxed);
    }

    /// What is being worked on, as of shortly after the last time that this was asked; `None` before that, and for
    /// operations on one file.
    #[must_use]
    pub fn path(&self) -> Option<PathBuf> {
        self.path_is_wanted.store(true, Relaxed);
        self.path.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells the path, if somebody has asked: building it costs more than a small file.
    pub(crate) fn tell_path(&self, path: impl FnOnce() -> PathBuf) {
        if self.path_is_wanted.load(Relaxed) && self.path_is_wanted.swap(false, Relaxed) {
            *self.path.lock().unwrap_or_else(PoisonError::into_inner) = Some(path());
        }
    }
}
