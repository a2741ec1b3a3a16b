//! FreeBSD 13 and up: copy_file_range.

use super::{Step, Transfer};
use crate::copy::method::Method;
use crate::errno::Errno;
use crate::error::FsError;
use crate::sys;

impl Transfer<'_> {
    /// Moves up to `end` (or the size seen before the copy) by `method`.
    pub(super) fn attempt(&mut self, method: Method, end: Option<u64>) -> Result<Step, FsError> {
        match method {
            Method::CopyFileRange => self.copy_file_range(self.known_end(end)),
            Method::ReadWrite => self.read_write(end),
            _ => Ok(Step::Unsupported(Errno::ENOTSUP)),
        }
    }

    /// The exact remaining length is asked for: kernels before 2024 could cut a longer destination short when the
    /// length passed the source's end (PR 276045).
    fn copy_file_range(&mut self, end: u64) -> Result<Step, FsError> {
        const CALL: &str = "copy_file_range";
        while self.offset < end {
            self.checkpoint(CALL)?;
            match sys::copy_file_range(self.src, self.src_at(), self.dest, self.dest_at(), self.chunk(end)) {
                Ok(0) => return Ok(Step::Unsupported(Errno::EIO)),
                Ok(moved) => self.advance(Method::CopyFileRange, moved as u64),
                // EINVAL: not regular, or overlapping. EBADF: FreeBSD 13 of two ranges in one file. ENOSYS: FreeBSD 12.
                // EXDEV, EOPNOTSUPP: not documented, cheap to accept; reads and writes have the last word.
                Err(
                    errno @ (Errno::EINVAL | Errno::EBADF | Errno::ENOSYS | Errno::EXDEV | Errno::EOPNOTSUPP),
                ) => {
                    return Ok(Step::Unsupported(errno));
                }
                Err(errno) => return Err(self.fail(errno, CALL)),
            }
        }
        Ok(Step::Reached)
    }
}
