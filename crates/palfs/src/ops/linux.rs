//! Linux.

use super::FileSystemOps;
use crate::copy::{Method, MethodSet};
use crate::error::FsError;

/// Linux: FICLONE, copy_file_range(2), splice(2), sendfile(2), read and write.
#[derive(Clone, Copy, Debug)]
pub struct LinuxFileSystemOps {
    methods: MethodSet,
}

impl LinuxFileSystemOps {
    /// Every method of copying that Linux has.
    pub const METHODS: MethodSet = MethodSet::EMPTY
        .with(Method::Clone)
        .with(Method::CopyFileRange)
        .with(Method::Splice)
        .with(Method::Sendfile)
        .with(Method::ReadWrite);

    /// Copies by any of [`METHODS`](Self::METHODS).
    #[must_use]
    pub const fn new() -> Self {
        Self { methods: Self::METHODS }
    }

    /// Copies by these methods only: for tests, and for kernels in which one of them is broken.
    #[must_use]
    pub const fn with_methods(methods: MethodSet) -> Self {
        Self { methods }
    }
}

impl Default for LinuxFileSystemOps {
    fn default() -> Self {
        Self::new()
    }
}

impl FileSystemOps for LinuxFileSystemOps {
    type Error = FsError;

    fn copy_methods(&self) -> MethodSet {
        self.methods
    }
}
