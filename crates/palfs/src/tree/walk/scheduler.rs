//! The threads that work on one operation, and the units of work that wait for them.
//!
//! The thread that calls [`Scheduler::run`] works from the first unit to the last. Others are asked of the pool when a unit is
//! pushed and nobody is free to take it, up to a limit; they leave when the operation ends. Units are taken newest
//! first, which keeps the queue as short as the tree is deep.
//!
//! A unit is *queued*, then *running*, then gone. A *promised* unit is neither yet: somebody will push it later (the
//! answer to a filter's question). A *parked* unit waits for a directory that will be open again when the work below it is
//! done. A unit that may ask is *held back* while many are promised. The operation ends when there are no units in any of
//! these states; once it is stopped, queued, parked and held back units are dropped and promises not waited for.
//!
//! A scheduler is gone, with what it worked on, when [`Scheduler::run`] gives the work back: threads that the pool starts later
//! find nothing.

use std::any::Any;
use std::collections::HashMap;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::directory::{DirFds, Directory, Numbered};
use super::operation::Operation;
use crate::error::FsError;
use crate::pool;
use crate::pool::Pool;

/// How often a thread that only waits for promises looks whether the operation was stopped.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// What one thread does at a time.
pub(in crate::tree) trait TreeTask: Send {
    /// The directory that the task works in; `None` for the root.
    fn directory(&self) -> Option<&Arc<Directory>>;
}

/// An operation on a tree, as the scheduler runs it. A directory is done after the last of its tasks and of its child
/// directories; each implementation says what a task does and how a directory is finished.
pub(in crate::tree) trait TreeJob: Send + Sync + Sized + 'static {
    type Task: TreeTask;

    /// Cancellation, first error and descriptors.
    fn operation(&self) -> &Operation;

    /// Does one task.
    fn run(&self, task: Self::Task, scheduler: &Arc<Scheduler<Self>>);

    /// Finishes a directory after its last task. `Some`: it is not done after all, and this task comes next.
    fn finish_directory(
        &self,
        directory: &Arc<Directory>,
        scheduler: &Arc<Scheduler<Self>>,
    ) -> Option<Self::Task>;

    /// Whether `task` may send a request to the filter, whose reply is another task.
    fn may_expect_reply(&self, _task: &Self::Task) -> bool {
        false
    }

    /// Called when only replies of the filter can bring new tasks. The scheduler's lock is not held.
    fn idle(&self) {}

    /// Whether the operation is over before its end: by an error, or by a cancel.
    fn is_stopped(&self) -> bool {
        self.operation().is_stopped()
    }

    /// One task in `directory` is done. After the last one the directory is finished and closed, and then perhaps its
    /// parent.
    fn end_task(&self, mut directory: Arc<Directory>, scheduler: &Arc<Scheduler<Self>>) {
        while directory.end_one() {
            if !self.is_stopped()
                && let Some(again) = self.finish_directory(&directory, scheduler)
            {
                directory.add_end();
                return scheduler.push(again);
            }
            let Some(parent) = directory.leave(&self.operation().descriptors).cloned() else { return };
            scheduler.unpark(parent.place());
            directory = parent;
        }
    }

    /// Repeats `attempt` while it fails for want of descriptors (EMFILE, ENFILE) and another thread may close some.
    fn retry_on_emfile<T, E: Numbered>(
        &self,
        scheduler: &Scheduler<Self>,
        attempt: impl FnMut() -> Result<T, E>,
    ) -> Result<T, E> {
        let others_work = || !self.is_stopped() && scheduler.other_workers_running();
        self.operation().descriptors.retry_on_emfile(others_work, attempt)
    }

    /// The descriptors of `directory`, opened again if they were closed.
    fn hold(&self, directory: &Arc<Directory>, scheduler: &Scheduler<Self>) -> Result<Arc<DirFds>, FsError> {
        self.retry_on_emfile(scheduler, || directory.hold(&self.operation().descriptors))
    }
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
pub(in crate::tree) struct Scheduler<W: TreeJob> {
    pub(in crate::tree) work: W,
    state: Mutex<State<W::Task>>,
    changed: Condvar,
    /// How many threads could take a unit at once: those that wait, and those that are not there yet.
    free: AtomicUsize,
}

