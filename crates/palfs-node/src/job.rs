//! One running call: its control, the requests of its filter, and the thread or callback that gets its outcome.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use palfs::Control;
use palfs::pool::{Pool, is_pool_thread};

use crate::call::{Advance, Call, cancelled, in_steps, run};
use crate::completion_queue::{CompletionQueue, Message};
use crate::filter_requests::FilterRequests;
use crate::outcome::Outcome;

/// What the JavaScript thread and the worker share of one operation.
#[derive(Default)]
pub struct Job {
    pub control: Arc<Control>,
    pub filter_requests: FilterRequests,
    /// The state of a caller that blocks in `wait`. For other callers the outcome goes through the queue.
    caller: Mutex<CallerState>,
    changed: Condvar,
    /// The rest of a call that the calling thread runs in steps.
    steps: Mutex<Option<Steps>>,
}

/// Runs a call as far as possible before the next reply. Returns whether it has ended.
type Steps = Box<dyn FnMut() -> bool + Send>;

#[derive(Default)]
struct CallerState {
    outcome: Option<Outcome>,
    /// There is a request that was not taken.
    has_requests: bool,
    /// The caller no longer waits: the outcome goes through the queue.
    is_abandoned: bool,
}

/// Why a caller that pumps is woken.
pub enum Event {
    Ended(Box<Outcome>),
    /// The filter has requests to be taken and answered.
    HasRequests,
}

/// The receiver of the outcome.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Listener {
    /// The JavaScript callback, through the queue.
    Callback,
    /// The calling thread, which waits in [`Job::wait`].
    Caller,
}

impl Job {
    /// Queues `call` on the pool, or runs it on this thread if the pool has none. Its outcome is sent exactly once.
    pub fn submit(
        self: Arc<Self>,
        call: impl Call,
        queue: &Arc<CompletionQueue>,
        (slot, listener): (u32, Listener),
        panics: bool,
    ) {
        queue.begin();
        let queue = Arc::clone(queue);
        let work = move || {
            let outcome = if self.control.is_cancelled() {
                cancelled(&call)
            } else if is_pool_thread() {
                run(call, &self.control, panics)
            } else {
                // This thread answers the filter itself, so it must not wait for answers.
                match in_steps(call, &self.control, panics) {
                    Ok(mut advance) => match advance() {
                        Some(outcome) => outcome,
                        None => return self.keep_steps(advance, queue, (slot, listener)),
                    },
                    Err(call) => run(call, &self.control, panics),
                }
            };
            self.end(outcome, &queue, slot, listener);
        };
        if let Err(refused) = Pool::global().submit(work) {
            refused.run_here();
        }
    }

    /// Keeps a call that this thread runs in steps until [`advance`](Self::advance).
    fn keep_steps(
        self: Arc<Self>,
        mut advance: Advance,
        queue: Arc<CompletionQueue>,
        (slot, listener): (u32, Listener),
    ) {
        let job = Arc::clone(&self);
        let steps = move || match advance() {
            Some(outcome) => {
                job.end(outcome, &queue, slot, listener);
                true
            }
            None => false,
        };
        *self.steps() = Some(Box::new(steps));
    }

    /// Goes on with an operation that this thread does itself, after it was answered or cancelled.
    pub fn advance(&self) {
        let steps = self.steps().take();
        if let Some(mut steps) = steps
            && !steps()
        {
            *self.steps() = Some(steps);
        }
    }

    fn steps(&self) -> MutexGuard<'_, Option<Steps>> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, outcome: Outcome, queue: &CompletionQueue, slot: u32, listener: Listener) {
        self.filter_requests.close();
        let message = |outcome| Message { slot, outcome: Some(outcome) };
        let mut caller = self.lock();
        if listener == Listener::Callback || caller.is_abandoned {
            drop(caller);
            return queue.finish(Some(message(outcome)));
        }
        caller.outcome = Some(outcome);
        drop(caller);
        self.changed.notify_all();
        queue.finish(None);
    }

    /// The caller that pumped does so no longer: the end goes, or went, through the queue.
    pub fn abandon(&self, queue: &CompletionQueue, slot: u32) {
        let mut caller = self.lock();
        caller.is_abandoned = true;
        if let Some(outcome) = caller.outcome.take() {
            drop(caller);
            queue.push(Message { slot, outcome: Some(outcome) });
        }
    }

    /// Cancels the call, and drops the requests of its filter.
    pub fn cancel(&self) {
        self.control.cancel();
        self.filter_requests.close();
        self.advance();
    }

    /// Wakes a caller that pumps: there is a question.
    pub fn wake_caller(&self) {
        self.lock().has_requests = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, CallerState> {
        self.caller.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the end or a question, at most `limit`.
    pub fn wait(&self, limit: Duration) -> Option<Event> {
        let caller = self.lock();
        let (mut caller, _) = self
            .changed
            .wait_timeout_while(caller, limit, |caller| caller.outcome.is_none() && !caller.has_requests)
            .unwrap_or_else(PoisonError::into_inner);
        let has_requests = std::mem::take(&mut caller.has_requests);
        caller
            .outcome
            .take()
            .map(|outcome| Event::Ended(Box::new(outcome)))
            .or(has_requests.then_some(Event::HasRequests))
    }
}
