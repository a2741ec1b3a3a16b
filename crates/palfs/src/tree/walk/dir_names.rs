//! What a directory lists, where the answer is in its names and not in what a name means.

use std::ffi::CStr;
use std::os::fd::BorrowedFd;

use crate::errno::Errno;
use crate::sys;
use crate::sys::OpenFlags;

/// Whether the directory has exactly this name, and not one that means the same.
pub(in crate::tree) fn is_listed(dir: BorrowedFd<'_>, name: &CStr) -> bool {
    find(dir, |listed| listed == name) == Ok(true)
}

/// Whether the directory has no names.
pub(in crate::tree) fn is_empty(dir: BorrowedFd<'_>) -> Result<bool, Errno> {
    find(dir, |_| true).map(|has_names| !has_names)
}

fn find(dir: BorrowedFd<'_>, is_wanted: impl Fn(&CStr) -> bool) -> Result<bool, Errno> {
    let fd = sys::openat(dir, c".", OpenFlags::DIRECTORY, 0)?;
    let mut directory = sys::Directory::new(fd, Vec::new())?;
    while let Some(entry) = directory.next_entry()? {
        if is_wanted(entry.name) {
            return Ok(true);
        }
    }
    Ok(false)
}
