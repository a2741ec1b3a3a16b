//! openat(2).

use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use super::result::{check, retry};
use crate::errno::Errno;

// SAFETY: AT_FDCWD is not -1 and is never closed; the *at calls know it as "the current directory".
/// The current directory, for the `*at` calls.
pub(crate) const CWD: BorrowedFd<'static> = unsafe { BorrowedFd::borrow_raw(libc::AT_FDCWD) };

/// How a file is opened. Every set carries `O_CLOEXEC`: a child of the host process must not inherit our descriptors.
#[derive(Clone, Copy)]
pub(crate) struct OpenFlags(libc::c_int);

impl OpenFlags {
    /// The caller's own flags (`O_*` of open(2)).
    pub(crate) const fn from_caller(flags: libc::c_int) -> Self {
        Self(flags | libc::O_CLOEXEC)
    }

    /// A source: O_NONBLOCK so that a FIFO put in its place cannot block us, O_NOCTTY for a terminal.
    pub(crate) const READ: Self = Self(libc::O_RDONLY | libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_CLOEXEC);
    /// A symbolic link itself, for its attributes.
    #[cfg(target_os = "macos")]
    pub(crate) const LINK: Self = Self(libc::O_RDONLY | libc::O_SYMLINK | libc::O_NONBLOCK | libc::O_CLOEXEC);
    /// An existing file that will be rewritten; not truncated here, identity is checked first.
    pub(crate) const WRITE: Self = Self(libc::O_WRONLY | libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_CLOEXEC);
    /// A file that must not exist yet; a link in its place, dangling or not, is "exists".
    pub(crate) const CREATE_NEW: Self =
        Self(libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL | libc::O_NOFOLLOW | libc::O_CLOEXEC);
    /// As [`CREATE_NEW`](Self::CREATE_NEW), and readable.
    pub(crate) const CREATE_NEW_READABLE: Self =
        Self(libc::O_RDWR | libc::O_CREAT | libc::O_EXCL | libc::O_NOFOLLOW | libc::O_CLOEXEC);
    /// A file without a name in the directory that is opened, never to get one: it goes with its descriptor.
    #[cfg(target_os = "linux")]
    pub(crate) const UNNAMED: Self = Self(libc::O_TMPFILE | libc::O_RDWR | libc::O_EXCL | libc::O_CLOEXEC);
    /// A directory that only anchors `*at` calls: search permission is enough.
    #[cfg(any(target_os = "linux", target_os = "freebsd"))]
    pub(crate) const DIR_PATH: Self = Self(libc::O_PATH | libc::O_DIRECTORY | libc::O_CLOEXEC);
    /// A directory that only anchors `*at` calls. Systems that do not know the flag ask for read permission.
    #[cfg(target_os = "macos")]
    pub(crate) const DIR_PATH: Self = Self(libc::O_SEARCH | libc::O_DIRECTORY | libc::O_CLOEXEC);
    /// A directory that only anchors `*at` calls.
    #[cfg(not(any(target_os = "linux", target_os = "freebsd", target_os = "macos")))]
    pub(crate) const DIR_PATH: Self = Self(libc::O_RDONLY | libc::O_DIRECTORY | libc::O_CLOEXEC);
    /// Anything, only to ask what it is or where: O_PATH opens no device and wakes no FIFO.
    #[cfg(any(target_os = "linux", target_os = "freebsd"))]
    pub(crate) const PATH: Self = Self(libc::O_PATH | libc::O_CLOEXEC);
    /// Anything, only to ask what it is or where.
    #[cfg(not(any(target_os = "linux", target_os = "freebsd")))]
    pub(crate) const PATH: Self = Self::READ;
    /// A name of any kind, a link itself too: opened for nothing, only held.
    #[cfg(target_os = "linux")]
    pub(crate) const PATH_NOFOLLOW: Self = Self(libc::O_PATH | libc::O_NOFOLLOW | libc::O_CLOEXEC);
    /// A directory of a tree: read, and never through a link.
    pub(crate) const DIR_NOFOLLOW: Self =
        Self(libc::O_RDONLY | libc::O_DIRECTORY | libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC);
    /// A directory of a tree that names are made in: as [`DIR_PATH`](Self::DIR_PATH), and never through a link.
    pub(crate) const TREE_ANCHOR: Self = Self(Self::DIR_PATH.0 | libc::O_NOFOLLOW);
    /// A file of a tree: as [`READ`](Self::READ), and never through a link.
    pub(crate) const TREE_FILE: Self =
        Self(libc::O_RDONLY | libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_CLOEXEC);
    /// An existing file of a tree: as [`WRITE`](Self::WRITE), and never through a link.
    pub(crate) const WRITE_NOFOLLOW: Self = Self(Self::WRITE.0 | libc::O_NOFOLLOW);
    /// A directory that can be given to fsync(2).
    pub(crate) const DIRECTORY: Self = Self(libc::O_RDONLY | libc::O_DIRECTORY | libc::O_CLOEXEC);
}

impl OpenFlags {
    /// The errno of O_NOFOLLOW on a link: ELOOP in POSIX, EMLINK on FreeBSD, EFTYPE on NetBSD.
    fn refusal_of_links(self) -> Errno {
        #[cfg(target_os = "freebsd")]
        const REFUSAL: Errno = Errno::EMLINK;
        #[cfg(target_os = "netbsd")]
        const REFUSAL: Errno = Errno::EFTYPE;
        #[cfg(not(any(target_os = "freebsd", target_os = "netbsd")))]
        const REFUSAL: Errno = Errno::ELOOP;
        if self.0 & libc::O_NOFOLLOW == 0 { Errno::ELOOP } else { REFUSAL }
    }
}

/// `openat(dir, name, flags, mode)`. A link that O_NOFOLLOW met is ELOOP on every platform.
///
/// `mode` counts only where `flags` create; the umask (or the directory's default ACL) is applied by the kernel.
pub(crate) fn openat(
    dir: BorrowedFd<'_>,
    name: &CStr,
    flags: OpenFlags,
    mode: u32,
) -> Result<OwnedFd, Errno> {
    // SAFETY: `dir` is open, `name` is NUL-terminated, and `mode` is an int in a variadic call (promotion of mode_t).
    let fd = retry(|| check(unsafe { libc::openat(dir.as_raw_fd(), name.as_ptr(), flags.0, mode) }))
        .map_err(|errno| if errno == flags.refusal_of_links() { Errno::ELOOP } else { errno })?;
    // SAFETY: the call succeeded, so `fd` is a new descriptor without another owner.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
