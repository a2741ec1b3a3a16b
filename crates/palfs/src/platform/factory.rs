//! From a platform to its operations.

use std::sync::Arc;

use super::capabilities::{PlatformCapabilities, get_platform_capabilities};
use crate::error::FsError;
#[cfg(target_os = "freebsd")]
use crate::ops::FreeBsdFileSystemOps;
#[cfg(target_os = "linux")]
use crate::ops::LinuxFileSystemOps;
#[cfg(target_os = "macos")]
use crate::ops::MacOSFileSystemOps;
use crate::ops::{FileSystemOps, StdFileSystemOps};

/// Creates the operations of one platform and describes it.
pub trait PlatformFactory {
    /// The operations, to be shared between threads.
    fn create_filesystem_ops(&self) -> Arc<dyn FileSystemOps<Error = FsError>>;

    /// The platform's name as people write it.
    fn platform_name(&self) -> &'static str;

    /// `basic_ops`, then those of `xattr`, `splice`, `sendfile`, `copy_file_range`, `clonefile` and `reflink` that this
    /// kernel has a call for. What one filesystem offers is for
    /// [`detect_at`](PlatformCapabilities::detect_at) to say.
    fn supported_features(&self) -> Vec<&'static str> {
        features_of(get_platform_capabilities())
    }
}

fn features_of(capabilities: &PlatformCapabilities) -> Vec<&'static str> {
    // FICLONE is an ioctl of each filesystem: the kernel as a whole always takes it.
    let shares = if cfg!(target_os = "linux") { Some(true) } else { capabilities.clonefile_available };
    [
        ("basic_ops", Some(true)),
        ("xattr", capabilities.xattr_available),
        ("splice", capabilities.splice_available),
        ("sendfile", capabilities.sendfile_available),
        ("copy_file_range", capabilities.copy_file_range_available),
        ("clonefile", capabilities.clonefile_available),
        ("reflink", shares),
    ]
    .into_iter()
    .filter(|(_, available)| *available == Some(true))
    .map(|(name, _)| name)
    .collect()
}

/// Linux.
#[cfg(target_os = "linux")]
#[derive(Clone, Copy, Debug, Default)]
pub struct LinuxPlatformFactory;

#[cfg(target_os = "linux")]
impl PlatformFactory for LinuxPlatformFactory {
    fn create_filesystem_ops(&self) -> Arc<dyn FileSystemOps<Error = FsError>> {
        Arc::new(LinuxFileSystemOps::new())
    }

    fn platform_name(&self) -> &'static str {
        "Linux"
    }
}

/// macOS.
#[cfg(target_os = "macos")]
#[derive(Clone, Copy, Debug, Default)]
pub struct MacOSPlatformFactory;

#[cfg(target_os = "macos")]
impl PlatformFactory for MacOSPlatformFactory {
    fn create_filesystem_ops(&self) -> Arc<dyn FileSystemOps<Error = FsError>> {
        Arc::new(MacOSFileSystemOps::new())
    }

    fn platform_name(&self) -> &'static str {
        "macOS"
    }
}

/// FreeBSD.
#[cfg(target_os = "freebsd")]
#[derive(Clone, Copy, Debug, Default)]
pub struct FreeBsdPlatformFactory;

#[cfg(target_os = "freebsd")]
impl PlatformFactory for FreeBsdPlatformFactory {
    fn create_filesystem_ops(&self) -> Arc<dyn FileSystemOps<Error = FsError>> {
        Arc::new(FreeBsdFileSystemOps::new())
    }

    fn platform_name(&self) -> &'static str {
        "FreeBSD"
    }
}

/// Any Unix: what all of them have.
#[derive(Clone, Copy, Debug, Default)]
pub struct DefaultPlatformFactory;

impl PlatformFactory for DefaultPlatformFactory {
    fn create_filesystem_ops(&self) -> Arc<dyn FileSystemOps<Error = FsError>> {
        Arc::new(StdFileSystemOps)
    }

    fn platform_name(&self) -> &'static str {
        "Generic Unix"
    }

    /// Its copies are reads and writes, even if the kernel has other methods.
    fn supported_features(&self) -> Vec<&'static str> {
        let mut features = features_of(get_platform_capabilities());
        features.retain(|name| matches!(*name, "basic_ops" | "xattr"));
        features
    }
}

/// The factory of the platform that this was compiled for.
#[cfg(target_os = "linux")]
pub type CurrentPlatform = LinuxPlatformFactory;
/// The factory of the platform that this was compiled for.
#[cfg(target_os = "macos")]
pub type CurrentPlatform = MacOSPlatformFactory;
/// The factory of the platform that this was compiled for.
#[cfg(target_os = "freebsd")]
pub type CurrentPlatform = FreeBsdPlatformFactory;
/// The factory of the platform that this was compiled for.
#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "freebsd")))]
pub type CurrentPlatform = DefaultPlatformFactory;

/// The operations of the platform that this was compiled for.
#[must_use]
pub fn create_platform_filesystem() -> Arc<dyn FileSystemOps<Error = FsError>> {
    CurrentPlatform::default().create_filesystem_ops()
}
