//! The bounded thread pool on which asynchronous work runs.
//!
//! Threads are in one of three roles, kept in `State` under one mutex:
//!
//! - **worker, busy**: runs a job without the lock. Made by [`Pool::submit`] while there are fewer threads than cores,
//!   or promoted from standby. Becomes idle when it finds the queue empty.
//! - **worker, idle**: waits on `work`. `submit` wakes one per job. Beyond the number of cores it ends after `idle`.
//! - **standby**: at most one; made by `submit` when every worker is busy. Waits on `overdue` until the oldest job has been
//!   queued for `patience`, then takes that job: from there on it is a worker, and it leaves another standby behind it.
//!   It ends when the queue stayed empty for `idle`.
//!
//! A worker that waits for code outside the pool (`enter_blocking_section`) is *blocking*: it counts neither as busy nor among `most`,
//! because that code may need a thread of the pool itself.
//!
//! The system may refuse threads (EAGAIN: RLIMIT_NPROC, a container's limit on processes). A job then waits for the existing threads. If
//! all of them are blocking, [`Pool::submit`] returns the job, and its caller runs it. A worker that enters a blocking section first
//! runs the jobs that would be left without a thread.
//!
//! So a job that hangs (a frozen filesystem, a dead network mount) delays the jobs behind it by `patience`, and a burst of short jobs
//! runs on as many threads as there are cores. Standby threads count: there are never more than `most`. Threads are detached:
//! nothing waits for them when the process ends.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::sys;

/// How many threads a [`Pool`] may have, and when it makes and ends them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Threads that are made as soon as there is work for them, and then stay.
    pub cores: usize,
    /// Threads at most.
    pub most: usize,
    /// How long a job waits in the queue before it gets a thread of its own.
    pub patience: Duration,
    /// How long a thread beyond `cores` stays without work.
    pub idle: Duration,
}

/// Threads of the global pool at most.
const MOST: usize = 32;

/// Work that several threads may share.
#[derive(Clone, Copy)]
pub(crate) enum Work {
    /// The copy, move or removal of a tree.
    Tree,
    /// lstat(2) of the names of one directory. More than four threads slow each other down: they share one descriptor.
    LookUp,
}

/// How many threads a piece of work gains by: one per core, up to the work's own limit. The one place that decides this; a
/// filesystem that gains by fewer says so in its row of `sys/fs_type.rs` (`removal_threads`), and `concurrency` is an upper bound.
pub(crate) fn threads_for(work: Work) -> usize {
    // Read once: the answer takes twenty system calls, in /proc and among the control groups.
    static CORES: LazyLock<usize> = LazyLock::new(|| thread::available_parallelism().map_or(1, NonZero::get));
    match work {
        Work::Tree => (*CORES).min(MOST),
        Work::LookUp => (*CORES).min(4),
    }
}

impl Default for Limits {
    /// As many threads as cores, one more whenever a job has waited 50 ms, at most 32.
    fn default() -> Self {
        Self {
            cores: threads_for(Work::Tree),
            most: MOST,
            patience: Duration::from_millis(50),
            idle: Duration::from_secs(5),
        }
    }
}

/// A bounded pool of threads that starts none before the first job.
#[derive(Debug)]
pub struct Pool {
    shared: Arc<Shared>,
}

type Job = Box<dyn FnOnce() + Send>;

struct Queued {
    since: Instant,
    job: Job,
}

/// A job that no thread can be had for.
pub struct Refused {
    job: Job,
    error: io::Error,
}

impl Refused {
    /// Does the job on the calling thread.
    pub fn run_here(self) {
        (self.job)();
    }

    /// Why there is no thread.
    #[must_use]
    pub fn error(&self) -> &io::Error {
        &self.error
    }
}

impl std::fmt::Debug for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Refused").field("error", &self.error).finish_non_exhaustive()
    }
}

