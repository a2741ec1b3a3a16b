//! Whole files in one call: copied, read, written; in pieces that suit the filesystem.

use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use crate::buffer::{DEFAULT_ALIGNMENT, PlatformBuffer};
use crate::control::Control;
use crate::copy::{self, CopyOptions, NewFile, PathAt, copy_file};
use crate::errno::Errno;
use crate::error::{During, ErrorKind, FsError};
use crate::sys::{self, STAT_CALL};

/// What one call moves at most: between two of them a cancelled operation stops.
const PIECE: usize = 1 << 20;

/// The least that is read at a time from a file whose size is unknown.
const LEAST_ROOM: usize = 64 << 10;

/// The bounds of [`PlatformIO::optimal_chunk_size`]: below, the cost of system calls dominates; above, nothing is gained.
const CHUNKS: std::ops::RangeInclusive<u64> = (256 << 10)..=(16 << 20);

/// Reads, writes and copies whole files.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct PlatformIO;

/// The instance that every caller can share.
pub static PLATFORM_IO: PlatformIO = PlatformIO;

/// How a file is read.
#[derive(Clone, Copy, Debug)]
pub struct ReadOptions {
    /// Past the page cache, where the filesystem can. Default `false`.
    pub direct: bool,
    /// The most bytes that are wanted; of a larger file none are read ([`ErrorKind::TooLarge`]). Default: no limit.
    pub limit: u64,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { direct: false, limit: u64::MAX }
    }
}

