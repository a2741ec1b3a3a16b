//! The platforms that copy by more than reads and writes. They differ in nothing else.

use super::FileSystemOps;
use crate::copy::{Method, MethodSet};
use crate::error::FsError;

/// The operations of a platform, which copies by these methods.
macro_rules! platform_operations {
    ($(#[$about:meta])* $name:ident: $($method:ident),+) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name {
            methods: MethodSet,
        }

        impl $name {
            /// Every method of copying that the platform has.
            pub const METHODS: MethodSet = MethodSet::EMPTY$(.with(Method::$method))+;

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

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl FileSystemOps for $name {
            type Error = FsError;

            fn copy_methods(&self) -> MethodSet {
                self.methods
            }
        }
    };
}

#[cfg(target_os = "linux")]
platform_operations! {
    /// Linux: FICLONE, copy_file_range(2), splice(2), sendfile(2), read and write.
    LinuxFileSystemOps: Clone, CopyFileRange, Splice, Sendfile, ReadWrite
}

#[cfg(target_os = "macos")]
platform_operations! {
    /// macOS: clonefile(2), fcopyfile(3), read and write.
    MacOSFileSystemOps: CloneFile, FCopyFile, ReadWrite
}

#[cfg(target_os = "freebsd")]
platform_operations! {
    /// FreeBSD: copy_file_range(2), read and write.
    FreeBsdFileSystemOps: CopyFileRange, ReadWrite
}