/// What the threads share.
struct Shared {
    limits: Limits,
    state: Mutex<State>,
    /// Idle workers wait here.
    work: Condvar,
    /// The standby waits here.
    overdue: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Queued>,
    /// All threads, the standby among them.
    threads: usize,
    /// Workers whose job waits for code outside the pool.
    blocking: usize,
    /// Workers inside `work.wait`.
    idle: usize,
    /// Idle workers that were notified and have not looked yet: `waking <= idle`.
    waking: usize,
    standby: Spare,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Spare {
    #[default]
    Absent,
    /// Waits for a job to be queued behind busy workers.
    Resting,
    /// Waits for the oldest job to become overdue.
    Watching,
}

impl Pool {
    /// A pool without any thread yet.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let shared =
            Shared { limits, state: Mutex::default(), work: Condvar::new(), overdue: Condvar::new() };
        Self { shared: Arc::new(shared) }
    }

    /// The pool of this process, with the default [`Limits`].
    pub fn global() -> &'static Self {
        static GLOBAL: OnceLock<Pool> = OnceLock::new();
        GLOBAL.get_or_init(|| Self::new(Limits::default()))
    }

    /// Queues `job`. A panic inside it ends the job, not the thread.
    ///
    /// # Errors
    /// Returns the job if no thread can be created and no existing one could ever run it.
    pub fn submit(&self, job: impl FnOnce() + Send + 'static) -> Result<(), Refused> {
        // Made before the lock is taken: workers want it for every job.
        let queued = Queued { since: Instant::now(), job: Box::new(job) };
        let shared = &self.shared;
        let mut state = shared.lock();
        if state.idle > state.waking {
            state.queue.push_back(queued);
            state.waking += 1;
            drop(state);
            shared.work.notify_one();
            return Ok(());
        }
        if state.workers() < shared.limits.cores {
            match shared.start(&mut state, Role::Worker) {
                Ok(()) => {
                    state.queue.push_back(queued);
                    return Ok(());
                }
                Err(error) if state.has_none() => return Err(Refused { job: queued.job, error }),
                // Those that there are do it, the standby among them.
                Err(_) => {}
            }
        }
        state.queue.push_back(queued);
        if state.standby == Spare::Resting {
            state.standby = Spare::Watching;
            drop(state);
            shared.overdue.notify_one();
        } else {
            shared.leave_spare(&mut state);
        }
        Ok(())
    }

    /// How many threads there are now.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.shared.lock().threads
    }
}

impl State {
    /// Workers that are busy or idle.
    fn workers(&self) -> usize {
        self.threads - usize::from(self.standby != Spare::Absent) - self.blocking
    }

