//! Detects a copy of a directory into itself. Without this check the copy would read the directories it has just created and run
//! until the disk is full.

use std::collections::HashSet;
use std::os::fd::BorrowedFd;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::copy::{PathAt, is_created_by_caller};
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys;
use crate::sys::{Identity, STAT_CALL, Stat, identity};
use crate::tree::walk::dir_names::is_empty;
use crate::tree::walk::directory::{DestInfo, Directory};
use crate::tree::walk::paths::without_slashes;

/// The root of the copy, and what a bind mount or a link of the source may lead to.
#[derive(Default)]
pub(in crate::tree) struct Guard {
    directories: RwLock<HashSet<Identity>>,
}

impl Guard {
    /// Takes a directory of the destination in, if the source may lead to it. `src`: what it is a copy of; `parent`: none of
    /// the root; `follows`: whether links of the source are followed.
    pub(in crate::tree) fn add(
        &self,
        found: &DestInfo,
        src: &Stat,
        parent: Option<&Directory>,
        follows: bool,
    ) {
        // Without mounts and links nothing below the root is reached but by the root. Where mounts do not show, each
        // directory that was there may be one. What is mounted in the source may be any directory that was there, with the
        // copy of the mount in it: that is met before anything is copied twice.
        let is_reached = if found.is_fresh { follows } else { found.stat.is_mount_root != Some(false) };
        if parent.is_none() || is_reached || src.is_mount_root == Some(true) {
            let mut directories = self.directories.write().unwrap_or_else(PoisonError::into_inner);
            directories.insert(identity(&found.stat));
        }
    }

    /// Whether a directory of the source is one of them.
    pub(in crate::tree) fn has(&self, stat: &Stat) -> bool {
        let directories = self.directories.read().unwrap_or_else(PoisonError::into_inner);
        directories.contains(&identity(stat))
    }
}

/// Inode times follow a clock that ticks at least a hundred times a second.
const TICK: Duration = Duration::from_millis(10);

/// Refuses a directory that is not the one made since `asked`: where others may give names, theirs may have the name by now,
/// and would get the source's owner and mode. Another copy of the caller's may have put something into it already: then it is
/// known by its time of birth, which no call can set.
pub(in crate::tree) fn ensure_is_our_directory(
    (fd, stat): (BorrowedFd<'_>, &Stat),
    at: PathAt<'_>,
    parent: Option<&Directory>,
    asked: SystemTime,
) -> Result<(), FsError> {
    if parent.is_some_and(|parent| parent.is_fresh) {
        return Ok(());
    }
    let above = parent.and_then(|parent| parent.dest_stat.as_ref());
    // What is above the root is not known here; that is one directory.
    let is_safe = match above {
        Some(above) => !others_may_rename(&sys::as_kernel_has_it(at.dir, above).during(STAT_CALL)?),
        None => false,
    };
    let may_be_ours = is_safe || is_born_since(stat, asked) || is_empty(fd).during("openat")?;
    let name = without_slashes(at.name);
    if may_be_ours && is_created_by_caller(fd, stat, PathAt { dir: at.dir, name: &name })? {
        return Ok(());
    }
    Err(FsError::new(Errno::ESTALE, "openat"))
}

fn is_born_since(stat: &Stat, asked: SystemTime) -> bool {
    let Some(birth) = stat.btime else { return false };
    let Ok(seconds) = u64::try_from(birth.seconds) else { return false };
    let latest = Duration::new(seconds, birth.nanoseconds).saturating_add(TICK);
    asked.duration_since(UNIX_EPOCH).is_ok_and(|asked| latest >= asked)
}

/// Whether users other than the caller and root may rename entries in a directory.
fn others_may_rename(directory: &Stat) -> bool {
    const STICKY: u32 = 0o1000;
    let is_theirs = directory.uid != 0 && directory.uid != sys::kernel_euid();
    is_theirs || (directory.others_may_write() && directory.mode & STICKY == 0)
}
