//! The threads of one operation on a tree, and the queue of its tasks.
//!
//! The thread that calls [`Scheduler::run`] works from the first task to the last. If a task is queued and no thread is idle, the
//! pool starts another one, up to a limit. All leave when the operation ends. The newest task runs first, which keeps the queue as
//! short as the tree is deep.
//!
//! A task has one of these states:
//!
//! - *queued*: it waits for a thread.
//! - *running*.
//! - *pending*: the filter has a request, and its reply will queue the task.
//! - *parked*: its directory is closed. The end of the work below that directory opens it again and queues the task.
//! - *deferred*: it may send a request to the filter, and too many requests are pending.
//!
//! The operation ends when no task is left in any state. Once it is stopped, queued, parked and deferred tasks are dropped, and
//! replies are not waited for.
//!
//! [`Scheduler::run`] returns the work after the last thread has left it. A thread that the pool starts later finds the scheduler gone.

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

/// How often a thread that only waits for replies checks whether the operation was stopped.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// What one thread does at a time.
pub(in crate::tree) trait TreeTask: Send {
    /// The directory that the task works in; `None` for the root.
    fn directory(&self) -> Option<&Arc<Directory>>;
}

/// An operation on a tree, as the scheduler runs it. A directory is done after the last of its tasks and of its child
/// directories. Each implementation defines what a task does and how a directory is finished.
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
    /// How many threads could take a task at once: the waiting ones, and those that may still be started.
    free: AtomicUsize,
}

impl<W: TreeJob> Scheduler<W> {
    /// Runs `first` and every task that follows from it, and returns the `outcome` of the work.
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

    /// Returns the `outcome` of the work, after its last task.
    pub(in crate::tree) fn finish<T>(scheduler: Arc<Self>, outcome: impl FnOnce(W) -> T) -> T {
        let Self { work, state, .. } = Self::alone(scheduler);
        if let Some(panic) = state.into_inner().unwrap_or_else(PoisonError::into_inner).panic {
            resume_unwind(panic);
        }
        outcome(work)
    }

