//! One directory of a walk: its place in the tree, its descriptors, and the count of unfinished tasks in it.
//!
//! A directory is *held* while its descriptors are open. When the walk has too many descriptors, the oldest are closed. A closed
//! directory is opened again when it is needed: from a child by `..`, or from the nearest open ancestor, name by name. Either way
//! its inode is compared, and another directory under the same name is ESTALE.

use std::collections::VecDeque;
use std::ffi::{CStr, CString, OsStr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use super::case_collisions::CaseCollisions;
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys;
use crate::sys::{Follow, Identity, Listing, OpenFlags, STAT_CALL, Stat, identity};

/// The open descriptors of a directory.
pub(in crate::tree) struct DirFds {
    pub(in crate::tree) src: OwnedFd,
    /// Only where something is copied.
    pub(in crate::tree) dest: Option<OwnedFd>,
}

impl DirFds {
    /// The destination. In a removal, which has none, the source.
    pub(in crate::tree) fn dest(&self) -> BorrowedFd<'_> {
        self.dest.as_ref().unwrap_or(&self.src).as_fd()
    }
}

/// Facts about a destination directory.
pub(in crate::tree) struct DestInfo {
    pub(in crate::tree) stat: Stat,
    pub(in crate::tree) is_fresh: bool,
    pub(in crate::tree) gives_acl: bool,
    /// Whether it is open for reading. Names can be made in one that is not, but its own metadata is out of reach.
    pub(in crate::tree) is_readable: bool,
}

/// How a directory is opened at the source.
pub(in crate::tree) const fn source_flags(follow: Follow) -> OpenFlags {
    match follow {
        Follow::Yes => OpenFlags::DIRECTORY,
        Follow::No => OpenFlags::DIR_NOFOLLOW,
    }
}

/// One directory of a walk.
pub(in crate::tree) struct Directory {
    pub(in crate::tree) parent: Option<Arc<Directory>>,
    /// Its name in the parent; of the root nothing.
    pub(in crate::tree) name: CString,
    /// Whether its name at the source may be a link to it.
    follow: Follow,
    src_id: Identity,
    dest_id: Option<Identity>,
    /// What the source was when it was opened.
    pub(in crate::tree) stat: Stat,
    /// What the destination was when it was made or found.
    pub(in crate::tree) dest_stat: Option<Stat>,
    /// Whether this operation made the destination: then every name in it is free.
    pub(in crate::tree) is_fresh: bool,
    /// Whether new entries of the destination may inherit an ACL.
    pub(in crate::tree) gives_acl: bool,
    /// Whether the destination is open for reading.
    pub(in crate::tree) is_dest_readable: bool,
    pub(in crate::tree) aliases: CaseCollisions,
    pub(in crate::tree) listing: Mutex<Listing>,
    held: Mutex<Option<Arc<DirFds>>>,
    /// Tasks and child directories that are not done.
    open_ends: AtomicUsize,
    /// Child directories that are not done. The end of one opens this directory again.
    children: AtomicUsize,
    /// How many passes over its names there were.
    passes: AtomicU32,
}

impl Directory {
    /// A directory that has just been opened, with one unfinished task: reading its names.
    pub(in crate::tree) fn new(
        parent: Option<Arc<Directory>>,
        (name, follow): (&CStr, Follow),
        held: DirFds,
        stat: Stat,
        dest: Option<DestInfo>,
        descriptors: &FdBudget,
    ) -> Arc<Self> {
        let is_fresh = dest.as_ref().is_some_and(|dest| dest.is_fresh);
        let directory = Arc::new(Self {
            name: name.to_owned(),
            follow,
            src_id: identity(&stat),
            dest_id: dest.as_ref().map(|dest| identity(&dest.stat)),
            stat,
            is_fresh,
            aliases: CaseCollisions::new(is_fresh),
            gives_acl: dest.as_ref().is_some_and(|dest| dest.gives_acl),
            is_dest_readable: dest.as_ref().is_none_or(|dest| dest.is_readable),
            dest_stat: dest.map(|dest| dest.stat),
            listing: Mutex::default(),
            held: Mutex::new(Some(Arc::new(held))),
            open_ends: AtomicUsize::new(1),
            children: AtomicUsize::new(0),
            passes: AtomicU32::new(0),
            parent,
        });
        // The root stays open: the others are reopened from it.
        if let Some(parent) = &directory.parent {
            parent.children.fetch_add(1, Ordering::SeqCst);
            descriptors.admit(&directory);
        }
        directory
    }

    /// Whether new entries inherit nothing from it: the copy created it, and it has no default ACL.
    pub(in crate::tree) const fn is_plain(&self) -> bool {
        self.is_fresh && !self.gives_acl
    }

    /// Whether one new file in it predicts the stat of the next: no other user can create or rename entries in it during the copy.
    pub(in crate::tree) fn has_precedents(&self) -> bool {
        self.is_plain() && self.dest_stat.is_some_and(|stat| !stat.others_may_write())
    }

