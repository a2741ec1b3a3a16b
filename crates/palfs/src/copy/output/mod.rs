//! Where new content goes until it is complete.
//!
//! A `Place` is in one of three states, and dropping it undoes what this call did:
//! - created: the name was free and is ours; dropping removes it.
//! - beside: a temporary in the same directory will be renamed over the name; dropping removes the temporary.
//! - in place: the old file was emptied and is being refilled; nothing can be undone, and errors say `torn`.

#[cfg(target_os = "macos")]
pub(super) mod clonefile;
pub(super) mod commit;
pub(super) mod discard;
pub(super) mod free_name;
pub(super) mod hard_link;
pub(super) mod initial_mode;
pub(super) mod sample;
pub(super) mod stat_cache;
pub(super) mod whole_file;

use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::method::Method;
use super::options::{CopyOptions, MetadataErrors, Preserve, Reflink};
use super::path_at::Slot;
use super::source::{At, Source};
use crate::errno::Errno;
use crate::error::{Destination, During, FsError};
use crate::sys;
use crate::sys::{OpenFlags, STAT_CALL, Stat};
use commit::{CommitError, Complete, Names};
use discard::{discard, unlink};
use initial_mode::{NewMode, learn_owner};
use stat_cache::Precedent;

/// An open destination that is being filled.
pub(crate) struct Place<'a> {
    // Dropped first, should it be neither committed nor abandoned: while the descriptor is open, the inode's number cannot
    // mean another file.
    claim: Claim<'a>,
    fd: OwnedFd,
    /// What the destination was when it was opened: new and empty, or old and, by now, emptied. Of a new file that was not
    /// looked at, what its precedent was: all but inode and times are the same.
    pub(crate) stat: Stat,
    pub(crate) mode: NewMode,
    /// Whether it came into being with its content (macOS).
    pub(crate) cloned: bool,
}

/// The name that the new content has meanwhile. Dropped before it is settled, it is removed.
struct Claim<'a> {
    kind: Kind<'a>,
    settled: bool,
}

enum Kind<'a> {
    /// With what it was when it was made; `None`: it was not looked at, in a directory of our own.
    Created(At<'a>, Option<Stat>),
    Beside {
        slot: Slot,
        temporary: CString,
        exclusive: bool,
        /// Whether the name was in use before.
        replaces: bool,
    },
    /// With the permission bits that the old file had, and whether its content is gone already.
    InPlace { bits: u32, emptied: bool },
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if let Some((at, made)) = self.take() {
            unlink(at, made);
        }
    }
}

impl Claim<'_> {
    /// What is to be removed, once: the name, and the file that must have it.
    fn take(&mut self) -> Option<(At<'_>, Option<&Stat>)> {
        if std::mem::replace(&mut self.settled, true) {
            return None;
        }
        match &self.kind {
            // Not looked at: nobody else has a way into its directory yet.
            Kind::Created(dest, seen) => Some((*dest, seen.as_ref())),
            Kind::Beside { slot, temporary, .. } => Some((At { dir: slot.dir(), name: temporary }, None)),
            Kind::InPlace { .. } => None,
        }
    }

    /// Removes what this call made, and only that.
    fn abandon(mut self, fd: OwnedFd) {
        let is_created = matches!(self.kind, Kind::Created(..));
        let seen = if is_created { sys::fstat(fd.as_fd()).ok() } else { None };
        if let Some((at, made)) = self.take() {
            discard(fd, at, made.or(seen.as_ref()));
        }
    }

    /// The directory that has the name, to make it last through a power cut; an old file in place already has one that does.
    fn names(&self) -> Result<Option<Names>, FsError> {
        match &self.kind {
            Kind::Created(dest, _) => Names::of(Slot::of(*dest)?.dir()).map(Some),
            Kind::Beside { slot, .. } => Names::of(slot.dir()).map(Some),
            Kind::InPlace { .. } => Ok(None),
        }
    }
}

/// A file that this call has just made.
struct New {
    fd: OwnedFd,
    stat: Stat,
    /// Whether `stat` is its own, and not its precedent's.
    is_seen: bool,
    mode: NewMode,
    cloned: bool,
}

/// Makes `name`, never wider than it will be in the end. EEXIST if the name is taken, by a dangling link too.
fn create_new(
    at: At<'_>,
    source: &Source,
    options: &CopyOptions,
    precedent: Option<&Precedent>,
) -> Result<New, FsError> {
    #[cfg(target_os = "macos")]
    if let Some(clone) = clonefile::create(at, source, options)? {
        return Ok(New { fd: clone.fd, stat: clone.stat, is_seen: true, mode: clone.mode, cloned: true });
    }
    let mut mode = NewMode::plan(source, options);
    let source = &source.stat;
    loop {
        let fd = sys::openat(at.dir, at.name, OpenFlags::CREATE_NEW, mode.create).during("openat")?;
        let known = precedent.and_then(|precedent| precedent.of(mode.create));
        let seen = known.map_or_else(|| sys::fstat(fd.as_fd()).during(STAT_CALL), Ok);
        let stat = match seen {
            Ok(stat) => stat,
            Err(error) => {
                discard(fd, at, None);
                return Err(error);
            }
        };
        learn_owner(&stat);
        if !mode.was_too_wide(&stat, source, options) {
            return Ok(New { fd, stat, is_seen: known.is_none(), mode, cloned: false });
        }
        // Somebody may have opened it while it was wide. A new inode has no such reader.
        if !discard(fd, at, Some(&stat).filter(|_| known.is_none())) {
            return Err(FsError::new(Errno::EPERM, "unlinkat"));
        }
        mode = NewMode::narrow();
    }
}

