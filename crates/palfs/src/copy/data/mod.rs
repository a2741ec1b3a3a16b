//! Moving the bytes of one regular file: clone -> (holes) -> kernel copy -> read and write.
//!
//! Every step works at an explicit offset and leaves off where it got to, so that the next one goes on from there.
//! Only a read of zero bytes is end of file (on this machine's own filesystems also a short one that reaches the size);
//! sizes and zeros from kernel copies are hints.

mod clone;
#[cfg(target_os = "linux")]
pub(super) mod fallback;
#[cfg(target_os = "freebsd")]
mod kernel_freebsd;
#[cfg(target_os = "linux")]
mod kernel_linux;
#[cfg(target_os = "macos")]
mod kernel_macos;
#[cfg(not(any(target_os = "linux", target_os = "freebsd", target_os = "macos")))]
mod kernel_other;
mod method_order;
pub(super) mod mount_pair;
mod read_write;
mod sparse;

use std::os::fd::BorrowedFd;

use super::method::Method;
use super::options::{CopyOptions, Sparse};
use crate::control::Control;
use crate::errno::Errno;
use crate::error::{During, Fact, FsError};
use crate::sys;
use crate::sys::Stat;
use mount_pair::MountPair;
pub(crate) use read_write::Buffer;

/// The most that one call moves: abort, exit and progress wait for one call at the longest. Short calls cost nothing
/// (1 GiB on tmpfs takes as long in calls of 8 MiB as in one), and stay below every kernel's and libc's limit bugs.
#[cfg(any(target_os = "linux", target_os = "freebsd", target_os = "macos"))]
const CHUNK: u64 = 16 << 20;

/// One file's bytes on their way.
pub(crate) struct Transfer<'a> {
    src: BorrowedFd<'a>,
    dest: BorrowedFd<'a>,
    src_stat: &'a Stat,
    dest_stat: &'a Stat,
    options: &'a CopyOptions,
    pair: &'a MountPair,
    control: &'a Control,
    /// Where the content begins in the source, and where in the destination; 0 for a whole file.
    begin: (u64, u64),
    /// How much the source was seen to hold from there on; only a hint.
    size: u64,
    /// All content below is at the destination; counted from where it begins.
    offset: u64,
    /// Where the destination descriptor's own position is; only sendfile writes there.
    #[cfg(target_os = "linux")]
    position: u64,
    /// Kept from one segment to the next.
    #[cfg(target_os = "linux")]
    pipe: Option<sys::Pipe>,
    /// The size that the destination has by now, where it was set before the content came.
    sized: u64,
    /// Blocks of zeros are not written, so that they become holes: under `sparse: 'always'`, and if lseek(2) does not report holes.
    passes_zeros: bool,
    /// The descriptors belong to the caller, who may use their positions: only calls with offsets are allowed.
    ranged: bool,
    /// Bytes by method, to say which one did most.
    by_method: [u64; Method::ALL.len()],
    last: Method,
}

/// What became of one attempt to move a range.
enum Step {
    /// The end of the range, or of what the kernel copy is trusted with, is reached.
    Reached,
    /// A read found the end.
    EndOfFile,
    /// This method does not work here; another may.
    Unsupported(Errno),
}

/// The two open files of a transfer, and their stats from before it.
#[derive(Clone, Copy)]
pub(crate) struct FilePair<'a> {
    pub(crate) src: BorrowedFd<'a>,
    pub(crate) src_stat: &'a Stat,
    pub(crate) dest: BorrowedFd<'a>,
    pub(crate) dest_stat: &'a Stat,
}

impl<'a> Transfer<'a> {
    pub(crate) fn new(
        ends: FilePair<'a>,
        pair: &'a MountPair,
        options: &'a CopyOptions,
        control: &'a Control,
    ) -> Self {
        Self {
            src: ends.src,
            dest: ends.dest,
            src_stat: ends.src_stat,
            dest_stat: ends.dest_stat,
            options,
            pair,
            control,
            begin: (0, 0),
            size: ends.src_stat.size,
            offset: 0,
            #[cfg(target_os = "linux")]
            position: 0,
            #[cfg(target_os = "linux")]
            pipe: None,
            sized: 0,
            passes_zeros: options.sparse == Sparse::Always,
            ranged: false,
            by_method: [0; Method::ALL.len()],
            last: Method::ReadWrite,
        }
    }

    /// Moves up to `len` bytes from offset `from` of the source to offset `to` of the destination, over existing bytes. The positions
    /// of the descriptors are neither used nor changed.
    pub(crate) fn run_range(&mut self, from: u64, to: u64, len: u64) -> Result<(), FsError> {
        self.begin = (from, to);
        self.size = self.src_stat.size.saturating_sub(from).min(len);
        self.ranged = true;
        self.copy_span(Some(len)).map(drop)
    }

    /// Moves everything. The destination is empty when this begins.
    pub(crate) fn run(&mut self) -> Result<(), FsError> {
        self.checkpoint(Method::Clone.call()).map_err(|error| error.with_fact(Fact::NothingWritten))?;
        if self.clone()? {
            return Ok(());
        }
        if self.options.sparse == Sparse::Never || !self.copy_segments()? {
            self.preallocate();
            if self.passes_zeros {
                self.passes_zeros = self.size_first()?;
            }
            self.copy_span(None)?;
        }
        self.settle_size(self.offset)
    }

