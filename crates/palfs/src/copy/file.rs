//! One regular file from its name to its new name.

use std::os::fd::{AsFd, OwnedFd};

use super::data::mount_pair::{Pair, fs_type_of};
use super::data::{Ends, Transfer};
use super::existing::{Means, Old, Standing};
use super::metadata::inode::Inode;
use super::metadata::{Metadata, Piece, Target};
use super::method::Method;
use super::options::{CopyOptions, Preserve, Replace, SpecialFiles};
use super::output::commit::CommitError;
use super::output::stat_cache::Precedent;
use super::output::{Place, commit, initial_mode};
use super::path_at::Slot;
use super::result::{Copied, CopyResult, Losses};
use super::source::{At, Found, Source};
use super::{existing, metadata, same_file, source, special, stream};
use crate::control::Control;
use crate::errno::Errno;
use crate::error::{Destination, During, FsError};
use crate::sys;
use crate::sys::{FsType, InodeFlags};

/// How often a destination that comes and goes under our hands is looked at again.
const ATTEMPTS: u32 = 8;

/// What a rename to the destination's name replaces.
enum Replaces {
    Nothing,
    /// A name whatever it means.
    Name,
    File(Old),
}

/// Copies what `src` names to `dest`.
pub(super) fn copy(
    src: At<'_>,
    dest: At<'_>,
    options: &CopyOptions,
    control: &Control,
) -> Result<Copied, FsError> {
    match source::open(src, options, control)? {
        Found::File(source) => {
            control.set_totals(source.stat.size, 1);
            File { src, dest, source: &source, precedent: None, options, control }.copy()
        }
        Found::Node(stat) => special::copy(src, &stat, dest, options, control),
        Found::Stream(source) => {
            File { src, dest, source: &source, precedent: None, options, control }.copy()
        }
        Found::Skipped => Ok(CopyResult::one_skipped().into()),
    }
}

/// Copies a regular file of a tree, which is open already. `precedent`: of the destination's directory.
pub(crate) fn copy_open(
    src: At<'_>,
    source: &Source,
    dest: At<'_>,
    precedent: Option<&Precedent>,
    options: &CopyOptions,
    control: &Control,
) -> Result<Copied, FsError> {
    File { src, dest, source, precedent, options, control }.copy()
}

/// One copy of a regular file.
struct File<'a> {
    src: At<'a>,
    dest: At<'a>,
    source: &'a Source,
    precedent: Option<&'a Precedent>,
    options: &'a CopyOptions,
    control: &'a Control,
}

