//! Operations on paths, the same on every platform.

use std::ffi::{CStr, OsString};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use super::types::{FileStat, SetTime};
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys::{self, CWD, Follow, OpenFlags, STAT_CALL};

pub(super) fn open(path: &Path, flags: i32, mode: u32) -> Result<OwnedFd, FsError> {
    at(path, "openat", |name| sys::openat(CWD, name, OpenFlags::from_caller(flags), mode))
}

pub(super) fn stat(path: &Path, follow: Follow) -> Result<FileStat, FsError> {
    at(path, STAT_CALL, |name| sys::fstatat(CWD, name, follow)).map(FileStat::from)
}

pub(super) fn utimes(path: &Path, atime: SetTime, mtime: SetTime) -> Result<(), FsError> {
    at(path, "utimensat", |name| sys::utimensat(CWD, name, atime, mtime, Follow::Yes))
}

pub(super) fn chmod(path: &Path, mode: u32) -> Result<(), FsError> {
    at(path, "fchmodat", |name| sys::fchmodat(CWD, name, mode, Follow::Yes))
}

pub(super) fn chown(path: &Path, uid: Option<u32>, gid: Option<u32>) -> Result<(), FsError> {
    at(path, "fchownat", |name| sys::fchownat(CWD, name, uid, gid, Follow::Yes))
}

pub(super) fn mkdir(path: &Path, mode: u32) -> Result<(), FsError> {
    at(path, "mkdirat", |name| sys::mkdirat(CWD, name, mode))
}

pub(super) fn rmdir(path: &Path) -> Result<(), FsError> {
    at(path, "unlinkat", |name| sys::rmdirat(CWD, name))
}

pub(super) fn unlink(path: &Path) -> Result<(), FsError> {
    at(path, "unlinkat", |name| sys::unlinkat(CWD, name))
}

pub(super) fn readlink(path: &Path) -> Result<PathBuf, FsError> {
    let target = at(path, "readlinkat", |name| sys::readlinkat(CWD, name))?;
    Ok(PathBuf::from(OsString::from_vec(target)))
}

pub(super) fn link(existing: &Path, new: &Path) -> Result<(), FsError> {
    between(existing, new, "linkat", |existing, new| sys::linkat(CWD, existing, CWD, new))
}

pub(super) fn symlink(target: &Path, link: &Path) -> Result<(), FsError> {
    between(target, link, "symlinkat", |target, link| sys::symlinkat(target, CWD, link))
}

pub(super) fn rename(from: &Path, to: &Path) -> Result<(), FsError> {
    between(from, to, "renameat", |from, to| sys::renameat(CWD, from, CWD, to))
}

fn at<T>(
    path: &Path,
    call: &'static str,
    body: impl FnOnce(&CStr) -> Result<T, Errno>,
) -> Result<T, FsError> {
    let done = sys::with_cstr(path.as_os_str().as_bytes(), body);
    done.during(call).map_err(|error| error.with_path(path))
}

fn between<T>(
    path: &Path,
    dest: &Path,
    call: &'static str,
    body: impl FnOnce(&CStr, &CStr) -> Result<T, Errno>,
) -> Result<T, FsError> {
    at(path, call, |name| sys::with_cstr(dest.as_os_str().as_bytes(), |dest| body(name, dest)))
        .map_err(|error| error.with_dest(dest))
}
