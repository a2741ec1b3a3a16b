//! A file whose content comes from memory: created, named and flushed as a copy is.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::OutputFile;
use super::commit::CommitError;
use crate::control::Control;
use crate::copy::path_at::PathAtBuf;
use crate::copy::source;
use crate::copy::source::PathAt;
use crate::errno::Errno;
use crate::error::{Destination, During, FsError};
use crate::sys;
use crate::sys::{Follow, OpenFlags, STAT_CALL, Stat};

/// Where the content goes until it is complete.
#[expect(clippy::large_enum_variant, reason = "one value for each call, on the stack and never moved far")]
pub(crate) enum NewFile<'a> {
    /// A file of our own, with the name already or to get it, and the file that it will replace.
    Replacement(OutputFile<'a>, Option<Stat>),
    /// The file itself.
    InPlace(OwnedFd),
}

impl<'a> NewFile<'a> {
    /// Prepares to replace what `at` leads to, or to make it.
    pub(crate) fn open(at: PathAt<'a>, atomic: bool, control: &Control) -> Result<Self, FsError> {
        let old = match sys::fstatat(at.dir, at.name, Follow::Yes) {
            Ok(old) => Some(old),
            Err(Errno::ENOENT) => None,
            Err(errno) => return Err(FsError::new(errno, STAT_CALL)),
        };
        if let Some(old) = old.as_ref().filter(|old| !old.is_file()) {
            let errno = if old.is_dir() { Errno::EISDIR } else { Errno::EINVAL };
            return Err(FsError::new(errno, STAT_CALL));
        }
        match (&old, atomic) {
            (None, true) => {
                return Ok(Self::Replacement(
                    OutputFile::for_content(PathAtBuf::of(at)?, false, 0o666)?,
                    None,
                ));
            }
            (None, false) => {
                return match OutputFile::create_for_content(at, 0o666) {
                    // Another process has created it since: it is an old file now, unless the name is a dangling link.
                    Err(error)
                        if error.errno() == Errno::EEXIST
                            && sys::fstatat(at.dir, at.name, Follow::Yes).is_ok() =>
                    {
                        Self::open(at, atomic, control)
                    }
                    made => Ok(Self::Replacement(made?, None)),
                };
            }
            (Some(_), _) => {}
        }
        if !atomic {
            let fd = source::open_file(at, OpenFlags::WRITE, control)?;
            let is_file = sys::fstat(fd.as_fd()).during(STAT_CALL)?.is_file();
            return if is_file { Ok(Self::InPlace(fd)) } else { Err(FsError::new(Errno::EINVAL, STAT_CALL)) };
        }
        // A caller who may not write to the old file may not replace it either.
        sys::may_write(at.dir, at.name, Follow::Yes).during(sys::ACCESS_CALL)?;
        // Only the owner has access until it has the old file's owner and bits.
        Ok(Self::Replacement(OutputFile::for_content(slot_of(at, old.as_ref())?, true, 0o600)?, old))
    }

    /// Runs `fill` to write the content, then sets the old file's owner and bits, and renames it to its name.
    pub(crate) fn fill<T>(
        self,
        fill: impl FnOnce(BorrowedFd<'_>) -> Result<T, FsError>,
        durable: bool,
    ) -> Result<T, FsError> {
        match self {
            Self::Replacement(place, old) => {
                let rights = || old.map_or(Ok(()), |old| keep_rights(place.fd(), &old));
                let filled = fill(place.fd()).and_then(|done| rights().map(|()| done));
                let done = match filled {
                    Ok(done) => done,
                    Err(error) => {
                        place.abandon();
                        return Err(error);
                    }
                };
                place.commit(durable).map_err(CommitError::into_error)?;
                Ok(done)
            }
            Self::InPlace(fd) => {
                let torn = |error: FsError| error.with_destination(Destination::Torn);
                let done = fill(fd.as_fd()).map_err(torn)?;
                if durable {
                    sys::fsync(fd.as_fd()).during("fsync").map_err(torn)?;
                }
                sys::close(fd).during("close").map_err(torn)?;
                Ok(done)
            }
        }
    }
}

/// The name that the new file gets: the caller's, or the target of that link.
fn slot_of(at: PathAt<'_>, old: Option<&Stat>) -> Result<PathAtBuf, FsError> {
    if !sys::fstatat(at.dir, at.name, Follow::No).during(STAT_CALL)?.is_symlink() {
        return PathAtBuf::of(at);
    }
    let slot = PathAtBuf::of_target(at)?;
    if old.is_some_and(|old| PathAtBuf::still_is(PathAt { dir: slot.dir(), name: &slot.name }, old)) {
        return Ok(slot);
    }
    // A link of /proc: what its text names is not what the kernel opens.
    Err(FsError::new(Errno::ENOENT, "readlinkat"))
}

/// Owner and group where the caller may set them, then the permission bits; set-id bits only with the owner.
fn keep_rights(fd: BorrowedFd<'_>, old: &Stat) -> Result<(), FsError> {
    let now = sys::fstat(fd).during(STAT_CALL)?;
    let same = (now.uid, now.gid) == (old.uid, old.gid);
    let owned = same || sys::fchown(fd, Some(old.uid), Some(old.gid)).is_ok();
    let bits = if owned { old.permissions() } else { old.permissions() & 0o777 };
    sys::fchmod_permitted(fd, bits).map(drop).during("fchmod")
}