/// fsync of the file. Gives the directory that has the name, which is opened before anything is renamed.
fn sync(claim: &Claim<'_>, fd: BorrowedFd<'_>) -> Result<Option<Names>, FsError> {
    let names = claim.names()?;
    sys::fsync(fd).during("fsync").map(|()| names)
}

/// Makes `at` with these bits less the umask, for content that is no file's.
fn create_plain(at: At<'_>, bits: u32) -> Result<(OwnedFd, Stat), FsError> {
    let fd = sys::openat(at.dir, at.name, OpenFlags::CREATE_NEW, bits).during("openat")?;
    match sys::fstat(fd.as_fd()).during(STAT_CALL) {
        Ok(stat) => Ok((fd, stat)),
        Err(error) => {
            discard(fd, at, None);
            Err(error)
        }
    }
}

/// Whether a copy goes on into a file that could not be narrowed: where the caller asked for the mode and said that no
/// error of it counts, and where there are no permission bits to change (CIFS, FAT).
fn bears_with_mode(fd: BorrowedFd<'_>, options: &CopyOptions) -> bool {
    match options.metadata_errors {
        MetadataErrors::Ignore => options.preserve.has(Preserve::MODE),
        MetadataErrors::IgnoreUnsupported | MetadataErrors::Report(_) => {
            sys::fstatfs(fd).is_ok_and(|info| info.fs_type.lacks_mode_bits)
        }
        MetadataErrors::Error => false,
    }
}

/// Refuses where a temporary could be made but neither renamed nor removed: in an append-only directory.
pub(crate) fn takes_temporaries(dir: BorrowedFd<'_>) -> Result<(), FsError> {
    let dir = sys::fstat(dir).during(STAT_CALL)?;
    if dir.append_only { Err(FsError::new(Errno::EPERM, "openat")) } else { Ok(()) }
}

impl<'a> Place<'a> {
    /// Takes a free name; EEXIST when it is not free.
    pub(crate) fn create(
        dest: At<'a>,
        source: &Source,
        options: &CopyOptions,
        precedent: Option<&Precedent>,
    ) -> Result<Self, FsError> {
        let New { fd, stat, is_seen, mode, cloned } = create_new(dest, source, options, precedent)?;
        let kind = Kind::Created(dest, is_seen.then_some(stat));
        Ok(Self { fd, stat, mode, cloned, claim: Claim { kind, settled: false } })
    }

    /// Makes a temporary beside the name in `slot`, to be renamed to it. `replaces`: whether the name is in use.
    pub(crate) fn beside(
        slot: Slot,
        replaces: bool,
        source: &Source,
        options: &CopyOptions,
    ) -> Result<Self, FsError> {
        takes_temporaries(slot.dir())?;
        let temporary = Slot::temporary_name()?;
        let at = At { dir: slot.dir(), name: &temporary };
        let New { fd, stat, mode, cloned, .. } = create_new(at, source, options, None)?;
        let exclusive = options.exclusive;
        Ok(Self {
            fd,
            stat,
            mode,
            cloned,
            claim: Claim { kind: Kind::Beside { slot, temporary, exclusive, replaces }, settled: false },
        })
    }

    /// Makes a temporary beside the name in `slot`, with these bits less the umask, for content that is no file's.
    /// `replaces`: whether the name is in use.
    pub(crate) fn for_content(slot: Slot, replaces: bool, bits: u32) -> Result<Self, FsError> {
        takes_temporaries(slot.dir())?;
        let temporary = Slot::temporary_name()?;
        let (fd, stat) = create_plain(At { dir: slot.dir(), name: &temporary }, bits)?;
        let mode = NewMode { create: bits, narrowed: false };
        let kind = Kind::Beside { slot, temporary, exclusive: false, replaces };
        let claim = Claim { kind, settled: false };
        Ok(Self { fd, stat, mode, cloned: false, claim })
    }

    /// Takes a free name for content that is no file's.
    pub(crate) fn create_for_content(dest: At<'a>, bits: u32) -> Result<Self, FsError> {
        let (fd, stat) = create_plain(dest, bits)?;
        let mode = NewMode { create: bits, narrowed: false };
        let claim = Claim { kind: Kind::Created(dest, Some(stat)), settled: false };
        Ok(Self { fd, stat, mode, cloned: false, claim })
    }

