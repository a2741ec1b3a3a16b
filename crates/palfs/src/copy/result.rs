//! The account of a finished copy.

use super::method::Method;
use crate::error::FsError;

/// What a copy did.
#[derive(Clone, Debug)]
pub struct CopyResult {
    /// Sum of the final sizes of the files whose data was copied; holes and clones count.
    pub bytes: u64,
    /// Number of regular files created or replaced.
    pub files: u64,
    /// Directories created.
    pub directories: u64,
    /// Symbolic links created.
    pub symlinks: u64,
    /// Special files created.
    pub others: u64,
    /// Entries passed over: same file, `update`, special files under `Skip`.
    pub skipped: u64,
    /// The method that moved the file with most bytes.
    pub method: Method,
    /// How many files each method moved, by [`Method`] number.
    pub methods: [u64; Method::ALL.len()],
    /// Requested metadata that the target could not take.
    pub unpreserved: Unpreserved,
    /// Under [`OnError::Collect`](super::OnError::Collect) and [`MetadataErrors::Report`](super::MetadataErrors::Report): the
    /// first 1,000 errors.
    pub errors: Vec<FsError>,
    /// How many errors there were.
    pub error_count: u64,
}

impl Default for CopyResult {
    fn default() -> Self {
        Self {
            bytes: 0,
            files: 0,
            directories: 0,
            symlinks: 0,
            others: 0,
            skipped: 0,
            method: Method::None,
            methods: [0; Method::ALL.len()],
            unpreserved: Unpreserved::default(),
            errors: Vec::new(),
            error_count: 0,
        }
    }
}

impl CopyResult {
    /// One regular file copied.
    pub(crate) fn one_file(bytes: u64, method: Method, lost: Losses) -> Self {
        let mut result = Self { bytes, files: 1, method, ..Self::default() }.with_losses(lost);
        if let Some(count) = result.methods.get_mut(method as usize) {
            *count = 1;
        }
        result
    }

    /// Adds the metadata that was not kept.
    pub(crate) fn with_losses(mut self, Losses { counts, errors }: Losses) -> Self {
        self.unpreserved.add(&counts);
        self.error_count = self.error_count.saturating_add(u64::try_from(errors.len()).unwrap_or(u64::MAX));
        self.errors.extend(errors);
        self
    }

    /// Adds the counts of another part of the operation, without its errors and without `method`, the method of the largest file: the
    /// caller sets that.
    pub(crate) fn add(&mut self, other: &Self) {
        for (sum, more) in [
            (&mut self.bytes, other.bytes),
            (&mut self.files, other.files),
            (&mut self.directories, other.directories),
            (&mut self.symlinks, other.symlinks),
            (&mut self.others, other.others),
            (&mut self.skipped, other.skipped),
        ] {
            *sum = sum.saturating_add(more);
        }
        for (sum, more) in self.methods.iter_mut().zip(other.methods) {
            *sum = sum.saturating_add(more);
        }
        self.unpreserved.add(&other.unpreserved);
    }

    /// One entry passed over.
    pub(crate) fn one_skipped() -> Self {
        Self { skipped: 1, ..Self::default() }
    }

    /// How many files `method` moved.
    #[must_use]
    pub fn count(&self, method: Method) -> u64 {
        self.methods.get(method as usize).copied().unwrap_or(0)
    }
}

/// What the copy of one name did.
pub(crate) struct Copied {
    pub(crate) result: CopyResult,
    /// The new inode, by device and number. `None`: none was created, or the caller does not need it.
    pub(crate) created: Option<(u64, u64)>,
}

impl From<CopyResult> for Copied {
    /// Of a name that was given to nothing.
    fn from(result: CopyResult) -> Self {
        Self { result, created: None }
    }
}

/// What a copy could not keep of the metadata.
#[derive(Clone, Debug, Default)]
pub(crate) struct Losses {
    pub(crate) counts: Unpreserved,
    /// The errors of the losses that the caller wants reported.
    pub(crate) errors: Vec<FsError>,
}

/// Pieces of metadata that were requested and not kept: one per file, one per attribute for `xattr`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unpreserved {
    /// User or group.
    pub ownership: u64,
    /// Permission or set-id bits.
    pub mode: u64,
    /// Times.
    pub timestamps: u64,
    /// Extended attributes.
    pub xattr: u64,
    /// Access control lists.
    pub acl: u64,
    /// Inode flags.
    pub flags: u64,
}

impl Unpreserved {
    /// Adds the losses of another part of the operation.
    pub(crate) fn add(&mut self, other: &Self) {
        for (sum, more) in [
            (&mut self.ownership, other.ownership),
            (&mut self.mode, other.mode),
            (&mut self.timestamps, other.timestamps),
            (&mut self.xattr, other.xattr),
            (&mut self.acl, other.acl),
            (&mut self.flags, other.flags),
        ] {
            *sum = sum.saturating_add(more);
        }
    }
}
