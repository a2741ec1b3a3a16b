//! A file whose content comes from memory: placed, named and made durable as a copy is.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::commit::CommitError;
use super::name::Slot;
use super::place::Place;
use super::source::{self, At};
use crate::control::Control;
use crate::errno::Errno;
use crate::error::{Destination, During, FsError};
use crate::sys::{self, Follow, OpenFlags, STAT_CALL, Stat};

/// Where the content goes until it is complete.
#[expect(clippy::large_enum_variant, reason = "one value for each call, on the stack and never moved far")]
pub(crate) enum NewFile<'a> {
    /// A temporary beside the name, and the file that it will replace.
    Beside(Place<'a>, Option<Stat>),
    /// The file itself.
    Itself(OwnedFd),
}

impl<'a> NewFile<'a> {
    /// Prepares to replace what `at` leads to, or to make it.
    pub(crate) fn open(at: At<'a>, atomic: bool) -> Result<Self, FsError> {
        let old = match sys::fstatat(at.dir, at.name, Follow::Yes) {
            Ok(old) => Some(old),
            Err(Errno::ENOENT) => None,
            Err(errno) => return Err(FsError::new(errno, STAT_CALL)),
        };
        if let Some(old) = old.as_ref().filter(|old| !old.is_file()) {
            let errno = if old.is_dir() { Errno::EISDIR } else { Errno::EINVAL };
            return Err(FsError::new(errno, STAT_CALL));
        }
        if !atomic {
            let flags = if old.is_some() { OpenFlags::WRITE } else { OpenFlags::CREATE_NEW };
            let fd = sys::openat(at.dir, at.name, flags, 0o666).during("openat")?;
            return Ok(Self::Itself(fd));
        }
        let Some(old) = old else {
            return Ok(Self::Beside(Place::for_content(Slot::of(at)?, 0o666)?, None));
        };
        match source::open_file(at, OpenFlags::WRITE, &Control::new()) {
            // A running program cannot be written to, but its name can be given to a new file.
            Err(error) if error.errno() == Errno::ETXTBSY => {}
            // Who may not write to it may not replace it either.
            other => drop(other?),
        }
        // Nobody but the owner until it has the old file's owner and bits.
        Ok(Self::Beside(Place::for_content(Slot::of_target(at)?, 0o600)?, Some(old)))
    }

    /// Lets `fill` write the content, then gives it the old file's owner and bits, and its name.
    pub(crate) fn fill<T>(
        self,
        fill: impl FnOnce(BorrowedFd<'_>) -> Result<T, FsError>,
        durable: bool,
    ) -> Result<T, FsError> {
        match self {
            Self::Beside(place, old) => {
                let done = fill(place.fd())?;
                if let Some(old) = old {
                    keep_rights(place.fd(), &old)?;
                }
                place.commit(durable).map_err(CommitError::into_error)?;
                Ok(done)
            }
            Self::Itself(fd) => {
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

/// Owner and group where the caller may set them, then the permission bits; set-id bits only with the owner.
fn keep_rights(fd: BorrowedFd<'_>, old: &Stat) -> Result<(), FsError> {
    let now = sys::fstat(fd).during(STAT_CALL)?;
    let same = (now.uid, now.gid) == (old.uid, old.gid);
    let owned = same || sys::fchown(fd, Some(old.uid), Some(old.gid)).is_ok();
    let bits = if owned { old.permissions() } else { old.permissions() & 0o777 };
    sys::fchmod(fd, bits).during("fchmod")
}
