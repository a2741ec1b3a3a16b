//! Where new content goes until it is complete.
//!
//! An `OutputFile` is in one of three states, and dropping it undoes what this call did:
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

use super::options::{CopyOptions, MetadataErrors, Preserve, Reflink};
use super::path_at::PathAtBuf;
use super::source::{PathAt, Source};
use crate::errno::Errno;
use crate::error::{Destination, During, FsError};
use crate::sys;
use crate::sys::{OpenFlags, STAT_CALL, Stat};
use commit::{CommitError, Complete, DirSync};
use discard::{discard, unlink};
use initial_mode::{NewMode, learn_owner};
use stat_cache::NewFileStatCache;

/// An open destination that is being filled.
pub(crate) struct OutputFile<'a> {
    // Dropped first, should it be neither committed nor abandoned: while the descriptor is open, the inode's number cannot
    // mean another file.
    cleanup: Cleanup<'a>,
    fd: OwnedFd,
    /// What the destination was when it was opened: new and empty, or old and, by now, emptied. Of a new file that was not
    /// looked at, the stat in the cache: all but inode and times are the same.
    pub(crate) stat: Stat,
    pub(crate) mode: NewMode,
    /// Whether it came into being with its content (macOS).
    pub(crate) cloned: bool,
}

/// The temporary name of the new content. It is removed on drop unless the copy is done.
struct Cleanup<'a> {
    kind: Kind<'a>,
    done: bool,
}

enum Kind<'a> {
    /// With what it was when it was made; `None`: it was not looked at, in a directory of our own.
    New(PathAt<'a>, Option<Stat>),
    Temp {
        slot: PathAtBuf,
        temporary: CString,
        exclusive: bool,
        /// Whether the name was in use before.
        replaces: bool,
    },
    /// With the permission bits that the old file had, and whether its content is gone already.
    InPlace { bits: u32, emptied: bool },
}

impl Drop for Cleanup<'_> {
    fn drop(&mut self) {
        if let Some((at, made)) = self.take() {
            unlink(at, made);
        }
    }
}

impl Cleanup<'_> {
    /// The cleanup, done once: the name, and the file that must have it.
    fn take(&mut self) -> Option<(PathAt<'_>, Option<&Stat>)> {
        if std::mem::replace(&mut self.done, true) {
            return None;
        }
        match &self.kind {
            // Not stat'ed: no other user can reach its directory yet.
            Kind::New(dest, seen) => Some((*dest, seen.as_ref())),
            Kind::Temp { slot, temporary, .. } => Some((PathAt { dir: slot.dir(), name: temporary }, None)),
            Kind::InPlace { .. } => None,
        }
    }

    /// Removes what this call made, and only that.
    fn abandon(mut self, fd: OwnedFd) {
        let is_created = matches!(self.kind, Kind::New(..));
        let seen = if is_created { sys::fstat(fd.as_fd()).ok() } else { None };
        if let Some((at, made)) = self.take() {
            discard(fd, at, made.or(seen.as_ref()));
        }
    }

    /// The directory that has the name, to make it last through a power cut; an old file in place already has one that does.
    fn names(&self) -> Result<Option<DirSync>, FsError> {
        match &self.kind {
            Kind::New(dest, _) => DirSync::of(PathAtBuf::of(*dest)?.dir()).map(Some),
            Kind::Temp { slot, .. } => DirSync::of(slot.dir()).map(Some),
            Kind::InPlace { .. } => Ok(None),
        }
    }
}

/// A file that this call has just made.
struct CreatedFile {
    fd: OwnedFd,
    stat: Stat,
    /// Whether `stat` is its own, and not its stat_cache's.
    is_seen: bool,
    mode: NewMode,
    cloned: bool,
}

