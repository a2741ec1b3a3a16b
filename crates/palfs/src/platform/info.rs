//! The platform, in one value.

use super::capabilities::{PlatformCapabilities, get_platform_capabilities};
use super::factory::{CurrentPlatform, PlatformFactory};

/// What this platform is and can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformInfo {
    /// [`PlatformFactory::platform_name`].
    pub name: &'static str,
    /// [`PlatformFactory::supported_features`].
    pub features: Vec<&'static str>,
    /// [`get_platform_capabilities`].
    pub capabilities: PlatformCapabilities,
}

/// Describes the platform that this was compiled for, on the running kernel.
#[must_use]
pub fn get_platform_info() -> PlatformInfo {
    let platform = CurrentPlatform::default();
    PlatformInfo {
        name: platform.platform_name(),
        features: platform.supported_features(),
        capabilities: get_platform_capabilities().clone(),
    }
}
