//! Copying one file: plan -> place -> data -> metadata -> commit.

mod method;
mod options;
mod result;

use std::path::Path;

pub use method::{Method, MethodSet};
pub use options::{CopyOptions, MetadataErrors, OnError, Preserve, Reflink, Replace, Sparse, SpecialFiles};
pub use result::{CopyResult, Unpreserved};

use crate::{Control, FsError};

/// Copies one file.
pub fn copy_file(
    _src: &Path,
    _dest: &Path,
    _options: &CopyOptions,
    _control: &Control,
) -> Result<CopyResult, FsError> {
    Err(FsError::new(crate::Errno::ENOSYS, "copy_file"))
}
