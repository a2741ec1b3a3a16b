//! One name of a directory, copied by its kind.

use std::ffi::CStr;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::sync::Arc;

use super::conflict::OverwriteAction;
use super::hard_links::{Claim, Deferred, LinkTarget};
use super::queue::{Task, hand_over};
use super::{CopyStats, TreeCopy, conflict};
use crate::copy::{
    Copied, CopyOptions, CopyResult, NewFileStatCache, PathAt, Source, SpecialFiles, cannot_link, copy_open,
    copy_special, open_entry, refuse_special,
};
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys::mode::{S_IFDIR, S_IFREG};
use crate::sys::{Entry, Follow, STAT_CALL, Stat, identity};
use crate::tree::walk::case_collisions::NameLock;
use crate::tree::walk::directory::{DirFds, Directory};
use crate::tree::walk::name_batch::Remaining;
use crate::tree::walk::scheduler::{Scheduler, TreeJob};
use crate::{Control, sys};

/// Files of this size or more take so long that the rest of the batch becomes a task of its own.
const LARGE: u64 = 1 << 20;

/// How often a name that changes its kind under our hands is looked at again.
const LOOKS: u32 = 4;

/// What became of a name that was a regular file's.
#[expect(clippy::large_enum_variant, reason = "one value for each file, on the stack and never moved far")]
enum Done {
    Copied(CopyResult),
    /// Another thread will see to it.
    Waits,
    /// It is no regular file any more.
    Changed,
}

/// The directories, source and destination, that a name is in.
#[derive(Clone, Copy)]
pub(in crate::tree) struct EntryContext<'a> {
    pub(in crate::tree) tree: &'a TreeCopy,
    pub(in crate::tree) directory: &'a Arc<Directory>,
    pub(in crate::tree) held: &'a DirFds,
    pub(in crate::tree) scheduler: &'a Arc<Scheduler<TreeCopy>>,
    pub(in crate::tree) stat_cache: &'a NewFileStatCache,
}

impl<'a> EntryContext<'a> {
    /// Copies `entry`, or makes it a unit of its own if it is a directory.
    pub(in crate::tree) fn copy(&self, entry: Entry<'_>, rest: &mut Remaining<'_>, stats: &mut CopyStats) {
        self.tree.operation.control.tell_path(|| self.path(entry.name));
        let turn = self.directory.aliases.turn(self.held.dest(), entry.name);
        let copied = self.tree.retry_on_emfile(self.scheduler, || {
            turn.as_ref().map_or(Ok(()), NameLock::refuse_alias)?;
            self.by_kind(entry, rest)
        });
        match copied {
            Ok(Some(result)) => {
                if let Some(turn) = turn.filter(|_| result.skipped == 0) {
                    turn.made();
                }
                stats.add(&result);
                for error in result.errors {
                    self.tree.operation.collect(self.tree.locate(self.directory, entry.name, error));
                }
            }
            Ok(None) => {}
            Err(error) => self.tree.operation.fail_entry(self.tree.locate(self.directory, entry.name, error)),
        }
    }

    /// `None`: another task copies it.
    fn by_kind(&self, entry: Entry<'_>, rest: &mut Remaining<'_>) -> Result<Option<CopyResult>, FsError> {
        let follow = self.tree.follow_below();
        let mut known = entry.format;
        for _ in 0..LOOKS {
            let seen = match known {
                S_IFDIR => {
                    self.directory.add_end();
                    self.scheduler.push(Task::Enter(Arc::clone(self.directory), entry.name.to_owned()));
                    return Ok(None);
                }
                S_IFREG if follow == Follow::No => None,
                _ => {
                    let stat = sys::fstatat(self.held.src.as_fd(), entry.name, follow).during(STAT_CALL)?;
                    known = stat.format();
                    Some(stat)
                }
            };
            let done = match (known, seen) {
                (S_IFREG, _) => self.file(entry.name, follow, rest)?,
                (S_IFDIR, _) => continue,
                (_, Some(stat)) => self.other(entry.name, &stat)?,
                (_, None) => Done::Changed,
            };
            match done {
                Done::Copied(result) => return Ok(Some(result)),
                Done::Waits => return Ok(None),
                Done::Changed => known = 0,
            }
        }
        Err(FsError::new(Errno::ESTALE, "openat"))
    }

