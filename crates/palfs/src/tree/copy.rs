//! A copy of a tree: the units of work, and what its threads share.
//!
//! One unit reads the next names of a directory and copies what is not a directory among them; the directory's further
//! names are another unit, pushed before that work begins, and so is each directory that is found. So a flat directory and a wide tree
//! both keep every thread busy. A batch is shared when a thread has nothing to do.

use std::ffi::{CStr, CString};
use std::num::NonZero;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use super::account::Account;
use super::batch::{Batch, Rest};
use super::crew::{Crew, Work};
use super::descriptors::Descriptors;
use super::directory::{Directory, Held};
use super::filter::Filter;
use super::guard::Guard;
use super::links::Links;
use super::options::TreeOptions;
use super::text;
use crate::Control;
use crate::copy::{CopyOptions, CopyResult, OnError, Precedent, Preserve, Slot};
use crate::error::{ErrorKind, FsError};
use crate::sys::{self, Entry};

/// After so many names a batch is shared, if somebody is free to take half of what is left.
const SHARE_AFTER: u32 = 32;

/// How many errors are kept under [`OnError::Collect`]; beyond that they are counted.
const KEPT_ERRORS: usize = 1000;

/// One unit of work.
pub(super) enum Unit {
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

/// What the threads of one copy share.
pub(super) struct TreeCopy {
    pub(super) src: PathBuf,
    pub(super) dest: PathBuf,
    /// Where the two roots are, if not where their paths say: these were opened once, and the names are in them.
    pub(super) slots: Option<(Slot, Slot)>,
    /// The current directory when the operation began.
    pub(super) here: PathBuf,
    pub(super) options: TreeOptions,
    /// For a name that is free, and must be.
    pub(super) fresh: CopyOptions,
    /// The same in a directory that gives no ACL.
    pub(super) fresh_plain: CopyOptions,
    /// For a name that was free a moment ago, or is a file's.
    pub(super) over_file: CopyOptions,
    /// For a name that is replaced whatever it means.
    pub(super) over_name: CopyOptions,
    pub(super) control: Arc<Control>,
    pub(super) descriptors: Descriptors,
    pub(super) links: Option<Arc<Links>>,
    pub(super) guard: Guard,
    pub(super) filter: Option<Arc<dyn Filter>>,
    account: Mutex<Account>,
    failure: Mutex<Option<FsError>>,
    is_stopped: AtomicBool,
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
            here: text::current_directory(),
            fresh_plain: CopyOptions { exclusive: true, no_default_acl: true, ..plain.clone() },
            fresh: CopyOptions { exclusive: true, ..plain.clone() },
            over_name: CopyOptions { replace_name: true, ..plain.clone() },
            over_file: plain,
            options: options.clone(),
            control: Arc::clone(control),
            descriptors: Descriptors::new(),
            links,
            guard: Guard::default(),
            filter,
            account: Mutex::default(),
            failure: Mutex::default(),
            is_stopped: AtomicBool::new(false),
        }
    }

    /// A copy between two names in open directories; `paths` are only what errors say.
    pub(super) fn between(
        slots: (Slot, Slot),
        paths: (&Path, &Path),
        options: &TreeOptions,
        control: &Arc<Control>,
    ) -> Self {
        Self { slots: Some(slots), ..Self::new(paths, options, None, control) }
    }

    /// Does it.
    pub(super) fn run(self) -> Result<CopyResult, FsError> {
        let limit = self.options.concurrency.map(NonZero::get);
        Crew::run(self, limit, Unit::Root(false), |work| work.outcome())
    }

    /// The outcome, once all threads are done.
    fn outcome(&self) -> Result<CopyResult, FsError> {
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner).take();
        let account = std::mem::take(&mut *self.account.lock().unwrap_or_else(PoisonError::into_inner));
        match failure {
            Some(error) => Err(error),
            None if self.control.is_cancelled() => {
                Err(self.control.cancelled_during("cp").with_path(&self.src).with_dest(&self.dest))
            }
            None => Ok(account.result),
        }
    }

    /// Ends the operation with this error.
    pub(super) fn fail(&self, error: FsError) {
        // What fails because the operation was cancelled is not why it ends.
        if error.kind() != ErrorKind::Cancelled {
            self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
        self.is_stopped.store(true, Relaxed);
    }

    /// One name failed: the operation ends with that, or remembers it and goes on.
    pub(super) fn fail_entry(&self, error: FsError) {
        if self.options.on_error == OnError::Stop || error.kind() == ErrorKind::Cancelled {
            return self.fail(error);
        }
        let mut account = self.account.lock().unwrap_or_else(PoisonError::into_inner);
        let result = &mut account.result;
        result.error_count = result.error_count.saturating_add(1);
        if result.errors.len() < KEPT_ERRORS {
            result.errors.push(error);
        }
    }

    /// Adds what one unit of work did.
    pub(super) fn settle(&self, account: &Account) {
        self.account.lock().unwrap_or_else(PoisonError::into_inner).merge(account);
    }

    /// Completes an error with the paths of a name in `directory`.
    pub(super) fn locate(&self, directory: &Directory, name: &CStr, error: FsError) -> FsError {
        let under = |root| directory.path_of(root, name);
        error.with_path(&under(&self.src)).with_dest(&under(&self.dest))
    }

    /// Does `attempt` again, for as long as descriptors are short and somebody may close some.
    pub(super) fn with_descriptors<T>(
        &self,
        crew: &Crew<Self>,
        attempt: impl FnMut() -> Result<T, FsError>,
    ) -> Result<T, FsError> {
        self.descriptors.patiently(|| !self.is_stopped() && crew.has_company(), attempt)
    }

    /// Reads the next names of a directory, and copies them.
    pub(super) fn read(&self, directory: Arc<Directory>, crew: &Arc<Crew<Self>>) {
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
                let spot = super::entry::Spot { tree: self, directory, held, crew, precedent: &precedent };
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
                let spot = super::entry::Spot {
                    tree: self,
                    directory,
                    held: &held,
                    crew,
                    precedent: &Precedent::default(),
                };
                spot.copy(Entry { name, format: 0 }, &mut Rest::nothing(), &mut account);
                self.settle(&account);
            }
            Err(error) => self.fail_entry(self.locate(directory, name, error)),
        }
    }

    /// One of the things to do in `directory` is done; with the last one the directory is, and perhaps its parent.
    pub(super) fn end(&self, mut directory: Arc<Directory>, crew: &Arc<Crew<Self>>) {
        while directory.end_one() {
            if !self.is_stopped()
                && let Err(error) = self.finish(&directory)
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
pub(super) fn hand_over(directory: &Arc<Directory>, taken: Option<Batch>, crew: &Arc<Crew<TreeCopy>>) {
    if let Some(batch) = taken {
        directory.add_end();
        crew.push(Unit::Batch(Arc::clone(directory), batch));
    }
}
