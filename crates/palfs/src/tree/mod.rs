//! Trees: copied, moved, removed.
//!
//! A walk holds directories by descriptor and names what is in them by single components, so that no link that appears
//! on the way leads out of the tree. It is iterative, keeps no more names than one buffer for each thread, and closes directories
//! that it will need last when it has too many open.
//!
//! [`copy_tree`] is `cp`: `root` judges the two paths, `copy` is the work of its threads (`scheduler`), `enter` makes and finishes
//! directories, `entry` and `link` copy what is in them. [`remove_tree`] is `rm`, [`move_tree`] is `mv`.

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
pub fn copy_tree(
    src: &Path,
    dest: &Path,
    options: &TreeOptions,
    filter: Option<Arc<dyn Filter>>,
    control: &Arc<Control>,
) -> Result<CopyResult, FsError> {
    let _sigxfsz_guard = sys::SigxfszGuard::hold();
    let work = TreeCopy::new((src, dest), options, filter, control);
    work.run()
}

/// Removes what is at `path`: links themselves, and under `recursive` directories with all that is in them. Nothing
/// outside the tree is reached, whatever others do to it meanwhile.
///
/// # Errors
/// [`FsError`] with the first thing that could not be removed, and its path; what was removed by then is gone.
pub fn remove_tree(path: &Path, options: &RemoveOptions, control: &Arc<Control>) -> Result<Removed, FsError> {
    TreeRemoval::new(path, options, control).run()
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
pub fn move_tree(
    src: &Path,
    dest: &Path,
    options: &MoveOptions,
    control: &Arc<Control>,
) -> Result<CopyResult, FsError> {
    let _sigxfsz_guard = sys::SigxfszGuard::hold();
    relocate::relocate(src, dest, options, control).map_err(|error| error.with_path(src).with_dest(dest))
}
