//! Names of the source that are one at the destination: `a` and `A` where case makes no difference.
//!
//! In a directory that the copy has made every name must be free, so the second of them is refused by the kernel. In one
//! that was there before it would pass for an old file. There the copy first finds out whether names that differ by case are
//! one, with one look in most directories; if they are, it remembers what it made, and makes one name after the other.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{CStr, CString};
use std::os::fd::BorrowedFd;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::dir_names::is_listed;
use crate::errno::Errno;
use crate::error::FsError;
use crate::name_case::other_case;
use crate::sys;
use crate::sys::{Follow, Identity, STAT_CALL, identity};

/// The names that the copy has created in one destination directory.
#[derive(Default)]
pub(in crate::tree) struct CaseCollisions {
    /// Nothing has to be watched.
    are_distinct: AtomicBool,
    made: Mutex<CreatedNames>,
}

/// What the copy has made where names are watched: by inode, and by name without its case, for some filesystems in user space
/// give every spelling an inode number of its own.
#[derive(Default)]
struct CreatedNames {
    /// Names that differ by case were seen to be one.
    are_one: bool,
    inodes: BTreeSet<Identity>,
    names: BTreeMap<Vec<u8>, CString>,
}

/// The making of one name, while no other is made in its directory.
pub(in crate::tree) struct NameLock<'a> {
    of: &'a CaseCollisions,
    dest: BorrowedFd<'a>,
    name: &'a CStr,
    made: MutexGuard<'a, CreatedNames>,
}

impl CaseCollisions {
    /// `is_fresh`: the directory is one that the copy has made.
    pub(in crate::tree) fn new(is_fresh: bool) -> Self {
        Self { are_distinct: AtomicBool::new(is_fresh), made: Mutex::default() }
    }

    /// Begins to make `name` in `dest`. `None`: nothing has to be watched.
    pub(in crate::tree) fn turn<'a>(&'a self, dest: BorrowedFd<'a>, name: &'a CStr) -> Option<NameLock<'a>> {
        if self.are_distinct.load(Relaxed) {
            return None;
        }
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        Some(NameLock { of: self, dest, name, made })
    }
}

impl NameLock<'_> {
    /// EEXIST where the name means what another name of this copy has made.
    pub(in crate::tree) fn refuse_alias(&self) -> Result<(), FsError> {
        if self.made.inodes.is_empty() {
            return Ok(());
        }
        let Some(existing) = self.look(self.name) else { return Ok(()) };
        let spelling = self.made.names.get(&self.name.to_bytes().to_ascii_lowercase());
        let is_alias = if let Some(spelling) = spelling {
            spelling.as_c_str() != self.name
        } else {
            // Other letters may be one, too. A second hard link to what was rewritten in place is a name of its own.
            let has_one_name = existing.is_dir() || existing.nlink <= 1;
            let is_made = self.made.inodes.contains(&identity(&existing));
            is_made && (has_one_name || !is_listed(self.dest, self.name))
        };
        if is_alias { Err(FsError::new(Errno::EEXIST, STAT_CALL)) } else { Ok(()) }
    }

    /// The name is made.
    pub(in crate::tree) fn made(mut self) {
        let Some(own) = self.look(self.name) else { return };
        if !self.made.are_one {
            if let Some(other) = other_case(self.name) {
                // The directory may already list the file under the other case. The two names are different files only if both are
                // listed.
                let are_two = || is_listed(self.dest, &other) && is_listed(self.dest, self.name);
                if self.look(&other).is_none() || are_two() {
                    self.of.are_distinct.store(true, Relaxed);
                    return;
                }
                self.made.are_one = true;
            } else if self.name.to_bytes().is_ascii() {
                return; // Digits have no other spelling.
            }
            // Letters beyond ASCII may have one, which is the filesystem's to know.
        }
        self.made.inodes.insert(identity(&own));
        self.made.names.insert(self.name.to_bytes().to_ascii_lowercase(), self.name.to_owned());
    }

    fn look(&self, name: &CStr) -> Option<sys::Stat> {
        sys::fstatat(self.dest, name, Follow::No).ok()
    }
}
