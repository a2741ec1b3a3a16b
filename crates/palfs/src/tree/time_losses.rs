//! Sources whose copy shows another modification time, because the target cannot store the time. Before a move removes a source, it
//! compares the time with that of the copy, to find sources that have changed since. The time of these sources is compared with their
//! own at the copy instead.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::sys::{Stat, identity};

/// One number for each inode: few bytes, as on some filesystems no time can be stored and every source is in here.
#[derive(Default)]
pub(super) struct TimeLosses {
    seen: Mutex<HashSet<u64>>,
    hasher: RandomState,
}

impl TimeLosses {
    /// Remembers what `source` was when it was copied.
    pub(super) fn add(&self, source: &Stat) {
        let number = self.number(source);
        self.lock().insert(number);
    }

    /// Whether `source` is one of them, and has not changed since.
    pub(super) fn has(&self, source: &Stat) -> bool {
        let number = self.number(source);
        self.lock().contains(&number)
    }

    fn number(&self, source: &Stat) -> u64 {
        self.hasher.hash_one((identity(source), source.format(), source.size, source.mtime))
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<u64>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::Timestamp;

    #[test]
    fn a_source_that_changed_since_it_was_copied_is_none_of_them() {
        let losses = TimeLosses::default();
        let mtime = Timestamp { seconds: 2_377_987_200, nanoseconds: 7 };
        let source = Stat { dev: 1, ino: 2, size: 3, mode: 0o100_644, mtime, ..Stat::default() };
        losses.add(&source);
        assert!(losses.has(&Stat { nlink: 9, mode: 0o100_600, ..source }));
        let later = Timestamp { nanoseconds: 8, ..mtime };
        for changed in [
            Stat { mtime: later, ..source },
            Stat { size: 4, ..source },
            Stat { ino: 5, ..source },
            Stat { dev: 5, ..source },
            Stat { mode: 0o120_777, ..source },
        ] {
            assert!(!losses.has(&changed), "{changed:?}");
        }
    }
}