    /// Bytes at the destination so far: when `run` is done, the file's size.
    pub(crate) fn bytes(&self) -> u64 {
        self.offset
    }

    /// The method that moved most bytes; for an empty file the one that found it empty.
    pub(crate) fn method(&self) -> Method {
        let most = Method::ALL.iter().zip(&self.by_method).max_by_key(|(_, bytes)| **bytes);
        most.filter(|(_, bytes)| **bytes > 0).map_or(self.last, |(method, _)| *method)
    }

    /// Moves from the offset up to `end`, or to the end of the file, by the first method that can.
    fn copy_span(&mut self, end: Option<u64>) -> Result<Step, FsError> {
        let mut refused = FsError::new(Errno::ENOTSUP, "read");
        let order = if self.ranged { method_order::of_range } else { method_order::of };
        for method in order(self.options, self.pair, self.span(end)) {
            let moves_position = self.ranged && *method == Method::Sendfile;
            if moves_position || !self.options.methods.has(*method) || self.pair.lacks(*method) {
                continue;
            }
            match self.attempt(*method, end)? {
                Step::Unsupported(errno) => refused = FsError::new(errno, method.call()),
                // What a kernel copy calls the end is confirmed by a read, which copies on if there is more.
                Step::Reached if *method != Method::ReadWrite && end.is_none_or(|end| self.offset < end) => {
                    return self.confirm_end(end, refused);
                }
                step => return Ok(step),
            }
        }
        // Only a read shows whether a file that seems empty is. If reads are switched off, one byte is still read.
        match end {
            Some(end) if end <= self.offset => Ok(Step::Reached),
            _ if self.size <= self.offset => self.confirm_end(end, refused),
            _ => Err(refused.with_bytes(self.offset)),
        }
    }

    fn confirm_end(&mut self, end: Option<u64>, refused: FsError) -> Result<Step, FsError> {
        if self.options.methods.has(Method::ReadWrite) {
            return self.read_write(end);
        }
        let mut one = [0; 1];
        match sys::pread(self.src, &mut one, self.src_at()).during("pread") {
            Ok(0) => Ok(Step::EndOfFile),
            Ok(_) => Err(refused.with_bytes(self.offset)),
            Err(error) => Err(error.with_bytes(self.offset)),
        }
    }

    /// Account of `bytes` more at the destination.
    fn advance(&mut self, method: Method, bytes: u64) {
        self.offset = self.offset.saturating_add(bytes);
        self.last = method;
        if let Some(sum) = self.by_method.get_mut(method as usize) {
            *sum = sum.saturating_add(bytes);
        }
        self.control.add_bytes(bytes);
    }

    /// Stops here if the operation was cancelled; asked before each call that moves up to [`CHUNK`].
    fn checkpoint(&self, call: &'static str) -> Result<(), FsError> {
        if self.control.is_cancelled() {
            return Err(self.control.cancelled_during(call).with_bytes(self.offset));
        }
        Ok(())
    }

    #[cold]
    fn fail(&self, errno: Errno, call: &'static str) -> FsError {
        FsError::new(errno, call).with_bytes(self.offset)
    }

    /// How much lies between the offset and `end`, as far as is known: a segment chooses its method by its own size.
    fn span(&self, end: Option<u64>) -> u64 {
        end.unwrap_or(u64::MAX).min(self.size).saturating_sub(self.offset)
    }

    /// Where the next byte is in the source.
    fn src_at(&self) -> u64 {
        self.begin.0.saturating_add(self.offset)
    }

    /// Where the next byte goes in the destination.
    fn dest_at(&self) -> u64 {
        self.begin.1.saturating_add(self.offset)
    }

    /// Where kernel copies stop on the way to `end`: at the size that the source had before the copy.
    #[cfg(any(target_os = "linux", target_os = "freebsd"))]
    fn known_end(&self, end: Option<u64>) -> u64 {
        end.map_or(self.size, |end| end.min(self.size))
    }

    /// How many bytes the next call may move on the way to `end`.
    #[cfg(any(target_os = "linux", target_os = "freebsd"))]
    fn chunk(&self, end: u64) -> usize {
        usize::try_from(end.saturating_sub(self.offset).min(CHUNK)).unwrap_or(usize::MAX)
    }

    /// Reserves blocks for a dense file. This is only an optimisation: the writes report every real error. A file that does not fit is
    /// left out: ext4 reserves all free blocks before it returns ENOSPC, and other writers would fail.
    fn preallocate(&mut self) {
        let size = self.src_stat.size;
        let dense = self.src_stat.blocks.saturating_mul(512) >= size || self.options.sparse == Sparse::Never;
        if dense
            && self.options.sparse != Sparse::Always
            && method_order::preallocates(self.pair, size)
            && sys::fstatfs(self.dest).is_ok_and(|info| info.room >= size)
        {
            // A call that fails half-way, over a quota, leaves the file as long as it got.
            let _the_writes_tell = sys::fallocate(self.dest, size);
            self.sized = size;
        }
    }

    /// Makes the destination end where the content does: after a trailing hole, after a reservation that was too
    /// large because the source shrank.
    fn settle_size(&mut self, size: u64) -> Result<(), FsError> {
        if self.sized != size && (self.sized > size || self.passes_zeros) {
            sys::ftruncate(self.dest, size).map_err(|errno| self.fail(errno, "ftruncate"))?;
        }
        self.offset = size;
        Ok(())
    }
}