/// Makes `name`, never wider than it will be in the end. EEXIST if the name is taken, by a dangling link too.
fn create_new(
    at: PathAt<'_>,
    source: &Source,
    options: &CopyOptions,
    stat_cache: Option<&NewFileStatCache>,
) -> Result<CreatedFile, FsError> {
    #[cfg(target_os = "macos")]
    if let Some(clone) = clonefile::create(at, source, options)? {
        return Ok(CreatedFile {
            fd: clone.fd,
            stat: clone.stat,
            is_seen: true,
            mode: clone.mode,
            cloned: true,
        });
    }
    let mut mode = NewMode::plan(source, options);
    let source = &source.stat;
    loop {
        let fd = sys::openat(at.dir, at.name, OpenFlags::CREATE_NEW, mode.create).during("openat")?;
        let known = stat_cache.and_then(|stat_cache| stat_cache.get(mode.create));
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
            return Ok(CreatedFile { fd, stat, is_seen: known.is_none(), mode, cloned: false });
        }
        // Another process may have opened it while its mode was wider. A new inode has no such reader.
        if !discard(fd, at, Some(&stat).filter(|_| known.is_none())) {
            return Err(FsError::new(Errno::EPERM, "unlinkat"));
        }
        mode = NewMode::narrow();
    }
}

/// Flushes the file. Returns the directory that has the name, opened before the rename.
fn sync(cleanup: &Cleanup<'_>, fd: BorrowedFd<'_>) -> Result<Option<DirSync>, FsError> {
    let names = cleanup.names()?;
    sys::fsync(fd).during("fsync").map(|()| names)
}

/// Makes `at` with these bits less the umask, for content that is no file's.
fn create_plain(at: PathAt<'_>, bits: u32) -> Result<(OwnedFd, Stat), FsError> {
    let fd = sys::openat(at.dir, at.name, OpenFlags::CREATE_NEW, bits).during("openat")?;
    match sys::fstat(fd.as_fd()).during(STAT_CALL) {
        Ok(stat) => Ok((fd, stat)),
        Err(error) => {
            discard(fd, at, None);
            Err(error)
        }
    }
}

/// Whether a failed chmod() of the existing file may be ignored: if the caller asked for the mode and ignores metadata errors, or if
/// the filesystem has no permission bits (CIFS, FAT).
fn tolerates_chmod_failure(fd: BorrowedFd<'_>, options: &CopyOptions) -> bool {
    match options.metadata_errors {
        MetadataErrors::Ignore => options.preserve.has(Preserve::MODE),
        MetadataErrors::IgnoreUnsupported | MetadataErrors::Report(_) => {
            sys::fstatfs(fd).is_ok_and(|info| info.fs_type.lacks_mode_bits)
        }
        MetadataErrors::Error => false,
    }
}

/// Refuses where a temporary could be made but neither renamed nor removed: in an append-only directory.
pub(crate) fn ensure_can_rename_temp(dir: BorrowedFd<'_>) -> Result<(), FsError> {
    let dir = sys::fstat(dir).during(STAT_CALL)?;
    if dir.append_only { Err(FsError::new(Errno::EPERM, "openat")) } else { Ok(()) }
}

impl<'a> OutputFile<'a> {
    /// Takes a free name; EEXIST when it is not free.
    pub(crate) fn create(
        dest: PathAt<'a>,
        source: &Source,
        options: &CopyOptions,
        stat_cache: Option<&NewFileStatCache>,
    ) -> Result<Self, FsError> {
        let CreatedFile { fd, stat, is_seen, mode, cloned } = create_new(dest, source, options, stat_cache)?;
        let kind = Kind::New(dest, is_seen.then_some(stat));
        Ok(Self { fd, stat, mode, cloned, cleanup: Cleanup { kind, done: false } })
    }

    /// Makes a temporary beside the name in `slot`, to be renamed to it. `replaces`: whether the name is in use.
    pub(crate) fn beside(
        slot: PathAtBuf,
        replaces: bool,
        source: &Source,
        options: &CopyOptions,
    ) -> Result<Self, FsError> {
        ensure_can_rename_temp(slot.dir())?;
        let temporary = PathAtBuf::temporary_name()?;
        let at = PathAt { dir: slot.dir(), name: &temporary };
        let CreatedFile { fd, stat, mode, cloned, .. } = create_new(at, source, options, None)?;
        let exclusive = options.exclusive;
        Ok(Self {
            fd,
            stat,
            mode,
            cloned,
            cleanup: Cleanup { kind: Kind::Temp { slot, temporary, exclusive, replaces }, done: false },
        })
    }

