//! Trees: copied, moved, removed.
//!
//! A walk holds directories by descriptor and names what is in them by single components, so that no link that appears
//! on the way leads out of the tree. It is iterative, keeps no more names than one buffer for each thread, and closes directories
//! that it will need last when it has too many open.
//!
//! [`copy_tree`] is `cp`, in `copy`; [`remove_tree`] is `rm`, in `remove`; [`move_tree`] is `mv`, in `relocate`. What they share is in
//! `walk`: threads, open directories, names.

mod copy;
mod filter;
mod options;
mod relocate;
mod remove;
mod time_losses;
mod walk;

use std::path::Path;
use std::sync::Arc;

use crate::copy::CopyResult;
use crate::error::FsError;
use crate::{Control, sys};
use copy::TreeCopy;
pub use copy::hard_links::LinkGroups;
pub use copy::stepwise::StepwiseCopy;
pub use filter::{Filter, FilterRequest};
pub use options::{Dereference, Existing, MoveOptions, RemoveOptions, Removed, TreeOptions};
use remove::TreeRemoval;

/// Copies what is at `src`, a directory with all that is in it, to `dest`, which names the copy itself. Directories
/// that exist are merged; missing ones above `dest` are made.
///
/// The calling thread works; threads of the pool join it when there is work for them.
///
/// # Errors
/// [`FsError`] with the first thing that failed, its path and destination. What was complete by then stays. Under
/// `OnError::Collect` names that fail are in the result, and only paths that make no sense, a missing source and a
/// cancel are errors.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use palfs::{Control, tree::{TreeOptions, copy_tree}};
///
/// # let dir = std::env::temp_dir().join(format!("palfs-copy-tree-{}", std::process::id()));
/// # std::fs::create_dir_all(dir.join("photos"))?;
/// # std::fs::write(dir.join("photos/a"), "content")?;
/// # std::env::set_current_dir(&dir)?;
/// let options = TreeOptions::default().with_recursive(true);
/// let result = copy_tree("photos", "backup", &options, None, &Arc::new(Control::new()))?;
/// assert_eq!((result.files, result.directories), (1, 1));
/// # std::fs::remove_dir_all(&dir)?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn copy_tree<P: AsRef<Path>, Q: AsRef<Path>>(
    src: P,
    dest: Q,
    options: &TreeOptions,
    filter: Option<Arc<dyn Filter>>,
    control: &Arc<Control>,
) -> Result<CopyResult, FsError> {
    let _sigxfsz_guard = sys::SigxfszGuard::hold();
    let work = TreeCopy::new((src.as_ref(), dest.as_ref()), options, filter, control);
    work.run()
}

/// Removes what is at `path`: links themselves, and under `recursive` directories with all that is in them. Nothing
/// outside the tree is reached, whatever others do to it meanwhile.
///
/// # Errors
/// [`FsError`] with the first thing that could not be removed, and its path; what was removed by then is gone.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use palfs::{Control, tree::{RemoveOptions, remove_tree}};
///
/// # let dir = std::env::temp_dir().join(format!("palfs-remove-tree-{}", std::process::id()));
/// # std::fs::create_dir_all(dir.join("photos"))?;
/// # std::fs::write(dir.join("photos/a"), "content")?;
/// # std::env::set_current_dir(&dir)?;
/// let options = RemoveOptions::default().with_recursive(true);
/// let removed = remove_tree("photos", &options, &Arc::new(Control::new()))?;
/// assert_eq!((removed.files, removed.directories), (1, 1));
/// # std::fs::remove_dir_all(&dir)?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn remove_tree<P: AsRef<Path>>(
    path: P,
    options: &RemoveOptions,
    control: &Arc<Control>,
) -> Result<Removed, FsError> {
    TreeRemoval::new(path.as_ref(), options, control).run()
}

/// Gives what is at `src` the name `dest`, by rename where that is possible; else it is copied, with all that is known of
/// it, under a temporary name, flushed to the disk, given its name, and then the source is removed. Missing directories
/// above `dest` are made.
///
/// The source is kept whole when anything fails before its copy has its name; what was at `dest` too. A copy that would
/// lose metadata fails, unless `metadata_errors` is `Ignore`.
///
/// What replaces what under `overwrite` is as with rename(2), but that a full directory is replaced too, as a whole.
///
/// # Errors
/// EEXIST: there is something at `dest`, and `overwrite` was not asked for. EINVAL: `dest` is inside `src`, or is what the link
/// `src` leads to. EISDIR, ENOTDIR, EBUSY: as rename(2) has them. ENOTEMPTY: `src` is inside `dest`.
/// [`FsError::destination`] is `Replaced` where the move is done, but for the removal of the source or of what was replaced.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use palfs::{Control, tree::{MoveOptions, move_tree}};
///
/// # let dir = std::env::temp_dir().join(format!("palfs-move-tree-{}", std::process::id()));
/// # std::fs::create_dir_all(dir.join("photos"))?;
/// # std::fs::write(dir.join("photos/a"), "content")?;
/// # std::env::set_current_dir(&dir)?;
/// move_tree("photos", "archive", &MoveOptions::default(), &Arc::new(Control::new()))?;
/// # std::fs::remove_dir_all(&dir)?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn move_tree<P: AsRef<Path>, Q: AsRef<Path>>(
    src: P,
    dest: Q,
    options: &MoveOptions,
    control: &Arc<Control>,
) -> Result<CopyResult, FsError> {
    let _sigxfsz_guard = sys::SigxfszGuard::hold();
    let (src, dest) = (src.as_ref(), dest.as_ref());
    relocate::relocate(src, dest, options, control).map_err(|error| error.with_path(src).with_dest(dest))
}
