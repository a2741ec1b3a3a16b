//! A copy of a tree that a thread does which may not wait: one that has to answer the filter itself.

use std::path::Path;
use std::sync::Arc;

use super::TreeCopy;
use super::queue::Task;
use crate::copy::CopyResult;
use crate::error::FsError;
use crate::tree::filter::Filter;
use crate::tree::options::TreeOptions;
use crate::tree::walk::scheduler::Scheduler;
use crate::{Control, sys};

/// The copy of a tree, as [`copy_tree`](crate::tree::copy_tree) does it, by one thread and in steps.
pub struct StepwiseCopy {
    /// Absent once the copy has ended.
    scheduler: Option<Arc<Scheduler<TreeCopy>>>,
}

impl StepwiseCopy {
    /// A copy that has not begun.
    #[must_use]
    pub fn new(
        src: impl AsRef<Path>,
        dest: impl AsRef<Path>,
        options: &TreeOptions,
        filter: Arc<dyn Filter>,
        control: &Arc<Control>,
    ) -> Self {
        let work = TreeCopy::new((src.as_ref(), dest.as_ref()), options, Some(filter), control);
        Self { scheduler: Some(Scheduler::of_caller(work, Task::Root(false))) }
    }

    /// Copies until nothing can be done before the filter answers, which is `None`, or to the end. To be called again after
    /// each answer, and after a cancel.
    ///
    /// # Errors
    /// Those of [`copy_tree`](crate::tree::copy_tree).
    pub fn advance(&mut self) -> Option<Result<CopyResult, FsError>> {
        let _sigxfsz_guard = sys::SigxfszGuard::hold();
        if !self.scheduler.as_ref()?.advance() {
            return None;
        }
        Some(Scheduler::finish(self.scheduler.take()?, |work| work.outcome()))
    }
}
