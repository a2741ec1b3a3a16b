//! What one JavaScript environment (the main thread, a worker) owns: its channel, its running jobs, the array that
//! results are written to. Freed with the environment; never shared between two.
#![expect(
    unsafe_code,
    reason = "instance data, the shared array and the thread-safe function are raw in Node-API"
)]

use std::cell::{OnceCell, RefCell};
use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use napi::bindgen_prelude::retain_current_module_for_unload_safety;
use napi::{Env, Error, Result, check_status, sys};
use palfs::Control;
use palfs::copy::MethodSet;

use crate::abi::{Field, Status, number, set};
use crate::call::{self, Call};
use crate::completion_queue::{CompletionQueue, Message};
use crate::job::Listener;
use crate::job_table::JobTable;
use crate::node_api::{EventLoop, Pinned, call_with_count, make_wake};
use crate::open_directories::Directories;
use crate::outcome::{Outcome, Value};
use crate::results::{Results, written};

/// How long the end of an environment waits for its running jobs to remove their temporaries.
const FAREWELL: Duration = Duration::from_millis(50);

/// Everything one environment owns.
pub struct Environment {
    env: sys::napi_env,
    /// Set once the thread-safe function is there, which needs to know where this is.
    jobs: OnceCell<JobTable>,
    batch: RefCell<Vec<Message>>,
    /// How operations ended, as far as it is more than a record.
    pub results: Results,
    array: Pinned<f64>,
    bytes: Pinned<u8>,
    /// Those that are being read.
    pub directories: Directories,
    /// `PALFS_METHODS`, read once.
    pub methods: MethodSet,
    /// `PALFS_TEST_PANIC`, read once.
    pub panic: bool,
    /// The control of synchronous calls, which cannot be cancelled. One for all saves an allocation per call.
    sync_control: Arc<Control>,
}

/// The slot under which the failures and values of a synchronous call wait.
pub const SYNC_SLOT: u32 = u32::MAX;

const WIDTH: usize = Field::Width as usize;

impl Environment {
    /// Creates the state of `env`. `array` receives records, `bytes` the values of synchronous calls, `entries` the numbers of
    /// directories. `callback` is called with the number of new records.
    pub fn open(
        env: Env,
        array: sys::napi_value,
        bytes: sys::napi_value,
        entries: sys::napi_value,
        callback: sys::napi_value,
    ) -> Result<()> {
        let raw = env.raw();
        if Self::find(raw).is_some() {
            return Err(Error::from_reason("this environment is open already"));
        }
        // From here on our threads can outlive the environment that loaded this image.
        retain_current_module_for_unload_safety();
        let array = Pinned::new(raw, array)?;
        let directories = Directories::new(raw, entries, bytes)?;
        let bytes = Pinned::new(raw, bytes)?;
        if array.len() < WIDTH {
            return Err(Error::from_reason("room for one record is needed"));
        }
        let variable = |name| std::env::var(name).ok();
        let this = Box::into_raw(Box::new(Self {
            env: raw,
            jobs: OnceCell::new(),
            batch: RefCell::default(),
            results: Results::default(),
            array,
            bytes,
            directories,
            methods: variable("PALFS_METHODS").map_or(MethodSet::ALL, |list| MethodSet::parse(&list)),
            panic: variable("PALFS_TEST_PANIC").is_some(),
            sync_control: Arc::default(),
        }));
        // SAFETY: `this` lives until `finalize`, which Node calls once, after every cleanup hook.
        let status =
            unsafe { sys::napi_set_instance_data(raw, this.cast(), Some(finalize), ptr::null_mut()) };
        check_status!(status)?;
        // SAFETY: allocated above, and only freed by `finalize`.
        let this = unsafe { &*this };
        let wake = make_wake(raw, callback, ptr::from_ref(this).cast_mut().cast(), Some(on_wake))?;
        let jobs = JobTable::new(EventLoop::new(raw, wake), CompletionQueue::new(wake), this.panic);
        this.jobs.set(jobs).map_err(|_| Error::from_reason("this environment is open already"))?;
        // Added after the thread-safe function's own hook, so it runs before that, and long before `finalize`.
        env.add_env_cleanup_hook((), |()| this.close())?;
        Ok(())
    }

    fn find<'a>(env: sys::napi_env) -> Option<&'a Self> {
        let mut data = ptr::null_mut();
        // SAFETY: the slot belongs to this module and this environment; only `open` fills it.
        let status = unsafe { sys::napi_get_instance_data(env, &raw mut data) };
        // SAFETY: as above; shared references only, the cells inside are this thread's.
        let this = unsafe { data.cast::<Self>().as_ref() };
        this.filter(|_| status == sys::Status::napi_ok)
    }

