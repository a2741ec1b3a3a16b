//! The filter of a copy, as the engine calls it: requests go to the JavaScript thread.

use std::sync::Arc;

use palfs::tree::{Filter, FilterRequest};

use crate::completion_queue::CompletionQueue;
use crate::job::{Job, Listener};

/// Sends the requests of one copy to the thread that decides.
pub struct JsFilter {
    pub job: Arc<Job>,
    pub queue: Arc<CompletionQueue>,
    pub slot: u32,
    pub listener: Listener,
}

impl JsFilter {
    fn announce_request(&self) {
        match self.listener {
            Listener::Callback => self.queue.announce_request(self.slot),
            Listener::Caller => self.job.wake_caller(),
        }
    }
}

impl Filter for JsFilter {
    fn ask(&self, request: FilterRequest) {
        if self.job.filter_requests.push(request) {
            self.announce_request();
        }
    }

    /// Wakes the deciding thread when the queue is empty and decisions are pending, so that it can check whether to keep
    /// waiting. A queue with requests has announced itself before.
    fn idle(&self) {
        if self.job.filter_requests.has_taken() {
            self.announce_request();
        }
    }
}