impl<W: TreeJob> Scheduler<W> {
    /// Works until `first` and all that comes of it is done. Gives the work's `outcome`.
    pub(in crate::tree) fn run<T>(
        work: W,
        limit: Option<usize>,
        first: W::Task,
        outcome: impl FnOnce(W) -> T,
    ) -> T {
        let limit = limit.unwrap_or_else(|| pool::threads_for(pool::Work::Tree)).max(1);
        let scheduler = Self::new(work, limit, first);
        scheduler.serve();
        Self::finish(scheduler, outcome)
    }

    /// A scheduler of one thread: that which calls [`advance`](Self::advance).
    pub(in crate::tree) fn of_caller(work: W, first: W::Task) -> Arc<Self> {
        Self::new(work, 1, first)
    }

    fn new(work: W, limit: usize, first: W::Task) -> Arc<Self> {
        Arc::new(Self {
            work,
            state: Mutex::new(State::new(first, limit)),
            changed: Condvar::new(),
            free: AtomicUsize::new(limit.saturating_sub(1)),
        })
    }

    /// Gives the work's `outcome`, once nothing is left to be done.
    pub(in crate::tree) fn finish<T>(scheduler: Arc<Self>, outcome: impl FnOnce(W) -> T) -> T {
        let Self { work, state, .. } = Self::alone(scheduler);
        if let Some(panic) = state.into_inner().unwrap_or_else(PoisonError::into_inner).panic {
            resume_unwind(panic);
        }
        outcome(work)
    }

