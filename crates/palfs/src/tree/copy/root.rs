//! The two paths of the caller: checked before anything is created.

use std::ffi::CString;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;

use super::conflict::OverwriteAction;
use super::entry::copy_node;
use super::hard_links::{Inode, LinkTarget};
use super::{CopyStats, TreeCopy, conflict};
use crate::copy::{
    Copied, CopyResult, PathAt, PathAtBuf, cannot_link, copy_open, open_entry, sync_directory,
};
use crate::errno::Errno;
use crate::error::{During, ErrorKind, FsError};
use crate::sys;
use crate::sys::{Follow, OpenFlags, STAT_CALL, Stat};
use crate::tree::options::Dereference;
use crate::tree::walk::directory::Directory;
use crate::tree::walk::parents;
use crate::tree::walk::paths::{as_text, resolve, without_slashes};
use crate::tree::walk::scheduler::Scheduler;

impl TreeCopy {
    /// Copies what the caller named, or begins to, if it is a directory.
    pub(in crate::tree) fn root(&self, scheduler: &Arc<Scheduler<Self>>) {
        match self.judge_root() {
            Ok(Some((stat, existing))) if stat.is_dir() => match self.open_root(&stat, existing.as_ref()) {
                Ok(directory) => self.begin(directory, true, scheduler),
                Err(error) => self.operation.fail(self.locate_root(error)),
            },
            Ok(Some((stat, existing))) => match self.root_entry(&stat, existing.as_ref()) {
                Ok(result) => {
                    self.settle_one(&result);
                    result
                        .errors
                        .into_iter()
                        .for_each(|error| self.operation.collect(self.locate_root(error)));
                }
                // A name that fails alone may be collected; paths that make no sense may not.
                Err(error) => self.operation.fail_entry(self.locate_root(error)),
            },
            Ok(None) => self.settle_one(&CopyResult::one_skipped()),
            Err(error) if error.kind() == ErrorKind::Exists => self.operation.fail_entry(error),
            Err(error) => self.operation.fail(error),
        }
    }

    /// The root's own name lasts; those below it do by the directory that they are in.
    pub(in crate::tree) fn sync_root_name(&self) -> Result<(), FsError> {
        let paths = self.paths();
        let (_, dest) = self.ends(&paths);
        let name = without_slashes(dest.name);
        sync_directory(PathAtBuf::of(PathAt { dir: dest.dir, name: &name })?.dir())
    }

    fn settle_one(&self, result: &CopyResult) {
        let mut stats = CopyStats::default();
        stats.add(result);
        self.add_stats(&stats);
    }

    fn locate_root(&self, error: FsError) -> FsError {
        error.with_path(&self.src).with_dest(&self.dest)
    }

    fn follow(&self) -> (Follow, Follow) {
        match self.options.dereference {
            Dereference::Never => (Follow::No, Follow::No),
            Dereference::Named => (Follow::Yes, Follow::No),
            Dereference::Always => (Follow::Yes, Follow::Yes),
        }
    }

