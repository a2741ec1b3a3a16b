//! One regular file from its name to its new name.

use std::os::fd::{AsFd, OwnedFd};

use super::data::mount_pair::{MountPair, fs_type_of};
use super::data::{FilePair, Transfer};
use super::existing::{Existing, ExistingFile, Means};
use super::metadata::inode::Inode;
use super::metadata::{Metadata, MetadataKind, Target};
use super::method::Method;
use super::options::{CopyOptions, Preserve, Replace, SpecialFiles};
use super::output::commit::CommitError;
use super::output::stat_cache::NewFileStatCache;
use super::output::{OutputFile, commit, initial_mode};
use super::path_at::PathAtBuf;
use super::result::{Copied, CopyResult, Losses};
use super::source::{PathAt, Source, SourceKind};
use super::{existing, metadata, same_file, source, special, stream};
use crate::control::Control;
use crate::errno::Errno;
use crate::error::{Destination, During, Fact, FsError};
use crate::sys;
use crate::sys::{FsType, InodeFlags};

/// How often a destination that comes and goes under our hands is looked at again.
const ATTEMPTS: u32 = 8;

/// What a rename to the destination's name replaces.
enum Replaces {
    Nothing,
    /// A name of any kind of entry.
    Name,
    File(ExistingFile),
}

/// Copies what `src` names to `dest`.
pub(super) fn copy(
    src: PathAt<'_>,
    dest: PathAt<'_>,
    options: &CopyOptions,
    control: &Control,
) -> Result<Copied, FsError> {
    match source::open(src, options, control)? {
        SourceKind::File(source) => {
            control.set_totals(source.stat.size, 1);
            File { src, dest, source: &source, stat_cache: None, options, control }.copy()
        }
        SourceKind::Node(stat) => special::copy(src, &stat, dest, options, control),
        SourceKind::Stream(source) => {
            File { src, dest, source: &source, stat_cache: None, options, control }.copy()
        }
        SourceKind::Skipped => Ok(CopyResult::one_skipped().into()),
    }
}

/// Copies a regular file of a tree, which is open already. `stat_cache`: of the destination's directory.
pub(crate) fn copy_open(
    src: PathAt<'_>,
    source: &Source,
    dest: PathAt<'_>,
    stat_cache: Option<&NewFileStatCache>,
    options: &CopyOptions,
    control: &Control,
) -> Result<Copied, FsError> {
    File { src, dest, source, stat_cache, options, control }.copy()
}

/// One copy of a regular file.
struct File<'a> {
    src: PathAt<'a>,
    dest: PathAt<'a>,
    source: &'a Source,
    stat_cache: Option<&'a NewFileStatCache>,
    options: &'a CopyOptions,
    control: &'a Control,
}

