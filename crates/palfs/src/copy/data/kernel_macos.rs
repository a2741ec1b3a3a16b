//! macOS: fcopyfile, for files that one uninterruptible call may move.

use super::{CHUNK, Step, Transfer};
use crate::copy::method::Method;
use crate::errno::Errno;
use crate::error::FsError;
use crate::sys;

impl Transfer<'_> {
    /// Moves up to `end` (or to the end of the file) by `method`.
    pub(super) fn attempt(&mut self, method: Method, end: Option<u64>) -> Result<Step, FsError> {
        match method {
            Method::FCopyFile => self.fcopyfile(end),
            Method::ReadWrite => self.read_write(end),
            _ => Ok(Step::Unsupported(Errno::ENOTSUP)),
        }
    }

    /// Whole files up to one chunk only: the call cannot be cancelled and works from the descriptors' positions.
    fn fcopyfile(&mut self, end: Option<u64>) -> Result<Step, FsError> {
        const CALL: &str = "fcopyfile";
        if end.is_some() || self.offset != 0 || self.src_stat.size > CHUNK {
            return Ok(Step::Unsupported(Errno::ENOTSUP));
        }
        self.checkpoint(CALL)?;
        match sys::fcopyfile_data(self.src, self.dest) {
            Ok(()) => {
                let moved = sys::fstat(self.dest).map_err(|errno| self.fail(errno, CALL))?.size;
                self.advance(Method::FCopyFile, moved);
                Ok(Step::Reached)
            }
            // ENOTSUP: not a regular file, or a volume without the call. EINTR, EAGAIN (a write that takes nothing) come
            // after a part. Reads and writes begin again, in an empty file.
            Err(errno @ (Errno::ENOTSUP | Errno::EINVAL | Errno::EINTR | Errno::EAGAIN)) => {
                sys::ftruncate(self.dest, 0).map_err(|errno| self.fail(errno, "ftruncate"))?;
                Ok(Step::Unsupported(errno))
            }
            Err(errno) => Err(self.fail(errno, CALL)),
        }
    }
}
