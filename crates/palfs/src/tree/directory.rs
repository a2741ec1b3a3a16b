//! One directory of a walk: its place in the tree, its descriptors, and what is still to be done below it.
//!
//! A directory is *held* while its descriptors are open. They are closed when the walk has too many, and opened again
//! when they are needed: from a child by `..`, or from the nearest ancestor that is open, name by name; in each case
//! only if it is still the same directory.

use std::ffi::{CStr, CString, OsStr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::aliases::Aliases;
use super::descriptors::Descriptors;
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys::{self, Follow, Listing, OpenFlags, STAT_CALL, Stat};

/// Device and inode number.
pub(super) type Identity = (u64, u64);

/// Both numbers of an inode.
pub(super) fn identity(stat: &Stat) -> Identity {
    (stat.dev, stat.ino)
}

/// The open descriptors of a directory.
pub(super) struct Held {
    pub(super) src: OwnedFd,
    /// Only where something is copied.
    pub(super) dest: Option<OwnedFd>,
}

impl Held {
    /// Where copies go; the source's own where nothing is copied, which then is never asked for.
    pub(super) fn dest(&self) -> BorrowedFd<'_> {
        self.dest.as_ref().unwrap_or(&self.src).as_fd()
    }
}

/// What is known of a destination directory.
pub(super) struct Found {
    pub(super) stat: Stat,
    pub(super) is_fresh: bool,
    pub(super) gives_acl: bool,
    /// Whether it is open for reading. Names can be made in one that is not, but its own metadata is out of reach.
    pub(super) is_readable: bool,
}

/// How a directory is opened at the source.
pub(super) const fn source_flags(follow: Follow) -> OpenFlags {
    match follow {
        Follow::Yes => OpenFlags::DIRECTORY,
        Follow::No => OpenFlags::TREE,
    }
}

/// What the walk knows of one directory.
pub(super) struct Directory {
    pub(super) parent: Option<Arc<Directory>>,
    /// Its name in the parent; of the root nothing.
    pub(super) name: CString,
    /// Whether its name at the source may be a link to it.
    follow: Follow,
    src_id: Identity,
    dest_id: Option<Identity>,
    /// What the source was when it was opened.
    pub(super) stat: Stat,
    /// What the destination was when it was made or found.
    pub(super) dest_stat: Option<Stat>,
    /// Whether this operation made the destination: then every name in it is free.
    pub(super) is_fresh: bool,
    /// Whether what is made in the destination may get an ACL from it.
    pub(super) gives_acl: bool,
    /// Whether the destination is open for reading.
    pub(super) is_dest_readable: bool,
    pub(super) aliases: Aliases,
    pub(super) listing: Mutex<Listing>,
    held: Mutex<Option<Arc<Held>>>,
    /// Units of work and child directories that are not done.
    open_ends: AtomicUsize,
    /// Child directories that are being worked on: when one is done, it opens this one again.
    children: AtomicUsize,
    /// How often it was read again.
    passes: AtomicU32,
}

