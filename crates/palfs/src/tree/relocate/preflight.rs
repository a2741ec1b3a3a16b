//! Checks of a move between filesystems before anything is copied.

use std::os::fd::AsFd;

use crate::copy::{PathAtBuf, ensure_can_rename_temp};
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys;
use crate::sys::{EXCLUSIVE_RENAME_CALL, STAT_CALL, Stat};
use crate::tree::copy::removable::ensure_removable;

/// Checks the source itself, and the two directories whose entries a move changes.
pub(in crate::tree) fn refuse_names(from: &PathAtBuf, stat: &Stat, to: &PathAtBuf) -> Result<(), FsError> {
    ensure_removable(stat)?;
    let above = sys::fstat(from.dir()).during(STAT_CALL)?;
    if above.is_locked {
        return Err(FsError::new(Errno::EPERM, EXCLUSIVE_RENAME_CALL));
    }
    sys::can_write_dir(from.dir().as_fd()).during("faccessat")?;
    ensure_can_rename_temp(to.dir())
}
