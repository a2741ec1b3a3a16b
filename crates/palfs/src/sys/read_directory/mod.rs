//! The names in a directory, one at a time. Neither `.` nor `..` is among them.

use std::ffi::CStr;
use std::os::fd::BorrowedFd;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod posix;
mod records;

pub(crate) use records::{Entry, encode, entries};

#[cfg(target_os = "linux")]
pub(crate) use linux::{Directory, Listing, READ_CALL};
#[cfg(not(target_os = "linux"))]
pub(crate) use posix::{Directory, Listing, READ_CALL};

/// One name as the directory holds it.
pub(crate) struct RawEntry<'a> {
    /// The directory that has it.
    pub(crate) dir: BorrowedFd<'a>,
    pub(crate) name: &'a CStr,
    pub(crate) inode: u64,
    /// The type bits of a mode; 0 where the filesystem does not keep them in directories.
    pub(crate) format: u32,
}

/// `d_type` as the type bits of a mode: DTTOIF of dirent.h, the same on every system.
fn format(kind: u8) -> u32 {
    u32::from(kind) << 12
}
