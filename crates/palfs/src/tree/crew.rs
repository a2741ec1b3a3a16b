//! The threads that work on one operation, and the units of work that wait for them.
//!
//! The thread that calls [`Crew::run`] works from the first unit to the last. Others are asked of the pool when a unit is
//! pushed and nobody is free to take it, up to a limit; they leave when the operation ends. Units are taken newest
//! first, which keeps the queue as short as the tree is deep.
//!
//! A unit is *queued*, then *running*, then gone. A *promised* unit is neither yet: somebody will push it later (the
//! answer to a filter's question). A *parked* unit waits for a directory that will be open again when the work below it is
//! done. The operation ends when nothing is queued, running, promised or parked; once it is stopped, queued and parked
//! units are dropped and promises not waited for.

use std::any::Any;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::pool::{Limits, Pool};

/// How often a thread that only waits for promises looks whether the operation was stopped.
const LOOK: Duration = Duration::from_millis(20);

/// What a crew works on.
pub(super) trait Work: Send + Sync + Sized + 'static {
    /// What one thread does at a time.
    type Unit: Send;

    /// Does one unit.
    fn run(&self, unit: Self::Unit, crew: &Arc<Crew<Self>>);

    /// Whether the operation is over before its end: an error, or a cancel.
    fn is_stopped(&self) -> bool;
}

/// The threads of one operation.
pub(super) struct Crew<W: Work> {
    pub(super) work: W,
    limit: usize,
    state: Mutex<State<W::Unit>>,
    changed: Condvar,
    /// How many threads could take a unit at once: those that wait, and those that are not there yet.
    free: AtomicUsize,
}

struct State<U> {
    queue: Vec<U>,
    running: usize,
    promised: usize,
    /// By what they wait for.
    parked: HashMap<usize, Vec<U>>,
    /// Threads, those among them that the pool has not started yet.
    workers: usize,
    waiting: usize,
    /// Waiting threads that were notified and have not looked yet.
    waking: usize,
    panic: Option<Box<dyn Any + Send>>,
}

impl<W: Work> Crew<W> {
    /// Works until `first` and all that comes of it is done.
    pub(super) fn run(work: W, limit: Option<usize>, first: W::Unit) -> Arc<Self> {
        let limit = limit.unwrap_or_else(|| Limits::default().cores).max(1);
        let state = State {
            queue: vec![first],
            running: 0,
            promised: 0,
            parked: HashMap::new(),
            workers: 1,
            waiting: 0,
            waking: 0,
            panic: None,
        };
        let crew = Arc::new(Self {
            work,
            limit,
            state: Mutex::new(state),
            changed: Condvar::new(),
            free: AtomicUsize::new(limit.saturating_sub(1)),
        });
        crew.serve();
        let panic = crew.lock().panic.take();
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
        crew
    }

    /// Queues a unit, and sees to it that somebody takes it.
    pub(super) fn push(self: &Arc<Self>, unit: W::Unit) {
        let mut state = self.lock();
        state.queue.push(unit);
        self.wake(state);
    }

    /// Queues a unit, if there is one.
    pub(super) fn push_some(self: &Arc<Self>, unit: Option<W::Unit>) {
        if let Some(unit) = unit {
            self.push(unit);
        }
    }

    /// Somebody will call [`keep`](Self::keep) or [`Self::break_promise`].
    pub(super) fn promise(&self) {
        let mut state = self.lock();
        state.promised = state.promised.saturating_add(1);
    }

    /// Queues a promised unit.
    pub(super) fn keep(self: &Arc<Self>, unit: W::Unit) {
        let mut state = self.lock();
        state.promised = state.promised.saturating_sub(1);
        state.queue.push(unit);
        self.wake(state);
    }

    /// A promised unit will not come.
    pub(super) fn break_promise(&self) {
        let mut state = self.lock();
        state.promised = state.promised.saturating_sub(1);
        drop(state);
        self.changed.notify_all();
    }

