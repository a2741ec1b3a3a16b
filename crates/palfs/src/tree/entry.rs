//! One name of a directory, copied by its kind.

use std::ffi::CStr;
use std::os::fd::AsFd;
use std::sync::Arc;

use super::account::Account;
use super::batch::Rest;
use super::copy::{TreeCopy, Unit, share};
use super::crew::Crew;
use super::directory::{Directory, Held, identity};
use super::judge::{self, Verdict};
use super::links::{Claim, First, Links, Waiting};
use super::options::Dereference;
use crate::copy::{At, CopyOptions, CopyResult, Source, copy_open, copy_special, open_entry};
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys::{self, Entry, Follow, STAT_CALL, Stat};

/// Files from this size on take so long that the rest of a batch is shared before they are copied.
const LARGE: u64 = 1 << 20;

/// How often a name that changes its kind under our hands is looked at again.
const LOOKS: u32 = 4;

/// The type bits of a mode.
const DIRECTORY: u32 = 0o040_000;
const REGULAR: u32 = 0o100_000;
const LINK: u32 = 0o120_000;

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
pub(super) struct Spot<'a> {
    pub(super) tree: &'a TreeCopy,
    pub(super) directory: &'a Arc<Directory>,
    pub(super) held: &'a Held,
    pub(super) crew: &'a Arc<Crew<TreeCopy>>,
}

impl<'a> Spot<'a> {
    /// Copies `entry`, or makes it a unit of its own if it is a directory.
    pub(super) fn copy(&self, entry: Entry<'_>, rest: &mut Rest<'_>, account: &mut Account) {
        let copied = self.tree.with_descriptors(self.crew, || self.by_kind(entry, rest));
        match copied {
            Ok(Some(result)) => account.add(&result),
            Ok(None) => {}
            Err(error) => self.tree.fail_entry(self.tree.locate(self.directory, entry.name, error)),
        }
    }

    /// `None`: the work is somebody else's now.
    fn by_kind(&self, entry: Entry<'_>, rest: &mut Rest<'_>) -> Result<Option<CopyResult>, FsError> {
        let follow = self.follow();
        let mut known = entry.format;
        for _ in 0..LOOKS {
            let seen = match known {
                DIRECTORY => {
                    self.directory.add_end();
                    self.crew.push(Unit::Enter(Arc::clone(self.directory), entry.name.to_owned()));
                    return Ok(None);
                }
                REGULAR if follow == Follow::No => None,
                _ => {
                    let stat = sys::fstatat(self.held.src.as_fd(), entry.name, follow).during(STAT_CALL)?;
                    known = stat.mode & 0o170_000;
                    Some(stat)
                }
            };
            match (known, seen) {
                (REGULAR, _) => match self.file(entry.name, follow, rest)? {
                    Done::Copied(result) => return Ok(Some(result)),
                    Done::Waits => return Ok(None),
                    Done::Changed => known = 0,
                },
                (DIRECTORY, _) => {}
                (LINK, Some(stat)) => return self.link(entry.name, &stat).map(Some),
                (_, Some(stat)) => return self.special(entry.name, &stat).map(Some),
                (_, None) => known = 0,
            }
        }
        Err(FsError::new(Errno::ESTALE, "openat"))
    }

    fn follow(&self) -> Follow {
        if self.tree.options.dereference == Dereference::Always { Follow::Yes } else { Follow::No }
    }

