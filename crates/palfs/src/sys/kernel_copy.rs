//! Linux: the kernel moves the bytes. All raw calls, all with explicit offsets.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use super::result::{check, check_len, check_offset, offset, retry};
use crate::errno::Errno;

/// `ioctl(dest, FICLONE, src)` — ioctl_ficlone(2): the whole file shares its storage, in one atomic step.
pub(crate) fn ficlone(src: BorrowedFd<'_>, dest: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: both descriptors are open; the request takes a descriptor by value.
    retry(|| check(unsafe { libc::ioctl(dest.as_raw_fd(), libc::FICLONE, src.as_raw_fd()) })).map(drop)
}

/// `copy_file_range(src, from, dest, to, len)` — copy_file_range(2).
///
/// Raw, because glibc 2.27-2.29 emulated it and 2.41-2.42 return a wrong count above `INT_MAX`.
pub(crate) fn copy_file_range(
    src: BorrowedFd<'_>,
    from: u64,
    dest: BorrowedFd<'_>,
    to: u64,
    len: usize,
) -> Result<usize, Errno> {
    let (mut from, mut to) = (offset(from)?, offset(to)?);
    let (src, dest) = (src.as_raw_fd(), dest.as_raw_fd());
    let moved = retry(|| {
        // SAFETY: both descriptors are open, both offsets outlive the call; the arguments are those of the man page.
        check_offset(unsafe {
            libc::syscall(libc::SYS_copy_file_range, src, &raw mut from, dest, &raw mut to, len, 0)
        })
    })?;
    usize::try_from(moved).map_err(|_| Errno::EIO)
}

/// `sendfile(dest, src, &at, len)` — sendfile(2). Reads at `at`; writes at `dest`'s own position and moves that.
pub(crate) fn sendfile(
    src: BorrowedFd<'_>,
    dest: BorrowedFd<'_>,
    at: u64,
    len: usize,
) -> Result<usize, Errno> {
    let mut from = offset(at)?;
    // SAFETY: both descriptors are open and `from` outlives the call.
    retry(|| check_len(unsafe { libc::sendfile(dest.as_raw_fd(), src.as_raw_fd(), &raw mut from, len) }))
}

/// A private pipe to splice through.
pub(crate) struct Pipe {
    reader: OwnedFd,
    writer: OwnedFd,
    capacity: usize,
}

impl Pipe {
    pub(crate) fn reader(&self) -> BorrowedFd<'_> {
        self.reader.as_fd()
    }

    pub(crate) fn writer(&self) -> BorrowedFd<'_> {
        self.writer.as_fd()
    }

    /// How many bytes it holds at the most.
    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }
}

/// `pipe2(O_CLOEXEC)`, grown to 1 MiB where the user's limit allows it (EPERM: it stays at 64 KiB).
pub(crate) fn pipe() -> Result<Pipe, Errno> {
    const WANTED: libc::c_int = 1 << 20;
    let mut fds = [-1; 2];
    // SAFETY: the kernel writes two descriptors into `fds`.
    check(unsafe { libc::pipe2(fds.as_mut_ptr(), libc::O_CLOEXEC) })?;
    let [reader, writer] = fds;
    // SAFETY: the call succeeded, so this is a new descriptor without another owner.
    let reader = unsafe { OwnedFd::from_raw_fd(reader) };
    // SAFETY: likewise.
    let writer = unsafe { OwnedFd::from_raw_fd(writer) };
    // SAFETY: `writer` is open; F_SETPIPE_SZ takes an int.
    let grown = check(unsafe { libc::fcntl(writer.as_raw_fd(), libc::F_SETPIPE_SZ, WANTED) });
    let capacity = grown.ok().and_then(|size| usize::try_from(size).ok()).unwrap_or(1 << 16);
    Ok(Pipe { reader, writer, capacity })
}

/// `splice(src, at, dest, at, len)` — splice(2). One of the two is a pipe and takes no offset; `None` for a file is
/// its own position, which moves. Zero is end of file.
pub(crate) fn splice(
    src: BorrowedFd<'_>,
    from: Option<u64>,
    dest: BorrowedFd<'_>,
    to: Option<u64>,
    len: usize,
) -> Result<usize, Errno> {
    let (mut from, mut to) = (from.map(offset).transpose()?, to.map(offset).transpose()?);
    let from = from.as_mut().map_or(std::ptr::null_mut(), |at| &raw mut *at);
    let to = to.as_mut().map_or(std::ptr::null_mut(), |at| &raw mut *at);
    // SAFETY: both descriptors are open; each offset is null or outlives the call.
    retry(|| check_len(unsafe { libc::splice(src.as_raw_fd(), from, dest.as_raw_fd(), to, len, 0) }))
}
