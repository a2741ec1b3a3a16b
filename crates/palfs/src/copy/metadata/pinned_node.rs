//! A link, FIFO, socket or device that this call has just made: held, and not meant by its name alone. In a directory that
//! others may write to, something else may have that name a moment later, and would get the owner, mode and times.

#[cfg(not(target_os = "macos"))]
use std::ffi::CString;
use std::os::fd::BorrowedFd;
#[cfg(target_os = "linux")]
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use crate::copy::output::sample::new_file_in;
use crate::copy::path_at::PathAtBuf;
use crate::copy::source::PathAt;
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys;
#[cfg(target_os = "linux")]
use crate::sys::OpenFlags;
use crate::sys::mode::{S_IFBLK, S_IFCHR};
use crate::sys::{Follow, STAT_CALL, SetTime, Stat};

/// A node that was just created. On Linux it is held by an O_PATH descriptor; elsewhere only by its name.
pub(crate) struct PinnedNode<'a> {
    at: PathAt<'a>,
    pub(in crate::copy) stat: Stat,
    #[cfg(target_os = "linux")]
    fd: OwnedFd,
}

impl<'a> PinnedNode<'a> {
    /// Holds the node that was created like `source` at `at`. ESTALE: another node has the name by now.
    #[cfg(target_os = "linux")]
    pub(in crate::copy) fn hold(at: PathAt<'a>, source: &Stat) -> Result<Self, FsError> {
        let fd = sys::openat(at.dir, at.name, OpenFlags::PATH_NOFOLLOW, 0).during("openat")?;
        let stat = sys::fstat(fd.as_fd()).during(STAT_CALL)?;
        if is_new(&stat, source) && is_created_by_caller(fd.as_fd(), &stat, at)? {
            Ok(Self { at, stat, fd })
        } else {
            Err(FsError::new(Errno::ESTALE, "openat"))
        }
    }

    /// Holds the node that was created like `source` at `at`. ESTALE: another node has the name by now.
    #[cfg(not(target_os = "linux"))]
    pub(in crate::copy) fn hold(at: PathAt<'a>, source: &Stat) -> Result<Self, FsError> {
        let stat = sys::fstatat(at.dir, at.name, Follow::No).during(STAT_CALL)?;
        if is_new(&stat, source) {
            Ok(Self { at, stat })
        } else {
            Err(FsError::new(Errno::ESTALE, STAT_CALL))
        }
    }

    /// Sets its owner and group; `None` leaves an id as it is.
    pub(in crate::copy) fn chown(&self, uid: Option<u32>, gid: Option<u32>) -> Result<(), Errno> {
        #[cfg(target_os = "linux")]
        match sys::chown_o_path(self.fd.as_fd(), uid, gid) {
            Err(errno) if is_not_by_descriptor(errno) => {}
            other => return other,
        }
        self.unless_elsewhere(sys::fchownat(self.at.dir, self.at.name, uid, gid, Follow::No))
    }

    /// Sets its permission bits.
    pub(in crate::copy) fn chmod(&self, bits: u32) -> Result<(), Errno> {
        #[cfg(target_os = "linux")]
        match sys::chmod_o_path(self.fd.as_fd(), bits) {
            Err(errno) if is_not_by_descriptor(errno) => {}
            other => return other,
        }
        sys::fchmodat(self.at.dir, self.at.name, bits, Follow::No)
    }

    /// Sets its times.
    pub(in crate::copy) fn utimens(&self, atime: SetTime, mtime: SetTime) -> Result<(), Errno> {
        #[cfg(target_os = "linux")]
        match sys::utimens_o_path(self.fd.as_fd(), atime, mtime) {
            Err(errno) if is_not_by_descriptor(errno) => {}
            other => return other,
        }
        self.unless_elsewhere(sys::utimensat(self.at.dir, self.at.name, atime, mtime, Follow::No))
    }

    /// A call that finds nothing although the inode is there has looked for what a link leads to (sshfs: ENOENT): such a
    /// filesystem has no owner or time of a link.
    fn unless_elsewhere(&self, done: Result<(), Errno>) -> Result<(), Errno> {
        match done {
            Err(Errno::ENOENT | Errno::ESTALE) if self.look().is_ok_and(|now| now.nlink > 0) => {
                Err(Errno::EOPNOTSUPP)
            }
            other => other,
        }
    }

