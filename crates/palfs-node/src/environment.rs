//! What one JavaScript environment (the main thread, a worker) owns: its channel, its running jobs, the array that
//! results are written to. Freed with the environment; never shared between two.
#![expect(
    unsafe_code,
    reason = "instance data, the shared array and the thread-safe function are raw in Node-API"
)]

use std::cell::{OnceCell, RefCell};
use std::ffi::c_void;
use std::ptr;
use std::time::Duration;

use napi::bindgen_prelude::retain_current_module_for_unload_safety;
use napi::{Env, Error, Result, check_status, sys};
use palfs::copy::MethodSet;

use crate::answers::{Answers, written};
use crate::channel::{Channel, Message};
use crate::directory::Directories;
use crate::job::{Listener, Operation, Outcome, Value};
use crate::jobs::Jobs;
use crate::node_api::{EventLoop, Pinned, call_with_count, make_wake};
use crate::record::{Field, Status, number, set};

/// How long the end of an environment waits for its running jobs to remove their temporaries.
const FAREWELL: Duration = Duration::from_millis(50);

/// Everything one environment owns.
pub struct Environment {
    env: sys::napi_env,
    /// Set once the thread-safe function is there, which needs to know where this is.
    jobs: OnceCell<Jobs>,
    batch: RefCell<Vec<Message>>,
    /// How operations ended, as far as it is more than a record.
    pub answers: Answers,
    array: Pinned<f64>,
    bytes: Pinned<u8>,
    /// Those that are being read.
    pub directories: Directories,
    /// `PALFS_METHODS`, read once.
    pub methods: MethodSet,
    /// `PALFS_TEST_PANIC`, read once.
    pub panic: bool,
}

/// The slot under which the failures and values of a synchronous call wait.
pub const SYNC_SLOT: u32 = u32::MAX;

const WIDTH: usize = Field::Width as usize;

impl Environment {
    /// Gives `env` its state. `array` receives records, `bytes` the values of synchronous calls, `entries` the numbers of
    /// directories; `callback` is told how many records there are, whenever there are some.
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
            answers: Answers::default(),
            array,
            bytes,
            directories,
            methods: variable("PALFS_METHODS").map_or(MethodSet::ALL, |list| MethodSet::parse(&list)),
            panic: variable("PALFS_TEST_PANIC").is_some(),
        }));
        // SAFETY: `this` lives until `finalize`, which Node calls once, after every cleanup hook.
        let status =
            unsafe { sys::napi_set_instance_data(raw, this.cast(), Some(finalize), ptr::null_mut()) };
        check_status!(status)?;
        // SAFETY: allocated above, and only freed by `finalize`.
        let this = unsafe { &*this };
        let wake = make_wake(raw, callback, ptr::from_ref(this).cast_mut().cast(), Some(on_wake))?;
        let jobs = Jobs::new(EventLoop::new(raw, wake), Channel::new(wake));
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
            jobs.channel.settle(FAREWELL);
        }
    }

    /// The end: from here on no worker touches this environment.
    fn close(&self) {
        if let Some(jobs) = self.jobs.get() {
            jobs.channel.close();
        }
        self.quiesce();
    }

    /// Its jobs.
    pub fn jobs(&self) -> Result<&Jobs> {
        self.jobs.get().ok_or_else(|| Error::from_reason("open failed"))
    }

    /// Starts `operation` on the pool and gives its slot; JavaScript's callback hears of the end.
    pub fn start(&self, operation: impl Operation) -> Result<u32> {
        self.jobs()?.start(operation, Listener::Callback)
    }

    /// The job of `slot` has ended: the slot is free, `record` and the failures hold how.
    pub fn end(&self, slot: u32, outcome: Outcome, record: &mut [f64]) -> Status {
        if let Some(jobs) = self.jobs.get() {
            jobs.end(slot);
        }
        self.answers.write(slot, outcome, record)
    }

    /// Gives the value of a synchronous call as its size; what fits is in the shared arrays, what does not waits to be
    /// taken. Null where it failed.
    pub fn answer(&self, outcome: Outcome) -> Option<f64> {
        let Outcome::Gave(value) = outcome else {
            self.answers.write(SYNC_SLOT, outcome, self.array());
            return None;
        };
        let value = written(value, self.array());
        if let Value::Bytes(bytes) = &value
            && let Some(place) = self.bytes.get().get_mut(..bytes.len())
        {
            place.copy_from_slice(bytes);
            return Some(number(bytes.len() as u64));
        }
        Some(number(self.answers.keep(SYNC_SLOT, value)))
    }

    /// The shared array, on the thread that owns it.
    pub fn array(&self) -> &mut [f64] {
        self.array.get()
    }

    /// Tells JavaScript about everything that has ended or asks, as many records at a time as the array holds.
    fn deliver(&self, callback: sys::napi_value) {
        let Some(jobs) = self.jobs.get() else { return };
        let mut batch = self.batch.take();
        jobs.channel.drain(&mut batch);
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
