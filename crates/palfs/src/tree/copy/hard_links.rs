//! Hard-link groups: one entry for each inode of which further names may follow.
//!
//! A group is *copying* while its first name is copied; further names that are found during that time are deferred. Then it is
//! *done*: further names are linked to the first. After its last name the group is dropped from the table.
//!
//! A backup may have millions of groups whose other names are outside the tree, so an entry is small: about 48 bytes with its
//! name and its share of the table.

use std::collections::HashMap;
use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{During, FsError};
use crate::sys;
use crate::sys::{Follow, Identity, OpenFlags, STAT_CALL, Stat, Timestamp, identity};
use crate::tree::walk::directory::{DirFds, Directory, FdBudget};

/// A file of the source: its numbers, and which of the files it is that have had them. A number is given again once its file
/// is gone, which it may be before the copy is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tree) struct Inode {
    id: Identity,
    since: u32,
}

impl Inode {
    pub(in crate::tree) fn of(stat: &Stat) -> Self {
        // Without a time of birth, the time of the last change. A change of the file during the copy then parts its names.
        Self::since(stat, stat.btime.unwrap_or(stat.ctime))
    }

    /// A file that is moved: the removal of one of its names is a change.
    pub(in crate::tree) fn of_moved(stat: &Stat) -> Self {
        Self::since(stat, stat.btime.unwrap_or(stat.mtime))
    }

    fn since(stat: &Stat, time: Timestamp) -> Self {
        let seconds = time.seconds.cast_unsigned() & u64::from(u32::MAX);
        let mixed = u32::try_from(seconds).unwrap_or(0).wrapping_mul(0x9e37_79b1);
        Self { id: identity(stat), since: mixed ^ time.nanoseconds }
    }
}

/// A name at the destination that the others are linked to.
#[derive(Clone)]
pub(in crate::tree) struct LinkTarget {
    pub(in crate::tree) directory: Arc<Directory>,
    pub(in crate::tree) name: CString,
    /// The inode that this operation made there; should the name mean another by now, it is not linked to.
    pub(in crate::tree) id: Identity,
}

/// A name that waits for the first of its group.
pub(in crate::tree) struct Deferred {
    pub(in crate::tree) directory: Arc<Directory>,
    pub(in crate::tree) name: CString,
}

/// What to do with a name of a group.
pub(in crate::tree) enum Claim {
    /// It is the first: copy it, and say so with [`Links::publish`].
    First,
    /// It waits, and will come again.
    Waits,
    /// Link it to this.
    Link(LinkTarget),
}

/// The groups of one operation, or of several.
#[derive(Default)]
pub(in crate::tree) struct Links {
    groups: Mutex<Groups>,
    /// Those that hold the roots that are no directories.
    directories: Mutex<HashMap<Identity, Arc<Directory>>>,
    unlocked: Mutex<()>,
}

/// Hard-link groups that several copies share: a further name that one of them meets becomes a link to what another
/// has made. They run one after the other. For as long as this lives, the roots of the destinations stay open.
#[derive(Clone, Default)]
pub struct LinkGroups(pub(in crate::tree) Arc<Links>);

impl std::fmt::Debug for LinkGroups {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("LinkGroups").finish_non_exhaustive()
    }
}

impl Links {
    /// A directory of the destinations, for later links to its entries. It is opened once and stays open.
    pub(in crate::tree) fn directory(&self, dir: BorrowedFd<'_>) -> Result<Arc<Directory>, FsError> {
        let src = sys::openat(dir, c".", OpenFlags::DIR_NOFOLLOW, 0).during("openat")?;
        let stat = sys::fstat(src.as_fd()).during(STAT_CALL)?;
        let mut known = self.directories.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let held = DirFds { src, dest: None };
            Directory::new(None, (c"", Follow::No), held, stat, None, &FdBudget::new())
        };
        Ok(Arc::clone(known.entry(identity(&stat)).or_insert_with(make)))
    }

    /// The lock under which one thread removes the flags of a file and sets them again.
    pub(in crate::tree) fn unlock_one(&self) -> MutexGuard<'_, ()> {
        self.unlocked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Decides what to do with a name of `inode`.
    pub(in crate::tree) fn claim(&self, inode: Inode, name: impl FnOnce() -> Deferred) -> Claim {
        let mut groups = self.lock();
        if let Some(first) = groups.take_one(inode) {
            return Claim::Link(first);
        }
        if let Some(waiting) = groups.copying.get_mut(&inode.id) {
            waiting.push(name());
            return Claim::Waits;
        }
        groups.copying.insert(inode.id, Vec::new());
        Claim::First
    }

    /// The first name of a group that is done, for a caller that cannot be deferred.
    pub(in crate::tree) fn first(&self, inode: Inode) -> Option<LinkTarget> {
        self.lock().take_one(inode)
    }

    /// Takes back a link to `first` that failed: the name is tried again, or given up.
    pub(in crate::tree) fn give_back(&self, inode: Inode, first: &LinkTarget) {
        self.lock().give_back(inode, first);
    }

    /// Records the first name that a caller of [`first`](Self::first) created.
    pub(in crate::tree) fn remember(&self, inode: Inode, first: &LinkTarget, left: u64) {
        self.lock().remember(inode, first, left);
    }

    /// The first name is complete, or has failed (`None`). Returns the deferred names. `left` is how many further names the inode has.
    pub(in crate::tree) fn publish(
        &self,
        inode: Inode,
        first: Option<LinkTarget>,
        left: u64,
    ) -> Vec<Deferred> {
        let mut groups = self.lock();
        if let Some(first) = first.filter(|_| left > 0) {
            groups.remember(inode, &first, left);
        }
        groups.copying.remove(&inode.id).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Groups> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Default)]