    /// Waits until every other thread has left.
    fn alone(mut scheduler: Arc<Self>) -> Self {
        let mut state = scheduler.lock();
        while state.serving > 0 {
            state = scheduler.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        loop {
            scheduler = match Arc::try_unwrap(scheduler) {
                Ok(scheduler) => return scheduler,
                // A thread that started late, or a reply of the filter, holds it for a moment.
                Err(scheduler) => scheduler,
            };
            std::thread::yield_now();
        }
    }

    /// Lowers the limit of threads. The thread that runs the first task calls it before it queues another.
    pub(in crate::tree) fn limit_to(&self, threads: NonZero<usize>) {
        let mut state = self.lock();
        state.limit = state.limit.min(threads.get());
        self.free.store(state.limit.saturating_sub(1), Relaxed);
    }

    /// Queues a task, and wakes or starts a thread for it.
    pub(in crate::tree) fn push(self: &Arc<Self>, unit: W::Task) {
        let mut state = self.lock();
        state.queue.push(unit);
        self.wake(state);
    }

    /// Queues tasks; the last one runs first.
    pub(in crate::tree) fn push_all(self: &Arc<Self>, units: impl Iterator<Item = W::Task>) {
        for unit in units {
            self.push(unit);
        }
    }

    /// Queues a task, if there is one.
    pub(in crate::tree) fn push_some(self: &Arc<Self>, unit: Option<W::Task>) {
        if let Some(unit) = unit {
            self.push(unit);
        }
    }

    /// Announces a reply: a later call of [`resume`](Self::resume) or [`Self::cancel_pending`].
    pub(in crate::tree) fn expect_reply(&self) {
        let mut state = self.lock();
        state.pending_replies = state.pending_replies.saturating_add(1);
    }

    /// Queues the task of a reply.
    pub(in crate::tree) fn resume(self: &Arc<Self>, unit: W::Task) {
        let mut state = self.lock();
        state.end_pending();
        state.queue.push(unit);
        self.wake(state);
    }

    /// The reply brings no task.
    pub(in crate::tree) fn cancel_pending(&self) {
        let mut state = self.lock();
        state.end_pending();
        drop(state);
        self.changed.notify_all();
    }

    /// Whether only a reply can bring new tasks.
    pub(in crate::tree) fn is_idle(&self) -> bool {
        self.lock().is_idle()
    }

    /// Parks a task until [`unpark`](Self::unpark) is called for `place`. Returns the task instead if `waits` is false by now.
    pub(in crate::tree) fn park(
        &self,
        place: usize,
        unit: W::Task,
        waits: impl FnOnce() -> bool,
    ) -> Option<W::Task> {
        let mut state = self.lock();
        // `waits` runs under the lock. The thread that ends the wait calls `unpark` afterwards, so it finds the task.
        if !waits() {
            return Some(unit);
        }
        state.parked.entry(place).or_default().push(unit);
        None
    }

    /// Queues the tasks that are parked at `place`.
    pub(in crate::tree) fn unpark(self: &Arc<Self>, place: usize) {
        let mut state = self.lock();
        if let Some(units) = state.parked.remove(&place) {
            state.queue.extend(units);
            self.wake(state);
        }
    }

    /// Whether another thread could take a task now.
    pub(in crate::tree) fn has_idle_worker(&self) -> bool {
        self.free.load(Relaxed) > 0
    }

    /// Whether another thread runs a task. Its end may free what this thread lacks.
    pub(in crate::tree) fn other_workers_running(&self) -> bool {
        self.lock().running > 1
    }

    /// Wakes every waiting thread, so that it finds the operation stopped.
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
                // Upgraded only for the call, so that a thread that starts late keeps nothing alive.
                if let Some(scheduler) = scheduler.upgrade() {
                    scheduler.serve();
                }
            };
            if Pool::global().submit(serve).is_err() {
                // No thread could be created: the existing ones do the work.
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

    /// Works on this thread until only a reply can bring new tasks. Returns whether the operation is over. For a scheduler
    /// [`of_caller`](Self::of_caller).
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

    /// Runs one task, or does what else is possible without waiting.
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
        // The filter may need a thread of the pool itself, for example if it copies files.
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

/// How many replies may be pending before tasks are deferred: enough to keep the threads busy while the filter decides.
const MAX_PENDING_REPLIES: usize = 8;

/// All tasks that wait.
type Units<U> = (Vec<U>, HashMap<usize, Vec<U>>, Vec<U>);

/// What the threads of a scheduler share, behind its lock.
pub(in crate::tree) struct State<U> {
    /// Threads that may work.
    pub(in crate::tree) limit: usize,
    pub(in crate::tree) queue: Vec<U>,
    pub(in crate::tree) running: usize,
    pub(in crate::tree) pending_replies: usize,
    /// Whether [`TreeJob::idle`] was called since the last reply.
    pub(in crate::tree) idle_reported: bool,
    /// By what they wait for.
    pub(in crate::tree) parked: HashMap<usize, Vec<U>>,
    pub(in crate::tree) deferred: Vec<U>,
    /// Threads, those among them that the pool has not started yet.
    pub(in crate::tree) workers: usize,
    /// Threads inside [`Scheduler::serve`](super::scheduler::Scheduler).
    pub(in crate::tree) serving: usize,
    pub(in crate::tree) waiting: usize,
    /// Waiting threads that were notified and have not woken yet.
    pub(in crate::tree) waking: usize,
    pub(in crate::tree) panic: Option<Box<dyn Any + Send>>,
}

impl<U: Send> State<U> {
    /// The state of a scheduler with one thread and one task.
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

    /// The newest task that may run now.
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

    /// Parked tasks do not count: they wait for work that a reply will bring.
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