impl File<'_> {
    fn copy(&self) -> Result<Copied, FsError> {
        let (replace, exclusive) = (self.options.replace, self.options.exclusive);
        // Most copies go to a free name: one call creates the file or finds that it exists. A caller of `in-place` expects an old
        // file, so that is looked up first.
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
        match OutputFile::create(self.dest, self.source, self.options, self.stat_cache) {
            Ok(output) => self.fill(output).map(Some).map_err(CommitError::into_error),
            Err(error) if error.errno() == Errno::EEXIST => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Replaces an existing destination. `None`: it changed between two looks, so look again.
    fn replace(&self) -> Result<Option<Copied>, FsError> {
        let (source, means) = (&self.source.stat, Means::from(self.options.replace));
        let (replaces, target) =
            match existing::inspect(self.dest, source, means, self.options, self.control)? {
                Existing::SameAsSource | Existing::UpToDate => {
                    return Ok(Some(CopyResult::one_skipped().into()));
                }
                Existing::Special(stat) if self.options.special_files == SpecialFiles::Content => {
                    return self.write_to_special(&stat).map(Some);
                }
                Existing::Special(_) => return Err(FsError::new(Errno::EINVAL, sys::STAT_CALL)),
                Existing::Free if self.options.replace != Replace::Atomic => return self.create(),
                Existing::Free => (Replaces::Nothing, PathAtBuf::of(self.dest)),
                Existing::Name => (Replaces::Name, PathAtBuf::of(self.dest)),
                Existing::File(old) if self.may_be_source(&old.stat) => {
                    return Ok(Some(CopyResult::one_skipped().into()));
                }
                Existing::File(ExistingFile { fd: Some(fd), stat, .. }) => {
                    return self.rewrite(fd, stat).map(Some);
                }
                Existing::File(old) => {
                    let slot = old.slot(self.dest);
                    (Replaces::File(old), slot)
                }
            };
        let is_used = !matches!(replaces, Replaces::Nothing);
        let beside = |target| OutputFile::beside(target, is_used, self.source, self.options);
        let error = match target.and_then(beside) {
            Ok(output) => match self.fill(output) {
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
        self.fill(OutputFile::in_place(fd, stat, &self.source.stat, self.options)?)
            .map_err(CommitError::into_error)
    }

    /// Content, metadata, name.
    fn fill(&self, output: OutputFile<'_>) -> Result<Copied, CommitError> {
        let (bytes, method, mut lost) = match self.fill_content(&output) {
            Ok(filled) => filled,
            Err(error) => {
                let left = match error.destination() {
                    Destination::Untouched => output.after_failure(error.is(Fact::NothingWritten)),
                    known => known,
                };
                output.abandon();
                return Err(error.with_destination(left).into());
            }
        };
        let (made, left) = (output.seen(), output.after_failure(false));
        let locked = match self.to_be_locked(&output) {
            Ok(locked) => locked,
            Err(error) => {
                output.abandon();
                return Err(error.with_bytes(bytes).with_destination(left).into());
            }
        };
        output.commit(self.options.durable).map_err(|error| error.of_copy(bytes, left))?;
        if let Some(locked) = locked {
            self.lock(&locked, &mut lost).map_err(|error| error.with_bytes(bytes))?;
        }
        self.control.add_file();
        let result = CopyResult::one_file(bytes, method, lost);
        Ok(Copied { result, created: made.map(|made| (made.dev, made.ino)) })
    }

    fn fill_content(&self, output: &OutputFile<'_>) -> Result<(u64, Method, Losses), FsError> {
        let source = self.source;
        let pair = MountPair::of((source.fd.as_fd(), &source.stat), (output.fd(), &output.stat));
        if let Some(stat_cache) = self.stat_cache.filter(|_| pair.dest.is_local) {
            output.store_in(stat_cache);
        }
        let ends = FilePair {
            src: source.fd.as_fd(),
            src_stat: &source.stat,
            dest: output.fd(),
            dest_stat: &output.stat,
        };
        if self.options.preserve.has(Preserve::FLAGS) {
            flags_before_data(source, &ends, pair.dest);
        }
        let (bytes, method) = if output.cloned {
            self.control.add_bytes(output.stat.size);
            (output.stat.size, Method::CloneFile)
        } else {
            self.transfer(ends, &pair)?
        };
        let lost = self.metadata(output, pair.dest).map_err(|error| error.with_bytes(bytes))?;
        if self.options.verify_source {
            source.verify_unchanged(self.src).map_err(|error| error.with_bytes(bytes))?;
        }
        Ok((bytes, method, lost))
    }

    fn metadata(&self, output: &OutputFile<'_>, fs_type: &'static FsType) -> Result<Losses, FsError> {
        let as_created = || output.mode_as_created(initial_mode::requested(&self.source.stat, self.options));
        let target = Target {
            inode: Inode::Open(output.fd()),
            fs_type,
            stat: &output.stat,
            is_old: output.is_in_place(),
            cloned: output.cloned,
            may_inherit_acl: !self.options.no_default_acl,
            ordinary_mode: if output.mode.narrowed { Some(&as_created) } else { None },
        };
        let (preserve, policy) = (self.options.preserve, self.options.metadata_errors);
        let source = (self.source.fd.as_fd(), &self.source.stat, &self.source.extras);
        Metadata::new(source, target, preserve, policy).apply()
    }

    fn transfer(&self, ends: FilePair<'_>, pair: &MountPair) -> Result<(u64, Method), FsError> {
        if !self.source.stat.is_file() {
            return Ok((stream::pump(ends.src, ends.dest, self.control)?, Method::ReadWrite));
        }
        let mut transfer = Transfer::new(ends, pair, self.options, self.control);
        transfer.run()?;
        Ok((transfer.bytes(), transfer.method()))
    }

    /// Append-only and immutable, once the file has its name: before, the kernel would refuse the rename. It is held until then,
    /// for its name may change hands.
    fn to_be_locked(&self, output: &OutputFile<'_>) -> Result<Option<ToBeLocked>, FsError> {
        let wanted = self.source.extras.flags(InodeFlags::LOCKING);
        if wanted.is_empty() || !self.options.preserve.has(Preserve::FLAGS) {
            return Ok(None);
        }
        let fd = sys::duplicate(output.fd()).during("fcntl")?;
        let fs_type = fs_type_of(fd.as_fd(), &output.stat);
        Ok(Some(ToBeLocked { fd, wanted, fs_type }))
    }

    fn lock(&self, locked: &ToBeLocked, lost: &mut Losses) -> Result<(), FsError> {
        let added = metadata::add_flags(locked.fd.as_fd(), locked.wanted, locked.fs_type);
        let Err(errno) = added else { return Ok(()) };
        let policy = self.options.metadata_errors;
        metadata::apply_error_policy(policy, MetadataKind::Flags, errno, sys::SET_FLAGS_CALL, lost)
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
fn flags_before_data(source: &Source, ends: &FilePair<'_>, fs_type: &'static FsType) {
    let wanted = source.extras.flags(InodeFlags::STORAGE);
    if !wanted.is_empty() {
        let _another_way = metadata::add_flags(ends.dest, wanted, fs_type);
    }
}