    /// Empties an old file to refill it. Bits that the final mode will not have go first.
    ///
    /// Under `reflink: Always` it stays full: a clone replaces the content in one step, or fails and changes nothing.
    pub(crate) fn in_place(
        fd: OwnedFd,
        mut stat: Stat,
        source: &Stat,
        options: &CopyOptions,
    ) -> Result<Self, FsError> {
        let bits = stat.permissions();
        // Set-id bits too: half of another file's content must not run with the old one's rights.
        let narrowed = bits & (source.permissions() & 0o777 | 0o1700);
        let emptied = options.reflink != Reflink::Always;
        if options.preserve.wants_mode() && narrowed != bits {
            match sys::fchmod(fd.as_fd(), narrowed) {
                Ok(()) => stat.mode = stat.mode & !0o7777 | narrowed,
                // The same call comes again with the other metadata, and is judged there.
                Err(Errno::EPERM | Errno::EACCES) if bears_with_mode(fd.as_fd(), options) => {}
                Err(errno) => return Err(FsError::new(errno, "fchmod")),
            }
        }
        if emptied {
            if let Err(errno) = sys::ftruncate(fd.as_fd(), 0) {
                // Still whole, it gets its bits back.
                let is_whole = sys::fstat(fd.as_fd()).is_ok_and(|now| now.size == stat.size);
                let given_back = bits == stat.permissions() || sys::fchmod(fd.as_fd(), bits).is_ok();
                let left = if is_whole && given_back { Destination::Untouched } else { Destination::Torn };
                return Err(FsError::new(errno, "ftruncate").with_destination(left));
            }
            stat.size = 0;
        }
        let mode = NewMode { create: narrowed, narrowed: false };
        let claim = Claim { kind: Kind::InPlace { bits, emptied }, settled: false };
        Ok(Self { fd, stat, mode, cloned: false, claim })
    }

    /// The destination's descriptor.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// The destination itself, unless it was not looked at.
    pub(crate) fn seen(&self) -> Option<Stat> {
        if let Kind::Created(_, seen) = &self.claim.kind { *seen } else { Some(self.stat) }
    }

    /// Tells of this file, if it is a new one that was looked at, what the next one will be.
    pub(crate) fn sets(&self, precedent: &Precedent) {
        if let Kind::Created(_, Some(stat)) = &self.claim.kind {
            precedent.set(self.mode.create, *stat);
        }
    }

    /// Whether an old file is being rewritten.
    pub(crate) fn is_in_place(&self) -> bool {
        matches!(self.claim.kind, Kind::InPlace { .. })
    }

    /// What `mode` would have become, had the file been created with it.
    pub(crate) fn mode_as_created(&self, mode: u32) -> Result<u32, FsError> {
        match &self.claim.kind {
            Kind::Created(dest, _) => initial_mode::as_created_in(Slot::of(*dest)?.dir(), mode),
            Kind::Beside { slot, .. } => initial_mode::as_created_in(slot.dir(), mode),
            Kind::InPlace { .. } => Ok(mode),
        }
    }

    /// What a failure of `call` leaves at the destination. An old file that is still whole gets its bits back.
    pub(crate) fn after_failure(&self, call: &str) -> Destination {
        match self.claim.kind {
            Kind::InPlace { emptied: false, bits } if call == Method::Clone.call() => {
                let given_back = bits == self.stat.permissions() || sys::fchmod(self.fd(), bits).is_ok();
                if given_back { Destination::Untouched } else { Destination::Torn }
            }
            Kind::InPlace { .. } => Destination::Torn,
            Kind::Created(..) | Kind::Beside { .. } => Destination::Untouched,
        }
    }

    /// Removes what was made.
    pub(crate) fn abandon(self) {
        let Self { fd, claim, .. } = self;
        claim.abandon(fd);
    }

    /// Gives the finished file its name and makes that durable if asked: fsync, close, rename, fsync of the directory.
    pub(crate) fn commit(self, durable: bool) -> Result<(), CommitError> {
        let Self { fd, stat, mut claim, .. } = self;
        let synced = if durable { sync(&claim, fd.as_fd()) } else { Ok(None) };
        let names = match synced {
            Ok(names) => names,
            Err(error) => {
                claim.abandon(fd);
                return Err(error.into());
            }
        };
        sys::close(fd).during("close")?;
        if let Kind::Beside { slot, temporary, exclusive, replaces } = &claim.kind {
            let (exclusive, replaces) = (*exclusive, *replaces);
            let complete = Complete { name: slot.at(), temporary, stat: Some(&stat), exclusive, replaces };
            if let Err(error) = complete.give_name() {
                claim.settled = error.lost_the_old();
                return Err(error);
            }
        }
        claim.settled = true;
        if let Some(names) = names {
            names.sync().map_err(|error| error.with_destination(Destination::Replaced))?;
        }
        Ok(())
    }
}
