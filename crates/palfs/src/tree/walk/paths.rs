//! Paths as text: the target of a link's text, and whether one path is below another. By the text alone, as node:fs does; decisions about
//! files use the kernel's answers.

use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// The absolute path that `path` names when written in `base`: `.` and `..` are taken out of the text.
pub(in crate::tree) fn resolve(base: &Path, path: &Path) -> PathBuf {
    let mut resolved = PathBuf::from("/");
    for component in base.join(path).components() {
        match component {
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
            Component::ParentDir => _ = resolved.pop(),
            Component::Normal(name) => resolved.push(name),
        }
    }
    resolved
}

/// The process's current directory; the root, if it has been removed.
pub(in crate::tree) fn current_directory() -> PathBuf {
    std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"))
}

/// The path without the slashes at its end, but for those of the root directory.
pub(in crate::tree) fn without_slashes(path: &CStr) -> CString {
    let bytes = path.to_bytes();
    let end = bytes.iter().rposition(|byte| *byte != b'/').map_or(1, |last| last.saturating_add(1));
    CString::new(bytes.get(..end).unwrap_or(bytes)).unwrap_or_default()
}

/// A path in the kernel's terms, as one in std's.
pub(in crate::tree) fn as_path(text: &CStr) -> &Path {
    Path::new(OsStr::from_bytes(text.to_bytes()))
}

/// A path in std's terms, as one in the kernel's. A path that came from the kernel, or has been checked, has no NUL.
pub(in crate::tree) fn as_text(path: &Path) -> CString {
    CString::new(path.as_os_str().as_bytes()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_link_is_read_from_the_directory_that_has_it() {
        for (base, text, resolved) in [
            ("/a/b", "c", "/a/b/c"),
            ("/a/b", "../c", "/a/c"),
            ("/a/b", "./c/../d/", "/a/b/d"),
            ("/a", "../../../c", "/c"),
            ("/a", "/c/./d", "/c/d"),
        ] {
            assert_eq!(resolve(Path::new(base), Path::new(text)), Path::new(resolved), "{text} in {base}");
        }
    }
}
