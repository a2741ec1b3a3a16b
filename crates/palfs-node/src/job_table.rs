//! The running jobs of one environment, each in its slot, and which of them keep the event loop alive.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use napi::{Error, Result};

use crate::call::Call;
use crate::completion_queue::CompletionQueue;
use crate::filter::JsFilter;
use crate::job::{Job, Listener};
use crate::node_api::EventLoop;

/// The table of jobs. Only the environment's thread has it.
pub struct JobTable {
    slots: RefCell<Vec<Option<Entry>>>,
    free: RefCell<Vec<u32>>,
    /// How many keep the event loop alive.
    holding: Cell<u32>,
    event_loop: EventLoop,
    /// The queue for the outcomes of asynchronous calls.
    pub queue: Arc<CompletionQueue>,
    /// Only for tests: calls panic instead of running.
    panics: bool,
}

struct Entry {
    job: Arc<Job>,
    /// Whether the event loop does not end before the job.
    keeps_alive: bool,
    /// Whether it may keep the event loop alive again: a caller awaits the outcome.
    is_awaited: bool,
}

impl JobTable {
    /// None yet.
    pub fn new(event_loop: EventLoop, queue: CompletionQueue, panics: bool) -> Self {
        let queue = Arc::new(queue);
        let holding = Cell::new(0);
        Self { slots: RefCell::default(), free: RefCell::default(), holding, event_loop, queue, panics }
    }

    /// Starts a call on the pool and returns its slot.
    pub fn start(&self, call: impl Call, listener: Listener) -> Result<u32> {
        self.start_watched((listener, false), |_| call)
    }

    /// Starts a call on the pool and returns its slot. `make` gets a filter for it. `is_watched`: its progress is read.
    pub fn start_watched<C: Call>(
        &self,
        (listener, is_watched): (Listener, bool),
        make: impl FnOnce(JsFilter) -> C,
    ) -> Result<u32> {
        let (slot, job) = self.begin(listener)?;
        if is_watched {
            job.control.watch();
        }
        let call = make(JsFilter { job: Arc::clone(&job), queue: Arc::clone(&self.queue), slot, listener });
        job.submit(call, &self.queue, (slot, listener), self.panics);
        Ok(slot)
    }

    /// Takes a slot for a new job. Where the caller does not wait itself, the event loop does not end before the job.
    fn begin(&self, listener: Listener) -> Result<(u32, Arc<Job>)> {
        let job = Arc::new(Job::default());
        let keeps_alive = listener == Listener::Callback;
        let entry = Some(Entry { job: Arc::clone(&job), keeps_alive, is_awaited: keeps_alive });
        let mut slots = self.slots.borrow_mut();
        let free = self.free.borrow_mut().pop();
        let slot = free.or_else(|| u32::try_from(slots.len()).ok());
        let slot = slot.ok_or_else(|| Error::from_reason("too many operations"))?;
        match slots.get_mut(slot as usize) {
            Some(place) => *place = entry,
            None => slots.push(entry),
        }
        if keeps_alive {
            self.change_holding(1);
        }
        Ok((slot, job))
    }

    /// The job in `slot`, if it runs still.
    pub fn get(&self, slot: u32) -> Option<Arc<Job>> {
        self.slots.borrow().get(slot as usize)?.as_ref().map(|entry| Arc::clone(&entry.job))
    }

    /// From here on the event loop may end before this job does.
    pub fn let_go(&self, slot: u32) {
        self.set_keeps_alive(slot, false);
    }

    /// The event loop may not end before this job any more.
    pub fn hold(&self, slot: u32) {
        self.set_keeps_alive(slot, true);
    }

    /// Detaches a job: it no longer keeps the event loop alive, and no thread waits for it.
    pub fn abandon(&self, slot: u32) {
        self.let_go(slot);
        if let Some(Some(entry)) = self.slots.borrow_mut().get_mut(slot as usize) {
            entry.is_awaited = false;
            entry.job.abandon(&self.queue, slot);
        }
    }

    /// The job of `slot` has ended: the slot is free.
    pub fn end(&self, slot: u32) {
        self.let_go(slot);
        if let Some(place) = self.slots.borrow_mut().get_mut(slot as usize)
            && place.take().is_some()
        {
            self.free.borrow_mut().push(slot);
        }
    }

    /// Cancels all jobs.
    pub fn cancel(&self) {
        for entry in self.slots.borrow().iter().flatten() {
            entry.job.cancel();
        }
    }

    fn set_keeps_alive(&self, slot: u32, keeps_alive: bool) {
        let mut slots = self.slots.borrow_mut();
        if let Some(Some(entry)) = slots.get_mut(slot as usize)
            && entry.keeps_alive != keeps_alive
            && (entry.is_awaited || !keeps_alive)
        {
            entry.keeps_alive = keeps_alive;
            self.change_holding(if keeps_alive { 1 } else { -1 });
        }
    }

    fn change_holding(&self, change: i32) {
        let before = self.holding.get();
        let after = before.saturating_add_signed(change);
        self.holding.set(after);
        if before == 0 && after > 0 {
            self.event_loop.hold();
        } else if before > 0 && after == 0 {
            self.event_loop.release();
        }
    }
}