    /// What it is now.
    pub(in crate::copy) fn look(&self) -> Result<Stat, Errno> {
        #[cfg(target_os = "linux")]
        return sys::fstat_uncached(self.fd.as_fd());
        #[cfg(not(target_os = "linux"))]
        sys::fstatat(self.at.dir, self.at.name, Follow::No)
    }

    /// A descriptor on its filesystem, for fstatfs(2).
    pub(in crate::copy) fn filesystem(&self) -> BorrowedFd<'_> {
        #[cfg(target_os = "linux")]
        return self.fd.as_fd();
        #[cfg(not(target_os = "linux"))]
        self.at.dir
    }

    /// The directory that it is in.
    pub(in crate::copy) fn at(&self) -> PathAt<'a> {
        self.at
    }

    /// A path to exactly this node, for calls that take no O_PATH descriptor. `None`: /proc is not mounted.
    #[cfg(target_os = "linux")]
    pub(in crate::copy) fn path(&self) -> Option<CString> {
        let path = CString::new(format!("/proc/self/fd/{}", self.fd.as_raw_fd())).ok()?;
        let found = sys::fstatat(sys::CWD, &path, Follow::Yes);
        found.is_ok_and(|found| found.same_inode(&self.stat)).then_some(path)
    }

    /// There is no such path.
    #[cfg(not(any(target_os = "linux", target_os = "macos")))]
    #[expect(clippy::unused_self, reason = "Linux's twin needs it, and callers are the same")]
    pub(in crate::copy) fn path(&self) -> Option<CString> {
        None
    }
}

/// The errnos of calls that do not take an O_PATH descriptor; the name is used instead. EBADF: gVisor (runsc 20221219). ENOENT: Linux
/// before 5.8 or 6.6 needs the path in /proc, which is not mounted. ENOSYS, EINVAL: sandboxes.
#[cfg(target_os = "linux")]
fn is_not_by_descriptor(errno: Errno) -> bool {
    matches!(errno, Errno::EBADF | Errno::ENOENT | Errno::ENOSYS | Errno::EINVAL)
}

/// Whether this may be the node that was created like `source`, by its inode: it has the type and only one name.
fn is_new(stat: &Stat, source: &Stat) -> bool {
    let is_device = matches!(stat.format(), S_IFCHR | S_IFBLK);
    let same_kind = stat.same_type(source) && (!is_device || stat.rdev == source.rdev);
    same_kind && stat.nlink <= 1
}

/// Whether the caller can have created the open node, which was named `at`. A node belongs to its creator, except where a server or a
/// mount option decides (NFS, SMB, FAT, FUSE).
///
/// Owner and caller's id are read from the kernel: a preloaded library such as fakeroot reports root for everything. If the two
/// still differ, a sample file beside the node shows the owner of the caller's new files: proot changes the result of geteuid(2)
/// and not that of statx(2); overlayfs shows the decision of the server under it.
pub(crate) fn is_created_by_caller(fd: BorrowedFd<'_>, stat: &Stat, at: PathAt<'_>) -> Result<bool, FsError> {
    let owner = kernel_owner(fd, stat)?;
    if owner == sys::kernel_euid() || !sys::fstatfs(fd).is_ok_and(|info| info.fs_type.creator_owns_files) {
        return Ok(true);
    }
    let slot = PathAtBuf::of(at)?;
    let callers = new_file_in(slot.dir(), 0o600, |file| {
        let stat = sys::fstat(file).during(STAT_CALL)?;
        kernel_owner(file, &stat)
    });
    Ok(callers.is_ok_and(|callers| callers == owner))
}

fn kernel_owner(fd: BorrowedFd<'_>, stat: &Stat) -> Result<u32, FsError> {
    Ok(sys::as_kernel_has_it(fd, stat).during(STAT_CALL)?.uid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_of_another_kind_or_has_another_name_was_not_just_made() {
        let stat = |mode, rdev, nlink| Stat { mode, rdev, nlink, ..Stat::default() };
        let (fifo, disk) = (stat(0o010_644, 0, 3), stat(0o060_600, 7, 1));
        assert!(is_new(&stat(0o010_600, 9, 1), &fifo));
        assert!(!is_new(&stat(0o010_600, 9, 2), &fifo) && !is_new(&stat(0o100_600, 0, 1), &fifo));
        assert!(is_new(&stat(0o060_600, 7, 1), &disk) && !is_new(&stat(0o060_600, 8, 1), &disk));
    }
}
