//! The one error type of the crate.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::errno::Errno;

/// What went wrong, where it is more than an error number of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A system call failed; [`FsError::errno`] and [`FsError::call`] say which and why.
    System,
    /// The operation was cancelled through its [`Control`](crate::Control).
    Cancelled,
    /// The source's size, mtime, ctime or inode changed while it was copied (`verify_source`).
    SourceChanged,
    /// The source is a FIFO, and the option for special files is an error.
    Fifo,
    /// The source is a socket, and the option for special files is an error.
    Socket,
    /// The source is a device, or of a type that this platform does not name.
    Unknown,
    /// Source and destination are one file or directory (`cp`).
    SameFile,
    /// The destination is inside the source (`cp`, `move`).
    IntoItself,
    /// A directory would replace an entry that is none (`cp`).
    DirectoryToOther,
    /// An entry that is no directory would replace one (`cp`).
    OtherToDirectory,
    /// The destination exists, and the options make that an error (`cp`).
    Exists,
    /// A link that leads to a directory would replace one that leads above it (`cp`).
    LinkToParent,
    /// stat(2) of what a link leads to failed, where that decides what may replace the link's copy (`cp`).
    LinkTarget,
    /// A directory, without `recursive` (`cp`, `rm`).
    IsDirectory,
    /// An extended attribute's value is too large for the target filesystem, not for the disk.
    XattrTooLarge,
    /// A file is larger than the limit that its reader set.
    TooLarge,
}

/// What a failed operation left at the destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Destination {
    /// An old file is unchanged, byte for byte; an absent one is absent.
    Untouched,
    /// The old file was being rewritten in place and is neither old nor new.
    Torn,
    /// The new content is complete and in place, but a later step (durability, flags) failed.
    Replaced,
    /// The old file is gone and the name is free: the filesystem removed it, and refused the rename all the same. A new
    /// file's content is complete, beside the name under a temporary one.
    Removed,
}

/// An error with everything a caller needs to branch on: number, call, both paths, bytes moved so far.
///
/// It is made once, where the failure happened; later cleanup cannot change it.
#[derive(Clone)]
pub struct FsError(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    errno: Errno,
    call: &'static str,
    path: Option<PathBuf>,
    dest: Option<PathBuf>,
    bytes: u64,
    destination: Destination,
    unpreserved: Option<&'static str>,
    fact: Option<Fact>,
}

/// What the engine has to know of an error, besides what callers see.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fact {
    /// The source does not exist.
    MissingSource,
    /// The call failed before any byte of the destination was written.
    NothingWritten,
}

impl FsError {
    /// An error of the system call `call`.
    #[must_use]
    pub fn new(errno: Errno, call: &'static str) -> Self {
        Self(Box::new(Inner {
            kind: ErrorKind::System,
            errno,
            call,
            path: None,
            dest: None,
            bytes: 0,
            destination: Destination::Untouched,
            unpreserved: None,
            fact: None,
        }))
    }

    /// Sets the kind of an error that is more than its number.
    #[must_use]
    pub fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// Names the piece of metadata that could not be set.
    #[must_use]
    pub(crate) fn with_unpreserved(mut self, piece: &'static str) -> Self {
        self.0.unpreserved = Some(piece);
        self
    }

    /// Marks the error for the engine.
    #[must_use]
    pub(crate) fn with_fact(mut self, fact: Fact) -> Self {
        self.0.fact = Some(fact);
        self
    }

    /// Whether the error is marked so.
    pub(crate) fn is(&self, fact: Fact) -> bool {
        self.0.fact == Some(fact)
    }

    /// Adds the path that the operation was asked to read, unless an inner step named one.
    #[must_use]
    pub fn with_path(mut self, path: &Path) -> Self {
        self.0.path.get_or_insert_with(|| path.to_path_buf());
        self
    }

    /// Adds the path that the operation was asked to write, unless an inner step named one.
    #[must_use]
    pub fn with_dest(mut self, dest: &Path) -> Self {
        self.0.dest.get_or_insert_with(|| dest.to_path_buf());
        self
    }

    /// Sets how many bytes of content had been moved. The last call counts.
    #[must_use]
    pub fn with_bytes(mut self, bytes: u64) -> Self {
        self.0.bytes = bytes;
        self
    }

    /// Sets the state of the destination. The last call counts.
    #[must_use]
    pub fn with_destination(mut self, destination: Destination) -> Self {
        self.0.destination = destination;
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The kernel's number (positive).
    #[must_use]
    pub fn errno(&self) -> Errno {
        self.0.errno
    }

    /// The system call that failed, `copy_file_range` say.
    #[must_use]
    pub fn call(&self) -> &'static str {
        self.0.call
    }