    /// What is at the destination already, as far as it has a say, and the options for its name. In a directory of our own
    /// there is nothing.
    pub(in crate::tree) fn existing(&self, name: &CStr) -> Result<(Option<Stat>, &'a CopyOptions), FsError> {
        let look = |follow| match sys::fstatat(self.held.dest(), name, follow) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::ENOENT) => Ok(None),
            Err(Errno::ELOOP) if self.tree.options.replaces_loops() => Ok(None),
            Err(errno) => Err(FsError::new(errno, STAT_CALL)),
        };
        if self.directory.is_fresh {
            return Ok((
                None,
                if self.directory.is_plain() { &self.tree.fresh_plain } else { &self.tree.fresh },
            ));
        }
        match look(Follow::No)? {
            None => Ok((None, &self.tree.over_file)),
            // Judged by where it leads, as node:fs does it; replaced is the link.
            Some(old) if old.is_symlink() => {
                let judged =
                    if self.tree.follow_below() == Follow::Yes { look(Follow::Yes)? } else { Some(old) };
                Ok((judged, &self.tree.over_name))
            }
            Some(old) if old.is_file() => Ok((Some(old), &self.tree.over_file)),
            Some(old) => Ok((Some(old), &self.tree.over_name)),
        }
    }

    fn file(&self, name: &CStr, follow: Follow, rest: &mut Remaining<'_>) -> Result<Done, FsError> {
        let tree = self.tree;
        let (existing, options) = self.existing(name)?;
        if let Some(old) = &existing {
            let src = sys::fstatat(self.held.src.as_fd(), name, follow).during(STAT_CALL)?;
            if conflict::overwrite_action(&src, old, self.ends(name).1, &tree.options)?
                == OverwriteAction::Keep
            {
                return Ok(Done::Copied(CopyResult::one_skipped()));
            }
        }
        let (src, _) = self.ends(name);
        let Some(source) = open_entry(src, follow, options, &tree.operation.control)? else {
            return Ok(Done::Changed);
        };
        tree.refuse_file_that_stays(&source)?;
        let is_large = source.stat.size >= LARGE;
        if is_large {
            hand_over(self.directory, rest.take_all(), self.scheduler);
        }
        let _shown = is_large.then(|| tree.operation.control.tell_long(|| self.path(name))).flatten();
        let copy = || self.plain(&source, name, options);
        self.grouped(&source.stat, name, existing.is_some() || options.replace_name, copy)
    }

    /// A link or special file.
    fn other(&self, name: &CStr, stat: &Stat) -> Result<Done, FsError> {
        self.tree.refuse_what_stays(stat)?;
        let (existing, options) = self.existing(name)?;
        // Apply the overwrite rules first. They hold for hard links, too.
        if let Some(old) = &existing
            && conflict::overwrite_action(stat, old, self.ends(name).1, &self.tree.options)?
                == OverwriteAction::Keep
        {
            return Ok(Done::Copied(CopyResult::one_skipped()));
        }
        let copy = || {
            let copied = if stat.is_symlink() {
                self.link(name, stat, existing.as_ref())?
            } else {
                self.special(name, stat, options)?
            };
            self.tree.note_time_loss(stat, &copied.result);
            Ok(copied)
        };
        self.grouped(stat, name, existing.is_some(), copy)
    }

    fn plain(&self, source: &Source, name: &CStr, options: &CopyOptions) -> Result<Copied, FsError> {
        let (src, dest) = self.ends(name);
        let stat_cache = self.directory.has_precedents().then_some(self.stat_cache);
        let copied = copy_open(src, source, dest, stat_cache, options, &self.tree.operation.control)?;
        self.tree.note_time_loss(&source.stat, &copied.result);
        Ok(copied)
    }

    /// The path at the source.
    fn path(&self, name: &CStr) -> PathBuf {
        self.directory.path_of(&self.tree.src, name)
    }

    /// The name at the source, and at the destination.
    pub(in crate::tree) fn ends<'n>(&'n self, name: &'n CStr) -> (PathAt<'n>, PathAt<'n>) {
        (PathAt { dir: self.held.src.as_fd(), name }, PathAt { dir: self.held.dest(), name })
    }

    /// Copies by `copy`, unless it is a further name of what has been copied: then it is linked to that.
    fn grouped(
        &self,
        source: &Stat,
        name: &CStr,
        replace: bool,
        copy: impl Fn() -> Result<Copied, FsError>,
    ) -> Result<Done, FsError> {
        let left = self.tree.further_names(source);
        let Some(links) = self.tree.links.as_ref().filter(|_| left > 0) else {
            let first = self.tree.first_of_last_name(source);
            return first
                .map_or_else(
                    || copy().map(|copied| copied.result),
                    |first| self.link_to(&first, source, name, replace, &copy),
                )
                .map(Done::Copied);
        };
        let id = self.tree.inode_of(source);
        let waiting = || {
            self.directory.add_end();
            Deferred { directory: Arc::clone(self.directory), name: name.to_owned() }
        };
        match links.claim(id, waiting) {
            Claim::Waits => Ok(Done::Waits),
            Claim::First => {
                let copied = copy();
                let first = copied.as_ref().ok().and_then(|copied| self.first(name, copied));
                for Deferred { directory, name } in links.publish(id, first, left) {
                    self.scheduler.push(Task::Again(directory, name));
                }
                copied.map(|copied| Done::Copied(copied.result))
            }
            Claim::Link(first) => {
                let result = self.link_to(&first, source, name, replace, &copy);
                // Where descriptors are short the name comes again.
                result.inspect_err(|_| links.give_back(id, &first)).map(Done::Copied)
            }
        }
    }

    /// Links a further name to the first, or copies it where that cannot be.
    fn link_to(
        &self,
        first: &LinkTarget,
        source: &Stat,
        name: &CStr,
        replace: bool,
        copy: &impl Fn() -> Result<Copied, FsError>,
    ) -> Result<CopyResult, FsError> {
        let dest = PathAt { dir: self.held.dest(), name };
        match self.tree.hard_link(first, dest, replace) {
            Ok(()) => Ok(self.tree.further_name(source)),
            Err(error) if cannot_link(error.errno(), dest.dir) => copy().map(|copied| copied.result),
            Err(error) => Err(error),
        }
    }

    /// The name that the others of a group will be linked to.
    fn first(&self, name: &CStr, copied: &Copied) -> Option<LinkTarget> {
        let result = &copied.result;
        // Passed over (`update`, say): what is there is not ours to link to.
        if result.files == 0 && result.symlinks == 0 && result.others == 0 {
            return None;
        }
        // A file without a known inode is in a directory that the copy created, where no other user can rename entries.
        let look = || sys::fstatat(self.held.dest(), name, Follow::No).ok().map(|made| identity(&made));
        let id = copied.created.or_else(|| look().filter(|_| self.directory.has_precedents()))?;
        Some(LinkTarget { directory: Arc::clone(self.directory), name: name.to_owned(), id })
    }

    fn special(&self, name: &CStr, stat: &Stat, options: &CopyOptions) -> Result<Copied, FsError> {
        let (src, dest) = self.ends(name);
        copy_node(src, stat, dest, options, &self.tree.operation.control)
    }
}

/// A FIFO, socket or device: made anew, passed over or refused.
pub(in crate::tree) fn copy_node(
    src: PathAt<'_>,
    stat: &Stat,
    dest: PathAt<'_>,
    options: &CopyOptions,
    control: &Control,
) -> Result<Copied, FsError> {
    match options.special_files {
        SpecialFiles::Error => Err(refuse_special(stat)),
        SpecialFiles::Skip => Ok(CopyResult::one_skipped().into()),
        SpecialFiles::Copy | SpecialFiles::Content => copy_special(src, stat, dest, options, control),
    }
}
