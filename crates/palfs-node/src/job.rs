//! One asynchronous operation: what it is, how it ends, and who is told.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use palfs::copy::{CopyOptions, CopyResult, copy_file};
use palfs::io::FileContent;
use palfs::ops::FileStat;
use palfs::platform::PlatformCapabilities;
use palfs::pool::{Pool, is_pool_thread};
use palfs::tree::Removed;
use palfs::{Control, Errno, ErrorKind, FsError};

use crate::batch::OwnBatch;
use crate::channel::{Channel, Message};
use crate::file_stat::Form;
use crate::question::Questions;
use crate::record::Failure;

/// How an operation ended, as a value.
pub enum Outcome {
    Copied(CopyResult),
    Removed(Removed),
    /// What an operation gives that is no copy of files.
    Gave(Value),
    Failed(FsError),
    Panicked(Failure),
}

/// What crosses back beside the counts of a copy.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Nothing,
    Count(u64),
    Bytes(Vec<u8>),
    Stat(FileStat, Form),
    Batch(Box<OwnBatch>),
    Content(FileContent),
    Capabilities(Box<PlatformCapabilities>),
}

impl From<CopyResult> for Outcome {
    fn from(result: CopyResult) -> Self {
        Self::Copied(result)
    }
}

/// `Nothing` where it has not ended.
impl From<Option<CopyResult>> for Outcome {
    fn from(result: Option<CopyResult>) -> Self {
        result.map_or(Self::Gave(Value::Nothing), Self::Copied)
    }
}

impl From<Removed> for Outcome {
    fn from(removed: Removed) -> Self {
        Self::Removed(removed)
    }
}

impl From<Value> for Outcome {
    fn from(value: Value) -> Self {
        Self::Gave(value)
    }
}

/// What the JavaScript thread and the worker share of one operation.
#[derive(Default)]
pub struct Job {
    pub control: Arc<Control>,
    pub questions: Questions,
    /// What the caller is told, where it pumps; else it goes through the channel.
    told: Mutex<Told>,
    news: Condvar,
    /// What is left of an operation that the calling thread does.
    steps: Mutex<Option<Steps>>,
}

/// Goes on with an operation as far as is possible before it is answered; says whether it has ended.
type Steps = Box<dyn FnMut() -> bool + Send>;

/// How far an operation got on the calling thread.
pub enum Progress {
    Ended(Outcome),
    /// It waits for answers. Called again, it goes on, and gives the outcome at its end.
    Waits(Box<dyn FnMut() -> Option<Outcome> + Send>),
}

#[derive(Default)]
struct Told {
    outcome: Option<Outcome>,
    /// There is a question that nobody has looked at.
    asked: bool,
    /// The caller has gone: what is told goes through the channel.
    is_abandoned: bool,
}

/// Why a caller that pumps is woken.
pub enum News {
    Ended(Box<Outcome>),
    /// There are questions to be taken and answered.
    Asked,
}

/// Who hears of the end of a job.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Listener {
    /// The JavaScript callback, through the channel.
    Callback,
    /// The calling thread, which waits in [`Job::wait`].
    Caller,
}

/// The work of a job, with everything that it needs.
pub trait Operation: Send + 'static {
    /// Does it on this thread.
    fn run(self, control: &Control) -> Outcome;

    /// Does it on the calling thread, which must not wait for what that thread itself would answer.
    fn run_on_caller(self, control: &Control) -> Progress
    where
        Self: Sized,
    {
        Progress::Ended(self.run(control))
    }

    /// The error of one that was cancelled before it began.
    fn cancelled(&self) -> FsError;
}

/// The copy of one file.
pub struct Copy {
    pub src: PathBuf,
    pub dest: PathBuf,
    pub options: CopyOptions,
    /// Only for tests: panic instead.
    pub panic: bool,
}

impl Operation for Copy {
    fn run(self, control: &Control) -> Outcome {
        guard(self.panic, || copy_file(&self.src, &self.dest, &self.options, control))
    }