struct Groups {
    /// Few: not more than there are threads.
    copying: HashMap<Identity, Vec<Deferred>>,
    /// By device, as few as there are mounts: which record an inode has.
    done: HashMap<u64, HashMap<u64, Done>>,
    records: Chunks<LinkState>,
    /// Records that are free again.
    free: Vec<u32>,
    names: Chunks<u8>,
    devices: Vec<u64>,
    /// Where the first names are; files of one directory follow each other.
    directories: Vec<Arc<Directory>>,
}

#[derive(Clone, Copy)]
struct Done {
    record: u32,
    /// Of [`Inode`].
    since: u32,
}

#[derive(Clone, Copy, Default)]
struct LinkState {
    inode: u64,
    /// How many names have not been met. The largest number stays as it is; so many no filesystem allows.
    left: u32,
    directory: u32,
    /// Where the name begins, and how long it is.
    name: u32,
    length: u16,
    /// Which of `devices`: on overlayfs a file's is not always its directory's.
    device: u16,
}

impl Groups {
    /// The first name of a group that is done; one name less is left.
    fn take_one(&mut self, Inode { id: (device, inode), since }: Inode) -> Option<LinkTarget> {
        let of_device = self.done.get_mut(&device)?;
        let at = of_device.get(&inode).filter(|done| done.since == since)?.record;
        let record = self.records.get_mut(at)?;
        // So many that they are not counted.
        if record.left != u32::MAX {
            record.left = record.left.saturating_sub(1);
        }
        let record = *record;
        if record.left == 0 {
            of_device.remove(&inode);
            self.free.push(at);
        }
        let directory = Arc::clone(self.directories.get(usize::try_from(record.directory).ok()?)?);
        let name = (0..u32::from(record.length)).map(|byte| self.names.get(record.name.wrapping_add(byte)));
        let name = CString::new(name.collect::<Option<Vec<u8>>>()?).ok()?;
        let id = (*self.devices.get(usize::from(record.device))?, record.inode);
        Some(LinkTarget { directory, name, id })
    }

    /// One name more is left.
    fn give_back(&mut self, inode: Inode, first: &LinkTarget) {
        let known = self.done.get(&inode.id.0).and_then(|of_device| of_device.get(&inode.id.1));
        let at = known.filter(|done| done.since == inode.since).map(|done| done.record);
        match at.and_then(|at| self.records.get_mut(at)) {
            Some(record) => record.left = record.left.saturating_add(1),
            None => self.remember(inode, first, 1),
        }
    }

    /// Takes a group into the table. One that does not fit is forgotten: its further names become files of their own.
    fn remember(&mut self, Inode { id: (device, inode), since }: Inode, first: &LinkTarget, left: u64) {
        let Some(record) = self.record(first, left) else { return };
        let at = match self.free.pop() {
            Some(at) => {
                if let Some(known) = self.records.get_mut(at) {
                    *known = record;
                }
                Some(at)
            }
            None => self.records.push(&[record]),
        };
        if let Some(record) = at {
            let gone = self.done.entry(device).or_default().insert(inode, Done { record, since });
            self.free.extend(gone.map(|gone| gone.record));
        }
    }

    fn record(&mut self, first: &LinkTarget, left: u64) -> Option<LinkState> {
        let is_last = self.directories.last().is_some_and(|last| Arc::ptr_eq(last, &first.directory));
        if !is_last {
            self.directories.push(Arc::clone(&first.directory));
        }
        let device = self.devices.iter().position(|known| *known == first.id.0).unwrap_or_else(|| {
            self.devices.push(first.id.0);
            self.devices.len().saturating_sub(1)
        });
        let name = first.name.as_bytes();
        Some(LinkState {
            device: u16::try_from(device).ok()?,
            inode: first.id.1,
            left: u32::try_from(left).unwrap_or(u32::MAX),
            directory: u32::try_from(self.directories.len().checked_sub(1)?).ok()?,
            length: u16::try_from(name.len()).ok()?,
            name: self.names.push(name)?,
        })
    }
}

/// Values one behind the other in pieces of one size, so that growing copies nothing and needs no room twice.
struct Chunks<T> {
    chunks: Vec<Vec<T>>,
}

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Self { chunks: Vec::new() }
    }
}

impl<T: Copy> Chunks<T> {
    const SIZE: usize = 1 << 14;

    /// Appends some values and returns the number of the first.
    fn push(&mut self, values: &[T]) -> Option<u32> {
        let full = self.chunks.len().saturating_sub(1).checked_mul(Self::SIZE)?;
        let start = full.checked_add(self.chunks.last().map_or(0, Vec::len))?;
        let start = u32::try_from(start).ok()?;
        for value in values {
            if self.chunks.last().is_none_or(|last| last.len() == Self::SIZE) {
                self.chunks.push(Vec::with_capacity(Self::SIZE));
            }
            self.chunks.last_mut()?.push(*value);
        }
        Some(start)
    }

    fn get(&self, at: u32) -> Option<T> {
        let at = usize::try_from(at).ok()?;
        self.chunks.get(at / Self::SIZE)?.get(at % Self::SIZE).copied()
    }

    fn get_mut(&mut self, at: u32) -> Option<&mut T> {
        let at = usize::try_from(at).ok()?;
        self.chunks.get_mut(at / Self::SIZE)?.get_mut(at % Self::SIZE)
    }
}

#[cfg(test)]
#[path = "hard_links_tests.rs"]
mod tests;
