//! The caller's say in what is copied, a batch of names at a time.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::walk::name_batch::Batch;

/// Asked before anything is made: once for the root, then for each batch of names of a directory that it let pass.
///
/// `ask` only takes the question; it may be answered from any thread, later. Workers go on with other batches
/// meanwhile, and a bounded number of questions is open at a time.
pub trait Filter: Send + Sync {
    /// Takes a question. A question that is dropped without an answer cancels the operation.
    fn ask(&self, question: FilterRequest);

    /// Nothing more can be done before a question is answered. Called once for each time that this comes about.
    fn idle(&self) {}
}

/// Who gets the answer.
pub(super) trait ReplyHandler: Send + Sync {
    fn answered(&self, batch: Batch, rejected: u64);
    fn unanswered(&self);
    fn is_idle(&self) -> bool;
}

/// A batch of names of one directory, or the root alone.
pub struct FilterRequest {
    pub(super) reply_handler: Option<Arc<dyn ReplyHandler>>,
    pub(super) batch: Option<Batch>,
    /// The directory's path at the source, as the caller would write it; for the root the root's own path.
    pub(super) src: PathBuf,
    /// The same at the destination.
    pub(super) dest: PathBuf,
    pub(super) is_root: bool,
}

impl FilterRequest {
    /// Whether this is about the root: [`src`](Self::src) and [`dest`](Self::dest) are then the whole paths, and there is
    /// one verdict to give.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.is_root
    }

    /// The path of the directory that holds the names, at the source.
    #[must_use]
    pub fn src(&self) -> &Path {
        &self.src
    }

    /// The path of the directory that holds the names, at the destination.
    #[must_use]
    pub fn dest(&self) -> &Path {
        &self.dest
    }

    /// The names, in the order of the verdicts. None for the root.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        let batch = self.batch.as_ref().filter(|_| !self.is_root);
        batch.into_iter().flat_map(Batch::entries).map(|entry| entry.name.to_bytes())
    }

    /// Whether the operation can do nothing before this question, or another one, is answered.
    #[must_use]
    pub fn is_all_that_is_awaited(&self) -> bool {
        self.reply_handler.as_ref().is_some_and(|reply_handler| reply_handler.is_idle())
    }

    /// Says of each name, in order, whether it is copied. A missing verdict is no.
    pub fn answer(mut self, verdicts: impl IntoIterator<Item = bool>) {
        if let (Some(reply_handler), Some(mut batch)) = (self.reply_handler.take(), self.batch.take()) {
            let rejected = batch.retain(verdicts);
            reply_handler.answered(batch, rejected);
        }
    }
}

impl Drop for FilterRequest {
    fn drop(&mut self) {
        if let Some(reply_handler) = self.reply_handler.take() {
            reply_handler.unanswered();
        }
    }
}
