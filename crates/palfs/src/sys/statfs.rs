//! What kind of filesystem a descriptor is on, and whether it has room.

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::fs_type::{self, FsType, NameLimit};
use super::result::{check, retry};
use crate::errno::Errno;

/// Type and free space of one filesystem.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FsInfo {
    pub(crate) fs_type: &'static FsType,
    /// Bytes that an unprivileged write could get.
    pub(crate) room: u64,
}

/// Further facts of statfs(2) about a mount, which copies do not need.
#[derive(Clone, Debug)]
pub(crate) struct MountInfo {
    /// `ext4`, `apfs`; `None` for a number that the table does not have.
    pub(crate) name: Option<String>,
    pub(crate) fs_type: &'static FsType,
    /// By the mount or by the filesystem under it.
    pub(crate) read_only: bool,
    /// The longest name in bytes, or in characters where the filesystem counts those; `None` where it is not stated.
    pub(crate) name_max: Option<u64>,
    /// The unit of allocation, in bytes.
    pub(crate) block: u64,
}

#[cfg(not(target_os = "netbsd"))]
use libc::{fstatfs as fstatfs_raw, statfs as RawStatfs};

/// NetBSD has replaced statfs(2) by statvfs(2), which has the name of the type, too.
#[cfg(target_os = "netbsd")]
use libc::{fstatvfs as fstatfs_raw, statvfs as RawStatfs};

fn raw(fd: BorrowedFd<'_>) -> Result<RawStatfs, Errno> {
    let mut out = MaybeUninit::<RawStatfs>::zeroed();
    // SAFETY: `fd` is open and `out` has room for one record of the call.
    retry(|| check(unsafe { fstatfs_raw(fd.as_raw_fd(), out.as_mut_ptr()) }))?;
    // SAFETY: the call succeeded, so `out` is filled.
    Ok(unsafe { out.assume_init() })
}

/// Of fields that each system has another type for; FreeBSD's free space is below 0 when root has used its reserve.
fn unsigned(number: impl TryInto<u64>) -> u64 {
    number.try_into().unwrap_or(0)
}

/// `fstatfs(fd)`.
pub(crate) fn fstatfs(fd: BorrowedFd<'_>) -> Result<FsInfo, Errno> {
    let out = raw(fd)?;
    // statvfs(3) counts blocks in fragments, statfs(2) in blocks.
    #[cfg(target_os = "netbsd")]
    let unit = out.f_frsize;
    #[cfg(not(target_os = "netbsd"))]
    let unit = out.f_bsize;
    Ok(FsInfo { fs_type: fs_type(&out), room: unsigned(out.f_bavail).saturating_mul(unsigned(unit)) })
}

/// `fstatfs(fd)` and `fstatvfs(fd)`, for facts about the mount.
pub(crate) fn mount_info(fd: BorrowedFd<'_>) -> Result<MountInfo, Errno> {
    let stated = raw(fd)?;
    let (name, fs_type) = (name(&stated), fs_type(&stated));
    let mut out = MaybeUninit::<libc::statvfs>::zeroed();
    // SAFETY: `fd` is open and `out` has room for one statvfs.
    retry(|| check(unsafe { libc::fstatvfs(fd.as_raw_fd(), out.as_mut_ptr()) }))?;
    // SAFETY: the call succeeded, so `out` is filled.
    let out = unsafe { out.assume_init() };
    let name_max = match fs_type.name_limit {
        NameLimit::Characters(limit) => Some(limit),
        // FreeBSD's libc returns the largest number for "unknown".
        NameLimit::AsStated => Some(out.f_namemax).filter(|max| (1..u64::from(u32::MAX)).contains(max)),
    };
    Ok(MountInfo {
        name,
        fs_type,
        read_only: out.f_flag & libc::ST_RDONLY != 0,
        name_max,
        block: out.f_frsize,
    })
}

/// The row of the filesystem's type. The width and sign of `f_type` differ by libc; its low 32 bits do not.
#[cfg(target_os = "linux")]
fn fs_type(out: &RawStatfs) -> &'static FsType {
    u32::try_from(out.f_type & 0xffff_ffff).map_or(&fs_type::UNKNOWN, fs_type::by_number)
}

#[cfg(target_os = "linux")]
fn name(out: &RawStatfs) -> Option<String> {
    Some(fs_type(out).name.to_owned()).filter(|name| !name.is_empty())
}

/// The row of the filesystem's type.
#[cfg(not(target_os = "linux"))]
fn fs_type(out: &RawStatfs) -> &'static FsType {
    name(out).map_or(&fs_type::UNKNOWN, |name| fs_type::by_name(&name))
}

/// The BSDs and macOS write the name into the answer.
#[cfg(not(target_os = "linux"))]
fn name(out: &RawStatfs) -> Option<String> {
    let bytes = out.f_fstypename.iter().map(|byte| byte.cast_unsigned()).take_while(|byte| *byte != 0);
    String::from_utf8(bytes.collect()).ok().filter(|name| !name.is_empty())
}
