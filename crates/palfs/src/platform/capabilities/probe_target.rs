//! The asked path, the directory that is probed for it, and what may be done there.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use crate::copy::{PathAt, PathAtBuf};
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys;
use crate::sys::{FsType, InodeFlags, MountInfo, OpenFlags, STAT_CALL, Stat};

/// A path's filesystem, held open.
pub(super) struct ProbeTarget {
    pub(super) path: CString,
    /// What the path leads to.
    pub(super) item: OwnedFd,
    pub(super) stat: Stat,
    /// The directory to probe in; `None` when the file is a mount of its own, so that its parent is another filesystem.
    dir: Option<OwnedFd>,
    pub(super) mount: Option<MountInfo>,
}

impl ProbeTarget {
    pub(super) fn of(path: &Path) -> Result<Self, FsError> {
        let name = sys::cstring(path.as_os_str()).during("openat")?;
        let item = look(&name)?;
        let stat = sys::fstat(item.as_fd()).during(STAT_CALL)?;
        let dir = if stat.is_dir() { reopen(item.as_fd(), c".") } else { parent(&name, &stat) };
        let mount = sys::mount_info(item.as_fd()).ok();
        Ok(Self { path: name, item, stat, dir, mount })
    }

    /// The directory to probe in or to look for evidence in.
    pub(super) fn dir(&self) -> Option<BorrowedFd<'_>> {
        self.dir.as_ref().map(AsFd::as_fd)
    }

    /// The row of the filesystem's type.
    pub(super) fn fs_type(&self) -> &'static FsType {
        self.mount.as_ref().map_or(&sys::UNKNOWN_FS_TYPE, |mount| mount.fs_type)
    }

    pub(super) fn read_only(&self) -> Option<bool> {
        self.mount.as_ref().map(|mount| mount.read_only)
    }

    /// Whether that inode is on the same mount.
    pub(super) fn has(&self, stat: &Stat) -> bool {
        same_mount(&self.stat, stat)
    }

    /// Whether new entries can be removed again: not in an append-only or immutable directory.
    pub(super) fn takes_probes(&self) -> bool {
        let locked = self.dir_flags().is_some_and(|flags| !flags.and(InodeFlags::LOCKING).is_empty());
        self.dir.is_some() && self.read_only() == Some(false) && !locked && !self.mounts_on_lookup()
    }

    /// Whether a name that is only looked up wakes a daemon, which then tries to mount something of that name.
    pub(super) fn mounts_on_lookup(&self) -> bool {
        self.fs_type().mounts_on_lookup
    }

    /// The directory's inode flags, where there are any and it could be opened for reading.
    pub(super) fn dir_flags(&self) -> Option<InodeFlags> {
        self.dir().and_then(|dir| sys::get_inode_flags(dir).ok())
    }
}

/// Opens what `name` leads to without waking it: no device, no FIFO.
fn look(name: &CStr) -> Result<OwnedFd, FsError> {
    match sys::openat(sys::CWD, name, OpenFlags::PATH, 0) {
        // Where looking needs read permission, a directory may still be searched.
        Err(Errno::EACCES) => sys::openat(sys::CWD, name, OpenFlags::DIR_PATH, 0),
        other => other,
    }
    .during("openat")
}

/// `name` in `dir` as a directory: for reading if that is allowed (flags and names can then be read), else as an anchor.
fn reopen(dir: BorrowedFd<'_>, name: &CStr) -> Option<OwnedFd> {
    sys::openat(dir, name, OpenFlags::DIRECTORY, 0)
        .or_else(|_| sys::openat(dir, name, OpenFlags::DIR_PATH, 0))
        .ok()
}

/// The directory that holds the file, if it is on the same mount.
fn parent(name: &CString, stat: &Stat) -> Option<OwnedFd> {
    let slot = PathAtBuf::of_target(PathAt { dir: sys::CWD, name }).ok()?;
    let dir = reopen(slot.dir(), c".")?;
    let of_dir = sys::fstat(dir.as_fd()).ok()?;
    same_mount(stat, &of_dir).then_some(dir)
}

/// By the mount numbers if the kernel has them: device numbers differ between subvolumes of one btrfs.
fn same_mount(one: &Stat, other: &Stat) -> bool {
    match (one.mount, other.mount) {
        (Some(one), Some(other)) => one == other,
        _ => one.dev == other.dev,
    }
}
