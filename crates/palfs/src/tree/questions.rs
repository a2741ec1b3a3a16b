//! What a filter is asked in the course of a copy, and what becomes of its answers.

use std::sync::{Arc, Mutex, PoisonError};

use super::account::Account;
use super::batch::Batch;
use super::copy::{TreeCopy, Unit};
use super::crew::Crew;
use super::directory::Directory;
use super::filter::{Asker, Filter, Question};

/// How many questions of a filter are open at a time: enough to keep the threads busy while the caller thinks.
const QUESTIONS: usize = 8;

impl TreeCopy {
    /// Asks for the names of a batch; those that may be copied come back as a unit of work.
    pub(super) fn ask(
        &self,
        filter: &Arc<dyn Filter>,
        directory: Arc<Directory>,
        batch: Batch,
        further: Option<Unit>,
        crew: &Arc<Crew<Self>>,
    ) {
        if batch.entries().next().is_none() {
            crew.push_some(further);
            return self.end(directory, crew);
        }
        let (src, dest) = (directory.path(&self.src), directory.path(&self.dest));
        crew.promise();
        let waits = crew.promises() >= QUESTIONS;
        let (now, then) = if waits { (None, further) } else { (further, None) };
        crew.push_some(now);
        let asker = Answer { crew: Arc::clone(crew), directory: Some(directory), then: Mutex::new(then) };
        filter.ask(Question { asker: Some(Arc::new(asker)), batch: Some(batch), src, dest, is_root: false });
    }

    /// Asks for what the caller named.
    pub(super) fn ask_for_root(&self, filter: &Arc<dyn Filter>, crew: &Arc<Crew<Self>>) {
        crew.promise();
        let asker = Answer { crew: Arc::clone(crew), directory: None, then: Mutex::default() };
        let (src, dest) = (self.src.clone(), self.dest.clone());
        let batch = Some(Batch::of_one(c"root"));
        filter.ask(Question { asker: Some(Arc::new(asker)), batch, src, dest, is_root: true });
    }
}

/// Who waits for the answer to a question: the names of a directory, or the root.
struct Answer {
    crew: Arc<Crew<TreeCopy>>,
    directory: Option<Arc<Directory>>,
    /// The directory's further names, where too many questions were open to read on.
    then: Mutex<Option<Unit>>,
}

impl Asker for Answer {
    fn answered(&self, batch: Batch, rejected: u64) {
        let mut account = Account::default();
        account.result.skipped = rejected;
        self.crew.work.settle(&account);
        self.crew.push_some(self.then.lock().unwrap_or_else(PoisonError::into_inner).take());
        match &self.directory {
            Some(directory) => self.crew.keep(Unit::Batch(Arc::clone(directory), batch)),
            None if batch.entries().next().is_some() => self.crew.keep(Unit::Root(true)),
            None => self.crew.break_promise(),
        }
    }

    fn unanswered(&self) {
        self.crew.work.control.cancel();
        self.crew.break_promise();
    }
}