    /// The two names for the kernel: `paths` are those of the caller.
    fn ends<'a>(&'a self, paths: &'a (CString, CString)) -> (PathAt<'a>, PathAt<'a>) {
        match &self.slots {
            Some((src, dest)) => (src.at(), dest.at()),
            None => (PathAt { dir: sys::CWD, name: &paths.0 }, PathAt { dir: sys::CWD, name: &paths.1 }),
        }
    }

    fn paths(&self) -> (CString, CString) {
        (as_text(&self.src), as_text(&self.dest))
    }

    /// What the two paths mean. `None`: the destination is to stay.
    fn judge_root(&self) -> Result<Option<(Stat, Option<Stat>)>, FsError> {
        let (follow_src, follow_dest) = self.follow();
        let paths = self.paths();
        let (src, dest) = self.ends(&paths);
        let stat = sys::fstatat(src.dir, src.name, follow_src)
            .during(STAT_CALL)
            .map_err(|error| error.with_path(&self.src))?;
        let existing = match sys::fstatat(dest.dir, dest.name, follow_dest) {
            Ok(existing) => Some(existing),
            Err(Errno::ENOENT) => None,
            Err(Errno::ELOOP) if self.options.replaces_loops() => None,
            Err(errno) => return Err(FsError::new(errno, STAT_CALL).with_path(&self.dest)),
        };
        let verdict = self
            .judge_pair((src, &stat), (dest, existing.as_ref()))
            .map_err(|error| self.locate_root(error))?;
        if verdict == OverwriteAction::Keep {
            return Ok(None);
        }
        parents::make(&self.dest, self.options.file.durable)?;
        if stat.is_dir() && !self.options.recursive {
            let refused = FsError::new(Errno::EISDIR, STAT_CALL).with_kind(ErrorKind::IsDirectory);
            return Err(self.locate_root(refused));
        }
        Ok(Some((stat, existing)))
    }

    fn judge_pair(
        &self,
        (src, stat): (PathAt<'_>, &Stat),
        (dest, existing): (PathAt<'_>, Option<&Stat>),
    ) -> Result<OverwriteAction, FsError> {
        if let Some(existing) = existing {
            conflict::judge_kinds(stat, existing, &self.options)?;
        }
        let below = || resolve(&self.here, &self.dest).starts_with(resolve(&self.here, &self.src));
        if stat.is_dir() && below() {
            return Err(FsError::new(Errno::EINVAL, STAT_CALL).with_kind(ErrorKind::IntoItself));
        }
        parents::refuse_inside(src, stat, &resolve(&self.here, &self.dest))?;
        match existing {
            Some(existing) => conflict::judge_existing(stat, existing, dest, &self.options),
            None => Ok(OverwriteAction::Replace),
        }
    }

    fn open_root(&self, seen: &Stat, existing: Option<&Stat>) -> Result<Arc<Directory>, FsError> {
        let (follow_src, follow_dest) = self.follow();
        let paths = self.paths();
        let (src, dest) = self.ends(&paths);
        let flags = if follow_src == Follow::Yes { OpenFlags::DIRECTORY } else { OpenFlags::DIR_NOFOLLOW };
        let fd = sys::openat(src.dir, src.name, flags, 0).during("openat")?;
        let stat = sys::fstat(fd.as_fd()).during(STAT_CALL)?;
        if !stat.same_inode(seen) {
            return Err(FsError::new(Errno::ESTALE, "openat"));
        }
        self.refuse_directory_that_stays(fd.as_fd(), &stat)?;
        // A link that leads nowhere is nothing to merge with; mkdir would not follow it either.
        if existing.is_none() && follow_dest == Follow::Yes {
            remove_dangling(dest)?;
        }
        let made = self.make((dest.dir, dest.name), None, follow_dest, &stat)?;
        Ok(self.pair(None, c"", fd, stat, made))
    }

    /// Copies what is no directory, unless it is a further name of what another copy has made.
    fn root_entry(&self, stat: &Stat, existing: Option<&Stat>) -> Result<CopyResult, FsError> {
        let paths = self.paths();
        let (src, dest) = self.ends(&paths);
        let slot = PathAtBuf::of(dest)?;
        // What a link that was named leads to may be named, too.
        let may_be_linked = self.options.dereference == Dereference::Named;
        let left = if may_be_linked { u64::MAX } else { self.further_names(stat) };
        let may_be_further = left > 0 || self.is_move();
        let Some(links) = self.links.as_ref().filter(|_| may_be_further && self.options.groups.is_some())
        else {
            return self.root_alone(src, slot.at(), stat, existing).map(|copied| copied.result);
        };
        if let Some(first) = links.first(self.inode_of(stat)) {
            // Also a link that leads nowhere, or to itself.
            let is_taken = sys::fstatat(slot.dir(), &slot.name, Follow::No).is_ok();
            match self.hard_link(&first, slot.at(), is_taken) {
                Ok(()) => return Ok(self.further_name(stat)),
                Err(error) if cannot_link(error.errno(), slot.dir()) => {}
                Err(error) => return Err(error),
            }
        }
        let copied = self.root_alone(src, slot.at(), stat, existing)?;
        // A move gives the copy another name, and remembers it under that.
        if let Some(id) = copied.created.filter(|_| !self.is_move())
            && let Ok(directory) = links.directory(slot.dir())
        {
            let first = LinkTarget { directory, name: slot.name.clone(), id };
            links.remember(Inode::of(stat), &first, left);
        }
        Ok(copied.result)
    }

    fn root_alone(
        &self,
        src: PathAt<'_>,
        dest: PathAt<'_>,
        stat: &Stat,
        existing: Option<&Stat>,
    ) -> Result<Copied, FsError> {
        if stat.is_symlink() {
            let base = |path: &Path| path.parent().unwrap_or(path).to_path_buf();
            let (src_base, dest_base) = (base(&self.src), base(&self.dest));
            let copied = self.link((src, stat, &src_base), (dest, existing, &dest_base))?;
            self.note_time_loss(stat, &copied.result);
            return Ok(copied);
        }
        // Not what a link that is named leads to: the name itself.
        let options = match sys::fstatat(dest.dir, dest.name, Follow::No) {
            Ok(old) if !old.is_file() => &self.over_name,
            _ => &self.over_file,
        };
        if stat.is_file() {
            let opened = open_entry(src, self.follow().0, options, &self.operation.control)?;
            // A link by now, or a move's other file: what is removed in the end is what was looked at.
            let source = opened
                .filter(|source| self.slots.is_none() || source.stat.same_inode(stat))
                .ok_or_else(|| FsError::new(Errno::ESTALE, "openat"))?;
            self.refuse_file_that_stays(&source)?;
            self.operation.control.set_totals(source.stat.size, 1);
            let copied = copy_open(src, &source, dest, None, options, &self.operation.control)?;
            self.note_time_loss(&source.stat, &copied.result);
            return Ok(copied);
        }
        let copied = copy_node(src, stat, dest, options, &self.operation.control)?;
        self.note_time_loss(stat, &copied.result);
        Ok(copied)
    }
}

/// A link that leads nowhere gives way; it is not written through.
fn remove_dangling(dest: PathAt<'_>) -> Result<(), FsError> {
    match sys::fstatat(dest.dir, dest.name, Follow::No) {
        Ok(link) if link.is_symlink() => sys::unlinkat(dest.dir, dest.name).during("unlinkat"),
        _ => Ok(()),
    }
}
