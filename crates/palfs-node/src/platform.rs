//! What the platform, the kernel and one filesystem can do.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use napi::bindgen_prelude::Either;
use napi::{Env, Error, Result};
use napi_derive::napi;
use palfs::platform::{self, DirectIo, PlatformCapabilities, features};
use palfs::{Control, FsError};

use crate::abi::number;
use crate::call::Call;
use crate::environment::{Environment, SYNC_SLOT};
use crate::outcome::Value;
use crate::path::PathArgument;

/// Which calls exist on the platform that this was compiled for.
#[napi(object, object_from_js = false)]
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "one answer for each call")]
pub struct Features {
    /// Extended attributes.
    pub has_xattr: bool,
    /// splice(2).
    pub has_splice: bool,
    /// sendfile(2).
    pub has_sendfile: bool,
    /// copy_file_range(2).
    pub has_copy_file_range: bool,
    /// clonefile(2).
    pub has_clonefile: bool,
    /// flock(2).
    pub has_flock: bool,
    /// inotify(7).
    pub has_inotify: bool,
    /// kqueue(2).
    pub has_kqueue: bool,
}

/// The multiples that direct I/O takes, in bytes.
#[napi(object, object_from_js = false)]
#[derive(Clone, Copy, Debug)]
pub struct Alignment {
    /// Of the buffer's address.
    pub memory: u32,
    /// Of the offset in the file and of the length.
    pub offset: u32,
}

/// What can be done; null where it cannot be known.
#[napi(object, object_from_js = false, use_nullable = true)]
pub struct Capabilities {
    /// splice(2).
    pub splice_available: Option<bool>,
    /// sendfile(2).
    pub sendfile_available: Option<bool>,
    /// copy_file_range(2).
    pub copy_file_range_available: Option<bool>,
    /// clonefile(2).
    pub clonefile_available: Option<bool>,
    /// Extended attributes of any namespace.
    pub xattr_available: Option<bool>,
    /// flock(2).
    pub flock_available: Option<bool>,
    /// Bytes, the NUL included.
    pub max_path_length: Option<f64>,
    /// Bytes.
    pub max_filename_length: Option<f64>,
    /// Whether `a` and `A` are two names.
    pub filesystem_case_sensitive: Option<bool>,
    /// The filesystem's name.
    pub filesystem_type: Option<String>,
    /// Sharing of storage.
    pub reflink: Option<bool>,
    /// Holes.
    pub sparse_files: Option<bool>,
    /// link(2).
    pub hard_links: Option<bool>,
    /// symlink(2).
    pub symlinks: Option<bool>,
    /// Namespaces of extended attributes.
    pub xattr_namespaces: Option<Vec<&'static str>>,
    /// Access control lists.
    pub acl: Option<bool>,
    /// Files without names.
    pub tmpfile: Option<bool>,
    /// Two names can change places.
    pub rename_exchange: Option<bool>,
    /// False, or how it must be aligned.
    pub direct_io: Option<Either<bool, Alignment>>,
    /// Nothing can be changed.
    pub read_only: Option<bool>,
    /// Nanoseconds.
    pub timestamp_granularity: Option<f64>,
}

impl From<PlatformCapabilities> for Capabilities {
    fn from(found: PlatformCapabilities) -> Self {
        Self {
            splice_available: found.splice_available,
            sendfile_available: found.sendfile_available,
            copy_file_range_available: found.copy_file_range_available,
            clonefile_available: found.clonefile_available,
            xattr_available: found.xattr_available,
            flock_available: found.flock_available,
            max_path_length: found.max_path_length.map(number),
            max_filename_length: found.max_filename_length.map(number),
            filesystem_case_sensitive: found.filesystem_case_sensitive,
            filesystem_type: found.filesystem_type,
            reflink: found.reflink,
            sparse_files: found.sparse_files,
            hard_links: found.hard_links,
            symlinks: found.symlinks,
            xattr_namespaces: found.xattr_namespaces,
            acl: found.acl,
            tmpfile: found.tmpfile,
            rename_exchange: found.rename_exchange,
            direct_io: found.direct_io.map(|direct| match direct {
                DirectIo::Unsupported => Either::A(false),
                DirectIo::Aligned { memory, offset } => Either::B(Alignment { memory, offset }),
            }),
            read_only: found.read_only,
            timestamp_granularity: found.timestamp_granularity.map(number),
        }
    }
}

/// The platform in one value.
#[napi(object, object_from_js = false)]
pub struct PlatformDescription {
    /// As people write it.
    pub name: &'static str,
    /// What it can do, by name.
    pub features: Vec<&'static str>,
    /// The kernel's answers.
    pub capabilities: Capabilities,
}

/// Which calls exist.
#[napi(js_name = "features")]
#[must_use]
pub fn compiled_features() -> Features {
    Features {
        has_xattr: features::HAS_XATTR,
        has_splice: features::HAS_SPLICE,
        has_sendfile: features::HAS_SENDFILE,
        has_copy_file_range: features::HAS_COPY_FILE_RANGE,
        has_clonefile: features::HAS_CLONEFILE,
        has_flock: features::HAS_FLOCK,
        has_inotify: features::HAS_INOTIFY,
        has_kqueue: features::HAS_KQUEUE,
    }
}

/// The platform's name, features and capabilities; asked of the kernel once in the life of the process.
#[napi(catch_unwind)]
#[must_use]
pub fn platform_info() -> PlatformDescription {
    let info = platform::get_platform_info();
    PlatformDescription { name: info.name, features: info.features, capabilities: info.capabilities.into() }
}

/// Detects the capabilities of the filesystem that holds a path.
struct Detection(PathBuf);

impl Call for Detection {
    type Output = Value;
    const NAME: &'static str = "open";

    fn run(self, _control: &Arc<Control>) -> std::result::Result<Value, FsError> {
        PlatformCapabilities::detect_at(&self.0).map(|found| Value::Capabilities(Box::new(found)))
    }

    fn paths(&self) -> (Option<&Path>, Option<&Path>) {
        (Some(&self.0), None)
    }
}

/// Detects on the calling thread; the result is kept for `takeCapabilities`. Null if it failed.
#[napi(catch_unwind)]
pub fn detect_capabilities_sync(
    env: Env,
    #[napi(ts_arg_type = "string | Uint8Array")] path: PathArgument,
) -> Result<Option<f64>> {
    Ok(Environment::of(env)?.run_blocking(Detection(path.into_path())))
}

/// Detects on the pool and returns the slot.
#[napi(catch_unwind)]
pub fn detect_capabilities(
    env: Env,
    #[napi(ts_arg_type = "string | Uint8Array")] path: PathArgument,
) -> Result<u32> {
    Environment::of(env)?.spawn(Detection(path.into_path()))
}

/// The answers for the filesystem that the operation of `slot` asked; without a slot, the last synchronous one.
#[napi(catch_unwind)]
pub fn take_capabilities(env: Env, slot: Option<u32>) -> Result<Capabilities> {
    match Environment::of(env)?.results.take_value(slot.unwrap_or(SYNC_SLOT)) {
        Some(Value::Capabilities(found)) => Ok((*found).into()),
        _ => Err(Error::from_reason("no capabilities wait here")),
    }
}
