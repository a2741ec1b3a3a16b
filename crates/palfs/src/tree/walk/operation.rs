//! What every operation on a tree has: its cancellation, its first error, and the descriptors that it may keep open.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};

use super::directory::FdBudget;
use crate::Control;
use crate::errno::Errno;
use crate::error::{ErrorKind, FsError};

/// The state that the threads of every kind of operation share.
pub(in crate::tree) struct Operation {
    pub(in crate::tree) control: Arc<Control>,
    pub(in crate::tree) descriptors: FdBudget,
    failure: Mutex<Option<FsError>>,
    is_stopped: AtomicBool,
}

impl Operation {
    pub(in crate::tree) fn new(control: &Arc<Control>) -> Self {
        Self {
            control: Arc::clone(control),
            descriptors: FdBudget::new(),
            failure: Mutex::default(),
            is_stopped: AtomicBool::new(false),
        }
    }

    /// Ends the operation with `error`. Tasks that wait are dropped, running ones end at their next check.
    pub(in crate::tree) fn fail(&self, error: FsError) {
        // A step that failed because of the cancel is not the reason why the operation ends.
        if error.kind() != ErrorKind::Cancelled && error.errno() != Errno::ECANCELED {
            self.note(error);
        }
        self.is_stopped.store(true, Relaxed);
    }

    /// Makes `error` the result, if it is the first, and lets the operation go on.
    pub(in crate::tree) fn note(&self, error: FsError) {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }

    /// Whether the operation is over before its end: by an error, or by a cancel.
    pub(in crate::tree) fn is_stopped(&self) -> bool {
        self.is_stopped.load(Relaxed) || self.control.is_cancelled()
    }

    /// Success, the first error, or the cancel as an error of `call`.
    pub(in crate::tree) fn outcome(&self, call: &'static str) -> Result<(), FsError> {
        match self.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(error),
            None if self.control.is_cancelled() => Err(self.control.cancelled_during(call)),
            None => Ok(()),
        }
    }
}
