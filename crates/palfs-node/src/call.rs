//! A call of JavaScript's: what it does, on which thread, and its panic.

use std::path::Path;
use std::sync::Arc;

use palfs::{Control, Errno, ErrorKind, FsError};

use crate::outcome::{Outcome, Value, guard};

/// A call with its arguments. The control cancels it and counts its progress.
pub trait Call: Send + Sized + 'static {
    /// The value of a call that succeeds.
    type Output: Into<Outcome>;

    /// The system call in the error of a call that was cancelled before it began.
    const NAME: &'static str;

    /// Runs to the end on this thread.
    fn run(self, control: &Arc<Control>) -> Result<Self::Output, FsError>;

    /// The paths of the call, for the error of one that was cancelled before it began: source or only path, destination.
    fn paths(&self) -> (Option<&Path>, Option<&Path>) {
        (None, None)
    }

    /// The same in steps, for a call that waits for replies of the thread that runs it. `Err`: it waits for none.
    fn into_steps(self, _control: &Arc<Control>) -> Result<Steps<Self::Output>, Self> {
        Err(self)
    }
}

/// Runs a call as far as it can go before a reply. `None`: it waits for one.
pub type Steps<T> = Box<dyn FnMut() -> Option<Result<T, FsError>> + Send>;

/// [`Steps`] whose panics are outcomes.
pub type Advance = Box<dyn FnMut() -> Option<Outcome> + Send>;

/// Runs `call` on this thread. `panics` as in [`guard`].
pub fn run<C: Call>(call: C, control: &Arc<Control>, panics: bool) -> Outcome {
    guard(panics, || call.run(control))
}

/// Prepares `call` to run in steps on this thread. `Err`: it waits for no replies. `panics` as in [`guard`].
pub fn in_steps<C: Call>(call: C, control: &Arc<Control>, panics: bool) -> Result<Advance, C> {
    let mut steps = call.into_steps(control)?;
    Ok(Box::new(move || match guard(panics, || steps().transpose()) {
        Outcome::Gave(Value::Nothing) => None,
        outcome => Some(outcome),
    }))
}

/// The outcome of a call that was cancelled while it was queued: it made no system call.
pub fn cancelled<C: Call>(call: &C) -> Outcome {
    let mut error = FsError::new(Errno::ECANCELED, C::NAME).with_kind(ErrorKind::Cancelled);
    let (path, dest) = call.paths();
    if let Some(path) = path {
        error = error.with_path(path);
    }
    if let Some(dest) = dest {
        error = error.with_dest(dest);
    }
    Outcome::Failed(error)
}
