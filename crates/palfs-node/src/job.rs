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
use palfs::pool::Pool;
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
    /// Hands `operation` to the pool; its end is told once, whatever happens.
    pub fn submit(
        self: Arc<Self>,
        operation: impl Operation,
        channel: &Arc<Channel>,
        slot: u32,
        listener: Listener,
    ) {
        channel.begin();
        let (job, back) = (Arc::clone(&self), Arc::clone(channel));
        let work = move || {
            // Cancelled while it was queued: no system call is made.
            let outcome = if job.control.is_cancelled() {
                Outcome::Failed(operation.cancelled())
            } else {
                operation.run(&job.control)
            };
            job.end(outcome, &back, slot, listener);
        };
        if let Err(error) = Pool::global().submit(work) {
            let errno = Errno::from_raw(error.raw_os_error().unwrap_or(Errno::EAGAIN.raw()));
            let outcome = Outcome::Failed(FsError::new(errno, "pthread_create"));
            self.end(outcome, channel, slot, listener);
        }
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
