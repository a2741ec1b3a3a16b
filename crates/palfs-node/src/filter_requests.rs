//! The requests of a running copy to its filter: which entries of a tree are copied.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use napi_derive::napi;
use palfs::tree::FilterRequest;

/// A batch of entries of one directory, or the root alone.
#[napi(object, object_from_js = false)]
#[derive(Clone, Debug)]
pub struct Asked {
    /// What `answer` is to be called with.
    pub id: u32,
    /// The directory at the source; for the root, the root itself.
    pub src: String,
    /// The same at the destination.
    pub dest: String,
    /// The names, with a NUL between them; absent for the root.
    pub names: Option<String>,
}

/// The questions of one operation that are still open.
#[derive(Default)]
pub struct FilterRequests {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Requests that JavaScript has not taken.
    new: VecDeque<FilterRequest>,
    /// Requests that JavaScript decides now.
    taken: HashMap<u32, FilterRequest>,
    next_id: u32,
    closed: bool,
}

impl FilterRequests {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a request. Returns whether the JavaScript thread has to be woken for it.
    pub fn push(&self, question: FilterRequest) -> bool {
        let mut state = self.lock();
        if state.closed {
            drop(state);
            // Unanswered, which is the answer.
            drop(question);
            return false;
        }
        state.new.push_back(question);
        state.new.len() == 1
    }

    /// The next question, for the JavaScript thread.
    pub fn take(&self) -> Option<Asked> {
        let mut state = self.lock();
        let question = state.new.pop_front()?;
        let id = state.next_id;
        state.next_id = id.wrapping_add(1);
        let asked = Asked {
            id,
            src: question.src().to_string_lossy().into_owned(),
            dest: question.dest().to_string_lossy().into_owned(),
            names: (!question.is_root()).then(|| joined(&question)),
        };
        state.taken.insert(id, question);
        Some(asked)
    }

    /// Whether the operation can do nothing before a question that was taken is answered.
    pub fn are_all_that_is_awaited(&self) -> bool {
        let state = self.lock();
        state.new.is_empty() && state.taken.values().next().is_some_and(FilterRequest::is_all_that_is_awaited)
    }

    pub fn has_taken(&self) -> bool {
        !self.lock().taken.is_empty()
    }

    /// Answers a question that was taken: a byte for each entry, 0 for no.
    pub fn answer(&self, id: u32, verdicts: &[u8]) {
        let question = self.lock().taken.remove(&id);
        // Not under the lock: a task that the reply wakes may push the next request at once.
        if let Some(question) = question {
            question.answer(verdicts.iter().map(|verdict| *verdict != 0));
        }
    }

    /// Drops all requests, and every later one: that counts as no reply.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let unanswered = (std::mem::take(&mut state.new), std::mem::take(&mut state.taken));
        drop(state);
        drop(unanswered);
    }
}

fn joined(question: &FilterRequest) -> String {
    let mut bytes = Vec::new();
    for (index, name) in question.names().enumerate() {
        if index > 0 {
            bytes.push(0);
        }
        bytes.extend_from_slice(name);
    }
    match String::from_utf8_lossy(&bytes) {
        Cow::Owned(text) => text,
        // It is UTF-8 as it is: no need for a copy.
        Cow::Borrowed(_) => String::from_utf8(bytes).unwrap_or_default(),
    }
}