impl Directory {
    /// A directory that has just been opened, with one open end: its own reading.
    pub(super) fn new(
        parent: Option<Arc<Directory>>,
        (name, follow): (&CStr, Follow),
        held: Held,
        stat: Stat,
        dest: Option<Found>,
        descriptors: &Descriptors,
    ) -> Arc<Self> {
        let is_fresh = dest.as_ref().is_some_and(|dest| dest.is_fresh);
        let directory = Arc::new(Self {
            name: name.to_owned(),
            follow,
            src_id: identity(&stat),
            dest_id: dest.as_ref().map(|dest| identity(&dest.stat)),
            stat,
            is_fresh,
            aliases: Aliases::new(is_fresh),
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
        // The root is what the others are found from; it stays open.
        if let Some(parent) = &directory.parent {
            parent.children.fetch_add(1, Ordering::SeqCst);
            descriptors.admit(&directory);
        }
        directory
    }

    /// Whether what is made in it gets nothing from it: the copy made it, and it has no default ACL.
    pub(super) const fn is_plain(&self) -> bool {
        self.is_fresh && !self.gives_acl
    }

    /// Whether a file that is made in it tells what the next one will be: nobody else gives names in it while it is filled.
    pub(super) fn has_precedents(&self) -> bool {
        const OTHERS_MAY_WRITE: u32 = 0o022; // the group's bits are also the mask of an ACL
        self.is_plain() && self.dest_stat.is_some_and(|stat| stat.mode & OTHERS_MAY_WRITE == 0)
    }

    /// The device and inode at the source.
    pub(super) fn src_id(&self) -> Identity {
        self.src_id
    }

    /// One more thing to do before this directory is done.
    pub(super) fn add_end(&self) {
        self.open_ends.fetch_add(1, Ordering::Relaxed);
    }

    /// One thing is done; says whether it was the last.
    pub(super) fn end_one(&self) -> bool {
        self.open_ends.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// It is read once more; says how often it was before.
    pub(super) fn begin_pass(&self) -> u32 {
        self.passes.fetch_add(1, Ordering::Relaxed)
    }

    /// The descriptors, opened again if they have been closed.
    pub(super) fn hold(self: &Arc<Self>, descriptors: &Descriptors) -> Result<Arc<Held>, FsError> {
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

    /// The descriptors, for a link to what is in the destination. A move before this one has removed its source: then the destination
    /// alone is opened again.
    pub(super) fn hold_for_link(self: &Arc<Self>, descriptors: &Descriptors) -> Result<Arc<Held>, FsError> {
        match self.hold(descriptors) {
            Err(error) if matches!(error.errno(), Errno::ENOENT | Errno::ENOTDIR | Errno::ESTALE) => {
                self.open_dest().map(|src| Arc::new(Held { src, dest: None }))
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
            dest = Some(open_same(from, &directory.name, OpenFlags::TREE, id)?);
        }
        dest.ok_or_else(|| FsError::new(Errno::EBADF, "openat"))
    }

    /// Whether it has been closed, but work below it will open it again by [`leave`](Self::leave).
    pub(super) fn is_below_open(&self) -> bool {
        !self.is_held() && self.children.load(Ordering::SeqCst) > 0
    }

    /// What units of work that wait for this directory are parked at.
    pub(super) fn place(self: &Arc<Self>) -> usize {
        Arc::as_ptr(self).addr()
    }

    /// This directory is done: its descriptors are closed, after the parent has been opened again by them. Gives the parent.
    /// The root stays open for as long as somebody remembers a directory below it.
    pub(super) fn leave(&self, descriptors: &Descriptors) -> Option<&Arc<Self>> {
        self.restore_parent(descriptors);
        let parent = self.parent.as_ref()?;
        drop(self.close());
        parent.children.fetch_sub(1, Ordering::SeqCst);
        Some(parent)
    }

    /// Opens the parent by `..` of this directory's descriptors, where it has been closed: a step, and not a walk from
    /// far above.
    pub(super) fn restore_parent(&self, descriptors: &Descriptors) {
        let Some(parent) = self.parent.as_ref().filter(|parent| !parent.is_held()) else { return };
        let Some(held) = self.lock().clone() else { return };
        // What fails here is found from above when it is needed.
        if let Ok(found) = parent.reopen(&held, c"..") {
            parent.keep(Arc::new(found), descriptors);
        }
    }

    fn keep(self: &Arc<Self>, held: Arc<Held>, descriptors: &Descriptors) -> Arc<Held> {
        let mut own = self.lock();
        if let Some(held) = own.as_ref() {
            return Arc::clone(held); // another thread was faster
        }
        // Before anybody can have the new descriptor: who reads by it would begin at the first name again.
        self.listing.lock().unwrap_or_else(PoisonError::into_inner).resume();
        *own = Some(Arc::clone(&held));
        drop(own);
        descriptors.admit(self);
        held
    }

    /// Opens this directory again, from a directory next to it. ESTALE when another one is there now.
    fn reopen(&self, from: &Held, name: &CStr) -> Result<Held, FsError> {
        let src = open_same(from.src.as_fd(), name, source_flags(self.follow), self.src_id)?;
        let dest = match (from.dest.as_ref(), self.dest_id) {
            (Some(dest), Some(id)) => {
                let flags = if self.is_dest_readable { OpenFlags::TREE } else { OpenFlags::TREE_ANCHOR };
                Some(open_same(dest.as_fd(), name, flags, id)?)
            }
            _ => None,
        };
        Ok(Held { src, dest })
    }

    /// Closes the descriptors unless somebody uses them; says whether they are closed.
    pub(super) fn close_if_idle(&self) -> bool {
        let mut held = self.lock();
        if held.as_ref().is_some_and(|held| Arc::strong_count(held) > 1) {
            return false;
        }
        *held = None;
        true
    }

    /// Gives the descriptors up for good.
    fn close(&self) -> Option<Arc<Held>> {
        self.lock().take()
    }

    /// Whether the descriptors are open.
    pub(super) fn is_held(&self) -> bool {
        self.lock().is_some()
    }

    /// The path of this directory under `root`.
    pub(super) fn path(&self, root: &Path) -> PathBuf {
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
    pub(super) fn path_of(&self, root: &Path, name: &CStr) -> PathBuf {
        let path = self.path(root);
        if name.is_empty() { path } else { path.join(OsStr::from_bytes(name.to_bytes())) }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Held>>> {
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

#[cfg(test)]
#[path = "directory_tests.rs"]
mod tests;
