//! How a running operation is seen from outside: it can be cancelled, and its counters can be read.

use crate::errno::Errno;
use crate::error::{ErrorKind, FsError};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

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

/// A cancel flag and counters, shared by an operation and the code that watches it.
///
/// Counters grow while the operation runs. If a file has to be copied a second time (no rename was possible), its bytes are first
/// subtracted. The counters are for display; the [`CopyResult`](crate::copy::CopyResult) has the final counts.
#[derive(Debug, Default)]
pub struct Control {
    cancelled: AtomicBool,
    counters: [Counters; STRIPES],
    total_bytes: AtomicU64,
    total_files: AtomicU64,
    is_watched: AtomicBool,
    path_is_wanted: AtomicBool,
    shown: Mutex<Shown>,
}

/// The entries that are being copied, as far as they were reported.
#[derive(Debug, Default)]
struct Shown {
    /// The entry that was begun last, at the time of the last request.
    latest: Option<PathBuf>,
    /// Those that take long, oldest first, each under the number of its telling.
    long: Vec<(u64, PathBuf)>,
    told: u64,
}

/// An entry that takes long is being worked on for as long as this lives.
#[derive(Debug)]
pub(crate) struct LongEntry<'a> {
    control: &'a Control,
    number: u64,
}

impl Drop for LongEntry<'_> {
    fn drop(&mut self) {
        self.control.shown().long.retain(|(number, _)| *number != self.number);
    }
}

impl Control {
    /// A control that is not cancelled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancels the operation: it stops within one chunk of data or one entry.
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

    /// Announces calls of [`path`](Self::path); to be called before the operation starts.
    pub fn watch(&self) {
        self.is_watched.store(true, Relaxed);
        self.path_is_wanted.store(true, Relaxed);
    }

    /// The path of the current entry: a large file that is not done, else an entry that was begun since the last call. `None` without
    /// a call of [`watch`](Self::watch), before the first entry below the root, and for operations on one file.
    #[must_use]
    pub fn path(&self) -> Option<PathBuf> {
        self.path_is_wanted.store(self.is_watched(), Relaxed);
        let shown = self.shown();
        shown.long.first().map(|(_, path)| path).or(shown.latest.as_ref()).cloned()
    }

    /// Stores the path of an entry that begins, if it was requested: building a path costs more than a small file.
    pub(crate) fn tell_path(&self, path: impl FnOnce() -> PathBuf) {
        if self.path_is_wanted.load(Relaxed) && self.path_is_wanted.swap(false, Relaxed) {
            self.shown().latest = Some(path());
        }
    }

    /// Stores the path of a large file that begins, if the operation is watched.
    pub(crate) fn tell_long(&self, path: impl FnOnce() -> PathBuf) -> Option<LongEntry<'_>> {
        if !self.is_watched() {
            return None;
        }
        let mut shown = self.shown();
        let number = shown.told;
        shown.told = number.wrapping_add(1);
        shown.long.push((number, path()));
        drop(shown);
        Some(LongEntry { control: self, number })
    }

    fn is_watched(&self) -> bool {
        self.is_watched.load(Relaxed)
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_told_where_nobody_watches() {
        let control = Control::new();
        assert_eq!(control.path(), None);
        control.tell_path(|| PathBuf::from("small"));
        assert!(control.tell_long(|| PathBuf::from("large")).is_none());
        assert_eq!(control.path(), None);
    }

    #[test]
    fn what_takes_long_is_shown_until_it_is_done() {
        let control = Control::new();
        control.watch();
        control.tell_path(|| PathBuf::from("small"));
        let (first, second) = (control.tell_long(|| "first".into()), control.tell_long(|| "second".into()));
        assert_eq!(control.path(), Some("first".into()));
        drop(first);
        assert_eq!(control.path(), Some("second".into()));
        drop(second);
        assert_eq!(control.path(), Some("small".into()));
    }

    #[test]
    fn a_path_is_built_once_for_each_time_that_it_is_asked_for() {
        let control = Control::new();
        control.watch();
        let mut built = 0;
        for _ in 0..3 {
            control.tell_path(|| {
                built += 1;
                PathBuf::from("entry")
            });
        }
        assert_eq!((control.path(), built), (Some("entry".into()), 1));
    }
}
