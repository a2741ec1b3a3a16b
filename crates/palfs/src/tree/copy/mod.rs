//! One copy of a tree: its paths and options, the state that its threads share, and its outcome.

pub(super) mod conflict;
pub(super) mod directory;
pub(super) mod entry;
#[cfg(target_os = "linux")]
pub(super) mod flush;
pub(super) mod further_name;
pub(super) mod hard_links;
pub(super) mod queue;
pub(super) mod removable;
pub(super) mod root;
pub(super) mod self_copy;
pub(super) mod stepwise;
pub(super) mod symlink;
pub(super) mod task;
pub(super) mod unreadable;

use std::ffi::CStr;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::filter::Filter;
use super::options::TreeOptions;
use super::time_losses::TimeLosses;
use super::walk::directory::Directory;
use super::walk::operation::Operation;
use super::walk::paths;
use super::walk::scheduler::Scheduler;
use crate::Control;
use crate::copy::{CopyOptions, CopyResult, Method, OnError, PathAtBuf, Preserve};
use crate::error::{ErrorKind, FsError};
use crate::sys::Stat;
use hard_links::Links;
use queue::Task;
use self_copy::Guard;

/// What the threads of one copy share.
pub(super) struct TreeCopy {
    pub(super) src: PathBuf,
    pub(super) dest: PathBuf,
    /// The parents of the two roots, opened once, with the names in them. `None`: the paths are used.
    pub(super) slots: Option<(PathAtBuf, PathAtBuf)>,
    /// The current directory when the operation began.
    pub(super) here: PathBuf,
    pub(super) options: TreeOptions,
    /// For a name that must be free.
    pub(super) fresh: CopyOptions,
    /// The same in a directory without a default ACL.
    pub(super) fresh_plain: CopyOptions,
    /// For a name that was free or a regular file when it was looked up.
    pub(super) over_file: CopyOptions,
    /// For a name that is replaced, whatever kind of entry it is.
    pub(super) over_name: CopyOptions,
    pub(super) operation: Operation,
    pub(super) links: Option<Arc<Links>>,
    pub(super) guard: Guard,
    pub(super) filter: Option<Arc<dyn Filter>>,
    /// Of a move.
    time_losses: Option<Arc<TimeLosses>>,
    stats: Mutex<CopyStats>,
}

impl TreeCopy {
    pub(super) fn new(
        (src, dest): (&Path, &Path),
        options: &TreeOptions,
        filter: Option<Arc<dyn Filter>>,
        control: &Arc<Control>,
    ) -> Self {
        let plain = CopyOptions {
            exclusive: false,
            force: !options.spares_unwritable,
            never_through_links: true,
            replace_name: false,
            on_error: OnError::Stop,
            ..options.file.clone()
        };
        let groups = || options.groups.clone().unwrap_or_default().0;
        let links = options.file.preserve.has(Preserve::LINKS).then(groups);
        Self {
            src: src.to_path_buf(),
            dest: dest.to_path_buf(),
            slots: None,
            here: paths::current_directory(),
            fresh_plain: CopyOptions { exclusive: true, no_default_acl: true, ..plain.clone() },
            fresh: CopyOptions { exclusive: true, ..plain.clone() },
            over_name: CopyOptions { replace_name: true, ..plain.clone() },
            over_file: plain,
            options: options.clone(),
            operation: Operation::new(control, options.on_error),
            links,
            guard: Guard::default(),
            filter,
            time_losses: None,
            stats: Mutex::default(),
        }
    }

    /// The copy of a move, between two names in open directories; `paths` are only what errors say.
    pub(super) fn between(
        slots: (PathAtBuf, PathAtBuf),
        paths: (&Path, &Path),
        options: &TreeOptions,
        time_losses: &Arc<TimeLosses>,
        control: &Arc<Control>,
    ) -> Self {
        let time_losses = Some(Arc::clone(time_losses));
        Self { slots: Some(slots), time_losses, ..Self::new(paths, options, None, control) }
    }

    /// Does it.
    pub(super) fn run(self) -> Result<CopyResult, FsError> {
        let limit = self.options.concurrency.map(NonZero::get);
        Scheduler::run(self, limit, Task::Root(false), |work| work.outcome())
    }

    /// The outcome, once all threads are done.
    pub(super) fn outcome(&self) -> Result<CopyResult, FsError> {
        let outcome = self.operation.outcome("cp").map_err(|error| match error.kind() {
            ErrorKind::Cancelled => error.with_path(&self.src).with_dest(&self.dest),
            _ => error,
        });
        let stats = std::mem::take(&mut *self.stats.lock().unwrap_or_else(PoisonError::into_inner));
        outcome?;
        let collected = self.operation.take_collected();
        let mut result = stats.result;
        (result.errors, result.error_count) = (collected.errors, collected.count);
        Ok(result)
    }

    /// Adds the counts of one task.
    pub(super) fn add_stats(&self, stats: &CopyStats) {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner).merge(stats);
    }

    /// Records a source whose time its copy does not show, for the removal of that source.
    pub(super) fn note_time_loss(&self, source: &Stat, result: &CopyResult) {
        if result.unpreserved.timestamps > 0
            && let Some(losses) = &self.time_losses
        {
            losses.add(source);
        }
    }

    /// Completes an error with the paths of a name in `directory`.
    pub(super) fn locate(&self, directory: &Directory, name: &CStr, error: FsError) -> FsError {
        let under = |root| directory.path_of(root, name);
        error.with_path(&under(&self.src)).with_dest(&under(&self.dest))
    }
}

/// Sums, and the method of the largest file.
#[derive(Default)]
pub(super) struct CopyStats {
    pub(super) result: CopyResult,
    largest: u64,
}

impl CopyStats {
    /// Adds one name's part.
    pub(super) fn add(&mut self, one: &CopyResult) {
        self.result.add(one);
        self.compare(one.bytes, one.method);
    }

    /// Adds what another thread has summed up.
    pub(super) fn merge(&mut self, other: &Self) {
        self.result.add(&other.result);
        self.compare(other.largest, other.result.method);
    }

    fn compare(&mut self, bytes: u64, method: Method) {
        let is_first = self.result.method == Method::None;
        if method != Method::None && (is_first || bytes > self.largest) {
            self.largest = bytes;
            self.result.method = method;
        }
    }
}
