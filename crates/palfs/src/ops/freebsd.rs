//! FreeBSD.

use super::FileSystemOps;
use crate::copy::{Method, MethodSet};
use crate::error::FsError;

/// FreeBSD: copy_file_range(2), read and write.
#[derive(Clone, Copy, Debug)]
pub struct FreeBsdFileSystemOps {
    methods: MethodSet,
}

impl FreeBsdFileSystemOps {
    /// Every method of copying that FreeBSD has.
    pub const METHODS: MethodSet = MethodSet::EMPTY.with(Method::CopyFileRange).with(Method::ReadWrite);

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

impl Default for FreeBsdFileSystemOps {
    fn default() -> Self {
        Self::new()
    }
}

impl FileSystemOps for FreeBsdFileSystemOps {
    type Error = FsError;

    fn copy_methods(&self) -> MethodSet {
        self.methods
    }
}
