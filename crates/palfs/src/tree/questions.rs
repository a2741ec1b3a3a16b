//! What a filter is asked in the course of a copy, and what becomes of its answers.

use std::sync::{Arc, Weak};

use super::account::Account;
use super::batch::Batch;
use super::copy::Unit;
use super::copying::TreeCopy;
use super::crew::Crew;
use super::directory::Directory;
use super::filter::{Asker, Filter, Question};

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
    pub(super) fn ask_for_root(&self, filter: &Arc<dyn Filter>, crew: &Arc<Crew<Self>>) {
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
