//! The calls that copy inside the kernel, each tried on two files of our own: `source` holds one block, `dest` is empty.

use std::os::fd::BorrowedFd;

use super::PlatformCapabilities;
#[cfg(any(target_os = "linux", target_os = "freebsd"))]
use super::probe::{BLOCK, verdict};
#[cfg(any(target_os = "linux", target_os = "freebsd"))]
use crate::{errno::Errno, sys};

/// FICLONE, copy_file_range, sendfile and splice, in this order: each writes the same block over the last one's.
#[cfg(target_os = "linux")]
pub(super) fn run(source: BorrowedFd<'_>, dest: BorrowedFd<'_>, found: &mut PlatformCapabilities) {
    found.clonefile_available = Some(false);
    found.reflink = clones(source, dest);
    found.copy_file_range_available = moved(dest, || sys::copy_file_range(source, 0, dest, 0, BLOCK));
    found.sendfile_available = moved(dest, || {
        sys::seek_to(dest, 0)?;
        sys::sendfile(source, dest, 0, BLOCK)
    });
    found.splice_available = moved(dest, || {
        let pipe = sys::pipe()?;
        let held = sys::splice(source, Some(0), pipe.writer(), None, BLOCK)?;
        sys::splice(pipe.reader(), None, dest, Some(0), held)
    });
}

/// Clones a block that is stored: filesystems clone empty files that cannot clone others. Those that cannot clone at all
/// say so before, and need not wait for the disk.
#[cfg(target_os = "linux")]
fn clones(source: BorrowedFd<'_>, dest: BorrowedFd<'_>) -> Option<bool> {
    if let Err(Errno::EOPNOTSUPP | Errno::ENOTTY | Errno::ENOSYS) = sys::ficlone(source, dest) {
        return Some(false);
    }
    sys::fsync(source).ok()?;
    sys::ftruncate(dest, 0).ok()?;
    let cloned = verdict(&sys::ficlone(source, dest))?;
    // OpenZFS up to 2.2.2 reports success and leaves a file that is too short (openzfs/zfs#15728).
    Some(cloned && is_whole(dest))
}

/// Empties `dest` and calls. Success without a single byte is none: the file has a block.
#[cfg(any(target_os = "linux", target_os = "freebsd"))]
fn moved(dest: BorrowedFd<'_>, call: impl FnOnce() -> Result<usize, Errno>) -> Option<bool> {
    sys::ftruncate(dest, 0).ok()?;
    match call() {
        Ok(0) => Some(false),
        other => verdict(&other),
    }
}

#[cfg(any(target_os = "linux", target_os = "freebsd"))]
fn is_whole(dest: BorrowedFd<'_>) -> bool {
    sys::fstat(dest).is_ok_and(|stat| usize::try_from(stat.size) == Ok(BLOCK))
}

/// copy_file_range with and without the flag for clones.
#[cfg(target_os = "freebsd")]
pub(super) fn run(source: BorrowedFd<'_>, dest: BorrowedFd<'_>, found: &mut PlatformCapabilities) {
    found.clonefile_available = Some(false);
    let stored = sys::fsync(source);
    found.reflink = match stored.and_then(|()| sys::clone_range(source, dest, 0, BLOCK)) {
        Ok(_) => Some(is_whole(dest)),
        Err(Errno::EOPNOTSUPP) => Some(false),
        // EINVAL: FreeBSD before 15 does not know the flag, and may share storage all the same.
        Err(_) => None,
    };
    found.copy_file_range_available = moved(dest, || sys::copy_file_range(source, 0, dest, 0, BLOCK));
}

/// macOS clones by name: see `names`.
#[cfg(not(any(target_os = "linux", target_os = "freebsd")))]
pub(super) fn run(_source: BorrowedFd<'_>, _dest: BorrowedFd<'_>, _found: &mut PlatformCapabilities) {}
