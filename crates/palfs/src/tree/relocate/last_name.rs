//! What a path ends in, as rename(2) reads it (path_resolution(7)). A slash at the end says "directory", and only a directory
//! itself is one: a link that leads to one is not. `.`, `..` and `/` are no names that could be taken away or given.

use std::ffi::CString;
use std::os::fd::OwnedFd;
use std::path::Path;

use crate::copy::{PathAt, PathAtBuf};
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys;
use crate::sys::OpenFlags;
use crate::tree::walk::paths::{as_text, without_slashes};

/// A path whose last component is to be renamed, or replaced by a rename.
pub(in crate::tree) struct LastName {
    /// The path without the slashes at its end.
    text: CString,
    has_slash: bool,
    /// Where the last component begins.
    start: usize,
}

impl LastName {
    /// ENOENT for an empty path.
    pub(in crate::tree) fn of(path: &Path) -> Result<Self, FsError> {
        if path.as_os_str().is_empty() {
            return Err(FsError::new(Errno::ENOENT, "renameat"));
        }
        let written = as_text(path);
        let text = without_slashes(&written);
        let has_slash = text.as_bytes().len() < written.as_bytes().len();
        let start = text.as_bytes().iter().rposition(|byte| *byte == b'/');
        Ok(Self { has_slash, start: start.map_or(0, |slash| slash.saturating_add(1)), text })
    }

    /// The name, without what follows it.
    pub(in crate::tree) fn at(&self) -> PathAt<'_> {
        PathAt { dir: sys::CWD, name: &self.text }
    }

    /// Whether a slash follows the name.
    pub(in crate::tree) const fn has_slash(&self) -> bool {
        self.has_slash
    }

    /// Whether the path ends in `.` or `..`, or is the root directory.
    pub(in crate::tree) fn is_fixed(&self) -> bool {
        matches!(self.text.as_bytes().get(self.start..), None | Some(b"" | b"." | b".."))
    }

    /// The name in its directory, which stays open. `None`: there is no name, but the directory is there.
    pub(in crate::tree) fn slot(&self) -> Result<Option<PathAtBuf>, FsError> {
        if self.is_fixed() { self.open_parent().map(|_| None) } else { PathAtBuf::of(self.at()).map(Some) }
    }

    /// Opens the directory that the last component is in.
    pub(in crate::tree) fn open_parent(&self) -> Result<OwnedFd, FsError> {
        let parent = match self.text.as_bytes().get(..self.start) {
            None | Some(b"") => CString::from(c"."),
            Some(parent) => CString::new(parent).map_err(|_| FsError::new(Errno::EINVAL, "openat"))?,
        };
        sys::openat(sys::CWD, &parent, OpenFlags::DIR_PATH, 0).during("openat")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_ends_in_a_name_with_or_without_a_slash_or_in_none() {
        for (path, name, has_slash, is_fixed) in [
            ("a", c"a", false, false),
            ("a/", c"a", true, false),
            ("b/a//", c"b/a", true, false),
            ("/a", c"/a", false, false),
            ("a/.", c"a/.", false, true),
            ("a/..//", c"a/..", true, true),
            (".", c".", false, true),
            ("..", c"..", false, true),
            ("/", c"/", false, true),
            ("//", c"/", true, true),
            ("...", c"...", false, false),
            ("a/.b", c"a/.b", false, false),
        ] {
            let last = LastName::of(Path::new(path)).unwrap();
            assert_eq!(
                (last.at().name, last.has_slash(), last.is_fixed()),
                (name, has_slash, is_fixed),
                "{path}"
            );
        }
        assert_eq!(LastName::of(Path::new("")).err().map(|error| error.errno()), Some(Errno::ENOENT));
    }
}
