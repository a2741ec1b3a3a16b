//! Servers that apply chown(2) and utimensat(2) of a link to what the link leads to, AT_SYMLINK_NOFOLLOW or not: sshfs (3.7.3), for
//! the SETSTAT of SFTP follows links. What a link leads to may be any file of the server's.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::copy::path_at::PathAtBuf;
use crate::copy::source::PathAt;
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys;
use crate::sys::{Follow, FsType, SetTime, Stat};

/// The finding for each mount. Mounts have lasting numbers from Linux 6.8 on; before, each link is tried.
static KNOWN: Mutex<Option<HashMap<u64, bool>>> = Mutex::new(None);

/// Whether the calls would change the target of the link at `at`, and not the link. `stat` is the fstat(2) of the link.
pub(in crate::copy) fn are_followed(at: PathAt<'_>, stat: &Stat, fs_type: &FsType) -> Result<bool, FsError> {
    if !fs_type.may_follow_links {
        return Ok(false);
    }
    let Some(mount) = stat.mount else { return try_one(at) };
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = known().as_ref().and_then(|found| found.get(&mount)) {
        return Ok(*found);
    }
    let found = try_one(at)?;
    known().get_or_insert_default().insert(mount, found);
    Ok(found)
}

/// Makes a link beside `at` that leads nowhere: only a call that follows it finds nothing.
fn try_one(at: PathAt<'_>) -> Result<bool, FsError> {
    let slot = PathAtBuf::of(at)?;
    let (name, nowhere) = (PathAtBuf::temporary_name()?, PathAtBuf::temporary_name()?);
    sys::symlinkat(&nowhere, slot.dir(), &name).during("symlinkat")?;
    let set = sys::utimensat(slot.dir(), &name, SetTime::Now, SetTime::Now, Follow::No);
    sys::unlinkat(slot.dir(), &name).during("unlinkat")?;
    Ok(matches!(set, Err(Errno::ENOENT | Errno::ESTALE)))
}