    /// Whether no thread will ever look at the queue, unless one comes back from blocking.
    fn has_none(&self) -> bool {
        self.workers() == 0 && self.standby == Spare::Absent
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Worker,
    Spare,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a thread. `state` counts it from here on, so that no two callers make the same one.
    fn start(self: &Arc<Self>, state: &mut State, role: Role) -> io::Result<()> {
        let shared = Arc::clone(self);
        let run = move || {
            sys::SigxfszGuard::hold_for_good();
            POOL.set(Some(Arc::clone(&shared)));
            match role {
                Role::Worker => shared.work(),
                Role::Spare => shared.watch(),
            }
        };
        // The engine keeps its buffers on the heap and does not recurse; musl's own default would be 128 KiB.
        thread::Builder::new().name("palfs".into()).stack_size(1 << 20).spawn(run)?;
        state.threads += 1;
        if role == Role::Spare {
            state.standby = Spare::Watching;
        }
        Ok(())
    }

    /// Starts a standby thread for the oldest job, if one more thread is allowed.
    fn leave_spare(self: &Arc<Self>, state: &mut State) {
        if state.standby == Spare::Absent && state.threads - state.blocking < self.limits.most {
            // Without a standby the job waits for a worker; the next `submit` tries again.
            drop(self.start(state, Role::Spare));
        }
    }

    /// A worker's life.
    fn work(self: &Arc<Self>) {
        let mut state = self.lock();
        loop {
            if let Some(Queued { job, .. }) = state.queue.pop_front() {
                drop(state);
                run(job);
                state = self.lock();
                continue;
            }
            let extra = state.workers() > self.limits.cores;
            state.idle += 1;
            let timed_out;
            (state, timed_out) = wait(&self.work, state, extra.then_some(self.limits.idle));
            state.idle -= 1;
            state.waking = state.waking.saturating_sub(1);
            if timed_out && state.queue.is_empty() && state.workers() > self.limits.cores {
                state.threads -= 1;
                return;
            }
        }
    }

    /// The standby's life, until it becomes a worker.
    fn watch(self: &Arc<Self>) {
        let mut state = self.lock();
        loop {
            let Some(oldest) = state.queue.front() else {
                state.standby = Spare::Resting;
                let timed_out;
                (state, timed_out) = wait(&self.overdue, state, Some(self.limits.idle));
                if timed_out && state.queue.is_empty() {
                    state.standby = Spare::Absent;
                    state.threads -= 1;
                    return;
                }
                state.standby = Spare::Watching;
                continue;
            };
            let left = self.limits.patience.saturating_sub(oldest.since.elapsed());
            if left.is_zero() {
                break;
            }
            (state, _) = wait(&self.overdue, state, Some(left));
        }
        state.standby = Spare::Absent;
        self.leave_spare(&mut state);
        drop(state);
        self.work();
    }
}

/// Runs a job. A panic is reported by the job itself and must not end the thread.
fn run(job: Job) {
    drop(catch_unwind(AssertUnwindSafe(job)));
}

/// Whether the calling thread is one of a pool's.
#[must_use]
pub fn is_pool_thread() -> bool {
    POOL.with_borrow(Option::is_some)
}

thread_local! {
    /// The pool that this thread is of.
    static POOL: RefCell<Option<Arc<Shared>>> = const { RefCell::new(None) };
}

/// Marks the current thread as waiting for code outside the pool, until this is dropped.
pub(crate) struct Aside {
    pool: Option<Arc<Shared>>,
}

/// Begins a section in which this thread only waits: another may take its place. Has no effect on a thread outside the pool.
pub(crate) fn enter_blocking_section() -> Aside {
    let pool = POOL.with_borrow(Option::clone);
    if let Some(shared) = &pool {
        let mut state = shared.lock();
        state.blocking += 1;
        if !state.queue.is_empty() && state.idle == state.waking {
            if state.workers() < shared.limits.cores {
                // Without a new thread the jobs wait for another, or are this one's (`take_stranded`).
                drop(shared.start(&mut state, Role::Worker));
            } else {
                shared.leave_spare(&mut state);
            }
        }
    }
    Aside { pool }
}

/// A job that no other thread would do.
pub(crate) struct Stranded(Job);

impl Stranded {
    /// Does it. The caller is back from blocking, and holds no lock that a job may want.
    pub(crate) fn run(self) {
        run(self.0);
    }
}

impl Aside {
    /// Takes a job that is queued though all threads are blocking.
    pub(crate) fn take_stranded(&self) -> Option<Stranded> {
        let mut state = self.pool.as_ref()?.lock();
        if !state.has_none() {
            return None;
        }
        state.queue.pop_front().map(|queued| Stranded(queued.job))
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if let Some(shared) = &self.pool {
            shared.lock().blocking -= 1;
        }
    }
}

/// Waits without or with a time limit. Returns whether the limit is over.
fn wait<'a>(
    condition: &Condvar,
    state: MutexGuard<'a, State>,
    limit: Option<Duration>,
) -> (MutexGuard<'a, State>, bool) {
    match limit {
        None => (condition.wait(state).unwrap_or_else(PoisonError::into_inner), false),
        Some(limit) => {
            let (state, result) =
                condition.wait_timeout(state, limit).unwrap_or_else(PoisonError::into_inner);
            (state, result.timed_out())
        }
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("limits", &self.limits).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "pool_tests.rs"]
mod tests;
