//! macOS: clonefile(2) and copyfile(3).

use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::null_mut;

use super::result::{check, retry};
use crate::errno::Errno;

/// `CLONE_NOFOLLOW` of sys/clonefile.h: never write through a link put at the destination (CVE-2021-30995's class).
const CLONE_NOFOLLOW: u32 = 1;
/// `CLONE_NOOWNERCOPY` of sys/clonefile.h.
const CLONE_NOOWNERCOPY: u32 = 2;

/// The owner of a clone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum CloneOwner {
    /// The caller, and the directory's group, as of any new file.
    Caller,
    /// Whom the source belongs to, in the same step. Only where the caller is privileged, else as above.
    Source,
}

/// `fclonefileat(src, dir, name, CLONE_NOFOLLOW)`: makes `name`, which must not exist. Set-id bits are not cloned.
pub(crate) fn fclonefileat(
    src: BorrowedFd<'_>,
    dir: BorrowedFd<'_>,
    name: &CStr,
    owner: CloneOwner,
) -> Result<(), Errno> {
    let flags = match owner {
        CloneOwner::Caller => CLONE_NOFOLLOW | CLONE_NOOWNERCOPY,
        CloneOwner::Source => CLONE_NOFOLLOW,
    };
    retry(|| {
        // SAFETY: both descriptors are open and `name` is NUL-terminated.
        check(unsafe { libc::fclonefileat(src.as_raw_fd(), dir.as_raw_fd(), name.as_ptr(), flags) })
    })
    .map(drop)
}

/// `fcopyfile(src, dest, NULL, COPYFILE_DATA)`: content only, from the descriptors' positions, in one call that
/// cannot be cancelled. EINTR is not retried: a part may have been copied, and the positions moved. (libcopyfile also
/// carries com.apple.quarantine, and adds the owner's read and write permission while it copies.)
pub(crate) fn fcopyfile_data(src: BorrowedFd<'_>, dest: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: both descriptors are open; a null state is allowed (copyfile(3)).
    check(unsafe { libc::fcopyfile(src.as_raw_fd(), dest.as_raw_fd(), null_mut(), libc::COPYFILE_DATA) })
        .map(drop)
}
