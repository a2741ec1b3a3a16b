//! Operations on open files, the same on every platform.

use std::os::fd::{BorrowedFd, OwnedFd};

use super::types::FileStat;
use crate::error::{During, FsError};
use crate::sys::{self, STAT_CALL};

pub(super) fn close(fd: OwnedFd) -> Result<(), FsError> {
    sys::close(fd).during("close")
}

pub(super) fn read(fd: BorrowedFd<'_>, buf: &mut [u8], offset: Option<u64>) -> Result<usize, FsError> {
    match offset {
        Some(at) => sys::pread(fd, buf, at).during("pread"),
        None => sys::read(fd, buf).during("read"),
    }
}

pub(super) fn write(fd: BorrowedFd<'_>, buf: &[u8], offset: Option<u64>) -> Result<usize, FsError> {
    match offset {
        Some(at) => sys::pwrite(fd, buf, at).during("pwrite"),
        None => sys::write(fd, buf).during("write"),
    }
}

pub(super) fn fsync(fd: BorrowedFd<'_>) -> Result<(), FsError> {
    sys::fsync(fd).during("fsync")
}

pub(super) fn ftruncate(fd: BorrowedFd<'_>, size: u64) -> Result<(), FsError> {
    sys::ftruncate(fd, size).during("ftruncate")
}

pub(super) fn fstat(fd: BorrowedFd<'_>) -> Result<FileStat, FsError> {
    sys::fstat(fd).during(STAT_CALL).map(FileStat::from)
}
