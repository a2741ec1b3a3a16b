//! macOS.

use super::FileSystemOps;
use crate::copy::{Method, MethodSet};
use crate::error::FsError;

/// macOS: clonefile(2), fcopyfile(3), read and write.
#[derive(Clone, Copy, Debug)]
pub struct MacOSFileSystemOps {
    methods: MethodSet,
}

impl MacOSFileSystemOps {
    /// Every method of copying that macOS has.
    pub const METHODS: MethodSet =
        MethodSet::EMPTY.with(Method::CloneFile).with(Method::FCopyFile).with(Method::ReadWrite);

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

impl Default for MacOSFileSystemOps {
    fn default() -> Self {
        Self::new()
    }
}

impl FileSystemOps for MacOSFileSystemOps {
    type Error = FsError;

    fn copy_methods(&self) -> MethodSet {
        self.methods
    }
}