    /// Makes a temporary beside the name in `slot`, with these bits less the umask, for content that is no file's.
    /// `replaces`: whether the name is in use.
    pub(crate) fn for_content(slot: PathAtBuf, replaces: bool, bits: u32) -> Result<Self, FsError> {
        ensure_can_rename_temp(slot.dir())?;
        let temporary = PathAtBuf::temporary_name()?;
        let (fd, stat) = create_plain(PathAt { dir: slot.dir(), name: &temporary }, bits)?;
        let mode = NewMode { create: bits, narrowed: false };
        let kind = Kind::Temp { slot, temporary, exclusive: false, replaces };
        let cleanup = Cleanup { kind, done: false };
        Ok(Self { fd, stat, mode, cloned: false, cleanup })
    }

    /// Takes a free name for content that is no file's.
    pub(crate) fn create_for_content(dest: PathAt<'a>, bits: u32) -> Result<Self, FsError> {
        let (fd, stat) = create_plain(dest, bits)?;
        let mode = NewMode { create: bits, narrowed: false };
        let cleanup = Cleanup { kind: Kind::New(dest, Some(stat)), done: false };
        Ok(Self { fd, stat, mode, cloned: false, cleanup })
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
                Err(Errno::EPERM | Errno::EACCES) if tolerates_chmod_failure(fd.as_fd(), options) => {}
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
        let cleanup = Cleanup { kind: Kind::InPlace { bits, emptied }, done: false };
        Ok(Self { fd, stat, mode, cloned: false, cleanup })
    }

    /// The destination's descriptor.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// The destination itself, unless it was not looked at.
    pub(crate) fn seen(&self) -> Option<Stat> {
        if let Kind::New(_, seen) = &self.cleanup.kind { *seen } else { Some(self.stat) }
    }

    /// Stores this file's stat in the cache if the file is new and was stat'ed.
    pub(crate) fn store_in(&self, stat_cache: &NewFileStatCache) {
        if let Kind::New(_, Some(stat)) = &self.cleanup.kind {
            stat_cache.store(self.mode.create, *stat);
        }
    }

    /// Whether an old file is being rewritten.
    pub(crate) fn is_in_place(&self) -> bool {
        matches!(self.cleanup.kind, Kind::InPlace { .. })
    }

    /// What `mode` would have become, had the file been created with it.
    pub(crate) fn mode_as_created(&self, mode: u32) -> Result<u32, FsError> {
        match &self.cleanup.kind {
            Kind::New(dest, _) => initial_mode::as_created_in(PathAtBuf::of(*dest)?.dir(), mode),
            Kind::Temp { slot, .. } => initial_mode::as_created_in(slot.dir(), mode),
            Kind::InPlace { .. } => Ok(mode),
        }
    }

    /// What a failure leaves at the destination. An old file into which `nothing_written` gets its permission bits back.
    pub(crate) fn after_failure(&self, nothing_written: bool) -> Destination {
        match self.cleanup.kind {
            Kind::InPlace { emptied: false, bits } if nothing_written => {
                let given_back = bits == self.stat.permissions() || sys::fchmod(self.fd(), bits).is_ok();
                if given_back { Destination::Untouched } else { Destination::Torn }
            }
            Kind::InPlace { .. } => Destination::Torn,
            Kind::New(..) | Kind::Temp { .. } => Destination::Untouched,
        }
    }

    /// Removes the file that this copy created.
    pub(crate) fn abandon(self) {
        let Self { fd, cleanup, .. } = self;
        cleanup.abandon(fd);
    }

    /// Renames the finished file to its name, durably if asked: fsync, close, rename, fsync of the directory.
    pub(crate) fn commit(self, durable: bool) -> Result<(), CommitError> {
        let Self { fd, stat, mut cleanup, .. } = self;
        let synced = if durable { sync(&cleanup, fd.as_fd()) } else { Ok(None) };
        let names = match synced {
            Ok(names) => names,
            Err(error) => {
                cleanup.abandon(fd);
                return Err(error.into());
            }
        };
        sys::close(fd).during("close")?;
        if let Kind::Temp { slot, temporary, exclusive, replaces } = &cleanup.kind {
            let (exclusive, replaces) = (*exclusive, *replaces);
            let complete = Complete { name: slot.at(), temporary, stat: Some(&stat), exclusive, replaces };
            if let Err(error) = complete.publish() {
                cleanup.done = error.lost_the_old();
                return Err(error);
            }
        }
        cleanup.done = true;
        if let Some(names) = names {
            names.sync().map_err(|error| error.with_destination(Destination::Replaced))?;
        }
        Ok(())
    }
}
