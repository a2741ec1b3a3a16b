//! A move to another filesystem: a copy that takes the destination's name, and then the source's removal.

use std::ffi::CStr;
use std::sync::Arc;

use super::{Move, preflight};
use crate::copy::{
    CopyOptions, CopyResult, MetadataErrors, PathAtBuf, Preserve, SpecialFiles, sync_directory,
};
use crate::error::{Destination, FsError};
use crate::sys;
use crate::sys::{Follow, Identity, Stat, identity};
use crate::tree::copy::TreeCopy;
use crate::tree::copy::hard_links::{Inode, LinkTarget};
use crate::tree::options::TreeOptions;
use crate::tree::remove::TreeRemoval;
use crate::tree::time_losses::TimeLosses;

impl Move<'_> {
    /// To another filesystem: copied under a temporary name, flushed, renamed; then the source goes.
    pub(in crate::tree) fn across(&self, existing: Option<&Stat>) -> Result<CopyResult, FsError> {
        preflight::refuse_names(&self.from, &self.stat, &self.to)?;
        let name = PathAtBuf::temporary_name()?;
        // Opened before the copy: what fails later would leave two of it.
        let source = self.from.beside(self.from.name.clone())?;
        let copy = self.to.beside(self.to.name.clone())?;
        let time_losses = Arc::default();
        let copied = self.copy(&name, &time_losses).and_then(|result| {
            let made = self.identity_of(&name);
            self.place(&self.to.beside(name.clone())?, existing)?;
            Ok((result, made))
        });
        let (result, made) = copied.inspect_err(|error| {
            if error.destination() != Destination::Replaced {
                let _first_error_counts = self.discard(&name, self.identity_of(&name));
            }
        })?;
        if let Err(error) = sync_directory(self.to.dir()) {
            // Nothing is lost by taking it back: the source is whole.
            let left = if existing.is_none() && self.discard(&self.to.name, made) {
                Destination::Untouched
            } else {
                Destination::Replaced
            };
            return Err(error.with_destination(left));
        }
        self.remember_name(made);
        let (id, limit) = (identity(&self.stat), self.options.concurrency);
        let removed = TreeRemoval::of(source, id, self.src, limit).mirrored(copy, time_losses).run();
        removed.map_err(|error| error.with_destination(Destination::Replaced))?;
        Ok(result)
    }

    fn copy(&self, name: &CStr, time_losses: &Arc<TimeLosses>) -> Result<CopyResult, FsError> {
        let policy = self.options.file.metadata_errors;
        let file = CopyOptions {
            preserve: Preserve::ALL,
            special_files: SpecialFiles::Copy,
            metadata_errors: if policy.never_fail() { policy } else { MetadataErrors::Error },
            // What changes while it is copied must not be removed as if it had not.
            verify_source: true,
            durable: !can_flush_at_once() || !self.stat.is_dir(),
            ..self.options.file.clone()
        };
        let options = TreeOptions {
            file,
            recursive: true,
            verbatim_symlinks: true,
            groups: self.options.groups.clone(),
            concurrency: self.options.concurrency,
            ..TreeOptions::default()
        };
        let slots = (self.from.beside(self.from.name.clone())?, self.to.beside(name.to_owned())?);
        TreeCopy::between(slots, (self.src, self.dest), &options, time_losses, self.control).run()
    }

    /// The further names of a file that are moved after this one will be linked to this one.
    fn remember_name(&self, made: Option<Identity>) {
        let Some(groups) = &self.options.groups else { return };
        if let Some(id) = made
            && !self.stat.is_dir()
            && self.stat.nlink > 1
            && let Ok(directory) = groups.0.directory(self.to.dir())
        {
            let first = LinkTarget { directory, name: self.to.name.clone(), id };
            groups.0.remember(Inode::of_moved(&self.stat), &first, u64::MAX);
        }
    }

    fn identity_of(&self, name: &CStr) -> Option<Identity> {
        sys::fstatat(self.to.dir(), name, Follow::No).ok().map(|seen| identity(&seen))
    }

    /// Removes a copy that is not needed, if the name still belongs to it. Returns whether the copy is gone.
    fn discard(&self, name: &CStr, made: Option<Identity>) -> bool {
        let Some(made) = made else { return true };
        let Ok(slot) = self.to.beside(name.to_owned()) else { return false };
        TreeRemoval::of_ours(slot, made, self.dest, self.options.concurrency).run().is_ok()
    }
}

/// Whether one call flushes a tree; else each file is flushed by itself.
const fn can_flush_at_once() -> bool {
    cfg!(target_os = "linux")
}
