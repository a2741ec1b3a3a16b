//! macOS: clonefile makes the new name itself, with content, attributes and times, in one atomic step.

use std::os::fd::{AsFd, OwnedFd};

use super::method::Method;
use super::mode::changes_owner;
use super::options::{CopyOptions, Reflink, Sparse};
use super::source::{At, Source};
use crate::errno::Errno;
use crate::error::FsError;
use crate::sys::{self, OpenFlags};

/// Clones the source to the free name `at` and opens the result. `None`: not here, copy instead.
///
/// The clone is made without its owner and so without set-id bits; both follow by the usual rules. Its mode is the
/// source's from the start, so it is made only where that is the final mode and nobody else gets the file.
pub(super) fn create(at: At<'_>, source: &Source, options: &CopyOptions) -> Result<Option<OwnedFd>, FsError> {
    let always = options.reflink == Reflink::Always;
    let may = always || (options.reflink == Reflink::Auto && options.sparse == Sparse::Auto);
    let same_rights = options.preserve.wants_mode() && !changes_owner(&source.stat, options);
    let fits = always || (same_rights && source.stat.size > 0);
    if !may || !fits || !options.methods.has(Method::CloneFile) {
        return Ok(None);
    }
    match sys::fclonefileat(source.fd.as_fd(), at.dir, at.name) {
        // Read access is enough: mode, owner, times and attributes are changed through any descriptor.
        Ok(()) => match sys::openat(at.dir, at.name, OpenFlags::READ, 0) {
            Ok(fd) => Ok(Some(fd)),
            Err(errno) => {
                let _first_error_counts = sys::unlinkat(at.dir, at.name);
                // A mode that lets the group read but not the owner: it is the owner's now, so copy instead.
                if errno == Errno::EACCES && !always { Ok(None) } else { Err(FsError::new(errno, "openat")) }
            }
        },
        // ENOTSUP: not APFS. EXDEV: another volume.
        Err(Errno::ENOTSUP | Errno::EXDEV) if !always => Ok(None),
        Err(errno) => Err(FsError::new(errno, "fclonefileat")),
    }
}
