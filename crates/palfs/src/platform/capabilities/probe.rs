//! What can be learned from files without names, or with random ones where there are none without.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::attributes;
use super::probe_target::ProbeTarget;
use super::report::{DirectIo, PlatformCapabilities};
use crate::buffer::PlatformBuffer;
use crate::copy::{PathAtBuf, prepare_unlink};
use crate::errno::Errno;
use crate::sys;
use crate::sys::{OpenFlags, Timestamp};

/// How much is written: one block of most filesystems, more than any keeps inside an inode.
pub(super) const BLOCK: usize = 4096;

/// How far a file is extended to see whether a hole takes room.
const HOLE: u64 = 1 << 20;

/// Permission bits of probe files: only the owner may open them.
pub(super) const MODE: u32 = 0o600;

/// A name that was made here and goes with this value.
pub(super) struct Name<'a> {
    pub(super) dir: BorrowedFd<'a>,
    pub(super) name: CString,
}

impl Drop for Name<'_> {
    fn drop(&mut self) {
        let _nobody_to_tell = sys::unlinkat(self.dir, &self.name);
    }
}

/// An empty file of our own, open for reading and writing. It is unlinked, closed, and unlinked again where close(2) may bring
/// it back: of all orders the one that leaves nothing on NFS, SMB and FUSE alike (Linux 6.1 and 6.18, 60 files each).
///
/// libfuse takes a file for open until its RELEASE, for which close(2) does not wait: unlinked in between it may stay as
/// `.fuse_hidden...`. rclone uploads a file at its close, also one that was unlinked. What NFS and SMB rename or mark when an open
/// file is unlinked is gone with the close.
pub(super) struct ProbeFile<'a> {
    fd: OwnedFd,
    // After `fd`: dropped when that is closed.
    name: Option<Name<'a>>,
}

impl Drop for ProbeFile<'_> {
    fn drop(&mut self) {
        let Some(Name { dir, name }) = &self.name else { return };
        let is_final = prepare_unlink(self.fd.as_fd());
        let is_gone = sys::unlinkat(*dir, name).is_ok();
        if is_final && is_gone {
            std::mem::forget(self.name.take());
        }
    }
}

impl<'a> ProbeFile<'a> {
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Under a random name with this end.
    pub(super) fn named(dir: BorrowedFd<'a>, suffix: &str) -> Result<Self, Errno> {
        let name = random_name(suffix)?;
        let fd = sys::openat(dir, &name, OpenFlags::CREATE_NEW_READABLE, MODE)?;
        Ok(Self { fd, name: Some(Name { dir, name }) })
    }

    /// The name, if there is one.
    pub(super) fn name(&self) -> Option<&CStr> {
        self.name.as_ref().map(|name| name.name.as_c_str())
    }

    /// Without a name.
    #[cfg(target_os = "linux")]
    fn unnamed(dir: BorrowedFd<'a>) -> Result<Self, Errno> {
        Ok(Self { fd: sys::openat(dir, c".", OpenFlags::UNNAMED, MODE)?, name: None })
    }

    /// No file is without a name here.
    #[cfg(not(target_os = "linux"))]
    fn unnamed(_dir: BorrowedFd<'a>) -> Result<Self, Errno> {
        Err(Errno::EOPNOTSUPP)
    }
}

/// A unique name.
pub(super) fn random_name(suffix: &str) -> Result<CString, Errno> {
    let mut name = PathAtBuf::temporary_name().map_err(|error| error.errno())?.into_bytes();
    name.extend_from_slice(suffix.as_bytes());
    CString::new(name).map_err(|_| Errno::EINVAL)
}

/// The result of an attempt: it works, the filesystem or the kernel does not have it, or `None`: it failed for another reason (no
/// space, permission, a broken disk).
pub(super) fn verdict<T>(attempt: &Result<T, Errno>) -> Option<bool> {
    match attempt {
        Ok(_) => Some(true),
        Err(errno) if *errno == Errno::EOPNOTSUPP || *errno == Errno::ENOTSUP => Some(false),
        // EPERM: the answer of link(2) and symlink(2) on FAT, and of a seccomp filter; files are ours, so not of them.
        Err(Errno::ENOSYS | Errno::ENOTTY | Errno::EINVAL | Errno::EPERM | Errno::EXDEV) => Some(false),
        Err(_) => None,
    }
}

