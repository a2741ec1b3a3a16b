//! What can be known without changing anything: for read-only mounts, directories without write permission, and for
//! what an attempt left open.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, BorrowedFd};

use super::probe_target::ProbeTarget;
use super::report::{DirectIo, PlatformCapabilities};
use super::{attributes, probe};
use crate::errno::Errno;
use crate::name_case::other_case;
use crate::sys;
use crate::sys::xattr::XattrTarget;
use crate::sys::{Abilities, Directory, Follow, Limit, OpenFlags, Stat};

/// How many names of a directory are looked at.
const NAMES: usize = 1024;

/// How many inodes are.
const NEIGHBOURS: usize = 64;

/// Fills in the capabilities that attempts did not show.
pub(super) fn complete(probe_target: &ProbeTarget, found: &mut PlatformCapabilities) {
    let known = probe_target.fs_type().abilities;
    found.filesystem_type = probe_target.mount.as_ref().and_then(|mount| mount.name.clone());
    found.read_only = probe_target.read_only();
    found.max_path_length = max_path_length(probe_target);
    found.max_filename_length = max_filename_length(probe_target);
    if found.xattr_available.is_none() {
        ask_attributes(probe_target, known, found);
    }
    let open = |field: &mut Option<bool>, evidence: Option<bool>| *field = field.or(evidence);
    open(&mut found.reflink, reflink(probe_target, known));
    open(&mut found.sparse_files, known.sparse_files);
    open(&mut found.hard_links, known.hard_links);
    open(&mut found.symlinks, known.symlinks);
    open(&mut found.tmpfile, known.tmpfile);
    open(&mut found.rename_exchange, known.rename_exchange);
    open(&mut found.flock_available, known.kernel_paths);
    open(&mut found.clonefile_available, if cfg!(target_os = "macos") { found.reflink } else { Some(false) });
    if cfg!(target_os = "linux") {
        open(&mut found.copy_file_range_available, known.kernel_paths);
        open(&mut found.splice_available, known.kernel_paths);
        open(&mut found.sendfile_available, known.kernel_paths);
    }
    if found.filesystem_case_sensitive.is_none() {
        found.filesystem_case_sensitive = case_sensitive(probe_target);
    }
    if found.timestamp_granularity.is_none() || found.direct_io.is_none() {
        neighbours(probe_target, found);
    }
    if found.reflink == Some(true) {
        widen_direct_io(probe_target, found);
    }
}

/// A file that shares storage is written in whole blocks: xfs states 4096 for it and 512 for one that does not share.
/// What suffices for both is the larger.
fn widen_direct_io(probe_target: &ProbeTarget, found: &mut PlatformCapabilities) {
    let block = probe_target.mount.as_ref().and_then(|mount| u32::try_from(mount.block).ok());
    // Where any offset was seen to do, it does.
    if let (Some(DirectIo::Aligned { offset: offset @ 2.., .. }), Some(block)) = (&mut found.direct_io, block)
    {
        *offset = block.max(*offset);
    }
}

/// Bytes in the longest path.
pub(super) fn max_path_length(probe_target: &ProbeTarget) -> Option<u64> {
    sys::fpathconf(probe_target.dir().unwrap_or(probe_target.item.as_fd()), Limit::PathMax).ok().flatten()
}

/// Bytes in the longest name: the filesystem's own answer before the C library's (musl's is 255 for all).
pub(super) fn max_filename_length(probe_target: &ProbeTarget) -> Option<u64> {
    let own = probe_target.mount.as_ref().and_then(|mount| mount.name_max);
    own.or_else(|| {
        sys::fpathconf(probe_target.dir().unwrap_or(probe_target.item.as_fd()), Limit::NameMax).ok().flatten()
    })
}

/// Whether `a` and `A` are two names in this directory.
pub(super) fn case_sensitive(probe_target: &ProbeTarget) -> Option<bool> {
    #[cfg(target_os = "macos")]
    if let Ok(Some(value)) =
        sys::fpathconf(probe_target.dir().unwrap_or(probe_target.item.as_fd()), Limit::CaseSensitive)
    {
        return Some(value > 0);
    }
    #[cfg(target_os = "linux")]
    if probe_target.dir_flags().is_some_and(|flags| !flags.and(sys::InodeFlags::CASEFOLD).is_empty()) {
        return Some(false);
    }
    case_of_names(probe_target)
}

