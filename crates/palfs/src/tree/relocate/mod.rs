//! Moves: a rename where that is possible.

pub(super) mod cross_device;
pub(super) mod last_name;
pub(super) mod preflight;
pub(super) mod renames;
pub(super) mod replaceable;

use std::path::Path;
use std::sync::Arc;

use super::options::MoveOptions;
use super::walk::parents;
use super::walk::paths::{as_text, current_directory, resolve};
use crate::copy::{CopyResult, Method, PathAtBuf, sync_directory};
use crate::errno::Errno;
use crate::error::{Destination, During, ErrorKind, FsError};
use crate::sys::{Follow, STAT_CALL, Stat};
use crate::{Control, sys};
use last_name::LastName;

/// One move.
pub(super) struct Move<'a> {
    pub(super) src: &'a Path,
    pub(super) dest: &'a Path,
    /// The two names, in directories that stay open.
    pub(super) from: PathAtBuf,
    pub(super) to: PathAtBuf,
    pub(super) stat: Stat,
    pub(super) options: &'a MoveOptions,
    pub(super) control: &'a Arc<Control>,
}

/// See [`move_tree`](super::move_tree).
pub(super) fn relocate(
    src: &Path,
    dest: &Path,
    options: &MoveOptions,
    control: &Arc<Control>,
) -> Result<CopyResult, FsError> {
    let source = LastName::of(src)?;
    let from = source.slot()?;
    let target = LastName::of(dest)?;
    let Some(from) = from.filter(|_| !target.is_fixed()) else {
        // rename(2) looks for the directories above both names first.
        target.open_parent()?;
        let errno = if source.is_fixed() || options.overwrite { Errno::EBUSY } else { Errno::EEXIST };
        return Err(FsError::new(errno, call(options)));
    };
    let stat = sys::fstatat(from.dir(), &from.name, Follow::No).during(STAT_CALL)?;
    if (source.has_slash() || target.has_slash()) && !stat.is_dir() {
        // As rename(2): with RENAME_NOREPLACE, a name that is taken counts more than the slash behind it.
        let is_taken = sys::fstatat(sys::CWD, target.at().name, Follow::No).is_ok();
        let errno = if is_taken && !options.overwrite { Errno::EEXIST } else { Errno::ENOTDIR };
        return Err(FsError::new(errno, call(options)));
    }
    if stat.is_dir() {
        let inside = parents::refuse_inside(from.at(), &stat, &resolve(&current_directory(), dest));
        // As rename(2) says it.
        inside.map_err(|error| {
            if is_inside(&error) { FsError::new(Errno::EINVAL, sys::EXCLUSIVE_RENAME_CALL) } else { error }
        })?;
    }
    parents::make(dest, options.file.durable || is_elsewhere(&stat, dest))?;
    let to = PathAtBuf::of(target.at())?;
    Move { src, dest, from, to, stat, options, control }.run()
}

/// Whether the directories above `dest` are on another filesystem: then the source will be removed, and they must last.
fn is_elsewhere(src: &Stat, dest: &Path) -> bool {
    let mut above =
        dest.ancestors().skip(1).map(|path| if path.as_os_str().is_empty() { Path::new(".") } else { path });
    let nearest = above.find_map(|path| sys::fstatat(sys::CWD, &as_text(path), Follow::Yes).ok());
    nearest.is_some_and(|nearest| nearest.dev != src.dev)
}

fn is_inside(error: &FsError) -> bool {
    error.kind() == ErrorKind::IntoItself
}

/// The call that a move within a filesystem is made of.
const fn call(options: &MoveOptions) -> &'static str {
    if options.overwrite { "renameat" } else { sys::EXCLUSIVE_RENAME_CALL }
}

impl Move<'_> {
    fn run(&self) -> Result<CopyResult, FsError> {
        let existing = match sys::fstatat(self.to.dir(), &self.to.name, Follow::No) {
            Ok(existing) => Some(existing),
            Err(Errno::ENOENT) => None,
            Err(errno) => return Err(FsError::new(errno, STAT_CALL)),
        };
        if let Some(existing) = &existing {
            if existing.same_inode(&self.stat) {
                return self.same_file();
            }
            if !self.options.overwrite {
                return Err(FsError::new(Errno::EEXIST, sys::EXCLUSIVE_RENAME_CALL));
            }
            self.refuse_destination(existing)?;
        }
        match self.place(&self.from, existing.as_ref()) {
            Ok(()) => {
                let result = self.renamed_to_spelling(existing.is_some())?;
                self.sync_names()?;
                Ok(result)
            }
            Err(error) if error.errno() == Errno::EXDEV && error.destination() == Destination::Untouched => {
                self.across(existing.as_ref())
            }
            Err(error) => Err(error),
        }
    }

    /// `durable`: the rename lasts.
    fn sync_names(&self) -> Result<(), FsError> {
        if !self.options.file.durable {
            return Ok(());
        }
        let synced = sync_directory(self.to.dir()).and_then(|()| sync_directory(self.from.dir()));
        synced.map_err(|error| error.with_destination(Destination::Replaced))
    }

    pub(super) fn renamed(&self) -> CopyResult {
        let mut result = CopyResult { method: Method::Rename, ..CopyResult::default() };
        if self.stat.is_dir() {
            result.directories = 1;
        } else if self.stat.is_symlink() {
            result.symlinks = 1;
        } else if self.stat.is_file() {
            (result.files, result.bytes) = (1, self.stat.size);
        } else {
            result.others = 1;
        }
        if let Some(count) = result.methods.get_mut(Method::Rename as usize) {
            *count = 1;
        }
        result
    }
}
