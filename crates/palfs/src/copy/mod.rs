//! The copy of one file: source -> existing -> output -> data -> metadata -> commit.
//!
//! [`copy_file`] is the entry point, and `file` has the six steps in order. `source` opens the source. `existing` looks at the
//! destination before anything changes. `output` creates the new file, or a temporary beside the old one. `data` moves the bytes
//! by the best method that works here. `metadata` is set through the descriptor. `output::commit` gives the file its name.

mod data;
mod existing;
mod file;
mod metadata;
mod method;
mod options;
mod output;
mod path_at;
mod range;
mod result;
mod same_file;
mod source;
mod special;
#[cfg(target_os = "linux")]
mod splice_stream;
mod stream;
mod symlink;

use std::ffi::CString;
use std::path::Path;

use crate::error::{During, ErrorKind, Fact, FsError};
use crate::{Control, sys};
pub(crate) use data::mount_pair::fs_type_of;
pub(crate) use file::copy_open;
pub(crate) use metadata::inode::Inode;
pub(crate) use metadata::pinned_node::is_created_by_caller;
pub(crate) use metadata::stored_time::{is_as_new, is_stored_form};
pub(crate) use metadata::{Metadata, MetadataKind, Target, add_flags, apply_error_policy};
pub use method::{Method, MethodSet};
pub(crate) use options::setters;
pub use options::{CopyOptions, MetadataErrors, OnError, Preserve, Reflink, Replace, Sparse, SpecialFiles};
pub(crate) use output::commit::{replace_by, sync_directory};
pub(crate) use output::discard::prepare_unlink;
pub(crate) use output::ensure_can_rename_temp;
pub(crate) use output::free_name::rename_by_placeholder;
pub(crate) use output::hard_link::cannot_link;
pub(crate) use output::stat_cache::NewFileStatCache;
pub(crate) use output::whole_file::NewFile;
pub(crate) use path_at::PathAtBuf;
pub use range::{CopyOffsets, copy_range};
pub(crate) use result::{Copied, Losses};
pub use result::{CopyResult, Unpreserved};
pub(crate) use source::{PathAt, Source, SourceExtras, gives_acl, open_entry, open_regular, refuse_special};
pub(crate) use special::copy as copy_special;
pub(crate) use symlink::{copy_link, read_link};

/// Copies the file at `src` to `dest`, which names the new file itself, not a directory to put it in.
///
/// Links are followed on both sides: a link that leads nowhere at `dest` is replaced. The same file under another name
/// is success and changes nothing. Directories are EISDIR, on either side. While it fills, `dest` has no more permissions than in the
/// end. A call that fails removes what it created, and an old file stays as it was, unless the error's
/// [`destination`](FsError::destination) is not [`Untouched`](crate::Destination::Untouched).
///
/// # Errors
/// [`FsError`] with the system call that failed, both paths, and the bytes moved until then.
///
/// # Examples
/// ```
/// use palfs::{Control, copy::{CopyOptions, copy_file}};
///
/// # let dir = std::env::temp_dir().join(format!("palfs-copy-file-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// # std::fs::write(dir.join("photo.jpg"), "content")?;
/// # std::env::set_current_dir(&dir)?;
/// let result = copy_file("photo.jpg", "backup.jpg", &CopyOptions::default(), &Control::new())?;
/// println!("{} bytes by {}", result.bytes, result.method.name());
/// # std::fs::remove_dir_all(&dir)?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn copy_file<P: AsRef<Path>, Q: AsRef<Path>>(
    src: P,
    dest: Q,
    options: &CopyOptions,
    control: &Control,
) -> Result<CopyResult, FsError> {
    let (src, dest) = (src.as_ref(), dest.as_ref());
    let _sigxfsz_guard = sys::SigxfszGuard::hold();
    let located = |error: FsError| error.with_path(src).with_dest(dest);
    copy_by_path(src, dest, options, control)
        .map(|result| CopyResult { errors: result.errors.into_iter().map(located).collect(), ..result })
        .map_err(located)
        .or_else(|error| collect(error, options))
}

fn copy_by_path(
    src: &Path,
    dest: &Path,
    options: &CopyOptions,
    control: &Control,
) -> Result<CopyResult, FsError> {
    let (src_name, dest_name) = (path(src)?, path(dest)?);
    let src = PathAt { dir: sys::CWD, name: &src_name };
    let dest = PathAt { dir: sys::CWD, name: &dest_name };
    file::copy(src, dest, options, control).map(|copied| copied.result)
}

fn path(path: &Path) -> Result<CString, FsError> {
    sys::cstring(path.as_os_str()).during("openat")
}

/// `on_error: Collect`: the error becomes part of the result. A missing source and a cancel stay errors.
fn collect(error: FsError, options: &CopyOptions) -> Result<CopyResult, FsError> {
    let is_fatal = error.kind() == ErrorKind::Cancelled || error.is(Fact::MissingSource);
    if options.on_error == OnError::Stop || is_fatal {
        return Err(error);
    }
    Ok(CopyResult { errors: vec![error], error_count: 1, ..CopyResult::default() })
}
