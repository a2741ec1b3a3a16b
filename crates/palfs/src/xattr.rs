//! Extended attributes, one behaviour on every platform.
//!
//! Names are bytes and carry their namespace (`user.comment`); values are bytes, empty ones too. An absent attribute is
//! ENODATA everywhere (the BSDs' ENOATTR is translated). Linux: xattr(7); macOS: getxattr(2); FreeBSD: extattr(2), where
//! `user.` and `system.` are the two namespaces there are and any other name is EOPNOTSUPP.
//!
//! ```
//! use palfs::xattr::{self, SetMode, Target};
//!
//! # let path = std::env::temp_dir().join(format!("palfs-xattr-doc-{}", std::process::id()));
//! # std::fs::write(&path, "x")?;
//! let file = Target::path(&path);
//! match xattr::set(file, b"user.comment", b"kept", SetMode::Any) {
//!     Ok(()) => assert_eq!(xattr::get(file, b"user.comment")?, b"kept"),
//!     Err(error) => assert_eq!(error.code(), Some("EOPNOTSUPP")),
//! }
//! # std::fs::remove_file(&path)?;
//! # Ok::<(), std::io::Error>(())
//! ```

use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::errno::Errno;
use crate::error::{ErrorKind, FsError};
use crate::sys::xattr::{self as raw, Operation, XattrTarget};
use crate::sys::{self, Follow, FsInfo, OpenFlags};

pub use raw::SetMode;

/// The file whose attributes are used: by path or by descriptor.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a>(Kind<'a>);

