//! The root of a removal: the path of the caller, checked before anything in it is removed.

use std::ffi::CStr;
use std::num::NonZero;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use super::TreeRemoval;
use super::copied_check::{found, is_like};
use crate::copy::{PathAt, PathAtBuf};
use crate::errno::Errno;
use crate::error::{During, ErrorKind, FsError};
use crate::sys;
use crate::sys::{Follow, OpenFlags, STAT_CALL, Stat, identity};
use crate::tree::walk::directory::{DirFds, Directory};
use crate::tree::walk::paths::{as_text, without_slashes};
use crate::tree::walk::scheduler::Scheduler;

impl TreeRemoval {
    /// Removes the root, or opens it and begins to, if it is a directory.
    pub(in crate::tree) fn root(&self, scheduler: &Arc<Scheduler<Self>>) {
        match self.open_root(scheduler) {
            Ok(Some(directory)) => self.read(directory, scheduler),
            Ok(None) => {}
            Err(error) => self.operation.fail(error.with_path(&self.path)),
        }
    }

    /// `None`: there is nothing (more) to do.
    fn open_root(&self, scheduler: &Arc<Scheduler<Self>>) -> Result<Option<Arc<Directory>>, FsError> {
        let written = as_text(&self.path);
        let (dir, name) = self.root_name(&written);
        let seen = match sys::fstatat(dir, name, Follow::No) {
            Ok(seen) => seen,
            Err(Errno::ENOENT) if self.options.force => return Ok(None),
            Err(errno) => return Err(FsError::new(errno, STAT_CALL)),
        };
        if self.only.is_some_and(|only| only != identity(&seen)) {
            return Err(FsError::new(Errno::ESTALE, STAT_CALL));
        }
        if seen.is_dir() && !self.options.recursive {
            return Err(FsError::new(Errno::EISDIR, STAT_CALL).with_kind(ErrorKind::IsDirectory));
        }
        if self.only.is_none() {
            self.judge_name(&written, &seen)?;
        }
        if !seen.is_dir()
            && self.mirror.as_ref().is_some_and(|copy| !is_like(&seen, copy.at(), &self.time_losses))
        {
            return Err(FsError::new(Errno::EBUSY, STAT_CALL).with_kind(ErrorKind::SourceChanged));
        }
        if !seen.is_dir() {
            self.retry_what_may_pass(scheduler, || sys::unlinkat(dir, name)).during("unlinkat")?;
            self.count_file();
            return Ok(None);
        }
        let Some(src) = self.open(dir, name, scheduler)? else {
            self.count_directory();
            return Ok(None);
        };
        let stat = sys::fstat(src.as_fd()).during(STAT_CALL)?;
        if !stat.same_inode(&seen) {
            return Err(FsError::new(Errno::ESTALE, "openat"));
        }
        self.open_up(src.as_fd(), &stat);
        if self.options.concurrency.is_none()
            && let Some(threads) = threads_that_pay(src.as_fd())
        {
            scheduler.limit_to(threads);
        }
        let copy = match &self.mirror {
            Some(copy) => {
                Some(sys::openat(copy.dir(), &copy.name, OpenFlags::DIR_NOFOLLOW, 0).during("openat")?)
            }
            None => None,
        };
        let found = found(copy.as_ref())?;
        Ok(Some(Directory::new(
            None,
            (c"", Follow::No),
            DirFds { src, dest: copy },
            stat,
            found,
            &self.operation.descriptors,
        )))
    }

    /// Refuses what could not be removed in the end, before anything in it is. As rmdir(2) does.
    fn judge_name(&self, written: &CStr, seen: &Stat) -> Result<(), FsError> {
        let has_slot = self.slot.get().is_some_and(Option::is_some);
        let path = written.to_bytes();
        let name = without_slashes(written);
        let errno = match name.to_bytes() {
            // A slash at the end demands a directory, and a link is none.
            bytes if has_slot && bytes.len() < path.len() && !seen.is_dir() => Errno::ENOTDIR,
            _ if has_slot || !seen.is_dir() => return Ok(()),
            b"/" => Errno::EBUSY,
            bytes if bytes == b".." || bytes.ends_with(b"/..") => Errno::ENOTEMPTY,
            bytes if bytes == b"." || bytes.ends_with(b"/.") => Errno::EINVAL,
            _ => return Ok(()),
        };
        Err(FsError::new(errno, "unlinkat"))
    }

    /// The root's name in its parent, which is opened once: the directories above may change during the removal.
    pub(in crate::tree) fn root_name<'a>(&'a self, written: &'a CStr) -> (BorrowedFd<'a>, &'a CStr) {
        let slot = self
            .slot
            .get_or_init(|| PathAtBuf::of(PathAt { dir: sys::CWD, name: &without_slashes(written) }).ok());
        match slot {
            Some(slot) => (slot.dir(), &slot.name),
            // `.` and `..`, or a parent that cannot be opened: the path is passed to the kernel as it is.
            None => (sys::CWD, written),
        }
    }
}

/// How many threads a removal of `root` gains by; `None`: as many as there are cores.
fn threads_that_pay(root: BorrowedFd<'_>) -> Option<NonZero<usize>> {
    sys::fstatfs(root).ok()?.fs_type.removal_threads
}