/// A file's content, and how it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Copies a file with the default options of [`copy_file`], and returns its size.
    pub fn copy_file_optimized(&self, src: &Path, dest: &Path) -> Result<u64, FsError> {
        copy_file(src, dest, &CopyOptions::default(), &Control::new()).map(|result| result.bytes)
    }

    /// The whole content of a file, even if stat(2) reports another size.
    pub fn read_file_optimized(&self, path: &Path) -> Result<Vec<u8>, FsError> {
        self.read_file(path, ReadOptions::default(), &Control::new()).map(|content| content.bytes)
    }

    /// As [`read_file_optimized`](Self::read_file_optimized), and reports whether direct I/O was used. Special files are refused
    /// (EINVAL), not opened.
    pub fn read_file(
        &self,
        path: &Path,
        options: ReadOptions,
        control: &Control,
    ) -> Result<FileContent, FsError> {
        with_path(path, |at| {
            let source = copy::open_regular(at, copy::Preserve::NOTHING, control).map_err(not_of_a_copy)?;
            Reading { fd: source.fd.as_fd(), limit: options.limit, control, bytes: Vec::new() }
                .run(source.stat.size, options.direct)
        })
    }

    /// Writes `data` as the whole content of `path`, atomically and durably.
    pub fn write_file_optimized(&self, path: &Path, data: &[u8]) -> Result<(), FsError> {
        self.write_file(path, data, WriteOptions::default(), &Control::new()).map(drop)
    }

    /// As [`write_file_optimized`](Self::write_file_optimized), with options. Returns whether direct I/O was used.
    ///
    /// An existing file keeps its permission bits and, where the caller may set them, its owner and group; a link at
    /// `path` is followed. Without `atomic` the old file is written over and then cut to size, and a failure says `torn`.
    /// With it a failure leaves the old file, or no file, and no temporary.
    pub fn write_file(
        &self,
        path: &Path,
        data: &[u8],
        options: WriteOptions,
        control: &Control,
    ) -> Result<bool, FsError> {
        let _sigxfsz_guard = sys::SigxfszGuard::hold();
        with_path(path, |at| {
            let content = |fd: BorrowedFd<'_>| write_all(fd, data, options.direct, control);
            NewFile::open(at, options.atomic, control)?.fill(content, options.durable)
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

fn with_path<T>(path: &Path, body: impl FnOnce(PathAt<'_>) -> Result<T, FsError>) -> Result<T, FsError> {
    let name: Result<CString, FsError> = sys::cstring(path.as_os_str()).during("openat");
    name.and_then(|name| body(PathAt { dir: sys::CWD, name: &name })).map_err(|error| error.with_path(path))
}

/// The words for special files are those of a copy; here they are just no files with content.
fn not_of_a_copy(error: FsError) -> FsError {
    match error.kind() {
        ErrorKind::Fifo | ErrorKind::Socket | ErrorKind::Unknown => FsError::new(error.errno(), error.call()),
        _ => error,
    }
}

/// A file on its way into memory.
struct Reading<'a> {
    fd: BorrowedFd<'a>,
    limit: u64,
    control: &'a Control,
    bytes: Vec<u8>,
}

impl Reading<'_> {
    /// Reads to the end. `size` is a hint: procfs reports 0, sysfs 4096, and files grow.
    fn run(mut self, size: u64, direct: bool) -> Result<FileContent, FsError> {
        if size > self.limit {
            return Err(self.too_large());
        }
        // One byte more shows the end without a second growth.
        let hint = usize::try_from(size).ok().and_then(|size| size.checked_add(1));
        let hint = hint.ok_or_else(|| self.error(Errno::ENOMEM))?;
        self.reserve(if size == 0 { LEAST_ROOM } else { hint })?;
        let direct = direct && sys::set_direct(self.fd, true).is_ok();
        let direct = direct && self.read_direct()?;
        if !direct {
            self.read_buffered()?;
        }
        self.bytes.shrink_to(self.bytes.len().saturating_add(LEAST_ROOM));
        Ok(FileContent { bytes: self.bytes, direct })
    }

    /// Reads until a read returns 0 bytes.
    fn read_buffered(&mut self) -> Result<(), FsError> {
        loop {
            if self.bytes.len() == self.bytes.capacity() {
                self.reserve(LEAST_ROOM)?;
            }
            self.stop_if_cancelled()?;
            let at = self.bytes.len() as u64;
            let got = sys::pread_append(self.fd, &mut self.bytes, PIECE, at);
            if got.map_err(|errno| self.error(errno))? == 0 {
                return Ok(());
            }
            self.stop_at_limit()?;
        }
    }

    /// Reads aligned pieces; `false` where the filesystem refuses after all (EINVAL), which leaves the rest to the cache.
    fn read_direct(&mut self) -> Result<bool, FsError> {
        let mut piece = PlatformBuffer::new(PIECE).map_err(|_| self.error(Errno::ENOMEM))?;
        loop {
            self.stop_if_cancelled()?;
            match sys::pread(self.fd, piece.as_mut_slice(), self.bytes.len() as u64) {
                Err(Errno::EINVAL) => {
                    sys::set_direct(self.fd, false).during("fcntl")?;
                    return Ok(false);
                }
                Err(errno) => return Err(self.error(errno)),
                Ok(0) => return Ok(true),
                Ok(got) => {
                    self.reserve(got)?;
                    self.bytes.extend_from_slice(piece.as_slice().get(..got).unwrap_or_default());
                    self.stop_at_limit()?;
                    if !got.is_multiple_of(DEFAULT_ALIGNMENT) {
                        // The next read would not be aligned: this was the end, which the cache confirms.
                        sys::set_direct(self.fd, false).during("fcntl")?;
                        self.read_buffered()?;
                        return Ok(true);
                    }
                }
            }
        }
    }

    fn reserve(&mut self, room: usize) -> Result<(), FsError> {
        let exact = self.bytes.capacity() == 0;
        let reserved = if exact { self.bytes.try_reserve_exact(room) } else { self.bytes.try_reserve(room) };
        reserved.map_err(|_| self.error(Errno::ENOMEM))
    }

    fn stop_if_cancelled(&self) -> Result<(), FsError> {
        if self.control.is_cancelled() { Err(self.control.cancelled_during("pread")) } else { Ok(()) }
    }

    fn stop_at_limit(&self) -> Result<(), FsError> {
        if self.bytes.len() as u64 > self.limit { Err(self.too_large()) } else { Ok(()) }
    }

    fn too_large(&self) -> FsError {
        self.error(Errno::EFBIG).with_kind(ErrorKind::TooLarge)
    }

    fn error(&self, errno: Errno) -> FsError {
        FsError::new(errno, "pread").with_bytes(self.bytes.len() as u64)
    }
}

/// Writes all bytes and cuts the file there. Returns whether the bytes went past the page cache.
fn write_all(fd: BorrowedFd<'_>, data: &[u8], direct: bool, control: &Control) -> Result<bool, FsError> {
    let direct = direct && sys::set_direct(fd, true).is_ok();
    let direct = direct && write_direct(fd, data, control)?;
    if !direct {
        write_buffered(fd, data, control)?;
    }
    sys::ftruncate(fd, data.len() as u64).during("ftruncate")?;
    Ok(direct)
}

fn write_buffered(fd: BorrowedFd<'_>, data: &[u8], control: &Control) -> Result<(), FsError> {
    let mut written: usize = 0;
    while let Some(rest) = data.get(written..).filter(|rest| !rest.is_empty()) {
        if control.is_cancelled() {
            return Err(control.cancelled_during("pwrite"));
        }
        let piece = rest.get(..PIECE).unwrap_or(rest);
        match sys::pwrite(fd, piece, written as u64) {
            Ok(0) => return Err(FsError::new(Errno::EIO, "pwrite").with_bytes(written as u64)),
            Ok(count) => written = written.saturating_add(count),
            Err(errno) => return Err(FsError::new(errno, "pwrite").with_bytes(written as u64)),
        }
    }
    Ok(())
}

/// Writes aligned pieces, the last one with zeros up to a whole block; the caller cuts the file to size.
fn write_direct(fd: BorrowedFd<'_>, data: &[u8], control: &Control) -> Result<bool, FsError> {
    let mut piece = PlatformBuffer::new(PIECE).map_err(|_| FsError::new(Errno::ENOMEM, "pwrite"))?;
    for (index, content) in data.chunks(PIECE).enumerate() {
        if control.is_cancelled() {
            return Err(control.cancelled_during("pwrite"));
        }
        let at = (index as u64).saturating_mul(PIECE as u64);
        let whole = content.len().next_multiple_of(DEFAULT_ALIGNMENT);
        let block = piece.as_mut_slice().get_mut(..whole).unwrap_or_default();
        let (copied, padding) = block.split_at_mut(content.len());
        copied.copy_from_slice(content);
        padding.fill(0);
        match sys::pwrite(fd, block, at) {
            Ok(count) if count == whole => {}
            // Direct I/O was refused after all, or wrote only a part (a full disk): the page cache takes the rest, or returns the error.
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
