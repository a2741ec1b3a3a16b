//! Symbolic links of a tree.

use std::ffi::CStr;
use std::path::Path;

use super::conflict::OverwriteAction;
use super::entry::EntryContext;
use super::{TreeCopy, conflict};
use crate::copy::{Copied, CopyResult, PathAt, Preserve, copy_link, read_link};
use crate::errno::Errno;
use crate::error::{During, ErrorKind, FsError};
use crate::sys;
use crate::sys::{Follow, STAT_CALL, Stat};
use crate::tree::options::Existing;
use crate::tree::walk::paths::{as_path, as_text, resolve};

impl EntryContext<'_> {
    /// Makes a symbolic link anew.
    pub(in crate::tree) fn link(
        &self,
        name: &CStr,
        stat: &Stat,
        existing: Option<&Stat>,
    ) -> Result<Copied, FsError> {
        let (src, dest) = self.ends(name);
        let (src_base, dest_base) =
            (self.directory.path(&self.tree.src), self.directory.path(&self.tree.dest));
        self.tree.link((src, stat, &src_base), (dest, existing, &dest_base))
    }
}

impl TreeCopy {
    /// Makes the link `src`, which is in the directory `src_base`, anew at `dest`.
    pub(in crate::tree) fn link(
        &self,
        (src, stat, src_base): (PathAt<'_>, &Stat, &Path),
        (dest, existing, dest_base): (PathAt<'_>, Option<&Stat>, &Path),
    ) -> Result<Copied, FsError> {
        let text = read_link(src)?;
        // As node:fs: a text that is kept is compared as if it were written in the current directory.
        let base = if self.options.verbatim_symlinks { &self.here } else { &self.here.join(src_base) };
        let leads = resolve(base, as_path(&text));
        let written = if self.options.verbatim_symlinks { text } else { as_text(&leads) };
        if let Some(old) = existing {
            let is_kept =
                conflict::overwrite_action(stat, old, dest, &self.options)? == OverwriteAction::Keep;
            if is_kept || (self.keeps_same_links() && old.is_symlink() && read_link(dest)? == written) {
                return Ok(CopyResult::one_skipped().into());
            }
            if self.options.links_replace {
                refuse_target(src, old)?;
            } else if !(old.is_symlink() && self.replaces_links()) {
                self.compare_links((src, &leads), (dest, old, dest_base))?;
            }
        }
        let options = if existing.is_some() { &self.over_name } else { &self.fresh };
        copy_link((src, stat), &written, dest, existing.is_some(), options)
    }

    /// `update`: a link with the same text is up to date, even if its filesystem keeps times of links in coarser steps than
    /// the source's, or not at all.
    fn keeps_same_links(&self) -> bool {
        self.options.file.update && self.options.existing != Existing::Error
    }

    /// Whether a link replaces another without regard to their targets, as with `cp -a`. Else the rules of node:fs hold,
    /// which follows both: for links that lead nowhere, or to directories, they forbid a second copy over the first.
    fn replaces_links(&self) -> bool {
        self.options.verbatim_symlinks || self.options.file.preserve.has(Preserve::LINKS)
    }

    /// The rules of node:fs for a link that would replace another.
    fn compare_links(
        &self,
        (src, leads): (PathAt<'_>, &Path),
        (dest, old, dest_base): (PathAt<'_>, &Stat, &Path),
    ) -> Result<(), FsError> {
        if !old.is_symlink() {
            return Err(FsError::new(Errno::EEXIST, "symlinkat"));
        }
        let old_text = read_link(dest)?;
        let old_leads = resolve(&self.here.join(dest_base), as_path(&old_text));
        let target = sys::fstatat(src.dir, src.name, Follow::Yes);
        let is_directory = target.as_ref().is_ok_and(Stat::is_dir);
        if is_directory && old_leads.starts_with(leads) {
            return Err(FsError::new(Errno::EINVAL, "symlinkat").with_kind(ErrorKind::IntoItself));
        }
        // A link that leads nowhere replaces no other.
        target.during(STAT_CALL).map_err(|error| error.with_kind(ErrorKind::LinkTarget))?;
        if is_directory && leads.starts_with(&old_leads) {
            return Err(FsError::new(Errno::EINVAL, "symlinkat").with_kind(ErrorKind::LinkToParent));
        }
        Ok(())
    }
}

/// Refuses to put a link in the place of the file that it leads to: nothing of that would be left.
fn refuse_target(src: PathAt<'_>, old: &Stat) -> Result<(), FsError> {
    if sys::fstatat(src.dir, src.name, Follow::Yes).is_ok_and(|target| target.same_inode(old)) {
        return Err(FsError::new(Errno::EINVAL, "symlinkat").with_kind(ErrorKind::SameFile));
    }
    Ok(())
}
