//! What this platform is and can do, and filesystem operations that behave alike on every platform.

mod capabilities;
mod factory;
pub mod features;
mod info;

pub use capabilities::{DirectIo, PlatformCapabilities, get_platform_capabilities};
#[cfg(target_os = "freebsd")]
pub use factory::FreeBsdPlatformFactory;
#[cfg(target_os = "linux")]
pub use factory::LinuxPlatformFactory;
#[cfg(target_os = "macos")]
pub use factory::MacOSPlatformFactory;
pub use factory::{CurrentPlatform, DefaultPlatformFactory, PlatformFactory, create_platform_filesystem};
pub use info::{PlatformInfo, get_platform_info};