impl File<'_> {
    fn copy(&self) -> Result<Copied, FsError> {
        let (replace, exclusive) = (self.options.replace, self.options.exclusive);
        // Most copies go to a name that is free: one call finds out and takes it. Who asks for `in-place` expects an old
        // file there, so that is looked for first.
        if replace == Replace::Auto || (replace == Replace::InPlace && exclusive) {
            match self.create()? {
                Some(result) => return Ok(result),
                None if exclusive => return Err(FsError::new(Errno::EEXIST, "openat")),
                None => {}
            }
        }
        if exclusive && existing::is_taken(self.dest) {
            return Err(FsError::new(Errno::EEXIST, sys::EXCLUSIVE_RENAME_CALL));
        }
        for _ in 0..ATTEMPTS {
            if let Some(result) = self.replace()? {
                return Ok(result);
            }
        }
        Err(FsError::new(Errno::EEXIST, "openat"))
    }

    /// Takes a free name. `None`: it is not free.
    fn create(&self) -> Result<Option<Copied>, FsError> {
        match Place::create(self.dest, self.source, self.options, self.precedent) {
            Ok(place) => self.fill(place).map(Some).map_err(CommitError::into_error),
            Err(error) if error.errno() == Errno::EEXIST => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Replaces an existing destination. `None`: it changed between two looks, so look again.
    fn replace(&self) -> Result<Option<Copied>, FsError> {
        let (source, means) = (&self.source.stat, Means::from(self.options.replace));
        let (replaces, target) =
            match existing::inspect(self.dest, source, means, self.options, self.control)? {
                Standing::SameAsSource | Standing::UpToDate => {
                    return Ok(Some(CopyResult::one_skipped().into()));
                }
                Standing::Special(stat) if self.options.special_files == SpecialFiles::Content => {
                    return self.write_to_special(&stat).map(Some);
                }
                Standing::Special(_) => return Err(FsError::new(Errno::EINVAL, sys::STAT_CALL)),
                Standing::Free if self.options.replace != Replace::Atomic => return self.create(),
                Standing::Free => (Replaces::Nothing, Slot::of(self.dest)),
                Standing::Name => (Replaces::Name, Slot::of(self.dest)),
                Standing::File(old) if self.may_be_source(&old.stat) => {
                    return Ok(Some(CopyResult::one_skipped().into()));
                }
                Standing::File(Old { fd: Some(fd), stat, .. }) => return self.rewrite(fd, stat).map(Some),
                Standing::File(old) => {
                    let slot = old.slot(self.dest);
                    (Replaces::File(old), slot)
                }
            };
        let is_used = !matches!(replaces, Replaces::Nothing);
        let beside = |target| Place::beside(target, is_used, self.source, self.options);
        let error = match target.and_then(beside) {
            Ok(place) => match self.fill(place) {
                Ok(result) => return Ok(Some(result)),
                Err(CommitError::NoRename(error)) => error,
                Err(CommitError::Failed(error)) => return Err(error),
            },
            Err(error) if commit::is_no_new_file(error.errno()) => error,
            Err(error) => return Err(error),
        };
        // Nothing can be renamed over a file, but it can be written to.
        let opened = match replaces {
            Replaces::File(old) if means == Means::RenameOrRewrite && self.reads_again() => {
                old.reopen(self.dest, source, self.options, self.control)
            }
            _ => None,
        };
        match opened {
            Some((fd, stat)) => {
                self.control.take_back_bytes(error.bytes());
                self.rewrite(fd, stat).map(Some)
            }
            None => Err(error),
        }
    }

    fn may_be_source(&self, old: &sys::Stat) -> bool {
        same_file::may_be_one(self.src, self.source, self.dest, old, self.control)
    }

    /// Whether the source can be read a second time, from its beginning. A stream's content is gone.
    fn reads_again(&self) -> bool {
        self.source.stat.is_file() && sys::seek_to(self.source.fd.as_fd(), 0).is_ok()
    }

    fn write_to_special(&self, stat: &sys::Stat) -> Result<Copied, FsError> {
        let bytes = stream::write_to_special(&self.source.fd, self.dest, stat, self.control)?;
        self.control.add_file();
        Ok(CopyResult::one_file(bytes, Method::ReadWrite, Losses::default()).into())
    }

    fn rewrite(&self, fd: OwnedFd, stat: sys::Stat) -> Result<Copied, FsError> {
        self.fill(Place::in_place(fd, stat, &self.source.stat, self.options)?)
            .map_err(CommitError::into_error)
    }

    /// Content, metadata, name.
    fn fill(&self, place: Place<'_>) -> Result<Copied, CommitError> {
        let (bytes, method, mut lost) = match self.fill_content(&place) {
            Ok(filled) => filled,
            Err(error) => {
                let left = match error.destination() {
                    Destination::Untouched => place.after_failure(error.call()),
                    known => known,
                };
                place.abandon();
                return Err(error.with_destination(left).into());
            }
        };
        let (made, left) = (place.seen(), place.after_failure("close"));
        let locked = match self.to_be_locked(&place) {
            Ok(locked) => locked,
            Err(error) => {
                place.abandon();
                return Err(error.with_bytes(bytes).with_destination(left).into());
            }
        };
        place.commit(self.options.durable).map_err(|error| error.of_copy(bytes, left))?;
        if let Some(locked) = locked {
            self.lock(&locked, &mut lost).map_err(|error| error.with_bytes(bytes))?;
        }
        self.control.add_file();
        let result = CopyResult::one_file(bytes, method, lost);
        Ok(Copied { result, made: made.map(|made| (made.dev, made.ino)) })
    }

    fn fill_content(&self, place: &Place<'_>) -> Result<(u64, Method, Losses), FsError> {
        let source = self.source;
        let pair = Pair::of((source.fd.as_fd(), &source.stat), (place.fd(), &place.stat));
        if let Some(precedent) = self.precedent.filter(|_| pair.dest.is_local) {
            place.sets(precedent);
        }
        let ends =
            Ends { src: source.fd.as_fd(), src_stat: &source.stat, dest: place.fd(), dest_stat: &place.stat };
        if self.options.preserve.has(Preserve::FLAGS) {
            flags_before_data(source, &ends, pair.dest);
        }
        let (bytes, method) = if place.cloned {
            self.control.add_bytes(place.stat.size);
            (place.stat.size, Method::CloneFile)
        } else {
            self.transfer(ends, &pair)?
        };
        let lost = self.metadata(place, pair.dest).map_err(|error| error.with_bytes(bytes))?;
        if self.options.verify_source {
            source.verify_unchanged(self.src).map_err(|error| error.with_bytes(bytes))?;
        }
        Ok((bytes, method, lost))
    }

    fn metadata(&self, place: &Place<'_>, fs_type: &'static FsType) -> Result<Losses, FsError> {
        let as_created = || place.mode_as_created(initial_mode::requested(&self.source.stat, self.options));
        let target = Target {
            inode: Inode::Open(place.fd()),
            fs_type,
            stat: &place.stat,
            is_old: place.is_in_place(),
            cloned: place.cloned,
            may_inherit_acl: !self.options.no_default_acl,
            ordinary_mode: if place.mode.narrowed { Some(&as_created) } else { None },
        };
        let (preserve, policy) = (self.options.preserve, self.options.metadata_errors);
        let source = (self.source.fd.as_fd(), &self.source.stat, &self.source.traits);
        Metadata::new(source, target, preserve, policy).apply()
    }

    fn transfer(&self, ends: Ends<'_>, pair: &Pair) -> Result<(u64, Method), FsError> {
        if !self.source.stat.is_file() {
            return Ok((stream::pump(ends.src, ends.dest, self.control)?, Method::ReadWrite));
        }
        let mut transfer = Transfer::new(ends, pair, self.options, self.control);
        transfer.run()?;
        Ok((transfer.bytes(), transfer.method()))
    }

    /// Append-only and immutable, once the file has its name: before, the kernel would refuse the rename. It is held until then,
    /// for its name may change hands.
    fn to_be_locked(&self, place: &Place<'_>) -> Result<Option<ToBeLocked>, FsError> {
        let wanted = self.source.traits.flags(InodeFlags::LOCKING);
        if wanted.is_empty() || !self.options.preserve.has(Preserve::FLAGS) {
            return Ok(None);
        }
        let fd = sys::duplicate(place.fd()).during("fcntl")?;
        let fs_type = fs_type_of(fd.as_fd(), &place.stat);
        Ok(Some(ToBeLocked { fd, wanted, fs_type }))
    }

    fn lock(&self, locked: &ToBeLocked, lost: &mut Losses) -> Result<(), FsError> {
        let added = metadata::add_flags(locked.fd.as_fd(), locked.wanted, locked.fs_type);
        let Err(errno) = added else { return Ok(()) };
        let policy = self.options.metadata_errors;
        metadata::judge(policy, Piece::Flags, errno, sys::SET_FLAGS_CALL, lost)
            .map_err(|error| error.with_destination(Destination::Replaced))
    }
}

/// A file that gets flags once it has its name.
struct ToBeLocked {
    fd: OwnedFd,
    wanted: InodeFlags,
    fs_type: &'static FsType,
}

/// NOCOW and compression decide how data is stored, so they come while the file is empty.
fn flags_before_data(source: &Source, ends: &Ends<'_>, fs_type: &'static FsType) {
    let wanted = source.traits.flags(InodeFlags::STORAGE);
    if !wanted.is_empty() {
        let _another_way = metadata::add_flags(ends.dest, wanted, fs_type);
    }
}
