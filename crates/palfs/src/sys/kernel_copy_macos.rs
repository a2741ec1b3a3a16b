//! macOS: clonefile(2) and copyfile(3).

use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::null_mut;

use super::result::{check, retry};
use crate::errno::Errno;

/// `CLONE_NOFOLLOW` of sys/clonefile.h: never write through a link put at the destination (CVE-2021-30995's class).
const CLONE_NOFOLLOW: u32 = 1;
/// `CLONE_NOOWNERCOPY` of sys/clonefile.h: the owner is set later, by the rules for set-id bits.
const CLONE_NOOWNERCOPY: u32 = 2;

/// `fclonefileat(src, dir, name, CLONE_NOFOLLOW | CLONE_NOOWNERCOPY)`: makes `name`, which must not exist.
pub(crate) fn fclonefileat(src: BorrowedFd<'_>, dir: BorrowedFd<'_>, name: &CStr) -> Result<(), Errno> {
    let flags = CLONE_NOFOLLOW | CLONE_NOOWNERCOPY;
    retry(|| {
        // SAFETY: both descriptors are open and `name` is NUL-terminated.
        check(unsafe { libc::fclonefileat(src.as_raw_fd(), dir.as_raw_fd(), name.as_ptr(), flags) })
    })
    .map(drop)
}

/// `fcopyfile(src, dest, NULL, COPYFILE_DATA)`: content only, from the start, in one call that cannot be cancelled.
pub(crate) fn fcopyfile_data(src: BorrowedFd<'_>, dest: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: both descriptors are open; a null state is allowed (copyfile(3)).
    check(unsafe { libc::fcopyfile(src.as_raw_fd(), dest.as_raw_fd(), null_mut(), libc::COPYFILE_DATA) })
        .map(drop)
}
