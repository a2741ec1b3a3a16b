//! What the caller of a removal named: looked at, and removed or gone into.

use std::ffi::CStr;
use std::num::NonZero;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use super::crew::Crew;
use super::directory::{Directory, Held, identity};
use super::mirror::{found, is_like};
use super::removal::TreeRemoval;
use super::text::{as_text, without_slashes};
use crate::copy::{At, Slot};
use crate::errno::Errno;
use crate::error::{During, ErrorKind, FsError};
use crate::sys::{self, Follow, OpenFlags, STAT_CALL, Stat};

/// How many threads a removal of `root` gains by; `None`: as many as there are cores.
fn threads_that_pay(root: BorrowedFd<'_>) -> Option<NonZero<usize>> {
    sys::fstatfs(root).ok()?.fs_type.removal_threads
}

impl TreeRemoval {
    /// Removes what the caller named, or begins to, if it is a directory.
    pub(super) fn root(&self, crew: &Arc<Crew<Self>>) {
        match self.open_root(crew) {
            Ok(Some(directory)) => self.read(directory, crew),
            Ok(None) => {}
            Err(error) => self.fail(error.with_path(&self.path)),
        }
    }

    /// `None`: there is nothing (more) to do.
    fn open_root(&self, crew: &Arc<Crew<Self>>) -> Result<Option<Arc<Directory>>, FsError> {
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
            self.patiently(crew, || sys::unlinkat(dir, name)).during("unlinkat")?;
            self.count_file();
            return Ok(None);
        }
        let Some(src) = self.open(dir, name, crew)? else {
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
            crew.limit_to(threads);
        }
        let copy = match &self.mirror {
            Some(copy) => Some(sys::openat(copy.dir(), &copy.name, OpenFlags::TREE, 0).during("openat")?),
            None => None,
        };
        let found = found(copy.as_ref())?;
        Ok(Some(Directory::new(
            None,
            (c"", Follow::No),
            Held { src, dest: copy },
            stat,
            found,
            &self.descriptors,
        )))
    }

    /// Refuses what could not be removed in the end, before anything in it is. As rmdir(2) does.
    fn judge_name(&self, written: &CStr, seen: &Stat) -> Result<(), FsError> {
        let has_slot = self.slot.get().is_some_and(Option::is_some);
        let path = written.to_bytes();
        let name = without_slashes(written);
        let errno = match name.to_bytes() {
            // A slash says "directory"; a link is none, whatever it leads to.
            bytes if has_slot && bytes.len() < path.len() && !seen.is_dir() => Errno::ENOTDIR,
            _ if has_slot || !seen.is_dir() => return Ok(()),
            b"/" => Errno::EBUSY,
            bytes if bytes == b".." || bytes.ends_with(b"/..") => Errno::ENOTEMPTY,
            bytes if bytes == b"." || bytes.ends_with(b"/.") => Errno::EINVAL,
            _ => return Ok(()),
        };
        Err(FsError::new(errno, "unlinkat"))
    }

    /// The root's name in the directory that has it, which is opened once: what is above may change meanwhile.
    pub(super) fn root_name<'a>(&'a self, written: &'a CStr) -> (BorrowedFd<'a>, &'a CStr) {
        let slot =
            self.slot.get_or_init(|| Slot::of(At { dir: sys::CWD, name: &without_slashes(written) }).ok());
        match slot {
            Some(slot) => (slot.dir(), &slot.name),
            // `.` and `..`, and what is above may be out of reach: what the kernel makes of it.
            None => (sys::CWD, written),
        }
    }

    /// Opens a directory. `None`: it could not be opened, but removed, because it was empty.
    pub(super) fn open(
        &self,
        dir: BorrowedFd<'_>,
        name: &CStr,
        crew: &Crew<Self>,
    ) -> Result<Option<OwnedFd>, FsError> {
        match self.patiently(crew, || sys::openat(dir, name, OpenFlags::TREE, 0)) {
            Ok(fd) => Ok(Some(fd)),
            Err(Errno::EACCES) if sys::rmdirat(dir, name).is_ok() => Ok(None),
            Err(errno) => Err(FsError::new(errno, "openat")),
        }
    }
}
