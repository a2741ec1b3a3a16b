//! How many directories are held open at a time: a tree may be deeper and wider than a process may have descriptors.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use super::directory::Directory;
use crate::errno::Errno;
use crate::error::FsError;
use crate::sys;

/// More than any walk profits from.
const MOST: u64 = 256;

/// Enough for every thread to go on.
const FEWEST: u64 = 4;

/// How often an attempt is repeated that found no descriptor: with the pauses, a second.
const TRIES: u32 = 500;

/// How long to wait for another thread to close one.
const PAUSE: Duration = Duration::from_millis(2);

/// What has an error number.
pub(super) trait Numbered {
    fn errno(&self) -> Errno;
}

impl Numbered for Errno {
    fn errno(&self) -> Errno {
        *self
    }
}

impl Numbered for FsError {
    fn errno(&self) -> Errno {
        FsError::errno(self)
    }
}

/// The directories of one operation that are open, oldest first: those are the last to be needed again, because
/// the newest unit of work is taken first.
pub(super) struct Descriptors {
    limit: usize,
    open: Mutex<VecDeque<Weak<Directory>>>,
}

impl Descriptors {
    /// A share of what the process may have: the rest is the host's.
    pub(super) fn new() -> Self {
        let limit = (sys::descriptor_limit() / 8).clamp(FEWEST, MOST);
        Self { limit: usize::try_from(limit).unwrap_or(4), open: Mutex::default() }
    }

    /// Takes account of a directory that was opened, and closes another if there are too many.
    pub(super) fn admit(&self, directory: &Arc<Directory>) {
        let mut open = self.lock();
        open.push_back(Arc::downgrade(directory));
        if open.len() <= self.limit {
            return;
        }
        open.retain(|known| known.upgrade().is_some_and(|directory| directory.is_held()));
        while open.len() > self.limit {
            if !close_oldest(&mut open) {
                break;
            }
        }
    }

    /// Closes every directory that nobody uses now; says whether there was one.
    fn relieve(&self) -> bool {
        let mut open = self.lock();
        let before = open.len();
        while close_oldest(&mut open) {}
        open.len() < before
    }

    /// Does `attempt` again while descriptors are short: after closing what nobody uses, and, for as long as `company`
    /// says that other threads are at work, after a while. Both have an end: what lacks descriptors may be the host.
    pub(super) fn patiently<T, E: Numbered>(
        &self,
        company: impl Fn() -> bool,
        mut attempt: impl FnMut() -> Result<T, E>,
    ) -> Result<T, E> {
        let mut tries = 0_u32;
        loop {
            let error = match attempt() {
                Err(error) if matches!(error.errno(), Errno::EMFILE | Errno::ENFILE) => error,
                other => return other,
            };
            tries = tries.saturating_add(1);
            if tries > TRIES {
                return Err(error);
            }
            if !self.relieve() {
                if !company() {
                    return Err(error);
                }
                std::thread::sleep(PAUSE);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Weak<Directory>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes the oldest directory that nobody uses now.
fn close_oldest(open: &mut VecDeque<Weak<Directory>>) -> bool {
    for at in 0..open.len() {
        let Some(known) = open.get(at) else { break };
        if known.upgrade().is_none_or(|directory| directory.close_if_idle()) {
            open.remove(at);
            return true;
        }
    }
    false
}
