//! The threads that work on one operation, and the units of work that wait for them.
//!
//! The thread that calls [`Crew::run`] works from the first unit to the last. Others are asked of the pool when a unit is
//! pushed and nobody is free to take it, up to a limit; they leave when the operation ends. Units are taken newest
//! first, which keeps the queue as short as the tree is deep.
//!
//! A unit is *queued*, then *running*, then gone. A *promised* unit is neither yet: somebody will push it later (the
//! answer to a filter's question). A *parked* unit waits for a directory that will be open again when the work below it is
//! done. A unit that may ask is *held back* while many are promised. The operation ends when there are no units in any of
//! these states; once it is stopped, queued, parked and held back units are dropped and promises not waited for.
//!
//! A crew is gone, with what it worked on, when [`Crew::run`] gives the work back: threads that the pool starts later
//! find nothing.

use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::state::State;
use crate::pool::{self, Limits, Pool};

/// How often a thread that only waits for promises looks whether the operation was stopped.
const LOOK: Duration = Duration::from_millis(20);

/// What a crew works on.
pub(super) trait Work: Send + Sync + Sized + 'static {
    /// What one thread does at a time.
    type Unit: Send;

    /// Whether doing this unit may promise another.
    fn may_promise(&self, _unit: &Self::Unit) -> bool {
        false
    }

    /// Does one unit.
    fn run(&self, unit: Self::Unit, crew: &Arc<Crew<Self>>);

    /// Nothing is left to be done before a promise is kept. Called without the lock.
    fn idle(&self) {}

    /// Whether the operation is over before its end: an error, or a cancel.
    fn is_stopped(&self) -> bool;
}

/// What a thread does after one step.
enum Next {
    /// There may be more to do.
    Look,
    /// Nothing can be done before another thread, or the caller, has done something.
    Wait,
    /// The operation is over.
    End,
}

/// The threads of one operation.
pub(super) struct Crew<W: Work> {
    pub(super) work: W,
    state: Mutex<State<W::Unit>>,
    changed: Condvar,
    /// How many threads could take a unit at once: those that wait, and those that are not there yet.
    free: AtomicUsize,
}

impl<W: Work> Crew<W> {
    /// Works until `first` and all that comes of it is done. Gives the work's `outcome`.
    pub(super) fn run<T>(work: W, limit: Option<usize>, first: W::Unit, outcome: impl FnOnce(W) -> T) -> T {
        let limit = limit.unwrap_or_else(|| Limits::default().cores).max(1);
        let crew = Self::new(work, limit, first);
        crew.serve();
        Self::finish(crew, outcome)
    }

    /// A crew of one thread: that which calls [`advance`](Self::advance).
    pub(super) fn of_caller(work: W, first: W::Unit) -> Arc<Self> {
        Self::new(work, 1, first)
    }

    fn new(work: W, limit: usize, first: W::Unit) -> Arc<Self> {
        Arc::new(Self {
            work,
            state: Mutex::new(State::new(first, limit)),
            changed: Condvar::new(),
            free: AtomicUsize::new(limit.saturating_sub(1)),
        })
    }

    /// Gives the work's `outcome`, once nothing is left to be done.
    pub(super) fn finish<T>(crew: Arc<Self>, outcome: impl FnOnce(W) -> T) -> T {
        let Self { work, state, .. } = Self::alone(crew);
        if let Some(panic) = state.into_inner().unwrap_or_else(PoisonError::into_inner).panic {
            resume_unwind(panic);
        }
        outcome(work)
    }