    /// The state that `open` made. The reference must not outlive the call it is used in.
    pub fn of<'a>(env: Env) -> Result<&'a Self> {
        Self::find(env.raw()).ok_or_else(|| Error::from_reason("open was not called"))
    }

    /// Cancels what runs and waits a moment for temporaries to be removed.
    pub fn quiesce(&self) {
        if let Some(jobs) = self.jobs.get() {
            jobs.cancel();
            jobs.queue.wait_until_idle(FAREWELL);
        }
    }

    /// The end: from here on no worker touches this environment.
    fn close(&self) {
        if let Some(jobs) = self.jobs.get() {
            jobs.queue.close();
        }
        self.quiesce();
    }

    /// Its jobs.
    pub fn jobs(&self) -> Result<&JobTable> {
        self.jobs.get().ok_or_else(|| Error::from_reason("open failed"))
    }

    /// Starts `call` on the pool and returns its slot; the outcome goes to the JavaScript callback.
    pub fn spawn(&self, call: impl Call) -> Result<u32> {
        self.jobs()?.start(call, Listener::Callback)
    }

    /// Runs `call` on this thread and returns the size of its value, as [`answer`](Self::answer).
    pub fn run_blocking(&self, call: impl Call) -> Option<f64> {
        self.answer(call::run(call, &self.sync_control, self.panic))
    }

    /// The job of `slot` has ended: the slot is free, `record` and the failures hold how.
    pub fn end(&self, slot: u32, outcome: Outcome, record: &mut [f64]) -> Status {
        if let Some(jobs) = self.jobs.get() {
            jobs.end(slot);
        }
        self.results.write(slot, outcome, record)
    }

    /// Returns the size of the value of a synchronous call. A value that fits is in the shared arrays; a larger one is kept until it is
    /// taken. Null if the call failed.
    pub fn answer(&self, outcome: Outcome) -> Option<f64> {
        let Outcome::Gave(value) = outcome else {
            self.results.write(SYNC_SLOT, outcome, self.array());
            return None;
        };
        let value = written(value, self.array());
        if let Value::Bytes(bytes) = &value
            && let Some(place) = self.bytes.get().get_mut(..bytes.len())
        {
            place.copy_from_slice(bytes);
            return Some(number(bytes.len() as u64));
        }
        Some(number(self.results.keep(SYNC_SLOT, value)))
    }

    /// The shared array, on the thread that owns it.
    pub fn array(&self) -> &mut [f64] {
        self.array.get()
    }

    /// Delivers all messages to JavaScript, as many records at a time as the array holds.
    fn deliver(&self, callback: sys::napi_value) {
        let Some(jobs) = self.jobs.get() else { return };
        let mut batch = self.batch.take();
        jobs.queue.drain(&mut batch);
        let room = (self.array.len() / WIDTH).max(1);
        let mut messages = batch.drain(..);
        loop {
            let mut count = 0;
            let records = self.array().chunks_exact_mut(WIDTH);
            for (Message { slot, outcome }, record) in messages.by_ref().take(room).zip(records) {
                let status = outcome.map_or(Status::Asked, |outcome| self.end(slot, outcome, record));
                set(record, Field::Slot, u64::from(slot));
                set(record, Field::Status, u64::from(status as u32));
                count += 1;
            }
            if count == 0 {
                break;
            }
            call_with_count(self.env, callback, count);
        }
        drop(messages);
        self.batch.replace(batch);
    }
}

unsafe extern "C" fn on_wake(
    env: sys::napi_env,
    callback: sys::napi_value,
    context: *mut c_void,
    _data: *mut c_void,
) {
    // Without an environment the queue is only being emptied.
    if env.is_null() {
        return;
    }
    // SAFETY: the context that `make_wake` gave; the environment is alive.
    if let Some(this) = unsafe { context.cast::<Environment>().as_ref() } {
        let deliver = std::panic::AssertUnwindSafe(|| this.deliver(callback));
        // Unwinding into Node would abort the process.
        drop(std::panic::catch_unwind(deliver));
    }
}

unsafe extern "C" fn finalize(_env: sys::napi_env, data: *mut c_void, _hint: *mut c_void) {
    // SAFETY: the pointer that `open` leaked, given back once.
    drop(unsafe { Box::from_raw(data.cast::<Environment>()) });
}