/// Fills in what two files of our own can tell. Where none can be made, nothing.
pub(super) fn run(probe_target: &ProbeTarget, found: &mut PlatformCapabilities) {
    let Some(dir) = probe_target.dir() else { return };
    let unnamed = ProbeFile::unnamed(dir);
    found.tmpfile = match &unnamed {
        Ok(_) => Some(true),
        // EISDIR, EINVAL: what kernels and servers say that take O_TMPFILE for O_DIRECTORY with O_RDWR.
        Err(Errno::EOPNOTSUPP | Errno::EISDIR | Errno::EINVAL) => Some(false),
        Err(_) => None,
    };
    let pair = unnamed
        .and_then(|source| Ok((source, ProbeFile::unnamed(dir)?)))
        .or_else(|_| Ok::<_, Errno>((ProbeFile::named(dir, "")?, ProbeFile::named(dir, "")?)));
    let Ok((source, dest)) = pair else { return };
    let (source, dest) = (source.fd(), dest.fd());

    found.flock_available = verdict(&sys::flock_exclusive(source));
    attributes::try_on(source, found);
    found.timestamp_granularity = timestamp_granularity(source);
    if fill(source).is_ok() {
        probe_sharing(source, dest, found);
        found.sparse_files = sparse_files(source);
        found.direct_io = direct_io(source, probe_target);
    }
}

/// Writes one block that cannot be compressed away.
fn fill(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    let mut block = Vec::with_capacity(BLOCK);
    let mut state = u128::from_ne_bytes(sys::random_bytes()?) | 1;
    while block.len() < BLOCK {
        state = state.wrapping_mul(0xda94_2042_e4dd_58b5);
        block.extend_from_slice(&state.to_be_bytes());
    }
    match sys::pwrite(fd, &block, 0)? {
        BLOCK => Ok(()),
        _ => Err(Errno::ENOSPC),
    }
}

/// Extends the file by a hole and looks whether it grew.
fn sparse_files(fd: BorrowedFd<'_>) -> Option<bool> {
    // Without ftruncate(2) a file grows by writes alone.
    if !verdict(&sys::ftruncate(fd, HOLE))? {
        return Some(false);
    }
    let stat = sys::fstat(fd).ok()?;
    (stat.size == HOLE).then(|| stat.blocks.saturating_mul(512) < HOLE)
}

/// Sets a time one nanosecond before an even second, at an odd one: what is cut off is the granularity less one, for
/// anything that divides two seconds.
fn timestamp_granularity(fd: BorrowedFd<'_>) -> Option<u64> {
    // In 2001: filesystems that count from 1980 have it, those that end in 2038 as well.
    let asked = Timestamp { seconds: 1_000_000_001, nanoseconds: 999_999_999 };
    sys::futimens(fd, asked, asked).ok()?;
    let kept = sys::fstat(fd).ok()?.mtime;
    let whole = asked.seconds.checked_sub(kept.seconds).and_then(|whole| u64::try_from(whole).ok())?;
    let cut = whole.checked_mul(1_000_000_000)?.checked_add(u64::from(asked.nanoseconds))?;
    cut.checked_sub(u64::from(kept.nanoseconds))?.checked_add(1).filter(|step| *step <= 2_000_000_000)
}

/// What the filesystem states, or what a write and a read show.
fn direct_io(fd: BorrowedFd<'_>, probe_target: &ProbeTarget) -> Option<DirectIo> {
    if let Some(stated) = stated_direct_io(fd, c"") {
        return Some(stated);
    }
    match sys::set_direct(fd, true) {
        Ok(()) => {}
        Err(Errno::EINVAL | Errno::EOPNOTSUPP) => return Some(DirectIo::Unsupported),
        Err(_) => return None,
    }
    if cfg!(target_os = "macos") {
        return Some(DirectIo::Aligned { memory: 1, offset: 1 });
    }
    let mut works = Some(false);
    for unit in direct_io_units(probe_target).into_iter().flatten() {
        match verdict(&write_and_read(fd, unit)) {
            Some(true) => {
                return u32::try_from(unit).ok().map(|unit| DirectIo::Aligned { memory: unit, offset: unit });
            }
            Some(false) => {}
            None => works = None,
        }
    }
    works.map(|_| DirectIo::Unsupported)
}

/// The alignments to be tried, the smallest first. NFS and most FUSE servers take any, whatever they state as their block (NFS:
/// how much one transfer moves). Local filesystems that state nothing go through the page cache where the alignment is not
/// that of their blocks.
fn direct_io_units(probe_target: &ProbeTarget) -> [Option<usize>; 3] {
    let block = probe_target.mount.as_ref().and_then(|mount| usize::try_from(mount.block).ok());
    let block = block.filter(|size| size.is_power_of_two() && *size >= 512).unwrap_or(BLOCK);
    let is_local = probe_target.fs_type().is_local;
    [(!is_local).then_some(1), (block > BLOCK && !is_local).then_some(BLOCK), Some(block)]
}

