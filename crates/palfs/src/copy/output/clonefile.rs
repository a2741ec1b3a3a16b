//! macOS: clonefile makes the new name itself, with content, attributes, flags and times, in one atomic step.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::initial_mode::{NewMode, changes_owner, learn_owner};
use crate::copy::method::Method;
use crate::copy::options::{CopyOptions, Preserve, Reflink, Sparse};
use crate::copy::source::{PathAt, Source};
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys;
use crate::sys::{CloneOwner, InodeFlags, OpenFlags, STAT_CALL, Stat};

/// A clone, open for reading: mode, owner, times and attributes are changed through any descriptor.
pub(in crate::copy) struct Clone {
    pub(in crate::copy) fd: OwnedFd,
    pub(in crate::copy) stat: Stat,
    pub(in crate::copy) mode: NewMode,
}

/// Clones the source to the free name `at` and opens the result. `None`: not here, copy instead.
///
/// A clone appears complete and with the source's mode (without set-id bits, which follow by the usual rules). So it is only made if
/// that is the final mode and the owner stays the caller. Under `reflink: Always` it is always made.
pub(in crate::copy) fn create(
    at: PathAt<'_>,
    source: &Source,
    options: &CopyOptions,
) -> Result<Option<Clone>, FsError> {
    let always = options.reflink == Reflink::Always;
    let may = always || (options.reflink == Reflink::Auto && options.sparse == Sparse::Auto);
    if !may || !(always || fits(source, options)) || !options.methods.has(Method::CloneFile) {
        return Ok(None);
    }
    let owner = owner(options);
    match sys::fclonefileat(source.fd.as_fd(), at.dir, at.name, owner) {
        Ok(()) => {}
        // ENOTSUP: not APFS. EXDEV: another volume.
        Err(Errno::ENOTSUP | Errno::EOPNOTSUPP | Errno::EXDEV) if !always => return Ok(None),
        Err(errno) => return Err(FsError::new(errno, "fclonefileat")),
    }
    let fd = match sys::openat(at.dir, at.name, OpenFlags::TREE_FILE, 0) {
        Ok(fd) => fd,
        Err(errno) => return give_up(at, FsError::new(errno, "openat"), always),
    };
    let stat = sys::fstat(fd.as_fd()).during(STAT_CALL)?;
    if !is_ours(&stat, source, owner) {
        // Another process has given the name to another entry, which must not be changed or removed.
        return Err(FsError::new(Errno::EEXIST, "fclonefileat"));
    }
    let mode = NewMode { create: stat.permissions(), narrowed: !options.preserve.wants_mode() };
    if owner == CloneOwner::Caller {
        learn_owner(&stat);
        if !always && mode.was_too_wide(&stat, &source.stat, options) {
            // The directory gave it a group that it will not keep, and that could read it now.
            return give_up(at, FsError::new(Errno::EPERM, "fclonefileat"), always);
        }
    }
    drop_flags(fd.as_fd(), options);
    Ok(Some(Clone { fd, stat, mode }))
}

/// Whether a clone is, from its first moment on, no wider than the copy will be in the end, and can be finished.
fn fits(source: &Source, options: &CopyOptions) -> bool {
    let keeps_owner = owner(options) == CloneOwner::Source || !changes_owner(&source.stat, options);
    // With these flags it could neither be changed nor renamed nor removed.
    let locked = |flags: InodeFlags| !flags.and(InodeFlags::LOCKING).is_empty();
    // The clone gets the source's ACL only in a later step. Until then users denied by that ACL could open it.
    let guarded =
        options.preserve.has(Preserve::ACL) && !sys::has_acl(source.fd.as_fd()).is_ok_and(|has| !has);
    source.stat.size > 0
        && !guarded
        && options.preserve.wants_mode()
        && keeps_owner
        && !sys::get_inode_flags(source.fd.as_fd()).is_ok_and(locked)
}

/// For a privileged caller the kernel sets the source's owner as it clones, which is safer than a later chown.
fn owner(options: &CopyOptions) -> CloneOwner {
    let privileged = options.preserve.wants_owner() && sys::geteuid() == 0;
    if privileged { CloneOwner::Source } else { CloneOwner::Caller }
}

/// Whether this is the clone: a regular file with one name and the expected owner. Another user's file in its place must not get
/// the source's owner and set-id bits.
fn is_ours(stat: &Stat, source: &Source, owner: CloneOwner) -> bool {
    let expected = if owner == CloneOwner::Source { source.stat.uid } else { 0 };
    stat.is_file() && stat.nlink == 1 && (sys::geteuid() != 0 || stat.uid == expected)
}

/// Removes a clone that cannot be used. A plain copy may still work, for example under a mode that lets the group read and not the owner,
/// who is the caller now.
fn give_up(at: PathAt<'_>, error: FsError, always: bool) -> Result<Option<Clone>, FsError> {
    let removed = sys::unlinkat(at.dir, at.name).is_ok();
    if removed && !always { Ok(None) } else { Err(error) }
}

/// A clone has the source's flags. Flags that were not asked for are removed, and so are locking flags until the file has its name. If
/// that fails, the call that a flag forbids reports it.
fn drop_flags(fd: BorrowedFd<'_>, options: &CopyOptions) {
    let keep = options.preserve.has(Preserve::FLAGS);
    let unwanted = if keep { InodeFlags::LOCKING } else { InodeFlags::AFTER_DATA };
    if let Ok(now) = sys::get_inode_flags(fd)
        && !now.and(unwanted).is_empty()
    {
        let _what_they_forbid_says_so = sys::set_inode_flags(fd, now.without(unwanted));
    }
}
