//! Whole files in one call: copied, read, written; in pieces that suit the filesystem.

use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use crate::buffer::{DEFAULT_ALIGNMENT, PlatformBuffer};
use crate::control::Control;
use crate::copy::{self, At, CopyOptions, NewFile, copy_file};
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys::{self, STAT_CALL};

/// Pieces of direct I/O, and the least that is read at a time.
const PIECE: usize = 1 << 20;

/// The bounds of [`PlatformIO::optimal_chunk_size`]: below, system calls are what is paid for; above, nothing is won.
const CHUNKS: std::ops::RangeInclusive<u64> = (256 << 10)..=(16 << 20);

/// Reads, writes and copies whole files.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct PlatformIO;

/// The instance that every caller can share.
pub static PLATFORM_IO: PlatformIO = PlatformIO;

/// How a file is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadOptions {
    /// Past the page cache, where the filesystem can. Default `false`.
    pub direct: bool,
}

/// A file's content, and how it was read.
#[derive(Clone, Debug)]
pub struct FileContent {
    /// Every byte until a read gave none.
    pub bytes: Vec<u8>,
    /// Whether all of it came past the page cache. `false` after `direct: true` means that the filesystem could not.
    pub direct: bool,
}

/// How a file is written.
#[derive(Clone, Copy, Debug)]
pub struct WriteOptions {
    /// The old content or the new, never a part: a temporary beside it is renamed over it. Default `true`.
    pub atomic: bool,
    /// fsync(2) of the file, and of its directory where a name was made, before success. Default `true`.
    pub durable: bool,
    /// Past the page cache, where the filesystem can. Default `false`.
    pub direct: bool,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self { atomic: true, durable: true, direct: false }
    }
}

impl PlatformIO {
    /// Copies a file with the default options of [`copy_file`]; gives its size.
    pub fn copy_file_optimized(&self, src: &Path, dest: &Path) -> Result<u64, FsError> {
        copy_file(src, dest, &CopyOptions::default(), &Control::new()).map(|result| result.bytes)
    }

    /// Everything that a file holds, whatever its size is said to be.
    pub fn read_file_optimized(&self, path: &Path) -> Result<Vec<u8>, FsError> {
        self.read_file(path, ReadOptions::default()).map(|content| content.bytes)
    }

    /// As [`read_file_optimized`](Self::read_file_optimized), and says how. Special files are refused, not opened.
    pub fn read_file(&self, path: &Path, options: ReadOptions) -> Result<FileContent, FsError> {
        with_path(path, |at| {
            let source = copy::open_regular(at, &Control::new())?;
            read_all(source.fd.as_fd(), source.stat.size, options)
        })
    }

    /// Writes `data` as the whole content of `path`, atomically and durably.
    pub fn write_file_optimized(&self, path: &Path, data: &[u8]) -> Result<(), FsError> {
        self.write_file(path, data, WriteOptions::default()).map(drop)
    }

    /// As [`write_file_optimized`](Self::write_file_optimized), as asked; says whether direct I/O was used.
    ///
    /// An existing file keeps its permission bits and, where the caller may set them, its owner and group; a link at
    /// `path` is followed. Without `atomic` the old file is written over and then cut to size, and a failure says `torn`.
    pub fn write_file(&self, path: &Path, data: &[u8], options: WriteOptions) -> Result<bool, FsError> {
        with_path(path, |at| {
            let content = |fd: BorrowedFd<'_>| write_all(fd, data, options.direct);
            NewFile::open(at, options.atomic)?.fill(content, options.durable)
        })
    }

    /// How much to read or write at a time on the filesystem of `path`, in bytes: a multiple of its block size, at least
    /// 256 KiB and at most 16 MiB.
    pub fn optimal_chunk_size(&self, path: &Path) -> Result<usize, FsError> {
        with_path(path, |at| {
            let stat = sys::fstatat(at.dir, at.name, sys::Follow::Yes).during(STAT_CALL)?;
            let block = stat.blksize.clamp(512, *CHUNKS.end());
            let chunk = CHUNKS.start().next_multiple_of(block).min(*CHUNKS.end());
            Ok(usize::try_from(chunk).unwrap_or(PIECE))
        })
    }
}