    /// What is at the destination already. In a directory of our own there is nothing.
    pub(super) fn standing(&self, name: &CStr) -> Result<Option<Stat>, FsError> {
        if self.directory.is_fresh {
            return Ok(None);
        }
        match sys::fstatat(self.held.dest(), name, Follow::No) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::ENOENT) => Ok(None),
            Err(errno) => Err(FsError::new(errno, STAT_CALL)),
        }
    }

    fn file(&self, name: &CStr, follow: Follow, rest: &mut Rest<'_>) -> Result<Done, FsError> {
        let tree = self.tree;
        let standing = self.standing(name)?;
        if let Some(old) = &standing {
            let src = sys::fstatat(self.held.src.as_fd(), name, follow).during(STAT_CALL)?;
            if judge::judge(&src, old, &tree.options)? == Verdict::Keep {
                return Ok(Done::Copied(CopyResult::one_skipped()));
            }
        }
        let (src, _) = self.ends(name);
        let Some(source) = open_entry(src, follow, &tree.control)? else { return Ok(Done::Changed) };
        if source.stat.size >= LARGE && self.crew.is_hungry() {
            share(self.directory, rest, self.crew);
        }
        let options = self.options(standing.as_ref());
        match tree.links.as_ref().filter(|_| source.stat.nlink > 1) {
            Some(links) => self.grouped(links, &source, name, options, standing.is_some()),
            None => self.plain(&source, name, options).map(Done::Copied),
        }
    }

    fn plain(&self, source: &Source, name: &CStr, options: &CopyOptions) -> Result<CopyResult, FsError> {
        let (src, dest) = self.ends(name);
        copy_open(src, source, dest, options, &self.tree.control)
    }

    /// The name at the source, and at the destination.
    pub(super) fn ends<'n>(&'n self, name: &'n CStr) -> (At<'n>, At<'n>) {
        (At { dir: self.held.src.as_fd(), name }, At { dir: self.held.dest(), name })
    }

    /// The options for a name by what is there: nothing, and nothing can be; nothing, or a file; something else.
    fn options(&self, standing: Option<&Stat>) -> &'a CopyOptions {
        match standing {
            None if self.directory.is_fresh => &self.tree.fresh,
            None => &self.tree.over_file,
            Some(old) if old.is_file() => &self.tree.over_file,
            Some(_) => &self.tree.over_name,
        }
    }

    /// A file with several names: the first is copied, the others are linked to that.
    fn grouped(
        &self,
        links: &Links,
        source: &Source,
        name: &CStr,
        options: &CopyOptions,
        replace: bool,
    ) -> Result<Done, FsError> {
        let id = identity(&source.stat);
        let waiting = || {
            self.directory.add_end();
            Waiting { directory: Arc::clone(self.directory), name: name.to_owned() }
        };
        match links.claim(id, waiting) {
            Claim::Waits => Ok(Done::Waits),
            Claim::First => {
                let copied = self.first(source, name, options);
                let first = copied.as_ref().ok().and_then(|(_, first)| first.clone());
                for Waiting { directory, name } in
                    links.settle(id, first, source.stat.nlink.saturating_sub(1))
                {
                    self.crew.push(Unit::Again(directory, name));
                }
                copied.map(|(result, _)| Done::Copied(result))
            }
            Claim::Link(first) => match self.hard_link(&first, name, replace) {
                Ok(()) => {
                    self.tree.control.add_file();
                    Ok(Done::Copied(CopyResult { files: 1, ..CopyResult::default() }))
                }
                Err(error) if cannot_link(error.errno()) => {
                    self.plain(source, name, options).map(Done::Copied)
                }
                Err(error) => Err(error),
            },
        }
    }

    fn first(
        &self,
        source: &Source,
        name: &CStr,
        options: &CopyOptions,
    ) -> Result<(CopyResult, Option<First>), FsError> {
        let result = self.plain(source, name, options)?;
        // Passed over (`update`): what is there is not ours to link to.
        let made =
            if result.files > 0 { sys::fstatat(self.held.dest(), name, Follow::No).ok() } else { None };
        let first = made.map(|made| First {
            directory: Arc::clone(self.directory),
            name: name.into(),
            id: identity(&made),
        });
        Ok((result, first))
    }

    fn special(&self, name: &CStr, stat: &Stat) -> Result<CopyResult, FsError> {
        let standing = self.standing(name)?;
        if let Some(old) = &standing {
            judge::judge(stat, old, &self.tree.options)?;
        }
        let options = self.options(standing.as_ref());
        let (src, dest) = self.ends(name);
        copy_special(src, stat, dest, options, &self.tree.control)
    }
}

/// The errnos that mean "not by a link": too many names (EMLINK), another subvolume (EXDEV), a filesystem without hard
/// links (EPERM, ENOTSUP), somebody else's file under protected_hardlinks (EPERM), a first name that is gone or out of
/// reach (ENOENT, ESTALE, EACCES). A copy of its own says the same in more blocks.
fn cannot_link(errno: Errno) -> bool {
    errno == Errno::ENOTSUP
        || matches!(
            errno,
            Errno::EMLINK
                | Errno::EXDEV
                | Errno::EPERM
                | Errno::EOPNOTSUPP
                | Errno::ENOENT
                | Errno::ESTALE
                | Errno::EACCES
        )
}
