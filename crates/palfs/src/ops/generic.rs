//! Any Unix.

use super::FileSystemOps;
use crate::copy::{Method, MethodSet};
use crate::error::FsError;

/// What every Unix has: copies are reads and writes. Complete, and the one to compare the others with.
#[derive(Clone, Copy, Debug, Default)]
pub struct StdFileSystemOps;

impl FileSystemOps for StdFileSystemOps {
    type Error = FsError;

    fn copy_methods(&self) -> MethodSet {
        MethodSet::EMPTY.with(Method::ReadWrite)
    }
}
