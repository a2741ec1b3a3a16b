//! A copy of a tree: the units of work.
//!
//! One unit reads the next names of a directory and copies what is not a directory among them; the directory's further
//! names are another unit, pushed before that work begins, and so is each directory that is found. So a flat directory and a wide tree
//! both keep every thread busy. A batch is shared when a thread has nothing to do.

use std::ffi::{CStr, CString};
use std::os::fd::AsFd;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Weak};

use super::entry::Spot;
use super::{Account, TreeCopy};
use crate::copy::Precedent;
use crate::error::FsError;
use crate::sys;
use crate::sys::Entry;
use crate::tree::filter::{Asker, Filter, Question};
use crate::tree::walk::directory::{Directory, Held};
use crate::tree::walk::name_batch::{Batch, Rest};
use crate::tree::walk::scheduler::{Crew, Work};

/// After so many names a batch is shared, if somebody is free to take half of what is left.
const SHARE_AFTER: u32 = 32;

/// One unit of work.
pub(in crate::tree) enum Unit {
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
    pub(in crate::tree) fn read(&self, directory: Arc<Directory>, crew: &Arc<Crew<Self>>) {
        let names = self.with_descriptors(crew, || {
            let held = directory.hold(&self.descriptors)?;
            let read = Batch::read(&directory.listing, held.src.as_fd());
            let (batch, more) = read.map_err(|errno| FsError::new(errno, sys::READ_CALL))?;
            Ok((held, batch, more))
        });
        match names {
            Ok((held, batch, more)) => {
                let further = more.then(|| {
                    directory.add_end();
                    Unit::Read(Arc::clone(&directory))
                });
                if let Some(filter) = &self.filter {
                    return self.ask(filter, directory, batch, further, crew);
                }
                crew.push_some(further);
                self.work_on(&directory, &held, batch, crew);
                drop(held);
                self.end(directory, crew);
            }
            Err(error) => {
                self.fail_entry(self.locate(&directory, c"", error));
                self.end(directory, crew);
            }
        }
    }

    /// Copies what a batch names, but for directories, which become units of their own.
    fn work_on(&self, directory: &Arc<Directory>, held: &Held, mut batch: Batch, crew: &Arc<Crew<Self>>) {
        let mut account = Account::default();
        let precedent = Precedent::default();
        let mut done = 0_u32;
        while !self.is_stopped() {
            let next = batch.next(|rest, entry| {
                let spot = Spot { tree: self, directory, held, crew, precedent: &precedent };
                if done >= SHARE_AFTER && crew.is_hungry() {
                    hand_over(directory, rest.take_half(), crew);
                    done = 0;
                }
                spot.copy(entry, rest, &mut account);
            });
            if next.is_none() {
                break;
            }
            done = done.saturating_add(1);
        }
        self.settle(&account);
    }

    /// Copies one name that is not in a batch (any more).
    fn again(&self, directory: &Arc<Directory>, name: &CStr, crew: &Arc<Crew<Self>>) {
        match self.with_descriptors(crew, || directory.hold(&self.descriptors)) {
            Ok(held) => {
                let mut account = Account::default();
                let spot =
                    Spot { tree: self, directory, held: &held, crew, precedent: &Precedent::default() };
                spot.copy(Entry { name, format: 0 }, &mut Rest::nothing(), &mut account);
                self.settle(&account);
            }
            Err(error) => self.fail_entry(self.locate(directory, name, error)),
        }
    }

    /// One of the things to do in `directory` is done; with the last one the directory is, and perhaps its parent.
    pub(in crate::tree) fn end(&self, mut directory: Arc<Directory>, crew: &Arc<Crew<Self>>) {
        while directory.end_one() {
            if !self.is_stopped()
                && let Err(error) = self.with_descriptors(crew, || self.finish(&directory))
            {
                self.fail_entry(self.locate(&directory, c"", error));
            }
            let Some(parent) = directory.leave(&self.descriptors).cloned() else { return };
            crew.unpark(parent.place());
            directory = parent;
        }
    }
}

impl Work for TreeCopy {
    type Unit = Unit;