    fn cancelled(&self) -> FsError {
        let error = FsError::new(Errno::ECANCELED, "copy_file").with_kind(ErrorKind::Cancelled);
        error.with_path(&self.src).with_dest(&self.dest)
    }
}

/// Runs an operation so that a panic is an outcome like others; with `panic` there is one.
pub fn guard<T: Into<Outcome>>(panic: bool, operation: impl FnOnce() -> Result<T, FsError>) -> Outcome {
    let operation = || {
        panic_on_request(panic);
        operation()
    };
    match catch_unwind(AssertUnwindSafe(operation)) {
        Ok(Ok(result)) => result.into(),
        Ok(Err(error)) => Outcome::Failed(error),
        Err(payload) => Outcome::Panicked(Failure::panic(panic_message(payload.as_ref()))),
    }
}

/// Only for tests.
pub fn panic_on_request(panic: bool) {
    if panic {
        std::panic::resume_unwind(Box::new("panic on request of PALFS_TEST_PANIC"));
    }
}

/// What a panic says.
pub fn panic_message(payload: &(dyn Any + Send)) -> &str {
    let owned = payload.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("panic")
}

impl Job {
    /// Hands `operation` to the pool, or does it here and now where no thread can be had; its end is told once, whatever
    /// happens.
    pub fn submit(
        self: Arc<Self>,
        operation: impl Operation,
        channel: &Arc<Channel>,
        slot: u32,
        listener: Listener,
    ) {
        channel.begin();
        let back = Arc::clone(channel);
        let work = move || {
            let progress = if self.control.is_cancelled() {
                // Cancelled while it was queued: no system call is made.
                Progress::Ended(Outcome::Failed(operation.cancelled()))
            } else if is_pool_thread() {
                Progress::Ended(operation.run(&self.control))
            } else {
                operation.run_on_caller(&self.control)
            };
            match progress {
                Progress::Ended(outcome) => self.end(outcome, &back, slot, listener),
                Progress::Waits(mut advance) => {
                    let job = Arc::clone(&self);
                    let steps = move || match advance() {
                        Some(outcome) => {
                            job.end(outcome, &back, slot, listener);
                            true
                        }
                        None => false,
                    };
                    *self.steps() = Some(Box::new(steps));
                }
            }
        };
        if let Err(refused) = Pool::global().submit(work) {
            refused.run_here();
        }
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

    fn end(&self, outcome: Outcome, channel: &Channel, slot: u32, listener: Listener) {
        self.questions.close();
        let message = |outcome| Message { slot, outcome: Some(outcome) };
        let mut told = self.lock();
        if listener == Listener::Callback || told.is_abandoned {
            drop(told);
            return channel.finish(Some(message(outcome)));
        }
        told.outcome = Some(outcome);
        drop(told);
        self.news.notify_all();
        channel.finish(None);
    }

    /// The caller that pumped does so no longer: the end goes, or went, through the channel.
    pub fn abandon(&self, channel: &Channel, slot: u32) {
        let mut told = self.lock();
        told.is_abandoned = true;
        if let Some(outcome) = told.outcome.take() {
            drop(told);
            channel.tell(Message { slot, outcome: Some(outcome) });
        }
    }

    /// Asks the operation to stop, and answers nothing any more.
    pub fn cancel(&self) {
        self.control.cancel();
        self.questions.close();
        self.advance();
    }

    /// Wakes a caller that pumps: there is a question.
    pub fn tell_caller(&self) {
        self.lock().asked = true;
        self.news.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the end or a question, at most `limit`.
    pub fn wait(&self, limit: Duration) -> Option<News> {
        let told = self.lock();
        let (mut told, _) = self
            .news
            .wait_timeout_while(told, limit, |told| told.outcome.is_none() && !told.asked)
            .unwrap_or_else(PoisonError::into_inner);
        let asked = std::mem::take(&mut told.asked);
        told.outcome.take().map(|outcome| News::Ended(Box::new(outcome))).or(asked.then_some(News::Asked))
    }
}