/// Looks one name up with the case of its letters changed. Nothing there: two names. Something there, although the whole
/// list has no such name: one.
fn case_of_names(probe_target: &ProbeTarget) -> Option<bool> {
    if probe_target.mounts_on_lookup() {
        return None;
    }
    let names = names(probe_target)?;
    let dir = probe_target.dir()?;
    for name in &names {
        let Some(twin) = other_case(name) else { continue };
        match sys::fstatat(dir, &twin, Follow::No) {
            // Only if the name itself is still there.
            Err(Errno::ENOENT) if sys::fstatat(dir, name, Follow::No).is_ok() => return Some(true),
            Ok(_) if names.contains(&twin) => return Some(true),
            Ok(_) if names.len() < NAMES => return Some(false),
            _ => {}
        }
    }
    None
}

/// The names in the directory, or the first of very many.
fn names(probe_target: &ProbeTarget) -> Option<Vec<CString>> {
    let fd = sys::openat(probe_target.dir()?, c".", OpenFlags::DIRECTORY, 0).ok()?;
    let mut directory = Directory::new(fd, Vec::new()).ok()?;
    let mut names = Vec::new();
    while names.len() < NAMES {
        match directory.next_entry() {
            Ok(Some(entry)) => names.push(entry.name.to_owned()),
            Ok(None) => break,
            Err(_) => return None,
        }
    }
    Some(names)
}

/// xfs reports its format; for others the type decides.
#[cfg(target_os = "linux")]
fn reflink(probe_target: &ProbeTarget, known: Abilities) -> Option<bool> {
    match probe_target.fs_type().family {
        sys::FsFamily::Xfs => probe_target.dir().and_then(|dir| sys::xfs_shares_storage(dir).ok()),
        _ => known.reflink,
    }
}

/// The type decides.
#[cfg(not(target_os = "linux"))]
fn reflink(_place: &ProbeTarget, known: Abilities) -> Option<bool> {
    known.reflink
}

/// Reads attributes of the path itself if it can have `user.` attributes (a file or directory), else of its directory.
fn ask_attributes(probe_target: &ProbeTarget, known: Abilities, found: &mut PlatformCapabilities) {
    if probe_target.stat.is_file() || probe_target.stat.is_dir() {
        // By path: neither permission to read nor an open file is needed for that.
        let target = XattrTarget::Path(&probe_target.path, Follow::Yes);
        attributes::ask_of(target, probe_target.item.as_fd(), known.absence_means_support, found);
    } else if let Some(dir) = probe_target.dir() {
        attributes::ask_of(XattrTarget::Fd(dir), dir, known.absence_means_support, found);
    }
}

/// Reads the stats of the path itself, its directory, and existing entries there. Nothing is opened.
fn neighbours(probe_target: &ProbeTarget, found: &mut PlatformCapabilities) {
    learn(probe_target.item.as_fd(), c"", &probe_target.stat, found);
    let Some(dir) = probe_target.dir() else { return };
    if let Ok(stat) = sys::fstat(dir) {
        learn(dir, c"", &stat, found);
    }
    for name in names(probe_target).iter().flatten().take(NEIGHBOURS) {
        match sys::fstatat(dir, name, Follow::No) {
            Ok(stat) if probe_target.has(&stat) => learn(dir, name, &stat, found),
            // Something else may be mounted on that name.
            _ => {}
        }
    }
}

/// One inode (`name` in `dir`, or `dir` if that is empty) shows what its filesystem can do, never what it cannot.
fn learn(dir: BorrowedFd<'_>, name: &CStr, stat: &Stat, found: &mut PlatformCapabilities) {
    if stat.is_file() && stat.nlink > 1 {
        found.hard_links.get_or_insert(true);
    }
    if stat.is_symlink() {
        found.symlinks.get_or_insert(true);
    }
    // A time that is no multiple of ten nanoseconds is kept by filesystems that keep every nanosecond.
    if [stat.atime, stat.mtime, stat.ctime].iter().any(|time| !time.nanoseconds.is_multiple_of(10)) {
        found.timestamp_granularity.get_or_insert(1);
    }
    if stat.is_file() && found.direct_io.is_none() {
        found.direct_io = probe::stated_direct_io(dir, name);
    }
}
