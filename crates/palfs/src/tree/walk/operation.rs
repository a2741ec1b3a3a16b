//! What every operation on a tree has: its cancellation, its errors, and the descriptors that it may keep open.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};

use super::directory::FdBudget;
use crate::Control;
use crate::copy::OnError;
use crate::errno::Errno;
use crate::error::{ErrorKind, FsError};

/// How many errors are kept under [`OnError::Collect`]; beyond that they are counted.
const KEPT_ERRORS: usize = 1000;

/// The errors of entries that did not end the operation.
#[derive(Default)]
pub(in crate::tree) struct Collected {
    /// The first of them.
    pub(in crate::tree) errors: Vec<FsError>,
    pub(in crate::tree) count: u64,
}

/// The state that the threads of every kind of operation share.
pub(in crate::tree) struct Operation {
    pub(in crate::tree) control: Arc<Control>,
    pub(in crate::tree) descriptors: FdBudget,
    on_error: OnError,
    failure: Mutex<Option<FsError>>,
    collected: Mutex<Collected>,
    is_stopped: AtomicBool,
}

impl Operation {
    /// `on_error`: what happens after the error of one entry.
    pub(in crate::tree) fn new(control: &Arc<Control>, on_error: OnError) -> Self {
        Self {
            control: Arc::clone(control),
            descriptors: FdBudget::new(),
            on_error,
            failure: Mutex::default(),
            collected: Mutex::default(),
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

    /// One entry failed: the operation ends with `error`, or collects it and goes on.
    pub(in crate::tree) fn fail_entry(&self, error: FsError) {
        if self.on_error == OnError::Stop || error.kind() == ErrorKind::Cancelled {
            return self.fail(error);
        }
        self.collect(error);
    }

    /// Makes `error` one of the errors of the result.
    pub(in crate::tree) fn collect(&self, error: FsError) {
        let mut collected = self.collected.lock().unwrap_or_else(PoisonError::into_inner);
        collected.count = collected.count.saturating_add(1);
        if collected.errors.len() < KEPT_ERRORS {
            collected.errors.push(error);
        }
    }

    /// The collected errors, once all threads are done.
    pub(in crate::tree) fn take_collected(&self) -> Collected {
        std::mem::take(&mut *self.collected.lock().unwrap_or_else(PoisonError::into_inner))
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
