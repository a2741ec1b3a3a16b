//! What one task of a copy does.
//!
//! A task reads the next names of a directory and copies those that are no directories. The further names of the directory, and each
//! directory in it, are tasks of their own, queued before that work begins. So a flat directory and a wide tree both keep every
//! thread busy. A batch is split when a thread is idle.

use std::ffi::CStr;
use std::os::fd::AsFd;
use std::sync::{Arc, Weak};

use super::entry::EntryContext;
use super::queue::{Task, hand_over};
use super::{CopyStats, TreeCopy};
use crate::copy::NewFileStatCache;
use crate::error::FsError;
use crate::sys;
use crate::sys::Entry;
use crate::tree::filter::{Filter, FilterRequest, ReplyHandler};
use crate::tree::walk::directory::{DirFds, Directory};
use crate::tree::walk::name_batch::{Batch, Remaining};
use crate::tree::walk::operation::Operation;
use crate::tree::walk::scheduler::{Scheduler, TreeJob};

/// After this many names, half of the rest of a batch goes to an idle thread, if there is one.
const SHARE_AFTER: u32 = 32;

impl TreeCopy {
    /// Reads the next names of a directory, and copies them.
    pub(in crate::tree) fn read(&self, directory: Arc<Directory>, scheduler: &Arc<Scheduler<Self>>) {
        let names = self.retry_on_emfile(scheduler, || {
            let held = directory.hold(&self.operation.descriptors)?;
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
                self.end_task(directory, scheduler);
            }
            Err(error) => {
                self.operation.fail_entry(self.locate(&directory, c"", error));
                self.end_task(directory, scheduler);
            }
        }
    }

    /// Copies the entries of a batch; directories become tasks of their own.
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
        match self.retry_on_emfile(scheduler, || directory.hold(&self.operation.descriptors)) {
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
            Err(error) => self.operation.fail_entry(self.locate(directory, name, error)),
        }
    }
}

impl TreeJob for TreeCopy {
    type Task = Task;

    fn operation(&self) -> &Operation {
        &self.operation
    }

    fn finish_directory(&self, directory: &Arc<Directory>, scheduler: &Arc<Scheduler<Self>>) -> Option<Task> {
        if let Err(error) = self.retry_on_emfile(scheduler, || self.finish(directory)) {
            self.operation.fail_entry(self.locate(directory, c"", error));
        }
        None
    }

    fn may_expect_reply(&self, unit: &Task) -> bool {
        self.filter.is_some() && matches!(unit, Task::Enter(..) | Task::Read(_))
    }

    fn run(&self, unit: Task, scheduler: &Arc<Scheduler<Self>>) {
        match (unit, &self.filter) {
            (Task::Root(false), Some(filter)) => self.ask_for_root(filter, scheduler),
            (Task::Root(_), _) => self.root(scheduler),
            (Task::Enter(parent, name), _) => self.enter(parent, &name, scheduler),
            (Task::Read(directory), _) => self.read(directory, scheduler),
            (Task::Batch(directory, batch), _) => {
                match self.retry_on_emfile(scheduler, || directory.hold(&self.operation.descriptors)) {
                    Ok(held) => self.work_on(&directory, &held, batch, scheduler),
                    Err(error) => self.operation.fail_entry(self.locate(&directory, c"", error)),
                }
                self.end_task(directory, scheduler);
            }
            (Task::Again(directory, name), _) => {
                self.again(&directory, &name, scheduler);
                self.end_task(directory, scheduler);
            }
        }
    }

    fn idle(&self) {
        if let Some(filter) = &self.filter {
            filter.idle();
        }
    }
}

impl TreeCopy {
    /// Sends the names of a batch to the filter. Its reply is a task with the accepted names.
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
            return self.end_task(directory, scheduler);
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

    /// Sends the root to the filter.
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

/// Receives a reply of the filter, for names of a directory or for the root. Does nothing once the operation is over.
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
        scheduler.work.operation.control.cancel();
        scheduler.cancel_pending();
    }

    fn is_idle(&self) -> bool {
        self.scheduler.upgrade().is_some_and(|scheduler| scheduler.is_idle())
    }
}
