//! Some names of one directory, packed as the kernel gave them: no allocation for each.

use std::cell::RefCell;
use std::ffi::CStr;
use std::os::fd::BorrowedFd;
use std::sync::Mutex;

use crate::errno::Errno;
use crate::sys;
use crate::sys::{Entry, Listing};

thread_local! {
    /// Buffers that this thread has used before.
    static SPARE: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// More than one is in use only while a batch is split or a question is open.
const SPARES: usize = 4;

/// Names of a directory that are still to be worked on.
#[derive(Default)]
pub(in crate::tree) struct Batch {
    bytes: Vec<u8>,
    /// Where the first name that is left begins.
    at: usize,
}

impl Batch {
    /// The next names that `listing` has, and whether there are more behind them.
    pub(in crate::tree) fn read(listing: &Mutex<Listing>, fd: BorrowedFd<'_>) -> Result<(Self, bool), Errno> {
        let mut bytes = SPARE.with_borrow_mut(Vec::pop).unwrap_or_default();
        let mut listing = listing.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let more = listing.fill(fd, &mut bytes)?;
        Ok((Self { bytes, at: 0 }, more))
    }

    /// One name that no directory gave.
    pub(in crate::tree) fn of_one(name: &CStr) -> Self {
        let mut bytes = Vec::new();
        sys::encode(&mut bytes, 0, 0, name);
        Self { bytes, at: 0 }
    }

    /// The names that are left.
    pub(in crate::tree) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.ranges().map(|(entry, _)| entry)
    }

    fn ranges(&self) -> impl Iterator<Item = (Entry<'_>, std::ops::Range<usize>)> {
        let at = self.at;
        sys::entries(self.bytes.get(at..).unwrap_or_default())
            .map(move |(entry, range)| (entry, at.saturating_add(range.start)..at.saturating_add(range.end)))
    }

    /// Calls `work` with the next name, and counts it as done.
    pub(in crate::tree) fn next<T>(
        &mut self,
        work: impl FnOnce(&mut Remaining<'_>, Entry<'_>) -> T,
    ) -> Option<T> {
        let (entry, range) = self.ranges().next()?;
        let mut rest = Remaining { bytes: &self.bytes, from: range.end, taken: None };
        let done = work(&mut rest, entry);
        let taken = rest.taken;
        self.at = range.end;
        if let Some(end) = taken {
            self.bytes.truncate(end);
        }
        Some(done)
    }

    /// Keeps the names with a verdict of yes, and counts the others. A missing verdict is no.
    pub(in crate::tree) fn retain(&mut self, verdicts: impl IntoIterator<Item = bool>) -> u64 {
        let mut verdicts = verdicts.into_iter();
        let mut kept = Vec::with_capacity(self.bytes.len());
        let mut rejected = 0_u64;
        for (_, range) in self.ranges() {
            if verdicts.next().unwrap_or(false) {
                kept.extend_from_slice(self.bytes.get(range).unwrap_or_default());
            } else {
                rejected = rejected.saturating_add(1);
            }
        }
        (self.bytes, self.at) = (kept, 0);
        rejected
    }
}

/// The rest of a batch during the work on one of its names.
pub(in crate::tree) struct Remaining<'a> {
    bytes: &'a [u8],
    from: usize,
    taken: Option<usize>,
}

impl Remaining<'_> {
    /// Of a name that stands alone.
    pub(in crate::tree) const fn nothing() -> Self {
        Self { bytes: &[], from: 0, taken: None }
    }

    /// Takes the later half of the rest, for another thread; `None` if there is nothing to share.
    pub(in crate::tree) fn take_half(&mut self) -> Option<Batch> {
        let end = self.taken.unwrap_or(self.bytes.len());
        let left = self.bytes.get(self.from..end)?;
        let count = sys::entries(left).count();
        if count == 0 {
            return None;
        }
        let start = sys::entries(left).nth(count / 2).map(|(_, range)| range.start)?;
        self.take_from(start)
    }

    /// Takes all that is left; `None` when there is nothing.
    pub(in crate::tree) fn take_all(&mut self) -> Option<Batch> {
        self.take_from(0).filter(|batch| !batch.bytes.is_empty())
    }

    fn take_from(&mut self, start: usize) -> Option<Batch> {
        let start = self.from.saturating_add(start);
        let left = self.bytes.get(start..self.taken.unwrap_or(self.bytes.len()))?;
        self.taken = Some(start);
        Some(Batch { bytes: left.to_vec(), at: 0 })
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        if bytes.capacity() > 0 {
            SPARE.with_borrow_mut(|spare| {
                if spare.len() < SPARES {
                    spare.push(bytes);
                }
            });
        }
    }
}
