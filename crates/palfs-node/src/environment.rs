//! What one JavaScript environment (the main thread, a worker) owns: its channel, its running jobs, the array that
//! results are written to. Freed with the environment; never shared between two.
#![expect(
    unsafe_code,
    reason = "instance data, the shared array and the thread-safe function are raw in Node-API"
)]

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use napi::bindgen_prelude::retain_current_module_for_unload_safety;
use napi::{Env, Error, Result, check_status, sys};
use palfs::Control;
use palfs::copy::MethodSet;

use crate::answers::{Answers, written};
use crate::channel::{Channel, Message};
use crate::directory::Directories;
use crate::job::{Job, Listener, Operation, Outcome, Value};
use crate::node_api::{Pinned, call_with_count, make_wake};
use crate::question::Asking;
use crate::record::{Field, Status, number, set};

/// How long the end of an environment waits for its running jobs to remove their temporaries.
const FAREWELL: Duration = Duration::from_millis(50);

/// Everything one environment owns.
pub struct Environment {
    env: sys::napi_env,
    wake: Cell<sys::napi_threadsafe_function>,
    channel: RefCell<Option<Arc<Channel>>>,
    jobs: RefCell<Vec<Option<Entry>>>,
    free: RefCell<Vec<u32>>,
    /// Operations that keep the event loop alive.
    outstanding: Cell<u32>,
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

struct Entry {
    job: Arc<Job>,
    /// Whether the event loop does not end before the job.
    keeps_alive: bool,
    /// Whether it may be made to: somebody will hear of the end from the event loop.
    is_awaited: bool,
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
            wake: Cell::new(ptr::null_mut()),
            channel: RefCell::new(None),
            jobs: RefCell::default(),
            free: RefCell::default(),
            outstanding: Cell::new(0),
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
        this.wake.set(wake);
        let channel = Arc::new(Channel::new(wake));
        this.channel.replace(Some(channel));
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
        for entry in self.jobs.borrow().iter().flatten() {
            entry.job.cancel();
        }
        if let Some(channel) = self.channel.borrow().as_ref() {
            channel.settle(FAREWELL);
        }
    }

    /// The end: from here on no worker touches this environment.
    fn close(&self) {
        if let Some(channel) = self.channel.borrow().as_ref() {
            channel.close();
        }
        self.quiesce();
    }

    /// Takes a slot for a new job. Where the caller does not wait itself, the event loop does not end before the job.
    fn begin(&self, listener: Listener) -> Result<(u32, Arc<Job>, Arc<Channel>)> {
        let channel = self.channel.borrow().clone().ok_or_else(|| Error::from_reason("open failed"))?;
        let job = Arc::new(Job::default());
        let keeps_alive = listener == Listener::Callback;
        let entry = Some(Entry { job: Arc::clone(&job), keeps_alive, is_awaited: keeps_alive });
        let mut jobs = self.jobs.borrow_mut();
        let free = self.free.borrow_mut().pop();
        let slot = free.or_else(|| u32::try_from(jobs.len()).ok());
        let slot = slot.ok_or_else(|| Error::from_reason("too many operations"))?;
        match jobs.get_mut(slot as usize) {
            Some(place) => *place = entry,
            None => jobs.push(entry),
        }
        if keeps_alive {
            self.keep_alive(1);
        }
        Ok((slot, job, channel))
    }

    /// Starts `operation` on the pool and gives its slot.
    pub fn start(&self, operation: impl Operation, listener: Listener) -> Result<u32> {
        let (slot, job, channel) = self.begin(listener)?;
        job.submit(operation, &channel, slot, listener);
        Ok(slot)
    }

    /// Starts an operation on a tree, which shares its control with others and may ask, and gives its slot.
    pub fn start_tree<O: Operation>(
        &self,
        (listener, is_watched): (Listener, bool),
        make: impl FnOnce(Arc<Control>, Asking) -> O,
    ) -> Result<u32> {
        let (slot, job, channel) = self.begin(listener)?;
        if is_watched {
            job.control.watch();
        }
        let asking = Asking { job: Arc::clone(&job), channel: Arc::clone(&channel), slot, listener };
        let operation = make(Arc::clone(&job.control), asking);
        job.submit(operation, &channel, slot, listener);
        Ok(slot)
    }

    /// The job in `slot`, if it runs still.
    pub fn job(&self, slot: u32) -> Option<Arc<Job>> {
        self.jobs.borrow().get(slot as usize)?.as_ref().map(|entry| Arc::clone(&entry.job))
    }

    /// From here on the event loop may end before this job does.
    pub fn let_go(&self, slot: u32) {
        self.set_keeps_alive(slot, false);
    }

    /// The event loop may not end before this job any more.
    pub fn hold(&self, slot: u32) {
        self.set_keeps_alive(slot, true);
    }

    fn set_keeps_alive(&self, slot: u32, keeps_alive: bool) {
        let mut jobs = self.jobs.borrow_mut();
        if let Some(Some(entry)) = jobs.get_mut(slot as usize)
            && entry.keeps_alive != keeps_alive
            && (entry.is_awaited || !keeps_alive)
        {
            entry.keeps_alive = keeps_alive;
            self.keep_alive(if keeps_alive { 1 } else { -1 });
        }
    }

    /// Nobody waits for this job any more, neither the event loop nor a caller that pumped.
    pub fn abandon(&self, slot: u32) {
        self.let_go(slot);
        if let Some(Some(entry)) = self.jobs.borrow_mut().get_mut(slot as usize) {
            entry.is_awaited = false;
            if let Some(channel) = self.channel.borrow().as_ref() {
                entry.job.abandon(channel, slot);
            }
        }
    }

    /// The job of `slot` has ended: the slot is free, `record` and the failures hold how.
    pub fn end(&self, slot: u32, outcome: Outcome, record: &mut [f64]) -> Status {
        self.let_go(slot);
        if let Some(place) = self.jobs.borrow_mut().get_mut(slot as usize)
            && place.take().is_some()
        {
            self.free.borrow_mut().push(slot);
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

    fn keep_alive(&self, change: i32) {
        let before = self.outstanding.get();
        let after = before.saturating_add_signed(change);
        self.outstanding.set(after);
        let wake = self.wake.get();
        if before == 0 && after > 0 {
            // SAFETY: on the environment's thread, before its end.
            unsafe { sys::napi_ref_threadsafe_function(self.env, wake) };
        } else if before > 0 && after == 0 {
            // SAFETY: as above.
            unsafe { sys::napi_unref_threadsafe_function(self.env, wake) };
        }
    }

    /// Tells JavaScript about everything that has ended or asks, as many records at a time as the array holds.
    fn deliver(&self, callback: sys::napi_value) {
        let Some(channel) = self.channel.borrow().clone() else { return };
        let mut batch = self.batch.take();
        channel.drain(&mut batch);
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
