//! Hard-link groups: one entry for each inode that has more names than were seen.
//!
//! A group is *copying* from when its first name is met until that file is complete; names met meanwhile wait. It is
//! *done* when there is a file to link to, until the last name was met: then it is forgotten.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::{CStr, CString};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::directory::{Directory, Identity};

/// A name at the destination that the others are linked to.
#[derive(Clone)]
pub(super) struct First {
    pub(super) directory: Arc<Directory>,
    pub(super) name: Box<CStr>,
    /// The inode that this operation made there; should the name mean another by now, it is not linked to.
    pub(super) id: Identity,
}

/// A name that waits for the first of its group.
pub(super) struct Waiting {
    pub(super) directory: Arc<Directory>,
    pub(super) name: CString,
}

enum Group {
    Copying(Vec<Waiting>),
    Done { first: First, left: u64 },
}

/// What to do with a name of a group.
pub(super) enum Claim {
    /// It is the first: copy it, and say so with [`Links::settle`].
    First,
    /// It waits, and will come again.
    Waits,
    /// Link it to this.
    Link(First),
}

/// The groups of one operation.
#[derive(Default)]
pub(super) struct Links {
    groups: Mutex<HashMap<Identity, Group>>,
}

impl Links {
    /// Says what to do with a name of the inode `id`.
    pub(super) fn claim(&self, id: Identity, name: impl FnOnce() -> Waiting) -> Claim {
        let mut groups = self.lock();
        match groups.entry(id) {
            Entry::Vacant(vacant) => {
                vacant.insert(Group::Copying(Vec::new()));
                Claim::First
            }
            Entry::Occupied(mut known) => match known.get_mut() {
                Group::Copying(waiting) => {
                    waiting.push(name());
                    Claim::Waits
                }
                Group::Done { first, left } => {
                    let first = first.clone();
                    *left = left.saturating_sub(1);
                    if *left == 0 {
                        known.remove();
                    }
                    Claim::Link(first)
                }
            },
        }
    }

    /// The first name is complete, or has failed (`None`): those that wait for it may go on. `left` is how many further
    /// names the inode has.
    pub(super) fn settle(&self, id: Identity, first: Option<First>, left: u64) -> Vec<Waiting> {
        let mut groups = self.lock();
        let waiting = match groups.remove(&id) {
            Some(Group::Copying(waiting)) => waiting,
            _ => Vec::new(),
        };
        if let Some(first) = first.filter(|_| left > 0) {
            groups.insert(id, Group::Done { first, left });
        }
        waiting
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Identity, Group>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
