//! A copy of a tree: the units of work.
//!
//! One unit reads the next names of a directory and copies what is not a directory among them; the directory's further
//! names are another unit, pushed before that work begins, and so is each directory that is found. So a flat directory and a wide tree
//! both keep every thread busy. A batch is shared when a thread has nothing to do.

use std::ffi::{CStr, CString};
use std::os::fd::AsFd;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Weak};

use super::entry::EntryContext;
use super::{CopyStats, TreeCopy};
use crate::copy::NewFileStatCache;
use crate::error::FsError;
use crate::sys;
use crate::sys::Entry;
use crate::tree::filter::{Filter, FilterRequest, ReplyHandler};
use crate::tree::walk::directory::{DirFds, Directory};
use crate::tree::walk::name_batch::{Batch, Remaining};
use crate::tree::walk::scheduler::{Scheduler, TreeJob};

/// After so many names a batch is shared, if somebody is free to take half of what is left.
const SHARE_AFTER: u32 = 32;

/// One unit of work.
pub(in crate::tree) enum Task {
    /// The root is judged, and its copy begun. `false`: the filter has not been asked yet.
    Root(bool),
    /// A directory that was found in its parent.
    Enter(Arc<Directory>, CString),
    /// The next names of a directory.
    Read(Arc<Directory>),
    /// Names of a directory that may be copied.
    Batch(Arc<Directory>, Batch),
    /// A name that waited for the first of its hard-link group.
    Again(Arc<Directory>, CString),
}

impl TreeCopy {
    /// Reads the next names of a directory, and copies them.
    pub(in crate::tree) fn read(&self, directory: Arc<Directory>, scheduler: &Arc<Scheduler<Self>>) {
        let names = self.with_descriptors(scheduler, || {
            let held = directory.hold(&self.descriptors)?;
            let read = Batch::read(&directory.listing, held.src.as_fd());
            let (batch, more) = read.map_err(|errno| FsError::new(errno, sys::READ_CALL))?;
            Ok((held, batch, more))
        });
        match names {
            Ok((held, batch, more)) => {
                let further = more.then(|| {
                    directory.add_end();
                    Task::Read(Arc::clone(&directory))
                });
                if let Some(filter) = &self.filter {
                    return self.ask(filter, directory, batch, further, scheduler);
                }
                scheduler.push_some(further);
                self.work_on(&directory, &held, batch, scheduler);
                drop(held);
                self.end(directory, scheduler);
            }
            Err(error) => {
                self.fail_entry(self.locate(&directory, c"", error));
                self.end(directory, scheduler);
            }
        }
    }

    /// Copies what a batch names, but for directories, which become units of their own.
    fn work_on(
        &self,
        directory: &Arc<Directory>,
        held: &DirFds,
        mut batch: Batch,
        scheduler: &Arc<Scheduler<Self>>,
    ) {
        let mut stats = CopyStats::default();
        let stat_cache = NewFileStatCache::default();
        let mut done = 0_u32;
        while !self.is_stopped() {
            let next = batch.next(|rest, entry| {
                let context =
                    EntryContext { tree: self, directory, held, scheduler, stat_cache: &stat_cache };
                if done >= SHARE_AFTER && scheduler.has_idle_worker() {
                    hand_over(directory, rest.take_half(), scheduler);
                    done = 0;
                }
                context.copy(entry, rest, &mut stats);
            });
            if next.is_none() {
                break;
            }
            done = done.saturating_add(1);
        }
        self.add_stats(&stats);
    }

    /// Copies one name that is not in a batch (any more).
    fn again(&self, directory: &Arc<Directory>, name: &CStr, scheduler: &Arc<Scheduler<Self>>) {
        match self.with_descriptors(scheduler, || directory.hold(&self.descriptors)) {
            Ok(held) => {
                let mut stats = CopyStats::default();
                let context = EntryContext {
                    tree: self,
                    directory,
                    held: &held,
                    scheduler,
                    stat_cache: &NewFileStatCache::default(),
                };
                context.copy(Entry { name, format: 0 }, &mut Remaining::nothing(), &mut stats);
                self.add_stats(&stats);
            }
            Err(error) => self.fail_entry(self.locate(directory, name, error)),
        }
    }

    /// One of the things to do in `directory` is done; with the last one the directory is, and perhaps its parent.
    pub(in crate::tree) fn end(&self, mut directory: Arc<Directory>, scheduler: &Arc<Scheduler<Self>>) {
        while directory.end_one() {
            if !self.is_stopped()
                && let Err(error) = self.with_descriptors(scheduler, || self.finish(&directory))
            {
                self.fail_entry(self.locate(&directory, c"", error));
            }
            let Some(parent) = directory.leave(&self.descriptors).cloned() else { return };
            scheduler.unpark(parent.place());
            directory = parent;
        }
    }
}

impl TreeJob for TreeCopy {
    type Task = Task;

    fn may_expect_reply(&self, unit: &Task) -> bool {
        self.filter.is_some() && matches!(unit, Task::Enter(..) | Task::Read(_))
    }

