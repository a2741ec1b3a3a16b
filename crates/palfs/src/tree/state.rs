//! The units of one crew and what each waits for, and its threads in numbers.

use std::any::Any;
use std::collections::HashMap;

use super::crew::Work;

/// How many promises there may be before units are held back: enough to keep the threads busy while the caller thinks.
const PROMISES: usize = 8;

/// All units that wait.
type Units<U> = (Vec<U>, HashMap<usize, Vec<U>>, Vec<U>);

/// What the threads of a crew share, behind its lock.
pub(super) struct State<U> {
    /// Threads that may work.
    pub(super) limit: usize,
    pub(super) queue: Vec<U>,
    pub(super) running: usize,
    pub(super) promised: usize,
    /// Whether [`Work::idle`] was called since a promise was last kept or broken.
    pub(super) told_idle: bool,
    /// By what they wait for.
    pub(super) parked: HashMap<usize, Vec<U>>,
    pub(super) held_back: Vec<U>,
    /// Threads, those among them that the pool has not started yet.
    pub(super) workers: usize,
    /// Threads inside [`Crew::serve`](super::crew::Crew).
    pub(super) serving: usize,
    pub(super) waiting: usize,
    /// Waiting threads that were notified and have not looked yet.
    pub(super) waking: usize,
    pub(super) panic: Option<Box<dyn Any + Send>>,
}

impl<U: Send> State<U> {
    /// Of a crew of one thread, so far, and `first` to be done.
    pub(super) fn new(first: U, limit: usize) -> Self {
        Self {
            limit,
            queue: vec![first],
            running: 0,
            promised: 0,
            told_idle: false,
            parked: HashMap::new(),
            held_back: Vec::new(),
            workers: 1,
            serving: 0,
            waiting: 0,
            waking: 0,
            panic: None,
        }
    }

    /// The newest unit that may be done now.
    pub(super) fn next<W: Work<Unit = U>>(&mut self, work: &W) -> Option<U> {
        let may_ask = self.may_ask();
        while let Some(unit) = self.queue.pop() {
            if may_ask || !work.may_promise(&unit) {
                return Some(unit);
            }
            self.held_back.push(unit);
        }
        if may_ask { self.held_back.pop() } else { None }
    }

    fn may_ask(&self) -> bool {
        self.promised < PROMISES
    }

    pub(super) fn end_promise(&mut self) {
        self.promised = self.promised.saturating_sub(1);
        self.told_idle = false;
    }

    /// Parked units do not count: what they wait for is below what was promised.
    pub(super) fn is_idle(&self) -> bool {
        let is_held_back = self.held_back.is_empty() || !self.may_ask();
        self.promised > 0 && self.running == 0 && self.queue.is_empty() && is_held_back
    }

    pub(super) fn has_units(&self) -> bool {
        !(self.queue.is_empty() && self.parked.is_empty() && self.held_back.is_empty())
    }

    /// Empties all queues.
    pub(super) fn take_units(&mut self) -> Units<U> {
        let (queue, parked) = (std::mem::take(&mut self.queue), std::mem::take(&mut self.parked));
        (queue, parked, std::mem::take(&mut self.held_back))
    }
}