    /// The device and inode at the source.
    pub(in crate::tree) fn src_id(&self) -> Identity {
        self.src_id
    }

    /// Adds a task that must end before this directory is done.
    pub(in crate::tree) fn add_end(&self) {
        self.open_ends.fetch_add(1, Ordering::Relaxed);
    }

    /// One task is done. Returns whether it was the last.
    pub(in crate::tree) fn end_one(&self) -> bool {
        self.open_ends.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// Counts one more pass over its names, and returns how many there were before.
    pub(in crate::tree) fn begin_pass(&self) -> u32 {
        self.passes.fetch_add(1, Ordering::Relaxed)
    }

    /// The descriptors, opened again if they have been closed.
    pub(in crate::tree) fn hold(self: &Arc<Self>, descriptors: &FdBudget) -> Result<Arc<DirFds>, FsError> {
        if let Some(held) = self.lock().as_ref() {
            return Ok(Arc::clone(held));
        }
        let mut missing = vec![self];
        let mut above = None;
        while above.is_none() {
            let Some(parent) = missing.last().and_then(|last| last.parent.as_ref()) else { break };
            above.clone_from(&parent.lock());
            if above.is_none() {
                missing.push(parent);
            }
        }
        let mut held = above.ok_or_else(|| FsError::new(Errno::EBADF, "openat"))?;
        while let Some(directory) = missing.pop() {
            held = Arc::new(directory.reopen(&held, &directory.name)?);
        }
        Ok(self.keep(held, descriptors))
    }

    /// The descriptors, for a hard link to an entry of the destination. If an earlier move has removed the source directory, only
    /// the destination is opened again.
    pub(in crate::tree) fn hold_for_link(
        self: &Arc<Self>,
        descriptors: &FdBudget,
    ) -> Result<Arc<DirFds>, FsError> {
        match self.hold(descriptors) {
            Err(error) if matches!(error.errno(), Errno::ENOENT | Errno::ENOTDIR | Errno::ESTALE) => {
                self.open_dest().map(|src| Arc::new(DirFds { src, dest: None }))
            }
            other => other,
        }
    }

    /// Opens the destination from the nearest ancestor that is open, name by name.
    fn open_dest(self: &Arc<Self>) -> Result<OwnedFd, FsError> {
        let mut missing = vec![self];
        let held = loop {
            let parent = missing.last().and_then(|last| last.parent.as_ref());
            let parent = parent.ok_or_else(|| FsError::new(Errno::EBADF, "openat"))?;
            let held = parent.lock().clone();
            match held {
                Some(held) => break held,
                None => missing.push(parent),
            }
        };
        let mut dest = None;
        while let Some(directory) = missing.pop() {
            let id = directory.dest_id.ok_or_else(|| FsError::new(Errno::EBADF, "openat"))?;
            let from = dest.as_ref().map_or_else(|| held.dest(), AsFd::as_fd);
            dest = Some(open_same(from, &directory.name, OpenFlags::DIR_NOFOLLOW, id)?);
        }
        dest.ok_or_else(|| FsError::new(Errno::EBADF, "openat"))
    }

    /// Whether it is closed, and the end of work below it will open it again ([`leave`](Self::leave)).
    pub(in crate::tree) fn is_below_open(&self) -> bool {
        !self.is_held() && self.children.load(Ordering::SeqCst) > 0
    }

    /// The key under which tasks that wait for this directory are parked.
    pub(in crate::tree) fn place(self: &Arc<Self>) -> usize {
        Arc::as_ptr(self).addr()
    }

    /// This directory is done. Opens the parent again through its descriptors, closes them, and returns the parent. The root stays
    /// open for as long as a directory below it exists.
    pub(in crate::tree) fn leave(&self, descriptors: &FdBudget) -> Option<&Arc<Self>> {
        self.restore_parent(descriptors);
        let parent = self.parent.as_ref()?;
        drop(self.close());
        parent.children.fetch_sub(1, Ordering::SeqCst);
        Some(parent)
    }

    /// Opens the parent, if it is closed, by `..` of this directory's descriptors. That is one step, where a path from an open
    /// ancestor may be many.
    pub(in crate::tree) fn restore_parent(&self, descriptors: &FdBudget) {
        let Some(parent) = self.parent.as_ref().filter(|parent| !parent.is_held()) else { return };
        let Some(held) = self.lock().clone() else { return };
        // If this fails, the parent is opened from an ancestor when it is needed.
        if let Ok(found) = parent.reopen(&held, c"..") {
            parent.keep(Arc::new(found), descriptors);
        }
    }

    fn keep(self: &Arc<Self>, held: Arc<DirFds>, descriptors: &FdBudget) -> Arc<DirFds> {
        let mut own = self.lock();
        if let Some(held) = own.as_ref() {
            return Arc::clone(held); // another thread was faster
        }
        // Before any thread gets the new descriptor: a read through it would start at the first name again.
        self.listing.lock().unwrap_or_else(PoisonError::into_inner).resume();
        *own = Some(Arc::clone(&held));
        drop(own);
        descriptors.admit(self);
        held
    }

    /// Opens this directory again, from a directory next to it. ESTALE when another one is there now.
    fn reopen(&self, from: &DirFds, name: &CStr) -> Result<DirFds, FsError> {
        let src = open_same(from.src.as_fd(), name, source_flags(self.follow), self.src_id)?;
        let dest = match (from.dest.as_ref(), self.dest_id) {
            (Some(dest), Some(id)) => {
                let flags =
                    if self.is_dest_readable { OpenFlags::DIR_NOFOLLOW } else { OpenFlags::TREE_ANCHOR };
                Some(open_same(dest.as_fd(), name, flags, id)?)
            }
            _ => None,
        };
        Ok(DirFds { src, dest })
    }

    /// Closes the descriptors unless a thread uses them. Returns whether they are closed.
    pub(in crate::tree) fn close_if_idle(&self) -> bool {
        let mut held = self.lock();
        if held.as_ref().is_some_and(|held| Arc::strong_count(held) > 1) {
            return false;
        }
        *held = None;
        true
    }

    /// Closes the descriptors for the last time.
    fn close(&self) -> Option<Arc<DirFds>> {
        self.lock().take()
    }

    /// Whether the descriptors are open.
    pub(in crate::tree) fn is_held(&self) -> bool {
        self.lock().is_some()
    }

    /// The path of this directory under `root`.
    pub(in crate::tree) fn path(&self, root: &Path) -> PathBuf {
        let mut names = Vec::new();
        let mut at = self;
        while let Some(parent) = at.parent.as_deref() {
            names.push(OsStr::from_bytes(at.name.to_bytes()));
            at = parent;
        }
        let mut path = root.to_path_buf();
        path.extend(names.iter().rev());
        path
    }

    /// The path of a name in this directory under `root`; of the directory itself, if the name is empty.
    pub(in crate::tree) fn path_of(&self, root: &Path, name: &CStr) -> PathBuf {
        let path = self.path(root);
        if name.is_empty() { path } else { path.join(OsStr::from_bytes(name.to_bytes())) }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<DirFds>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Directory {
    /// One ancestor after the other: left to itself the chain would be dropped by recursion, and trees are deeper than
    /// stacks.
    fn drop(&mut self) {
        let mut next = self.parent.take();
        while let Some(mut last) = next.and_then(Arc::into_inner) {
            next = last.parent.take();
        }
    }
}

/// Opens a directory that has been seen before.
fn open_same(dir: BorrowedFd<'_>, name: &CStr, flags: OpenFlags, id: Identity) -> Result<OwnedFd, FsError> {
    let fd = sys::openat(dir, name, flags, 0).during("openat")?;
    let stat = sys::fstat(fd.as_fd()).during(STAT_CALL)?;
    if identity(&stat) == id { Ok(fd) } else { Err(FsError::new(Errno::ESTALE, "openat")) }
}

/// The most directories that are kept open: no walk gains by more.
const MOST: u64 = 256;

/// The fewest directories that are kept open: each thread needs some to make progress.
const FEWEST: u64 = 4;

/// How often an attempt is repeated that found no descriptor: with the pauses, a second.
const TRIES: u32 = 500;

/// How long to wait for another thread to close one.
const PAUSE: Duration = Duration::from_millis(2);

/// An error with an errno.
pub(in crate::tree) trait Numbered {
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
pub(in crate::tree) struct FdBudget {
    limit: usize,
    open: Mutex<VecDeque<Weak<Directory>>>,
}

impl FdBudget {
    /// A share of what the process may have: the rest is the host's.
    pub(in crate::tree) fn new() -> Self {
        let limit = (sys::descriptor_limit() / 8).clamp(FEWEST, MOST);
        Self { limit: usize::try_from(limit).unwrap_or(4), open: Mutex::default() }
    }

    /// Takes stats of a directory that was opened, and closes another if there are too many.
    pub(in crate::tree) fn admit(&self, directory: &Arc<Directory>) {
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

    /// Closes every directory that no thread uses now. Returns whether there was one.
    fn close_idle(&self) -> bool {
        let mut open = self.lock();
        let before = open.len();
        while close_oldest(&mut open) {}
        open.len() < before
    }

    /// Repeats `attempt` while it fails with EMFILE or ENFILE: first after closing idle directories, then after a pause, as long as
    /// `company` finds other threads at work. The number of tries is bounded, because the host process may hold the descriptors.
    pub(in crate::tree) fn retry_on_emfile<T, E: Numbered>(
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
            if !self.close_idle() {
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

/// Closes the oldest directory that no thread uses now.
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

#[cfg(test)]
#[path = "directory_tests.rs"]
mod tests;