    fn run(&self, unit: Task, scheduler: &Arc<Scheduler<Self>>) {
        let Some(unit) = park(unit, scheduler) else { return };
        match (unit, &self.filter) {
            (Task::Root(false), Some(filter)) => self.ask_for_root(filter, scheduler),
            (Task::Root(_), _) => self.root(scheduler),
            (Task::Enter(parent, name), _) => self.enter(parent, &name, scheduler),
            (Task::Read(directory), _) => self.read(directory, scheduler),
            (Task::Batch(directory, batch), _) => {
                match self.with_descriptors(scheduler, || directory.hold(&self.descriptors)) {
                    Ok(held) => self.work_on(&directory, &held, batch, scheduler),
                    Err(error) => self.fail_entry(self.locate(&directory, c"", error)),
                }
                self.end(directory, scheduler);
            }
            (Task::Again(directory, name), _) => {
                self.again(&directory, &name, scheduler);
                self.end(directory, scheduler);
            }
        }
        if self.is_stopped() {
            scheduler.wake_all();
        }
    }

    fn idle(&self) {
        if let Some(filter) = &self.filter {
            filter.idle();
        }
    }

    fn is_stopped(&self) -> bool {
        self.is_stopped.load(Relaxed) || self.control.is_cancelled()
    }
}

impl Task {
    /// The directory that it is about.
    fn directory(&self) -> Option<&Arc<Directory>> {
        match self {
            Self::Root(_) => None,
            Self::Enter(directory, _)
            | Self::Read(directory)
            | Self::Batch(directory, _)
            | Self::Again(directory, _) => Some(directory),
        }
    }
}

/// Parks a unit whose directory is closed now and will be open later; gives back any other.
fn park(unit: Task, scheduler: &Scheduler<TreeCopy>) -> Option<Task> {
    match unit.directory().filter(|directory| directory.is_below_open()).cloned() {
        Some(directory) => scheduler.park(directory.place(), unit, || directory.is_below_open()),
        None => Some(unit),
    }
}

/// Makes what was taken of a batch a unit of its own, for whoever is free first.
pub(in crate::tree) fn hand_over(
    directory: &Arc<Directory>,
    taken: Option<Batch>,
    scheduler: &Arc<Scheduler<TreeCopy>>,
) {
    if let Some(batch) = taken {
        directory.add_end();
        scheduler.push(Task::Batch(Arc::clone(directory), batch));
    }
}

impl TreeCopy {
    /// Asks for the names of a batch; those that may be copied come back as a unit of work.
    pub(in crate::tree) fn ask(
        &self,
        filter: &Arc<dyn Filter>,
        directory: Arc<Directory>,
        batch: Batch,
        further: Option<Task>,
        scheduler: &Arc<Scheduler<Self>>,
    ) {
        let is_empty = batch.entries().next().is_none();
        if !is_empty {
            scheduler.expect_reply();
        }
        scheduler.push_some(further);
        if is_empty {
            return self.end(directory, scheduler);
        }
        let (src, dest) = (directory.path(&self.src), directory.path(&self.dest));
        let reply_handler = Answer { scheduler: Arc::downgrade(scheduler), directory: Some(directory) };
        filter.ask(FilterRequest {
            reply_handler: Some(Arc::new(reply_handler)),
            batch: Some(batch),
            src,
            dest,
            is_root: false,
        });
    }

    /// Asks for what the caller named.
    pub(in crate::tree) fn ask_for_root(&self, filter: &Arc<dyn Filter>, scheduler: &Arc<Scheduler<Self>>) {
        scheduler.expect_reply();
        let reply_handler = Answer { scheduler: Arc::downgrade(scheduler), directory: None };
        let (src, dest) = (self.src.clone(), self.dest.clone());
        let batch = Some(Batch::of_one(c"root"));
        filter.ask(FilterRequest {
            reply_handler: Some(Arc::new(reply_handler)),
            batch,
            src,
            dest,
            is_root: true,
        });
    }
}

/// Who waits for the answer to a question: the names of a directory, or the root. Nobody, once the operation is over.
struct Answer {
    scheduler: Weak<Scheduler<TreeCopy>>,
    directory: Option<Arc<Directory>>,
}

impl ReplyHandler for Answer {
    fn answered(&self, batch: Batch, rejected: u64) {
        let Some(scheduler) = self.scheduler.upgrade() else { return };
        let mut stats = CopyStats::default();
        stats.result.skipped = rejected;
        scheduler.work.add_stats(&stats);
        match &self.directory {
            Some(directory) => scheduler.resume(Task::Batch(Arc::clone(directory), batch)),
            None if batch.entries().next().is_some() => scheduler.resume(Task::Root(true)),
            None => scheduler.cancel_pending(),
        }
    }

    fn unanswered(&self) {
        let Some(scheduler) = self.scheduler.upgrade() else { return };
        scheduler.work.control.cancel();
        scheduler.cancel_pending();
    }

    fn is_idle(&self) -> bool {
        self.scheduler.upgrade().is_some_and(|scheduler| scheduler.is_idle())
    }
}