    /// Waits for the others, who are on their way out.
    fn alone(mut scheduler: Arc<Self>) -> Self {
        let mut state = scheduler.lock();
        while state.serving > 0 {
            state = scheduler.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        loop {
            scheduler = match Arc::try_unwrap(scheduler) {
                Ok(scheduler) => return scheduler,
                // One that has come too late, or brings an answer that nobody wants, and goes again at once.
                Err(scheduler) => scheduler,
            };
            std::thread::yield_now();
        }
    }

    /// Leaves the work to so many threads: called by the one that does the first unit, before it pushes another.
    pub(in crate::tree) fn limit_to(&self, threads: NonZero<usize>) {
        let mut state = self.lock();
        state.limit = state.limit.min(threads.get());
        self.free.store(state.limit.saturating_sub(1), Relaxed);
    }

    /// Queues a unit, and sees to it that somebody takes it.
    pub(in crate::tree) fn push(self: &Arc<Self>, unit: W::Task) {
        let mut state = self.lock();
        state.queue.push(unit);
        self.wake(state);
    }

    /// Queues units, the last of which is taken first.
    pub(in crate::tree) fn push_all(self: &Arc<Self>, units: impl Iterator<Item = W::Task>) {
        for unit in units {
            self.push(unit);
        }
    }

    /// Queues a unit, if there is one.
    pub(in crate::tree) fn push_some(self: &Arc<Self>, unit: Option<W::Task>) {
        if let Some(unit) = unit {
            self.push(unit);
        }
    }

    /// Somebody will call [`resume`](Self::resume) or [`Self::cancel_pending`].
    pub(in crate::tree) fn expect_reply(&self) {
        let mut state = self.lock();
        state.pending_replies = state.pending_replies.saturating_add(1);
    }

    /// Queues a promised unit.
    pub(in crate::tree) fn resume(self: &Arc<Self>, unit: W::Task) {
        let mut state = self.lock();
        state.end_pending();
        state.queue.push(unit);
        self.wake(state);
    }

    /// A promised unit will not come.
    pub(in crate::tree) fn cancel_pending(&self) {
        let mut state = self.lock();
        state.end_pending();
        drop(state);
        self.changed.notify_all();
    }

    /// Whether nothing can be done before a promise is kept.
    pub(in crate::tree) fn is_idle(&self) -> bool {
        self.lock().is_idle()
    }

    /// Parks a unit until [`unpark`](Self::unpark) is called for `place`, if `waits` still says so; else gives it back.
    pub(in crate::tree) fn park(
        &self,
        place: usize,
        unit: W::Task,
        waits: impl FnOnce() -> bool,
    ) -> Option<W::Task> {
        let mut state = self.lock();
        // Asked with the lock held: whoever ends the waiting calls `unpark` after that, and so finds the unit.
        if !waits() {
            return Some(unit);
        }
        state.parked.entry(place).or_default().push(unit);
        None
    }

    /// Queues what is parked at `place`.
    pub(in crate::tree) fn unpark(self: &Arc<Self>, place: usize) {
        let mut state = self.lock();
        if let Some(units) = state.parked.remove(&place) {
            state.queue.extend(units);
            self.wake(state);
        }
    }

    /// Whether another thread could take a unit now.
    pub(in crate::tree) fn has_idle_worker(&self) -> bool {
        self.free.load(Relaxed) > 0
    }

    /// Whether another thread is at work, whose progress is worth waiting for.
    pub(in crate::tree) fn other_workers_running(&self) -> bool {
        self.lock().running > 1
    }

    /// Wakes everybody, so that they see that the operation is stopped.
    pub(in crate::tree) fn wake_all(&self) {
        self.changed.notify_all();
    }

    fn wake(self: &Arc<Self>, mut state: MutexGuard<'_, State<W::Task>>) {
        if state.waiting > state.waking {
            state.waking = state.waking.saturating_add(1);
            drop(state);
            self.changed.notify_one();
        } else if state.workers < state.limit {
            state.workers = state.workers.saturating_add(1);
            self.free.fetch_sub(1, Relaxed);
            drop(state);
            let scheduler = Arc::downgrade(self);
            let serve = move || {
                // Upgraded for the time of the call only: a thread that comes too late keeps nothing alive.
                if let Some(scheduler) = scheduler.upgrade() {
                    scheduler.serve();
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
    /// scheduler [`of_caller`](Self::of_caller).
    pub(in crate::tree) fn advance(self: &Arc<Self>) -> bool {
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
        mut state: MutexGuard<'a, State<W::Task>>,
    ) -> (MutexGuard<'a, State<W::Task>>, Next) {
        if self.work.is_stopped() && state.has_units() {
            let dropped = state.take_units();
            drop(state);
            drop(dropped);
            return (self.lock(), Next::Look);
        }
        if let Some(unit) = state.next(&self.work) {
            state.running = state.running.saturating_add(1);
            drop(state);
            let done = catch_unwind(AssertUnwindSafe(|| self.run_task(unit)));
            state = self.lock();
            state.running = state.running.saturating_sub(1);
            if let Err(panic) = done {
                state.panic.get_or_insert(panic);
                state.queue.clear();
                state.deferred.clear();
            }
            return (state, Next::Look);
        }
        let nothing_comes = state.pending_replies == 0 && state.parked.is_empty();
        let is_over = nothing_comes || self.work.is_stopped() || state.panic.is_some();
        if state.running == 0 && is_over {
            return (state, Next::End);
        }
        if state.is_idle() && !state.idle_reported {
            state.idle_reported = true;
            drop(state);
            self.work.idle();
            return (self.lock(), Next::Look);
        }
        (state, Next::Wait)
    }

    /// Does one task, or parks it while its directory is closed: the work below that directory opens it again.
    fn run_task(self: &Arc<Self>, task: W::Task) {
        let task = match task.directory().filter(|directory| directory.is_below_open()).cloned() {
            Some(directory) => self.park(directory.place(), task, || directory.is_below_open()),
            None => Some(task),
        };
        if let Some(task) = task {
            self.work.run(task, self);
        }
        if self.work.is_stopped() {
            self.wake_all();
        }
    }

    fn wait<'a>(&'a self, mut state: MutexGuard<'a, State<W::Task>>) -> MutexGuard<'a, State<W::Task>> {
        // What is waited for may need a thread of the pool itself: a filter that copies.
        let aside = pool::enter_blocking_section();
        if let Some(stranded) = aside.take_stranded() {
            drop((aside, state));
            stranded.run();
            return self.lock();
        }
        state.waiting = state.waiting.saturating_add(1);
        self.free.fetch_add(1, Relaxed);
        state = if state.pending_replies == 0 {
            self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
        } else {
            let waited =
                self.changed.wait_timeout(state, POLL_INTERVAL).unwrap_or_else(PoisonError::into_inner);
            waited.0
        };
        self.free.fetch_sub(1, Relaxed);
        state.waiting = state.waiting.saturating_sub(1);
        state.waking = state.waking.saturating_sub(1);
        state
    }

    fn lock(&self) -> MutexGuard<'_, State<W::Task>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many promises there may be before units are held back: enough to keep the threads busy while the caller thinks.
const MAX_PENDING_REPLIES: usize = 8;

/// All units that wait.
type Units<U> = (Vec<U>, HashMap<usize, Vec<U>>, Vec<U>);

/// What the threads of a scheduler share, behind its lock.
pub(in crate::tree) struct State<U> {
    /// Threads that may work.
    pub(in crate::tree) limit: usize,
    pub(in crate::tree) queue: Vec<U>,
    pub(in crate::tree) running: usize,
    pub(in crate::tree) pending_replies: usize,
    /// Whether [`TreeJob::idle`] was called since a promise was last kept or broken.
    pub(in crate::tree) idle_reported: bool,
    /// By what they wait for.
    pub(in crate::tree) parked: HashMap<usize, Vec<U>>,
    pub(in crate::tree) deferred: Vec<U>,
    /// Threads, those among them that the pool has not started yet.
    pub(in crate::tree) workers: usize,
    /// Threads inside [`Scheduler::serve`](super::scheduler::Scheduler).
    pub(in crate::tree) serving: usize,
    pub(in crate::tree) waiting: usize,
    /// Waiting threads that were notified and have not looked yet.
    pub(in crate::tree) waking: usize,
    pub(in crate::tree) panic: Option<Box<dyn Any + Send>>,
}

impl<U: Send> State<U> {
    /// Of a scheduler of one thread, so far, and `first` to be done.
    pub(in crate::tree) fn new(first: U, limit: usize) -> Self {
        Self {
            limit,
            queue: vec![first],
            running: 0,
            pending_replies: 0,
            idle_reported: false,
            parked: HashMap::new(),
            deferred: Vec::new(),
            workers: 1,
            serving: 0,
            waiting: 0,
            waking: 0,
            panic: None,
        }
    }

    /// The newest unit that may be done now.
    pub(in crate::tree) fn next<W: TreeJob<Task = U>>(&mut self, work: &W) -> Option<U> {
        let may_start_question = self.may_start_question();
        while let Some(unit) = self.queue.pop() {
            if may_start_question || !work.may_expect_reply(&unit) {
                return Some(unit);
            }
            self.deferred.push(unit);
        }
        if may_start_question { self.deferred.pop() } else { None }
    }

    fn may_start_question(&self) -> bool {
        self.pending_replies < MAX_PENDING_REPLIES
    }

    pub(in crate::tree) fn end_pending(&mut self) {
        self.pending_replies = self.pending_replies.saturating_sub(1);
        self.idle_reported = false;
    }

    /// Parked units do not count: what they wait for is below what was promised.
    pub(in crate::tree) fn is_idle(&self) -> bool {
        let deferred_must_wait = self.deferred.is_empty() || !self.may_start_question();
        self.pending_replies > 0 && self.running == 0 && self.queue.is_empty() && deferred_must_wait
    }

    pub(in crate::tree) fn has_units(&self) -> bool {
        !(self.queue.is_empty() && self.parked.is_empty() && self.deferred.is_empty())
    }

    /// Empties all queues.
    pub(in crate::tree) fn take_units(&mut self) -> Units<U> {
        let (queue, parked) = (std::mem::take(&mut self.queue), std::mem::take(&mut self.parked));
        (queue, parked, std::mem::take(&mut self.deferred))
    }
}
