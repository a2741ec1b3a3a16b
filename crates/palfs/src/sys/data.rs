//! A file's content: positioned reads and writes, size, holes, durability.

use std::os::fd::{AsRawFd, BorrowedFd};

use super::result::{at_most, check, check_len, check_offset, offset, retry};
use crate::errno::Errno;

/// `pread(fd, buf, at)`. Zero is end of file, and only zero is.
pub(crate) fn pread(fd: BorrowedFd<'_>, buf: &mut [u8], at: u64) -> Result<usize, Errno> {
    let at = offset(at)?;
    let len = at_most(buf.len());
    // SAFETY: the kernel writes at most `len` bytes into `buf`, which is ours alone and not shorter.
    retry(|| check_len(unsafe { libc::pread(fd.as_raw_fd(), buf.as_mut_ptr().cast(), len, at) }))
}

/// `pread(fd, .., at)` behind what a vector holds, `most` bytes at most and no more than it has room for.
pub(crate) fn pread_append(
    fd: BorrowedFd<'_>,
    bytes: &mut Vec<u8>,
    most: usize,
    at: u64,
) -> Result<usize, Errno> {
    let at = offset(at)?;
    let spare = bytes.spare_capacity_mut();
    let room = at_most(spare.len().min(most));
    // SAFETY: the kernel writes at most `room` bytes, which the vector owns and does not use.
    let got =
        retry(|| check_len(unsafe { libc::pread(fd.as_raw_fd(), spare.as_mut_ptr().cast(), room, at) }))?;
    // SAFETY: the kernel has written the first `got` bytes of the spare room, and `got <= room`.
    unsafe { bytes.set_len(bytes.len() + got) };
    Ok(got)
}

/// `pwrite(fd, buf, at)`. May write less than asked.
pub(crate) fn pwrite(fd: BorrowedFd<'_>, buf: &[u8], at: u64) -> Result<usize, Errno> {
    let at = offset(at)?;
    let len = at_most(buf.len());
    // SAFETY: the kernel reads at most `len` bytes of `buf`, which is not shorter.
    retry(|| check_len(unsafe { libc::pwrite(fd.as_raw_fd(), buf.as_ptr().cast(), len, at) }))
}

/// `ftruncate(fd, size)`.
pub(crate) fn ftruncate(fd: BorrowedFd<'_>, size: u64) -> Result<(), Errno> {
    let size = offset(size)?;
    // SAFETY: `fd` is open.
    retry(|| check(unsafe { libc::ftruncate(fd.as_raw_fd(), size) })).map(drop)
}

/// `fallocate(fd, 0, 0, size)`: reserves blocks and sets the size, so that later writes extend nothing.
///
/// The raw Linux call: glibc's posix_fallocate(3) would write zeros where the filesystem cannot do it.
#[cfg(target_os = "linux")]
pub(crate) fn fallocate(fd: BorrowedFd<'_>, size: u64) -> Result<(), Errno> {
    let size = offset(size)?;
    // SAFETY: `fd` is open.
    retry(|| check(unsafe { libc::fallocate(fd.as_raw_fd(), 0, 0, size) })).map(drop)
}

/// Elsewhere nothing is reserved: FreeBSD's and macOS's forms were not measured to pay.
#[cfg(not(target_os = "linux"))]
pub(crate) fn fallocate(_fd: BorrowedFd<'_>, _size: u64) -> Result<(), Errno> {
    Err(Errno::EOPNOTSUPP)
}

/// `fsync(fd)`; on macOS `F_FULLFSYNC`, because fsync(2) there stops at the drive's cache.
pub(crate) fn fsync(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    #[cfg(target_os = "macos")]
    {
        // SAFETY: `fd` is open; F_FULLFSYNC takes no argument.
        let full = retry(|| check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_FULLFSYNC) }));
        // Network filesystems refuse it so; fsync(2) is what they have. Every other error is the answer.
        if !matches!(full, Err(Errno::ENOTSUP | Errno::EOPNOTSUPP | Errno::ENOTTY | Errno::EINVAL)) {
            return full.map(drop);
        }
    }
    // SAFETY: `fd` is open.
    retry(|| check(unsafe { libc::fsync(fd.as_raw_fd()) })).map(drop)
}

/// `lseek(fd, from, SEEK_DATA)`: where the next data begins, or `None` when only a hole is left (ENXIO).
#[cfg(not(any(target_os = "netbsd", target_os = "openbsd")))]
pub(crate) fn seek_data(fd: BorrowedFd<'_>, from: u64) -> Result<Option<u64>, Errno> {
    seek(fd, from, libc::SEEK_DATA)
}

/// `lseek(fd, from, SEEK_HOLE)`: where the next hole begins; the end of the file counts as one.
/// `None` when `from` is at or past the end (ENXIO).
#[cfg(not(any(target_os = "netbsd", target_os = "openbsd")))]
pub(crate) fn seek_hole(fd: BorrowedFd<'_>, from: u64) -> Result<Option<u64>, Errno> {
    seek(fd, from, libc::SEEK_HOLE)
}

/// EINVAL, the errno of an lseek(2) without SEEK_DATA: OpenBSD has none, and NetBSD's is not in the bindings.
#[cfg(any(target_os = "netbsd", target_os = "openbsd"))]
pub(crate) fn seek_data(_fd: BorrowedFd<'_>, _from: u64) -> Result<Option<u64>, Errno> {
    Err(Errno::EINVAL)
}

/// EINVAL, the errno of an lseek(2) without SEEK_HOLE.
#[cfg(any(target_os = "netbsd", target_os = "openbsd"))]
pub(crate) fn seek_hole(_fd: BorrowedFd<'_>, _from: u64) -> Result<Option<u64>, Errno> {
    Err(Errno::EINVAL)
}

/// `lseek(fd, 0, SEEK_CUR)`: where the descriptor stands. ESPIPE: it has no positions.
pub(crate) fn position(fd: BorrowedFd<'_>) -> Result<u64, Errno> {
    // SAFETY: `fd` is open.
    check_offset(unsafe { libc::lseek(fd.as_raw_fd(), 0, libc::SEEK_CUR) })
}

/// `lseek(fd, to, SEEK_SET)`.
pub(crate) fn seek_to(fd: BorrowedFd<'_>, to: u64) -> Result<(), Errno> {
    let to = offset(to)?;
    // SAFETY: `fd` is open.
    check_offset(unsafe { libc::lseek(fd.as_raw_fd(), to, libc::SEEK_SET) }).map(drop)
}

#[cfg(not(any(target_os = "netbsd", target_os = "openbsd")))]
fn seek(fd: BorrowedFd<'_>, from: u64, whence: libc::c_int) -> Result<Option<u64>, Errno> {
    let from = offset(from)?;
    // SAFETY: `fd` is open.
    match check_offset(unsafe { libc::lseek(fd.as_raw_fd(), from, whence) }) {
        Ok(found) => Ok(Some(found)),
        Err(Errno::ENXIO) => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// `syncfs(fd)`: all that was written to this filesystem reaches the disk. One call for a tree, where fsync(2) would be
/// one for each file. Errors of the writing are reported from Linux 5.8 on.
#[cfg(target_os = "linux")]
pub(crate) fn syncfs(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: `fd` is open.
    retry(|| check(unsafe { libc::syncfs(fd.as_raw_fd()) })).map(drop)
}