    /// Parks a unit until [`unpark`](Self::unpark) is called for `place`, if `waits` still says so; else gives it back.
    pub(super) fn park(&self, place: usize, unit: W::Unit, waits: impl FnOnce() -> bool) -> Option<W::Unit> {
        let mut state = self.lock();
        // Asked with the lock held: whoever ends the waiting calls `unpark` after that, and so finds the unit.
        if !waits() {
            return Some(unit);
        }
        state.parked.entry(place).or_default().push(unit);
        None
    }

    /// Queues what is parked at `place`.
    pub(super) fn unpark(self: &Arc<Self>, place: usize) {
        let mut state = self.lock();
        if let Some(units) = state.parked.remove(&place) {
            state.queue.extend(units);
            self.wake(state);
        }
    }

    /// How many units are promised.
    pub(super) fn promises(&self) -> usize {
        self.lock().promised
    }

    /// Whether another thread could take a unit now.
    pub(super) fn is_hungry(&self) -> bool {
        self.free.load(Relaxed) > 0
    }

    /// Whether another thread is at work, whose progress is worth waiting for.
    pub(super) fn has_company(&self) -> bool {
        self.lock().running > 1
    }

    /// Wakes everybody, so that they see that the operation is stopped.
    pub(super) fn wake_all(&self) {
        self.changed.notify_all();
    }

    fn wake(self: &Arc<Self>, mut state: MutexGuard<'_, State<W::Unit>>) {
        if state.waiting > state.waking {
            state.waking = state.waking.saturating_add(1);
            drop(state);
            self.changed.notify_one();
        } else if state.workers < self.limit {
            state.workers = state.workers.saturating_add(1);
            self.free.fetch_sub(1, Relaxed);
            drop(state);
            let crew = Arc::clone(self);
            if Pool::global().submit(move || crew.serve()).is_err() {
                // No thread to be had: those that are there do the work.
                let mut state = self.lock();
                state.workers = state.workers.saturating_sub(1);
            }
        }
    }

    /// One thread's life in this operation.
    fn serve(self: &Arc<Self>) {
        let mut state = self.lock();
        loop {
            if self.work.is_stopped() && !(state.queue.is_empty() && state.parked.is_empty()) {
                let dropped = (std::mem::take(&mut state.queue), std::mem::take(&mut state.parked));
                drop(state);
                drop(dropped);
                state = self.lock();
                continue;
            }
            if let Some(unit) = state.queue.pop() {
                state.running = state.running.saturating_add(1);
                drop(state);
                let done = catch_unwind(AssertUnwindSafe(|| self.work.run(unit, self)));
                state = self.lock();
                state.running = state.running.saturating_sub(1);
                if let Err(panic) = done {
                    state.panic.get_or_insert(panic);
                    state.queue.clear();
                }
                continue;
            }
            let nothing_comes = state.promised == 0 && state.parked.is_empty();
            let is_over = nothing_comes || self.work.is_stopped() || state.panic.is_some();
            if state.running == 0 && is_over {
                break;
            }
            state = self.wait(state);
        }
        state.workers = state.workers.saturating_sub(1);
        drop(state);
        self.changed.notify_all();
    }

    fn wait<'a>(&'a self, mut state: MutexGuard<'a, State<W::Unit>>) -> MutexGuard<'a, State<W::Unit>> {
        state.waiting = state.waiting.saturating_add(1);
        self.free.fetch_add(1, Relaxed);
        state = if state.promised == 0 {
            self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
        } else {
            let waited = self.changed.wait_timeout(state, LOOK).unwrap_or_else(PoisonError::into_inner);
            waited.0
        };
        self.free.fetch_sub(1, Relaxed);
        state.waiting = state.waiting.saturating_sub(1);
        state.waking = state.waking.saturating_sub(1);
        state
    }

    fn lock(&self) -> MutexGuard<'_, State<W::Unit>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
