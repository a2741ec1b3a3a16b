//! Extended attributes. Names and values are bytes; an empty value is a value.
//!
//! The same on every platform: a name has its namespace (`user.x` on Linux and FreeBSD), an absent attribute is `None` or `false`, and
//! the caller decides whether a link is followed.

use std::ffi::CStr;
#[cfg(not(target_os = "openbsd"))]
use std::ffi::c_void;
use std::os::fd::BorrowedFd;

#[cfg(not(target_os = "openbsd"))]
use super::result::{check, check_len, retry};
use super::stat::Follow;
use crate::errno::Errno;

#[cfg(any(target_os = "freebsd", target_os = "netbsd"))]
#[path = "freebsd.rs"]
mod raw;
#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod raw;
#[cfg(target_os = "macos")]
#[path = "macos.rs"]
mod raw;
#[cfg(target_os = "openbsd")]
#[path = "openbsd.rs"]
mod raw;
mod reading;

/// The file whose attributes are used.
#[derive(Clone, Copy)]
#[cfg_attr(target_os = "openbsd", expect(dead_code, reason = "no call takes it there"))]
pub(crate) enum XattrTarget<'a> {
    /// An open file's.
    Fd(BorrowedFd<'a>),
    /// A name's: the link's own, or those of what it leads to.
    Path(&'a CStr, Follow),
    /// Those of a name in an open directory, without following a link: from Linux 6.13 on, ENOSYS before.
    #[cfg(target_os = "linux")]
    At(BorrowedFd<'a>, &'a CStr),
}

/// The four things that are done with attributes.
#[derive(Clone, Copy)]
pub(crate) enum Operation {
    Get,
    List,
    Set,
    Remove,
}

impl XattrTarget<'_> {
    /// The system call that does `operation` here (Linux's name of it).
    pub(crate) fn call(self, operation: Operation) -> &'static str {
        use Operation::{Get, List, Remove, Set};
        match (self, operation) {
            (Self::Fd(_), Get) => "fgetxattr",
            (Self::Fd(_), List) => "flistxattr",
            (Self::Fd(_), Set) => "fsetxattr",
            (Self::Fd(_), Remove) => "fremovexattr",
            (Self::Path(_, Follow::Yes), Get) => "getxattr",
            (Self::Path(_, Follow::Yes), List) => "listxattr",
            (Self::Path(_, Follow::Yes), Set) => "setxattr",
            (Self::Path(_, Follow::Yes), Remove) => "removexattr",
            (Self::Path(_, Follow::No), Get) => "lgetxattr",
            (Self::Path(_, Follow::No), List) => "llistxattr",
            (Self::Path(_, Follow::No), Set) => "lsetxattr",
            (Self::Path(_, Follow::No), Remove) => "lremovexattr",
            #[cfg(target_os = "linux")]
            (Self::At(..), Get) => "getxattrat",
            #[cfg(target_os = "linux")]
            (Self::At(..), List) => "listxattrat",
            #[cfg(target_os = "linux")]
            (Self::At(..), Set) => "setxattrat",
            #[cfg(target_os = "linux")]
            (Self::At(..), Remove) => "removexattrat",
        }
    }
}

/// Whether `set` may make an attribute, change one, or both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SetMode {
    /// Made or changed.
    #[default]
    Any,
    /// EEXIST if it is there.
    Create,
    /// Absent is ENODATA (ENOATTR).
    Replace,
}

/// The errno of an absent attribute: ENODATA on Linux, ENOATTR on the BSDs.
pub(crate) const ABSENT: Errno = raw::ABSENT;

/// Whether an attribute belongs to one inode: to its content (`security.ima`), or to the system's records (macOS). On another inode it
/// would be wrong, or is refused.
pub(crate) fn is_of_one_inode(name: &[u8]) -> bool {
    let names = [&b"security.ima"[..], b"security.evm", b"com.apple.provenance", b"com.apple.macl"];
    names.contains(&name)
}

/// Where a call is to write: as the calls take it, null and 0 to ask for the size.
#[cfg(not(target_os = "openbsd"))]
fn pointer(room: reading::Room<'_>) -> (*mut c_void, usize) {
    room.map_or((std::ptr::null_mut(), 0), |room| (room.as_mut_ptr().cast(), room.len()))
}

/// The value of `name`, or `None` when there is no such attribute.
pub(crate) fn get(target: XattrTarget<'_>, name: &CStr) -> Result<Option<Vec<u8>>, Errno> {
    match raw::get(target, name) {
        Err(errno) if errno == ABSENT => Ok(None),
        other => other.map(Some),
    }
}

/// Every name, each followed by a NUL.
pub(crate) fn list(target: XattrTarget<'_>) -> Result<Vec<u8>, Errno> {
    raw::list(target)
}

/// Sets `name` to `value`.
pub(crate) fn set(target: XattrTarget<'_>, name: &CStr, value: &[u8], mode: SetMode) -> Result<(), Errno> {
    raw::set(target, name, value, mode)
}

/// Removes `name`; `false` when there was no such attribute.
pub(crate) fn remove(target: XattrTarget<'_>, name: &CStr) -> Result<bool, Errno> {
    match raw::remove(target, name) {
        Ok(()) => Ok(true),
        Err(errno) if errno == ABSENT => Ok(false),
        Err(errno) => Err(errno),
    }
}