    /// Waits for the others, who are on their way out.
    fn alone(mut crew: Arc<Self>) -> Self {
        let mut state = crew.lock();
        while state.serving > 0 {
            state = crew.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        loop {
            crew = match Arc::try_unwrap(crew) {
                Ok(crew) => return crew,
                // One that has come too late, or brings an answer that nobody wants, and goes again at once.
                Err(crew) => crew,
            };
            std::thread::yield_now();
        }
    }

    /// Leaves the work to so many threads: called by the one that does the first unit, before it pushes another.
    pub(super) fn limit_to(&self, threads: NonZero<usize>) {
        let mut state = self.lock();
        state.limit = state.limit.min(threads.get());
        self.free.store(state.limit.saturating_sub(1), Relaxed);
    }

    /// Queues a unit, and sees to it that somebody takes it.
    pub(super) fn push(self: &Arc<Self>, unit: W::Unit) {
        let mut state = self.lock();
        state.queue.push(unit);
        self.wake(state);
    }

    /// Queues units, the last of which is taken first.
    pub(super) fn push_all(self: &Arc<Self>, units: impl Iterator<Item = W::Unit>) {
        for unit in units {
            self.push(unit);
        }
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
        state.end_promise();
        state.queue.push(unit);
        self.wake(state);
    }

    /// A promised unit will not come.
    pub(super) fn break_promise(&self) {
        let mut state = self.lock();
        state.end_promise();
        drop(state);
        self.changed.notify_all();
    }

    /// Whether nothing can be done before a promise is kept.
    pub(super) fn is_idle(&self) -> bool {
        self.lock().is_idle()
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
        } else if state.workers < state.limit {
            state.workers = state.workers.saturating_add(1);
            self.free.fetch_sub(1, Relaxed);
            drop(state);
            let crew = Arc::downgrade(self);
            let serve = move || {
                // Upgraded for the time of the call only: a thread that comes too late keeps nothing alive.
                if let Some(crew) = crew.upgrade() {
                    crew.serve();
                }
            };
            if Pool::global().submit(serve).is_err() {
                // No thread to be had: those that are there do the work.
                let mut state = self.lock();
                state.workers = state.workers.saturating_sub(1);
                self.free.fetch_add(1, Relaxed);
            }
        }
    }

    /// One thread's life in this operation.
    fn serve(self: &Arc<Self>) {
        let mut state = self.lock();
        state.serving = state.serving.saturating_add(1);
        loop {
            let next;
            (state, next) = self.step(state);
            match next {
                Next::Look => {}
                Next::Wait => state = self.wait(state),
                Next::End => break,
            }
        }
        state.workers = state.workers.saturating_sub(1);
        state.serving = state.serving.saturating_sub(1);
        drop(state);
        self.changed.notify_all();
    }

    /// Works on this thread until nothing can be done before a promise is kept; says whether the operation is over. For a
    /// crew [`of_caller`](Self::of_caller).
    pub(super) fn advance(self: &Arc<Self>) -> bool {
        let mut state = self.lock();
        loop {
            let next;
            (state, next) = self.step(state);
            match next {
                Next::Look => {}
                Next::Wait => return false,
                Next::End => return true,
            }
        }
    }

    /// Does one unit, or what else there is to do without waiting.
    fn step<'a>(
        self: &'a Arc<Self>,
        mut state: MutexGuard<'a, State<W::Unit>>,
    ) -> (MutexGuard<'a, State<W::Unit>>, Next) {
        if self.work.is_stopped() && state.has_units() {
            let dropped = state.take_units();
            drop(state);
            drop(dropped);
            return (self.lock(), Next::Look);
        }
        if let Some(unit) = state.next(&self.work) {
            state.running = state.running.saturating_add(1);
            drop(state);
            let done = catch_unwind(AssertUnwindSafe(|| self.work.run(unit, self)));
            state = self.lock();
            state.running = state.running.saturating_sub(1);
            if let Err(panic) = done {
                state.panic.get_or_insert(panic);
                state.queue.clear();
                state.held_back.clear();
            }
            return (state, Next::Look);
        }
        let nothing_comes = state.promised == 0 && state.parked.is_empty();
        let is_over = nothing_comes || self.work.is_stopped() || state.panic.is_some();
        if state.running == 0 && is_over {
            return (state, Next::End);
        }
        if state.is_idle() && !state.told_idle {
            state.told_idle = true;
            drop(state);
            self.work.idle();
            return (self.lock(), Next::Look);
        }
        (state, Next::Wait)
    }

    fn wait<'a>(&'a self, mut state: MutexGuard<'a, State<W::Unit>>) -> MutexGuard<'a, State<W::Unit>> {
        // What is waited for may need a thread of the pool itself: a filter that copies.
        let aside = pool::step_aside();
        if let Some(stranded) = aside.take_stranded() {
            drop((aside, state));
            stranded.run();
            return self.lock();
        }
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
