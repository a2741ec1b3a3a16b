//! What can only be learned with names: case, links, exchange, and macOS's clones. All are random, made with O_EXCL or
//! its like, and removed by their guards.

use std::ffi::{CStr, CString};
use std::os::fd::BorrowedFd;

use super::probe::{Name, ProbeFile, random_name, verdict};
use super::probe_target::ProbeTarget;
use super::report::PlatformCapabilities;
use crate::errno::Errno;
#[cfg(target_os = "macos")]
use crate::sys::OpenFlags;
use crate::sys::{self, Follow};

/// Fills in what names can tell. Where none can be made, nothing.
pub(super) fn run(probe_target: &ProbeTarget, found: &mut PlatformCapabilities) {
    let Some(dir) = probe_target.dir() else { return };
    // The rest of the name has no letters in upper case, so the last one alone makes the difference.
    let Ok(made) = ProbeFile::named(dir, "A") else { return };
    let Some(file) = made.name() else { return };
    found.filesystem_case_sensitive = twin(file).and_then(|twin| is_absent(dir, &twin));
    // EIO also of a broken disk, but on that no file could be made.
    let is_lacking = |errno| errno == Errno::EIO && probe_target.fs_type().lacks_calls_with_eio;
    let attempt_link = |call: &dyn Fn(&CStr) -> Result<(), Errno>| {
        attempt(dir, |name| {
            call(name).map_err(|errno| if is_lacking(errno) { Errno::EOPNOTSUPP } else { errno })
        })
    };
    found.hard_links = attempt_link(&|name| sys::linkat(dir, file, dir, name));
    found.symlinks = attempt_link(&|name| sys::symlinkat(c".", dir, name));
    found.rename_exchange = match ProbeFile::named(dir, "") {
        Ok(other) => other.name().and_then(|other| verdict(&sys::renameat_exchange(dir, file, dir, other))),
        Err(_) => None,
    };
    #[cfg(target_os = "macos")]
    {
        use std::os::fd::AsFd;
        // By a descriptor for reading: the one that made the file is for writing alone.
        let source = sys::openat(dir, file, OpenFlags::TREE_FILE, 0);
        let clone = |name: &CStr| {
            let source = source.as_ref().map_err(|errno| *errno)?;
            sys::fclonefileat(source.as_fd(), dir, name, sys::CloneOwner::Caller)
        };
        found.clonefile_available = attempt(dir, clone);
        found.reflink = found.clonefile_available;
    }
}

/// Creates an entry under a random name, and removes it, also when the attempt failed half-way.
fn attempt(dir: BorrowedFd<'_>, call: impl FnOnce(&CStr) -> Result<(), Errno>) -> Option<bool> {
    let name = Name { dir, name: random_name("").ok()? };
    verdict(&call(&name.name))
}

/// The same name in lower case.
fn twin(name: &CStr) -> Option<CString> {
    CString::new(name.to_bytes().to_ascii_lowercase()).ok()
}

/// Whether `name` is absent. If it exists, it is the probe file itself: no other name has the same 128 random bits.
fn is_absent(dir: BorrowedFd<'_>, name: &CString) -> Option<bool> {
    match sys::fstatat(dir, name, Follow::No) {
        Ok(_) => Some(false),
        Err(Errno::ENOENT) => Some(true),
        Err(_) => None,
    }
}
