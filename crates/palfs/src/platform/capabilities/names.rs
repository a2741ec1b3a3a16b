//! What can only be learned with names: case, links, exchange, and macOS's clones. All are random, made with O_EXCL or
//! its like, and removed by their guards.

use std::ffi::CString;
use std::os::fd::{BorrowedFd, OwnedFd};

use super::PlatformCapabilities;
use super::place::Place;
use super::probe::{MODE, Name, verdict};
use crate::copy::Slot;
use crate::errno::Errno;
use crate::sys::{self, Follow, OpenFlags};

/// Fills in what names can tell. Where none can be made, nothing.
pub(super) fn run(place: &Place, found: &mut PlatformCapabilities) {
    let Some(dir) = place.dir() else { return };
    // The rest of the name has no letters in upper case, so the last one alone makes the difference.
    let Ok((file, _open)) = create(dir, "A") else { return };
    found.filesystem_case_sensitive = twin(&file.name).and_then(|twin| is_absent(dir, &twin));
    found.hard_links = attempt(dir, |name| sys::linkat(dir, &file.name, dir, name));
    found.symlinks = attempt(dir, |name| sys::symlinkat(c".", dir, name));
    found.rename_exchange = match create(dir, "") {
        Ok((other, _open)) => verdict(&sys::renameat_exchange(dir, &file.name, dir, &other.name)),
        Err(_) => None,
    };
    #[cfg(target_os = "macos")]
    {
        use std::os::fd::AsFd;
        // By a descriptor for reading: the one that made the file is for writing alone.
        let source = sys::openat(dir, &file.name, OpenFlags::TREE_FILE, 0);
        let clone = |name: &CString| {
            let source = source.as_ref().map_err(|errno| *errno)?;
            sys::fclonefileat(source.as_fd(), dir, name, sys::CloneOwner::Caller)
        };
        found.clonefile_available = attempt(dir, clone);
        found.reflink = found.clonefile_available;
    }
}

fn random_name(suffix: &str) -> Result<CString, Errno> {
    let mut name = Slot::temporary_name().map_err(|error| error.errno())?.into_bytes();
    name.extend_from_slice(suffix.as_bytes());
    CString::new(name).map_err(|_| Errno::EINVAL)
}

fn create<'a>(dir: BorrowedFd<'a>, suffix: &str) -> Result<(Name<'a>, OwnedFd), Errno> {
    let name = random_name(suffix)?;
    let open = sys::openat(dir, &name, OpenFlags::CREATE_NEW, MODE)?;
    Ok((Name { dir, name }, open))
}

/// Makes something under a random name; what came to be is removed, also when the attempt failed half-way.
fn attempt(dir: BorrowedFd<'_>, call: impl FnOnce(&CString) -> Result<(), Errno>) -> Option<bool> {
    let name = Name { dir, name: random_name("").ok()? };
    verdict(&call(&name.name))
}

/// The same name in lower case.
fn twin(name: &CString) -> Option<CString> {
    CString::new(name.to_bytes().to_ascii_lowercase()).ok()
}

/// Whether nothing answers to `name`. What does is the file itself: nobody else has a name of 128 random bits.
fn is_absent(dir: BorrowedFd<'_>, name: &CString) -> Option<bool> {
    match sys::fstatat(dir, name, Follow::No) {
        Ok(_) => Some(false),
        Err(Errno::ENOENT) => Some(true),
        Err(_) => None,
    }
}
