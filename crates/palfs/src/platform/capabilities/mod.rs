//! The capabilities of the kernel and of one mounted filesystem, found by attempts and queries.
//!
//! Never by a kernel version, a fixed name in /tmp, or /proc. Sources, the most trusted first: a real attempt in the directory
//! (`probe`, `names`), a query that changes nothing (`attributes`, `passive`), and facts about every filesystem of the type
//! (`sys/fs_type.rs`). A capability that none of them shows is `None`.
//!
//! ```
//! use palfs::platform::PlatformCapabilities;
//!
//! let found = PlatformCapabilities::detect_at(&std::env::temp_dir())?;
//! match found.reflink {
//!     Some(true) => println!("copies there can share storage"),
//!     Some(false) => println!("{:?} stores every copy anew", found.filesystem_type),
//!     None => println!("nothing may be tried there, and its type does not tell"),
//! }
//! # Ok::<(), palfs::FsError>(())
//! ```

mod attributes;
mod names;
mod passive;
mod probe;
mod probe_target;
mod report;

use std::path::Path;
use std::sync::OnceLock;

use crate::error::FsError;
use crate::sys;
use probe_target::ProbeTarget;
pub use report::{DirectIo, PlatformCapabilities};

impl PlatformCapabilities {
    /// The kernel's answers for the calls; lengths, case and type for `/`. Nothing is written anywhere.
    ///
    /// What differs from mount to mount is `None` here: ask [`detect_at`](Self::detect_at).
    #[must_use]
    pub fn detect() -> Self {
        let mut found = Self::calls();
        if let Ok(root) = ProbeTarget::of(Path::new("/")) {
            found.max_path_length = passive::max_path_length(&root);
            found.max_filename_length = passive::max_filename_length(&root);
            found.filesystem_case_sensitive = passive::case_sensitive(&root);
        }
        found
    }

    /// The answers for the filesystem that holds `path` (links are followed).
    ///
    /// Where the directory (`path`, or its parent if it is no directory) can be written to, each is the outcome of an
    /// attempt in it, made with unnamed files and with random names that begin with `.palfs-` and are removed at once;
    /// the directory's own times change by that. Elsewhere, and on read-only mounts, nothing is attempted.
    ///
    /// # Errors
    /// Only if `path` itself cannot be reached.
    pub fn detect_at(path: &Path) -> Result<Self, FsError> {
        let probe_target = ProbeTarget::of(path).map_err(|error| error.with_path(path))?;
        let mut found = Self::default();
        if probe_target.takes_probes() {
            probe::run(&probe_target, &mut found);
            names::run(&probe_target, &mut found);
        }
        if probe_target.fs_type().folds_short_names {
            found.filesystem_case_sensitive = Some(false);
        }
        passive::complete(&probe_target, &mut found);
        found.withdraw_missing_calls();
        Ok(found)
    }

    /// Whether the calls exist.
    fn calls() -> Self {
        Self {
            splice_available: Some(sys::has_splice()),
            sendfile_available: Some(sys::has_sendfile()),
            copy_file_range_available: Some(sys::has_copy_file_range()),
            clonefile_available: Some(sys::has_clonefile()),
            xattr_available: Some(sys::has_xattr()),
            flock_available: Some(sys::has_flock()),
            ..Self::default()
        }
    }

    /// What the kernel does not have works on no filesystem.
    fn withdraw_missing_calls(&mut self) {
        let calls = Self::calls();
        for (found, call) in [
            (&mut self.splice_available, calls.splice_available),
            (&mut self.sendfile_available, calls.sendfile_available),
            (&mut self.copy_file_range_available, calls.copy_file_range_available),
            (&mut self.clonefile_available, calls.clonefile_available),
            (&mut self.xattr_available, calls.xattr_available),
            (&mut self.flock_available, calls.flock_available),
        ] {
            if call == Some(false) {
                *found = call;
            }
        }
    }
}

/// [`PlatformCapabilities::detect`], asked once in the life of the process.
#[must_use]
pub fn get_platform_capabilities() -> &'static PlatformCapabilities {
    static CAPABILITIES: OnceLock<PlatformCapabilities> = OnceLock::new();
    CAPABILITIES.get_or_init(PlatformCapabilities::detect)
}
