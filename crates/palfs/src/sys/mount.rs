//! Linux: what can be asked of a mounted filesystem beyond statfs(2), without writing to it.

use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::result::{check, check_offset, retry};
use crate::errno::Errno;

/// Memory and file offsets of direct I/O must be multiples of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DioAlignment {
    pub(crate) memory: u32,
    pub(crate) offset: u32,
}

/// `statx(dir, name, STATX_DIOALIGN)` of a regular file, `dir` itself if the name is empty: zeros mean that it has no direct I/O, `None` that its filesystem does
/// not say (btrfs and tmpfs have direct I/O and do not).
pub(crate) fn dio_alignment(dir: BorrowedFd<'_>, name: &CStr) -> Option<DioAlignment> {
    let mut out = MaybeUninit::<libc::statx>::zeroed();
    let flags = libc::AT_EMPTY_PATH | libc::AT_SYMLINK_NOFOLLOW;
    let mask = libc::STATX_DIOALIGN;
    let number = libc::SYS_statx; // raw: glibc has a wrapper from 2.28
    let asked = retry(|| {
        // SAFETY: `dir` is open, `name` NUL-terminated, `out` large enough; the arguments are those of statx(2).
        check_offset(unsafe {
            libc::syscall(number, dir.as_raw_fd(), name.as_ptr(), flags, mask, out.as_mut_ptr())
        })
    });
    // SAFETY: statx is plain numbers, for which the zeros written above are valid even if the call failed.
    let out = unsafe { out.assume_init() };
    let said = asked.is_ok() && out.stx_mask & libc::STATX_DIOALIGN != 0;
    said.then_some(DioAlignment { memory: out.stx_dio_mem_align, offset: out.stx_dio_offset_align })
}

/// `ioctl(fd, XFS_IOC_FSGEOMETRY)`: whether files of this xfs can share storage. Any open file or directory will do.
pub(crate) fn xfs_shares_storage(fd: BorrowedFd<'_>) -> Result<bool, Errno> {
    /// XFS_IOC_FSGEOMETRY: 256 bytes since Linux 5.2.
    const NOW: libc::Ioctl = libc::_IOR::<[u64; 32]>(b'X' as u32, 126);
    /// XFS_IOC_FSGEOMETRY_V4: the 112 bytes of before.
    const BEFORE: libc::Ioctl = libc::_IOR::<[u64; 14]>(b'X' as u32, 124);
    const FLAGS: usize = 92; // where `flags` is in both forms
    const REFLINK: u32 = 1 << 20;
    let mut out = [0_u64; 32]; // aligned as the structure is
    let asked = geometry(fd, NOW, &mut out).or_else(|errno| match errno {
        Errno::ENOTTY => geometry(fd, BEFORE, &mut out),
        other => Err(other),
    });
    asked?;
    let bytes: Vec<u8> = out.iter().flat_map(|word| word.to_ne_bytes()).collect();
    let flags = bytes.get(FLAGS..).and_then(|rest| rest.first_chunk()).copied().map_or(0, u32::from_ne_bytes);
    Ok(flags & REFLINK != 0)
}

fn geometry(fd: BorrowedFd<'_>, request: libc::Ioctl, out: &mut [u64; 32]) -> Result<(), Errno> {
    // SAFETY: `fd` is open; the kernel writes at most the 256 bytes of `out`, the size that the request's number encodes.
    retry(|| check(unsafe { libc::ioctl(fd.as_raw_fd(), request, out.as_mut_ptr()) })).map(drop)
}
