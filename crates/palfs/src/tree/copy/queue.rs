//! The tasks of a copy, as they wait in the scheduler's queue.

use std::ffi::CString;
use std::sync::Arc;

use crate::tree::walk::directory::Directory;
use crate::tree::walk::name_batch::Batch;
use crate::tree::walk::scheduler::{Scheduler, TreeJob, TreeTask};

/// What one thread of a copy does at a time.
pub(in crate::tree) enum Task {
    /// Checks the two roots and begins their copy. `false`: the filter has not decided on the root yet.
    Root(bool),
    /// Copies the directory of this name in its parent.
    Enter(Arc<Directory>, CString),
    /// Reads the next names of a directory and copies them.
    Read(Arc<Directory>),
    /// Copies these names of a directory; the filter, if any, has accepted them.
    Batch(Arc<Directory>, Batch),
    /// Copies a name that waited for the first of its hard-link group.
    Again(Arc<Directory>, CString),
}

impl TreeTask for Task {
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

/// Queues names that were taken out of a batch as a task of their own, for the next thread that is free.
pub(in crate::tree) fn hand_over<J: TreeJob<Task = Task>>(
    directory: &Arc<Directory>,
    taken: Option<Batch>,
    scheduler: &Arc<Scheduler<J>>,
) {
    if let Some(batch) = taken {
        directory.add_end();
        scheduler.push(Task::Batch(Arc::clone(directory), batch));
    }
}
