//! Names of temporaries, and which directory a path's last component is in.

use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::source::PathAt;
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys;
use crate::sys::{Follow, OpenFlags};

/// The prefix of every temporary name: a user who finds one after a power cut can see that palfs created it.
pub(crate) const TEMPORARY_PREFIX: &str = ".palfs-";

/// As many links as Linux follows in one path (path_resolution(7)).
const MAX_LINKS: u32 = 40;

/// The directory that holds a name, kept open, and the name: one component, never a link that matters.
pub(crate) struct PathAtBuf {
    dir: Option<OwnedFd>,
    pub(crate) name: CString,
}

impl PathAtBuf {
    /// The directory, for `*at` calls.
    pub(crate) fn dir(&self) -> BorrowedFd<'_> {
        self.dir.as_ref().map_or(sys::CWD, AsFd::as_fd)
    }

    /// The name in its directory.
    pub(crate) fn at(&self) -> PathAt<'_> {
        PathAt { dir: self.dir(), name: &self.name }
    }

    /// Another name in the same directory.
    pub(crate) fn beside(&self, name: CString) -> Result<Self, FsError> {
        let dir = sys::openat(self.dir(), c".", OpenFlags::DIR_PATH, 0).during("openat")?;
        Ok(Self { dir: Some(dir), name })
    }

    /// Where `dest` is, as written: its last component may be a link and is then itself the name.
    pub(crate) fn of(dest: PathAt<'_>) -> Result<Self, FsError> {
        let path = dest.name.to_bytes();
        let trimmed = path.trim_ascii_end_slashes();
        let (parent, name) = match trimmed.iter().rposition(|byte| *byte == b'/') {
            Some(0) => (&b"/"[..], trimmed.get(1..).unwrap_or_default()),
            Some(slash) => {
                let (parent, name) = trimmed.split_at(slash);
                (parent, name.get(1..).unwrap_or_default())
            }
            None => (&b"."[..], trimmed),
        };
        if name.is_empty() || name == b"." || name == b".." || trimmed.len() != path.len() {
            // These can only name directories.
            return Err(FsError::new(Errno::EISDIR, "openat"));
        }
        let parent = CString::new(parent).map_err(|_| FsError::new(Errno::EINVAL, "openat"))?;
        let name = CString::new(name).map_err(|_| FsError::new(Errno::EINVAL, "openat"))?;
        let dir = sys::openat(dest.dir, &parent, OpenFlags::DIR_PATH, 0).during("openat")?;
        Ok(Self { dir: Some(dir), name })
    }

    /// Where `dest` leads: links are followed, each from the directory that holds it, up to the last name.
    pub(crate) fn of_target(dest: PathAt<'_>) -> Result<Self, FsError> {
        let mut slot = Self::of(dest)?;
        for _ in 0..MAX_LINKS {
            match sys::readlinkat(slot.dir(), &slot.name) {
                // EINVAL: it is no link, so this is the place.
                Err(Errno::EINVAL) => return Ok(slot),
                Err(errno) => return Err(FsError::new(errno, "readlinkat")),
                Ok(target) => {
                    let target =
                        CString::new(target).map_err(|_| FsError::new(Errno::EINVAL, "readlinkat"))?;
                    slot = Self::of(PathAt { dir: slot.dir(), name: &target })?;
                }
            }
        }
        Err(FsError::new(Errno::ELOOP, "readlinkat"))
    }

    /// A name beside this one that cannot be guessed: 128 random bits.
    pub(crate) fn temporary_name() -> Result<CString, FsError> {
        let random = u128::from_ne_bytes(sys::random_bytes().during("getrandom")?);
        CString::new(format!("{TEMPORARY_PREFIX}{random:032x}"))
            .map_err(|_| FsError::new(Errno::EINVAL, "getrandom"))
    }

    /// Whether the name still means the inode `stat`.
    pub(crate) fn still_is(at: PathAt<'_>, stat: &sys::Stat) -> bool {
        sys::fstatat(at.dir, at.name, Follow::No).is_ok_and(|now| now.same_inode(stat))
    }
}

trait TrimSlashes {
    fn trim_ascii_end_slashes(&self) -> &[u8];
}

impl TrimSlashes for [u8] {
    /// The path without trailing slashes, but at least one byte of it.
    fn trim_ascii_end_slashes(&self) -> &[u8] {
        let keep = self
            .iter()
            .rposition(|byte| *byte != b'/')
            .map_or(usize::from(!self.is_empty()), |last| last.saturating_add(1));
        self.get(..keep).unwrap_or(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_can_only_be_a_directory_has_no_slot() {
        for path in [c"/", c"//", c".", c"..", c"a/..", c"a/", c""] {
            let slot = PathAtBuf::of(PathAt { dir: sys::CWD, name: path });
            assert!(slot.is_err(), "{path:?}");
        }
    }

    #[test]
    fn the_last_component_is_the_name() {
        for (path, name) in [(c"a", c"a"), (c"./a", c"a"), (c"/tmp/a", c"a"), (c"/a", c"a")] {
            let slot = PathAtBuf::of(PathAt { dir: sys::CWD, name: path }).unwrap();
            assert_eq!(slot.name.as_c_str(), name);
        }
    }

    #[test]
    fn temporary_names_fit_every_filesystem_and_differ() {
        let (one, other) = (PathAtBuf::temporary_name().unwrap(), PathAtBuf::temporary_name().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.as_bytes().len(), 39);
    }
}