    /// The path that was read, as the caller gave it.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.0.path.as_deref()
    }

    /// The path that was written, as the caller gave it.
    #[must_use]
    pub fn dest(&self) -> Option<&Path> {
        self.0.dest.as_deref()
    }

    /// Bytes of content that had been moved when the call failed.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.bytes
    }

    /// What the failure left at the destination.
    #[must_use]
    pub fn destination(&self) -> Destination {
        self.0.destination
    }

    /// The piece of metadata that could not be set, by its name in [`Unpreserved`](crate::copy::Unpreserved). `None`: the
    /// error is about something else.
    #[must_use]
    pub fn unpreserved(&self) -> Option<&'static str> {
        self.0.unpreserved
    }

    /// The code of the error, as TypeScript callers see it: that of the [`ErrorKind`], or the errno's name. `None`: the errno
    /// has no name on this platform.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        match self.0.kind.code_and_message() {
            Some((code, _)) => Some(code),
            None => self.0.errno.name().map(code_of),
        }
    }

    /// One sentence without paths: the message of the [`ErrorKind`], or strerror(3) of the errno. It is for people: compare
    /// [`FsError::kind`] or [`FsError::code`] instead.
    #[must_use]
    pub fn description(&self) -> &'static str {
        match self.0.kind.code_and_message() {
            Some((_, message)) => message,
            None => self.0.errno.description(),
        }
    }
}

impl ErrorKind {
    /// The code and the message of a kind that is more than an errno. `scripts/error-codes.mjs` reads the codes from here.
    const fn code_and_message(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::System | Self::LinkTarget => return None,
            Self::Cancelled => ("ABORT_ERR", "The operation was aborted"),
            Self::SourceChanged => ("ERR_PALFS_SOURCE_CHANGED", "The source changed while it was copied"),
            Self::Fifo => ("ERR_FS_CP_FIFO_PIPE", "Cannot copy a FIFO pipe"),
            Self::Socket => ("ERR_FS_CP_SOCKET", "Cannot copy a socket file"),
            Self::Unknown => ("ERR_FS_CP_UNKNOWN", "Cannot copy an unknown file type"),
            Self::SameFile => ("ERR_FS_CP_EINVAL", "Source and destination are the same"),
            Self::IntoItself => ("ERR_FS_CP_EINVAL", "Cannot copy a directory into itself"),
            Self::DirectoryToOther => {
                ("ERR_FS_CP_DIR_TO_NON_DIR", "Cannot overwrite a non-directory with a directory")
            }
            Self::OtherToDirectory => {
                ("ERR_FS_CP_NON_DIR_TO_DIR", "Cannot overwrite a directory with a non-directory")
            }
            Self::Exists => ("ERR_FS_CP_EEXIST", "Target already exists"),
            Self::LinkToParent => (
                "ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY",
                "Cannot overwrite a link to a directory with one that leads below it",
            ),
            Self::IsDirectory => ("ERR_FS_EISDIR", "Is a directory, and recursive is not enabled"),
            Self::XattrTooLarge => {
                ("ERR_PALFS_XATTR_TOO_LARGE", "Extended attribute value too large for this filesystem")
            }
            Self::TooLarge => ("ERR_FS_FILE_TOO_LARGE", "File is larger than its reader can take"),
        })
    }
}

/// An absent attribute is ENODATA on every platform. FreeBSD has no such number, so there the code differs from the name
/// of the number.
fn code_of(name: &'static str) -> &'static str {
    if name == "ENOATTR" { "ENODATA" } else { name }
}

impl fmt::Display for FsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code().unwrap_or("UNKNOWN");
        write!(f, "{code}: {}, {}", self.description(), self.call())?;
        if let Some(path) = self.path() {
            write!(f, " '{}'", path.display())?;
        }
        if let Some(dest) = self.dest() {
            write!(f, " -> '{}'", dest.display())?;
        }
        Ok(())
    }
}

impl fmt::Debug for FsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FsError({self}, bytes: {}, destination: {:?})", self.bytes(), self.destination())
    }
}

impl std::error::Error for FsError {
    /// The [`Errno`] of the system call.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0.errno)
    }
}

impl From<FsError> for std::io::Error {
    fn from(error: FsError) -> Self {
        let kind = Self::from_raw_os_error(error.errno().raw()).kind();
        Self::new(kind, error)
    }
}

/// Names the system call of a failed [`Errno`].
pub(crate) trait During<T> {
    /// The same result, its error now an [`FsError`] of `call`.
    fn during(self, call: &'static str) -> Result<T, FsError>;
}

impl<T> During<T> for Result<T, Errno> {
    fn during(self, call: &'static str) -> Result<T, FsError> {
        self.map_err(|errno| FsError::new(errno, call))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_attribute_has_one_code_on_every_platform() {
        assert_eq!((code_of("ENOATTR"), code_of("ENODATA"), code_of("EIO")), ("ENODATA", "ENODATA", "EIO"));
        let path = Path::new("/");
        let absent = crate::xattr::get(crate::xattr::Target::path(path), b"user.palfs-absent").unwrap_err();
        assert!(matches!(absent.code(), Some("ENODATA" | "EOPNOTSUPP" | "ENOTSUP")), "{absent}");
    }
}