    fn may_promise(&self, unit: &Unit) -> bool {
        self.filter.is_some() && matches!(unit, Unit::Enter(..) | Unit::Read(_))
    }

    fn run(&self, unit: Unit, crew: &Arc<Crew<Self>>) {
        let Some(unit) = park(unit, crew) else { return };
        match (unit, &self.filter) {
            (Unit::Root(false), Some(filter)) => self.ask_for_root(filter, crew),
            (Unit::Root(_), _) => self.root(crew),
            (Unit::Enter(parent, name), _) => self.enter(parent, &name, crew),
            (Unit::Read(directory), _) => self.read(directory, crew),
            (Unit::Batch(directory, batch), _) => {
                match self.with_descriptors(crew, || directory.hold(&self.descriptors)) {
                    Ok(held) => self.work_on(&directory, &held, batch, crew),
                    Err(error) => self.fail_entry(self.locate(&directory, c"", error)),
                }
                self.end(directory, crew);
            }
            (Unit::Again(directory, name), _) => {
                self.again(&directory, &name, crew);
                self.end(directory, crew);
            }
        }
        if self.is_stopped() {
            crew.wake_all();
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

impl Unit {
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
fn park(unit: Unit, crew: &Crew<TreeCopy>) -> Option<Unit> {
    match unit.directory().filter(|directory| directory.is_below_open()).cloned() {
        Some(directory) => crew.park(directory.place(), unit, || directory.is_below_open()),
        None => Some(unit),
    }
}

/// Makes what was taken of a batch a unit of its own, for whoever is free first.
pub(in crate::tree) fn hand_over(
    directory: &Arc<Directory>,
    taken: Option<Batch>,
    crew: &Arc<Crew<TreeCopy>>,
) {
    if let Some(batch) = taken {
        directory.add_end();
        crew.push(Unit::Batch(Arc::clone(directory), batch));
    }
}

impl TreeCopy {
    /// Asks for the names of a batch; those that may be copied come back as a unit of work.
    pub(in crate::tree) fn ask(
        &self,
        filter: &Arc<dyn Filter>,
        directory: Arc<Directory>,
        batch: Batch,
        further: Option<Unit>,
        crew: &Arc<Crew<Self>>,
    ) {
        let is_empty = batch.entries().next().is_none();
        if !is_empty {
            crew.promise();
        }
        crew.push_some(further);
        if is_empty {
            return self.end(directory, crew);
        }
        let (src, dest) = (directory.path(&self.src), directory.path(&self.dest));
        let asker = Answer { crew: Arc::downgrade(crew), directory: Some(directory) };
        filter.ask(Question { asker: Some(Arc::new(asker)), batch: Some(batch), src, dest, is_root: false });
    }

    /// Asks for what the caller named.
    pub(in crate::tree) fn ask_for_root(&self, filter: &Arc<dyn Filter>, crew: &Arc<Crew<Self>>) {
        crew.promise();
        let asker = Answer { crew: Arc::downgrade(crew), directory: None };
        let (src, dest) = (self.src.clone(), self.dest.clone());
        let batch = Some(Batch::of_one(c"root"));
        filter.ask(Question { asker: Some(Arc::new(asker)), batch, src, dest, is_root: true });
    }
}

/// Who waits for the answer to a question: the names of a directory, or the root. Nobody, once the operation is over.
struct Answer {
    crew: Weak<Crew<TreeCopy>>,
    directory: Option<Arc<Directory>>,
}

impl Asker for Answer {
    fn answered(&self, batch: Batch, rejected: u64) {
        let Some(crew) = self.crew.upgrade() else { return };
        let mut account = Account::default();
        account.result.skipped = rejected;
        crew.work.settle(&account);
        match &self.directory {
            Some(directory) => crew.keep(Unit::Batch(Arc::clone(directory), batch)),
            None if batch.entries().next().is_some() => crew.keep(Unit::Root(true)),
            None => crew.break_promise(),
        }
    }

    fn unanswered(&self) {
        let Some(crew) = self.crew.upgrade() else { return };
        crew.work.control.cancel();
        crew.break_promise();
    }

    fn is_idle(&self) -> bool {
        self.crew.upgrade().is_some_and(|crew| crew.is_idle())
    }
}
