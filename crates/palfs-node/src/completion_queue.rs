//! The way back to the JavaScript thread: one queue and one thread-safe function per environment.
//!
//! The queue has two states under one mutex. **Open**: workers queue their outcomes, and a worker that finds the queue empty wakes the
//! JavaScript thread, so that a burst costs one wake-up. **Closed**: outcomes are dropped, and the thread-safe function is never called
//! again. The environment's cleanup hook calls [`CompletionQueue::close`] on the JavaScript thread; nothing opens the queue again. Node
//! finalizes the thread-safe function after that hook: hooks run in reverse order, and ours was added later.
#![expect(unsafe_code, reason = "a thread-safe function is a raw handle")]

use std::mem;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use napi::sys;

use crate::outcome::Outcome;

/// A message to the JavaScript thread about the call in a slot.
pub struct Message {
    pub slot: u32,
    /// The outcome. `None`: the call goes on, and its filter has a request.
    pub outcome: Option<Outcome>,
}

/// The queue between workers and one JavaScript thread.
pub struct CompletionQueue {
    state: Mutex<State>,
    /// Jobs submitted and not finished. Raised on the JavaScript thread alone, lowered under the mutex.
    unfinished: AtomicUsize,
    /// Signalled when the last unfinished job ends.
    all_finished: Condvar,
}

struct State {
    messages: Vec<Message>,
    wake: Wake,
    open: bool,
}

/// The thread-safe function. Only called under the queue's mutex while the queue is open.
struct Wake(sys::napi_threadsafe_function);

// SAFETY: calling a thread-safe function is what Node-API allows from every thread.
unsafe impl Send for Wake {}

impl CompletionQueue {
    pub fn new(wake: sys::napi_threadsafe_function) -> Self {
        let state = State { messages: Vec::new(), wake: Wake(wake), open: true };
        Self { state: Mutex::new(state), unfinished: AtomicUsize::new(0), all_finished: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A job is about to be submitted, on the JavaScript thread.
    pub fn begin(&self) {
        self.unfinished.fetch_add(1, Relaxed);
    }

    /// A job has ended. Where its caller pumps, there is no message: the job itself holds the outcome.
    pub fn finish(&self, message: Option<Message>) {
        let mut state = self.lock();
        if self.unfinished.fetch_sub(1, Relaxed) == 1 {
            self.all_finished.notify_all();
        }
        if let Some(message) = message {
            Self::send(&mut state, message);
        }
    }

    /// The filter of the job in `slot` has a request.
    pub fn announce_request(&self, slot: u32) {
        self.push(Message { slot, outcome: None });
    }

    /// Queues a message of a job that goes on, or that has ended before.
    pub fn push(&self, message: Message) {
        Self::send(&mut self.lock(), message);
    }

    fn send(state: &mut State, message: Message) {
        if !state.open {
            return;
        }
        state.messages.push(message);
        if state.messages.len() == 1 {
            let mode = sys::ThreadsafeFunctionCallMode::nonblocking;
            // SAFETY: the queue is open, so the function has not been finalized, and the mutex keeps it so.
            let _closing = unsafe { sys::napi_call_threadsafe_function(state.wake.0, ptr::null_mut(), mode) };
        }
    }

    /// Takes all messages, leaving `empty` in their place.
    pub fn drain(&self, empty: &mut Vec<Message>) {
        mem::swap(&mut self.lock().messages, empty);
    }

    /// Waits, at most `patience`, until no job is left. One that the kernel holds is left to itself.
    pub fn wait_until_idle(&self, patience: Duration) {
        let deadline = Instant::now() + patience;
        let mut state = self.lock();
        while self.unfinished.load(Relaxed) > 0 {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            (state, _) = self.all_finished.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Lets no worker touch the environment again.
    pub fn close(&self) {
        let mut state = self.lock();
        state.open = false;
        state.messages = Vec::new();
    }
}