#[derive(Clone, Copy, Debug)]
enum Kind<'a> {
    Path(&'a Path, bool),
    Fd(BorrowedFd<'a>),
}

impl<'a> Target<'a> {
    /// What `path` leads to: a link as last component is followed.
    #[must_use]
    pub fn path(path: &'a Path) -> Self {
        Self(Kind::Path(path, true))
    }

    /// `path` itself: a link's own attributes. (`user.` attributes of links are EPERM on Linux, for everybody.)
    #[must_use]
    pub fn path_nofollow(path: &'a Path) -> Self {
        Self(Kind::Path(path, false))
    }

    /// An open file. It need not be open for writing to set attributes.
    #[must_use]
    pub fn fd(fd: BorrowedFd<'a>) -> Self {
        Self(Kind::Fd(fd))
    }

    /// Calls `body` with this target as the system calls take it; its errors get the path.
    fn with<T>(
        self,
        operation: Operation,
        body: impl FnOnce(XattrTarget<'_>) -> Result<T, Errno>,
    ) -> Result<T, FsError> {
        match self.0 {
            Kind::Fd(fd) => {
                let target = XattrTarget::Fd(fd);
                body(target).map_err(|errno| error(errno, target.call(operation)))
            }
            Kind::Path(path, follow) => {
                let follow = if follow { Follow::Yes } else { Follow::No };
                let call = XattrTarget::Path(c"", follow).call(operation);
                sys::with_cstr(path.as_os_str().as_bytes(), |name| body(XattrTarget::Path(name, follow)))
                    .map_err(|errno| error(errno, call).with_path(path))
            }
        }
    }
}

/// One errno for "absent" on every platform.
fn error(errno: Errno, call: &'static str) -> FsError {
    #[cfg(not(any(target_os = "freebsd", target_os = "openbsd")))]
    let absent = Errno::ENODATA;
    // The headers of FreeBSD and OpenBSD have no ENODATA.
    #[cfg(any(target_os = "freebsd", target_os = "openbsd"))]
    let absent = raw::ABSENT;
    FsError::new(if errno == raw::ABSENT { absent } else { errno }, call)
}

/// The value of `name`; ENODATA when there is none.
pub fn get(target: Target<'_>, attribute: &[u8]) -> Result<Vec<u8>, FsError> {
    target.with(Operation::Get, |file| {
        sys::with_cstr(attribute, |name| raw::get(file, name))?.ok_or(raw::ABSENT)
    })
}

/// Every name, verbatim, in the filesystem's order.
pub fn list(target: Target<'_>) -> Result<Vec<Vec<u8>>, FsError> {
    let names = target.with(Operation::List, raw::list)?;
    Ok(split(&names).map(|name| name.to_bytes().to_vec()).collect())
}

/// Sets `name` to `value`. A value that the filesystem cannot hold, whatever room it has, is
/// [`ErrorKind::XattrTooLarge`]; its errno stays the kernel's (E2BIG, ERANGE, or the ENOSPC of ext4 and btrfs).
///
/// [`SetMode::Create`] and [`SetMode::Replace`] are atomic, except on SMB: Linux's client ignores them, so the attribute is looked up
/// first, and a change by another process in between is not noticed.
pub fn set(target: Target<'_>, attribute: &[u8], value: &[u8], mode: SetMode) -> Result<(), FsError> {
    let looks_first = mode != SetMode::Any && target.ignores_flags();
    target
        .with(Operation::Set, |file| {
            sys::with_cstr(attribute, |name| {
                if looks_first {
                    check_mode(file, name, mode)?;
                }
                raw::set(file, name, value, mode)
            })
        })
        .map_err(|error| mark_too_large(error, target, attribute))
}

/// The errors of XATTR_CREATE and XATTR_REPLACE.
fn check_mode(file: XattrTarget<'_>, name: &CStr, mode: SetMode) -> Result<(), Errno> {
    match (mode, raw::get(file, name)?) {
        (SetMode::Create, Some(_)) => Err(Errno::EEXIST),
        (SetMode::Replace, None) => Err(raw::ABSENT),
        _ => Ok(()),
    }
}

/// Removes `name`; ENODATA when there is none.
pub fn remove(target: Target<'_>, attribute: &[u8]) -> Result<(), FsError> {
    target.with(Operation::Remove, |file| {
        if sys::with_cstr(attribute, |name| raw::remove(file, name))? { Ok(()) } else { Err(raw::ABSENT) }
    })
}

/// Sets every attribute of `from` on `to`, but for ACLs and what belongs to one inode (`security.ima`, `security.evm`;
/// macOS's `com.apple.provenance` and `com.apple.macl`), and returns how many. Stops at the first error. An attribute that is removed
/// during the copy is left out.
pub fn copy(from: Target<'_>, to: Target<'_>) -> Result<u64, FsError> {
    let mut count = 0;
    let is_copied = |name: &&Vec<u8>| !name.starts_with(b"system.") && !raw::is_of_one_inode(name);
    for attribute in list(from)?.iter().filter(is_copied) {
        match get(from, attribute) {
            Ok(value) => set(to, attribute, &value, SetMode::Any)?,
            Err(error) if error.errno() == raw::ABSENT => continue,
            Err(error) => return Err(error),
        }
        count += 1;
    }
    Ok(count)
}

/// Bytes in the longest name, on every platform that returns ERANGE for a longer one.
const NAME_MAX: usize = 255;

fn split(names: &[u8]) -> impl Iterator<Item = &CStr> {
    names.split_inclusive(|byte| *byte == 0).filter_map(|name| CStr::from_bytes_with_nul(name).ok())
}

/// ENOSPC means "too large for this filesystem" where there is room left, and a full disk where there is none.
fn mark_too_large(error: FsError, target: Target<'_>, attribute: &[u8]) -> FsError {
    let too_large = match error.errno() {
        Errno::E2BIG => true,
        // Of an empty or too long name, too, which no other value would help.
        Errno::ERANGE => (1..=NAME_MAX).contains(&attribute.len()),
        Errno::ENOSPC => target.has_room(),
        _ => false,
    };
    if too_large { error.with_kind(ErrorKind::XattrTooLarge) } else { error }
}

impl Target<'_> {
    fn has_room(self) -> bool {
        self.filesystem().is_ok_and(|info| info.room > 0)
    }

    /// Whether the filesystem is known to ignore [`SetMode`]. If its type cannot be read, it is not; the flags are passed in any case.
    fn ignores_flags(self) -> bool {
        self.filesystem().is_ok_and(|info| !info.fs_type.honours_xattr_flags)
    }

    fn filesystem(self) -> Result<FsInfo, Errno> {
        match self.0 {
            Kind::Fd(fd) => sys::fstatfs(fd),
            Kind::Path(path, follow) => {
                let name = sys::cstring(path.as_os_str())?;
                #[cfg(target_os = "linux")]
                let flags = if follow { OpenFlags::PATH } else { OpenFlags::PATH_NOFOLLOW };
                #[cfg(not(target_os = "linux"))]
                let (flags, _) = (OpenFlags::PATH, follow);
                sys::fstatfs(sys::openat(sys::CWD, &name, flags, 0)?.as_fd())
            }
        }
    }
}