/// Writes and reads `unit` bytes at an offset and at an address that are multiples of it, and of nothing larger.
fn write_and_read(fd: BorrowedFd<'_>, unit: usize) -> Result<usize, Errno> {
    let mut buffer = PlatformBuffer::with_alignment(unit.saturating_mul(2), unit.saturating_mul(2).max(512))
        .map_err(|_| Errno::ENOMEM)?;
    let upper = buffer.as_mut_slice().get_mut(unit..).unwrap_or_default();
    let offset = u64::try_from(unit).unwrap_or(u64::MAX);
    sys::pwrite(fd, upper, offset)?;
    sys::pread(fd, upper, offset)
}

/// The statx(2) of the regular file `name` in `dir`, or of `dir` itself if the name is empty.
#[cfg(target_os = "linux")]
pub(super) fn stated_direct_io(dir: BorrowedFd<'_>, name: &CStr) -> Option<DirectIo> {
    let stated = sys::dio_alignment(dir, name)?;
    if stated.memory == 0 || stated.offset == 0 {
        return Some(DirectIo::Unsupported);
    }
    Some(DirectIo::Aligned { memory: stated.memory, offset: stated.offset })
}

/// Nothing states it here.
#[cfg(not(target_os = "linux"))]
pub(super) fn stated_direct_io(_dir: BorrowedFd<'_>, _name: &CStr) -> Option<DirectIo> {
    None
}

/// FICLONE, copy_file_range, sendfile and splice, in this order: each writes the same block over the last one's.
#[cfg(target_os = "linux")]
fn probe_sharing(source: BorrowedFd<'_>, dest: BorrowedFd<'_>, found: &mut PlatformCapabilities) {
    found.clonefile_available = Some(false);
    found.reflink = clones(source, dest);
    found.copy_file_range_available = moved(dest, || sys::copy_file_range(source, 0, dest, 0, BLOCK));
    found.sendfile_available = moved(dest, || {
        sys::seek_to(dest, 0)?;
        sys::sendfile(source, dest, 0, BLOCK)
    });
    found.splice_available = moved(dest, || {
        let pipe = sys::pipe()?;
        let held = sys::splice(source, Some(0), pipe.writer(), None, BLOCK)?;
        sys::splice(pipe.reader(), None, dest, Some(0), held)
    });
}

/// Clones a block that is stored: filesystems clone empty files that cannot clone others. Those that cannot clone at all
/// say so before, and need not wait for the disk.
#[cfg(target_os = "linux")]
fn clones(source: BorrowedFd<'_>, dest: BorrowedFd<'_>) -> Option<bool> {
    if let Err(Errno::EOPNOTSUPP | Errno::ENOTTY | Errno::ENOSYS) = sys::ficlone(source, dest) {
        return Some(false);
    }
    sys::fsync(source).ok()?;
    sys::ftruncate(dest, 0).ok()?;
    let cloned = verdict(&sys::ficlone(source, dest))?;
    // OpenZFS up to 2.2.2 reports success and leaves a file that is too short (openzfs/zfs#15728).
    Some(cloned && is_whole(dest))
}

/// Empties `dest` and calls. Success without a single byte is none: the file has a block.
#[cfg(any(target_os = "linux", target_os = "freebsd"))]
fn moved(dest: BorrowedFd<'_>, call: impl FnOnce() -> Result<usize, Errno>) -> Option<bool> {
    sys::ftruncate(dest, 0).ok()?;
    match call() {
        Ok(0) => Some(false),
        other => verdict(&other),
    }
}

#[cfg(any(target_os = "linux", target_os = "freebsd"))]
fn is_whole(dest: BorrowedFd<'_>) -> bool {
    sys::fstat(dest).is_ok_and(|stat| usize::try_from(stat.size) == Ok(BLOCK))
}

/// copy_file_range with and without the flag for clones.
#[cfg(target_os = "freebsd")]
fn probe_sharing(source: BorrowedFd<'_>, dest: BorrowedFd<'_>, found: &mut PlatformCapabilities) {
    found.clonefile_available = Some(false);
    let stored = sys::fsync(source);
    found.reflink = match stored.and_then(|()| sys::clone_range(source, dest, 0, BLOCK)) {
        Ok(_) => Some(is_whole(dest)),
        Err(Errno::EOPNOTSUPP) => Some(false),
        // EINVAL: FreeBSD before 15 does not know the flag, and may share storage all the same.
        Err(_) => None,
    };
    found.copy_file_range_available = moved(dest, || sys::copy_file_range(source, 0, dest, 0, BLOCK));
}

/// macOS clones by name: see `names`.
#[cfg(not(any(target_os = "linux", target_os = "freebsd")))]
fn probe_sharing(_source: BorrowedFd<'_>, _dest: BorrowedFd<'_>, _found: &mut PlatformCapabilities) {}
