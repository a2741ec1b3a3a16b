//! A range of bytes from one descriptor to another: regular files by the engine's own methods; pipes, sockets and files open for
//! appending as streams.

use std::os::fd::BorrowedFd;

use super::data::mount_pair::MountPair;
use super::data::{FilePair, Transfer};
#[cfg(target_os = "linux")]
use super::method::Method;
use super::method::MethodSet;
use super::options::CopyOptions;
use super::stream::{End, Stream};
use crate::control::Control;
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys;
use crate::sys::{STAT_CALL, Stat};

/// The call that errors of this operation's own checks name.
const CALL: &str = "copy_file_range";

/// Where a range begins. `None` is the descriptor's own position, which then advances by the bytes copied. With an offset the
/// position is neither used nor changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CopyOffsets {
    /// In the source.
    pub src: Option<u64>,
    /// In the destination.
    pub dest: Option<u64>,
}

/// Copies up to `len` bytes between open files by any of `methods`, and returns how many: fewer only if the source ended. Like
/// copy_file_range(2) on every platform, but complete (one such call may stop anywhere), across filesystems, and with pipes, sockets
/// and devices on either side.
///
/// A destination that is open for appending is appended to by write(2), as by Go and Rust: kernels refuse to copy there.
///
/// EBADF: the source is not open for reading, the destination not for writing, or for appending although an offset is
/// given. EINVAL: both are one file, and the ranges overlap. EISDIR: a directory. ESPIPE: an offset in what has no positions.
///
/// Pipes and sockets are waited for, whether they block or not. Where a file goes into one by splice, its pages stay the
/// file's own until they are read there: later writes to the source show.
///
/// # Errors
/// [`FsError`] with the system call that failed and the bytes copied before; positions have moved by just those.
pub fn copy_range(
    src: BorrowedFd<'_>,
    dest: BorrowedFd<'_>,
    len: u64,
    at: CopyOffsets,
    methods: MethodSet,
    control: &Control,
) -> Result<u64, FsError> {
    let _sigxfsz_guard = sys::SigxfszGuard::hold();
    let mut range = Range {
        src: Side::of(src, at.src, sys::pread(src, &mut [], 0))?,
        dest: Side::of(dest, at.dest, sys::pwrite(dest, &[], 0))?,
        len,
        appends: sys::access(dest).during("fcntl")?.append,
        options: &CopyOptions { methods, ..CopyOptions::default() },
        control,
    };
    if range.appends && at.dest.is_none() {
        range.dest.begin = None;
    }
    range.stay_within_one_file();
    range.check()?;
    let copied = range.copy();
    let moved = copied.as_ref().map_or_else(FsError::bytes, |moved| *moved);
    range.src.settle(moved)?;
    range.dest.settle(moved)?;
    copied
}

/// One descriptor and where it is read or written.
struct Side<'a> {
    fd: BorrowedFd<'a>,
    stat: Stat,
    /// Where the range begins; `None` for pipes and sockets, which have no positions.
    begin: Option<u64>,
    /// Whether that is the descriptor's own position.
    owns_position: bool,
}

impl<'a> Side<'a> {
    /// `nothing` is what became of moving no bytes at a position: some files of procfs can be sought in, but only take
    /// writes where they stand.
    fn of(fd: BorrowedFd<'a>, offset: Option<u64>, nothing: Result<usize, Errno>) -> Result<Self, FsError> {
        let stat = sys::fstat(fd).during(STAT_CALL)?;
        if stat.is_dir() {
            return Err(FsError::new(Errno::EISDIR, CALL));
        }
        let position = match nothing {
            Err(Errno::ESPIPE) => Err(Errno::ESPIPE),
            _ => sys::position(fd),
        };
        let position = match position {
            Ok(position) => Some(position),
            Err(Errno::ESPIPE) if offset.is_none() => None,
            Err(errno) => return Err(FsError::new(errno, "lseek")),
        };
        Ok(Self { fd, stat, begin: offset.or(position), owns_position: offset.is_none() })
    }

    /// Moves the descriptor's position, where that was the beginning.
    fn settle(&self, moved: u64) -> Result<(), FsError> {
        match self.begin {
            Some(begin) if self.owns_position && moved > 0 => {
                let to = begin.saturating_add(moved);
                sys::seek_to(self.fd, to).during("lseek").map_err(|error| error.with_bytes(moved))
            }
            _ => Ok(()),
        }
    }

    fn end(&self) -> End<'a> {
        End { fd: self.fd, at: self.begin }
    }
}

struct Range<'a> {
    src: Side<'a>,
    dest: Side<'a>,
    len: u64,
    /// Whether every write goes to the end of the destination, wherever its position is.
    appends: bool,
    options: &'a CopyOptions,
    control: &'a Control,
}

impl Range<'_> {
    /// Within one file the end as it is now is the end: one that moves away as bytes are added would never be reached.
    fn stay_within_one_file(&mut self) {
        if let Some(from) = self.src.begin
            && self.src.stat.is_file()
            && self.src.stat.same_inode(&self.dest.stat)
        {
            self.len = self.len.min(self.src.stat.size.saturating_sub(from));
        }
    }

    /// What copy_file_range(2) refuses is refused before anything else could do half of it.
    fn check(&self) -> Result<(), FsError> {
        let src = sys::access(self.src.fd).during("fcntl")?;
        let dest = sys::access(self.dest.fd).during("fcntl")?;
        // pwrite(2) would append on Linux, and write at the offset elsewhere.
        let appends_elsewhere = self.appends && self.dest.begin.is_some();
        if !src.read || !dest.write || appends_elsewhere {
            return Err(FsError::new(Errno::EBADF, CALL));
        }
        if self.src.stat.same_inode(&self.dest.stat) && self.overlaps() {
            return Err(FsError::new(Errno::EINVAL, CALL));
        }
        Ok(())
    }

    fn overlaps(&self) -> bool {
        if self.src.stat.is_fifo() {
            return true; // a pipe into itself would turn for ever
        }
        let (Some(from), Some(to)) = (self.src.begin, self.dest.begin) else { return false };
        self.src.stat.is_file() && from < to.saturating_add(self.len) && to < from.saturating_add(self.len)
    }

    fn copy(&self) -> Result<u64, FsError> {
        match (self.src.begin, self.dest.begin) {
            (Some(from), Some(to)) => self.between_files(from, to),
            _ => self.stream(),
        }
    }

    fn between_files(&self, from: u64, to: u64) -> Result<u64, FsError> {
        let (src, dest) = (&self.src, &self.dest);
        let pair = MountPair::of((src.fd, &src.stat), (dest.fd, &dest.stat));
        let ends = FilePair { src: src.fd, src_stat: &src.stat, dest: dest.fd, dest_stat: &dest.stat };
        let mut transfer = Transfer::new(ends, &pair, self.options, self.control);
        transfer.run_range(from, to, self.len)?;
        Ok(transfer.bytes())
    }

    fn stream(&self) -> Result<u64, FsError> {
        let mut stream = Stream {
            src: self.src.end(),
            dest: self.dest.end(),
            left: self.len,
            moved: 0,
            control: self.control,
        };
        // splice(2) does not append: EINVAL.
        #[cfg(target_os = "linux")]
        if !self.appends && self.options.methods.has(Method::Splice) {
            stream.splice()?;
        }
        if stream.left > 0 {
            stream.read_write()?;
        }
        Ok(stream.moved)
    }
}