fn with_path<T>(path: &Path, body: impl FnOnce(At<'_>) -> Result<T, FsError>) -> Result<T, FsError> {
    let name: Result<CString, FsError> = sys::cstring(path.as_os_str()).during("openat");
    name.and_then(|name| body(At { dir: sys::CWD, name: &name })).map_err(|error| error.with_path(path))
}

fn read_all(fd: BorrowedFd<'_>, size: u64, options: ReadOptions) -> Result<FileContent, FsError> {
    let mut bytes = Vec::new();
    // The size is a hint: procfs says 0, sysfs 4096, and files grow. One byte more shows the end without a second growth.
    let hint = usize::try_from(size.saturating_add(1)).map_err(|_| FsError::new(Errno::EFBIG, "pread"))?;
    bytes.try_reserve_exact(hint).map_err(|_| FsError::new(Errno::ENOMEM, "pread"))?;
    let direct = options.direct && sys::set_direct(fd, true).is_ok();
    let direct = direct && read_direct(fd, &mut bytes)?;
    if !direct {
        read_buffered(fd, &mut bytes)?;
    }
    Ok(FileContent { bytes, direct })
}

/// Reads until a read gives nothing.
fn read_buffered(fd: BorrowedFd<'_>, bytes: &mut Vec<u8>) -> Result<(), FsError> {
    loop {
        let filled = bytes.len();
        let room = bytes.capacity().saturating_sub(filled).max(64 << 10);
        bytes.try_reserve(room).map_err(|_| FsError::new(Errno::ENOMEM, "pread"))?;
        bytes.resize(filled.saturating_add(room), 0);
        let got = sys::pread(fd, bytes.get_mut(filled..).unwrap_or_default(), filled as u64);
        bytes.truncate(filled.saturating_add(*got.as_ref().unwrap_or(&0)));
        if got.during("pread").map_err(|error| error.with_bytes(filled as u64))? == 0 {
            return Ok(());
        }
    }
}

/// Reads aligned pieces; `false` where the filesystem refuses after all (EINVAL), which leaves the rest to the cache.
fn read_direct(fd: BorrowedFd<'_>, bytes: &mut Vec<u8>) -> Result<bool, FsError> {
    let mut piece = PlatformBuffer::new(PIECE).map_err(|_| FsError::new(Errno::ENOMEM, "pread"))?;
    loop {
        match sys::pread(fd, piece.as_mut_slice(), bytes.len() as u64) {
            Err(Errno::EINVAL) => {
                sys::set_direct(fd, false).during("fcntl")?;
                return Ok(false);
            }
            Err(errno) => return Err(FsError::new(errno, "pread").with_bytes(bytes.len() as u64)),
            Ok(0) => return Ok(true),
            Ok(got) => {
                bytes.try_reserve(got).map_err(|_| FsError::new(Errno::ENOMEM, "pread"))?;
                bytes.extend_from_slice(piece.as_slice().get(..got).unwrap_or_default());
                if !got.is_multiple_of(DEFAULT_ALIGNMENT) {
                    // The next read would not be aligned: this was the end, which the cache confirms.
                    sys::set_direct(fd, false).during("fcntl")?;
                    read_buffered(fd, bytes)?;
                    return Ok(true);
                }
            }
        }
    }
}

/// Writes everything and makes the file end there; says whether it went past the page cache.
fn write_all(fd: BorrowedFd<'_>, data: &[u8], direct: bool) -> Result<bool, FsError> {
    let direct = direct && sys::set_direct(fd, true).is_ok();
    let direct = direct && write_direct(fd, data)?;
    if !direct {
        write_buffered(fd, data)?;
    }
    sys::ftruncate(fd, data.len() as u64).during("ftruncate")?;
    Ok(direct)
}

fn write_buffered(fd: BorrowedFd<'_>, data: &[u8]) -> Result<(), FsError> {
    let mut written = 0;
    while let Some(rest) = data.get(written..).filter(|rest| !rest.is_empty()) {
        match sys::pwrite(fd, rest, written as u64) {
            Ok(0) => return Err(FsError::new(Errno::EIO, "pwrite").with_bytes(written as u64)),
            Ok(count) => written = written.saturating_add(count),
            Err(errno) => return Err(FsError::new(errno, "pwrite").with_bytes(written as u64)),
        }
    }
    Ok(())
}

/// Writes aligned pieces, the last one with zeros up to a whole block; the caller cuts the file to size.
fn write_direct(fd: BorrowedFd<'_>, data: &[u8]) -> Result<bool, FsError> {
    let mut piece = PlatformBuffer::new(PIECE).map_err(|_| FsError::new(Errno::ENOMEM, "pwrite"))?;
    for (index, content) in data.chunks(PIECE).enumerate() {
        let at = (index as u64).saturating_mul(PIECE as u64);
        let whole = content.len().next_multiple_of(DEFAULT_ALIGNMENT);
        let block = piece.as_mut_slice().get_mut(..whole).unwrap_or_default();
        let (copied, padding) = block.split_at_mut(content.len());
        copied.copy_from_slice(content);
        padding.fill(0);
        match sys::pwrite(fd, block, at) {
            Ok(count) if count == whole => {}
            // Refused after all, or a part only (a full disk): the cache takes it from here, or says why not.
            Ok(_) | Err(Errno::EINVAL) => {
                sys::set_direct(fd, false).during("fcntl")?;
                return Ok(false);
            }
            Err(errno) => return Err(FsError::new(errno, "pwrite").with_bytes(at)),
        }
    }
    sys::set_direct(fd, false).during("fcntl")?;
    Ok(true)
}
