//! Systems whose kernels copy nothing by themselves, such as NetBSD and OpenBSD: reads and writes.

use super::{Step, Transfer};
use crate::copy::method::Method;
use crate::errno::Errno;
use crate::error::FsError;

impl Transfer<'_> {
    /// Moves up to `end` (or the size seen before the copy) by `method`.
    pub(super) fn attempt(&mut self, method: Method, end: Option<u64>) -> Result<Step, FsError> {
        match method {
            Method::ReadWrite => self.read_write(end),
            _ => Ok(Step::Unsupported(Errno::ENOTSUP)),
        }
    }
}
