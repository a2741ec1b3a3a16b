//! Extended attributes. Names and values are bytes; an empty value is a value.
//!
//! One rule on every platform: a name carries its namespace (`user.x` on Linux and FreeBSD), an absent attribute is
//! `None` or `false`, and whether a link is followed is said by the caller.

use std::ffi::CStr;
use std::os::fd::BorrowedFd;

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

/// Whose attributes.
#[derive(Clone, Copy)]
pub(crate) enum XattrTarget<'a> {
    /// An open file's.
    Fd(BorrowedFd<'a>),
    /// A name's: the link's own, or those of what it leads to.
    Path(&'a CStr, Follow),
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
        }
    }
}

/// Whether [`set`] may make an attribute, change one, or both.
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

/// The value of `name`, or `None` when there is no such attribute.
pub(crate) fn get(target: XattrTarget<'_>, name: &CStr) -> Result<Option<Vec<u8>>, Errno> {
    match read_growing(|buf, len| raw::get(target, name, buf, len)) {
        Err(errno) if errno == ABSENT => Ok(None),
        other => other.map(Some),
    }
}

/// Every name, each followed by a NUL.
pub(crate) fn list(target: XattrTarget<'_>) -> Result<Vec<u8>, Errno> {
    read_growing(|buf, len| raw::list(target, buf, len))
}

/// Sets `name` to `value`.
pub(crate) fn set(target: XattrTarget<'_>, name: &CStr, value: &[u8], mode: SetMode) -> Result<(), Errno> {
    retry(|| check(raw::set(target, name, value, mode))).map(drop)
}

/// Removes `name`; `false` when there was no such attribute.
pub(crate) fn remove(target: XattrTarget<'_>, name: &CStr) -> Result<bool, Errno> {
    match retry(|| check(raw::remove(target, name))) {
        Ok(_) => Ok(true),
        Err(errno) if errno == ABSENT => Ok(false),
        Err(errno) => Err(errno),
    }
}

/// First a guess that fits most attributes, so that one call is enough. When the value is longer, or grew between the
/// question for its size and the reading (ERANGE both times), both are done again.
fn read_growing(mut call: impl FnMut(*mut u8, usize) -> libc::ssize_t) -> Result<Vec<u8>, Errno> {
    let mut buf = vec![0_u8; 256];
    loop {
        match retry(|| check_len(call(buf.as_mut_ptr(), buf.len()))) {
            Ok(used) => {
                buf.truncate(used);
                return Ok(buf);
            }
            Err(Errno::ERANGE) => {
                let needed = retry(|| check_len(call(std::ptr::null_mut(), 0)))?;
                buf.resize(needed.max(1), 0);
            }
            Err(errno) => return Err(errno),
        }
    }
}
