//! getdents64(2) into a buffer that the caller owns: readdir(3) allocates one for each directory, and musl's holds 2 KiB.

use std::ffi::CStr;
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use super::RawEntry;
use super::records::{HEADER, Record};
use crate::errno::Errno;
use crate::sys::result::{check_offset, retry};

/// The name that errors carry.
pub(crate) const READ_CALL: &str = "getdents64";

/// Directories of some thousand entries come in few calls, and small ones touch no more pages than they fill.
const BUFFER: usize = 64 << 10;

/// A directory that is being read.
pub(crate) struct Directory {
    fd: OwnedFd,
    buffer: Vec<u8>,
    /// The part of the buffer that was not returned yet.
    unread: Range<usize>,
}

impl Directory {
    /// Reads `fd`, which is open for reading, into `buffer`, whose content is overwritten.
    #[expect(clippy::unnecessary_wraps, reason = "readdir(3)'s twin can fail, and callers are the same")]
    pub(crate) fn new(fd: OwnedFd, mut buffer: Vec<u8>) -> Result<Self, Errno> {
        buffer.resize(BUFFER, 0);
        Ok(Self { fd, buffer, unread: 0..0 })
    }

    /// The directory itself.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// The buffer, for the next directory; this one is not read any further.
    pub(crate) fn take_buffer(&mut self) -> Vec<u8> {
        self.unread = 0..0;
        std::mem::take(&mut self.buffer)
    }

    /// The next name, or `None` at the end.
    pub(crate) fn next_entry(&mut self) -> Result<Option<RawEntry<'_>>, Errno> {
        loop {
            if self.unread.is_empty() {
                self.unread = 0..self.fill()?;
                if self.unread.is_empty() {
                    return Ok(None);
                }
            }
            let at = self.unread.start;
            let record = self.buffer.get(self.unread.clone()).and_then(Record::parse).ok_or(Errno::EIO)?;
            self.unread.start = at.saturating_add(record.length);
            if record.is_dots {
                continue;
            }
            let range = at.saturating_add(HEADER)..self.unread.start;
            let name = self.buffer.get(range).and_then(|bytes| CStr::from_bytes_until_nul(bytes).ok());
            let name = name.ok_or(Errno::EIO)?;
            return Ok(Some(RawEntry {
                dir: self.fd.as_fd(),
                name,
                inode: record.inode,
                format: record.format,
            }));
        }
    }

    fn fill(&mut self) -> Result<usize, Errno> {
        getdents64(self.fd.as_fd(), &mut self.buffer)
    }
}

/// `getdents64(fd, buffer)`. ENOENT for a removed directory, which has no names.
fn getdents64(fd: BorrowedFd<'_>, buffer: &mut [u8]) -> Result<usize, Errno> {
    let (fd, ptr, len) = (fd.as_raw_fd(), buffer.as_mut_ptr(), buffer.len());
    let filled = retry(|| {
        // SAFETY: the kernel writes at most `len` bytes into the buffer; the arguments are those of getdents64(2).
        check_offset(unsafe { libc::syscall(libc::SYS_getdents64, fd, ptr, len) })
    });
    match filled {
        Ok(filled) => usize::try_from(filled).map_err(|_| Errno::EIO),
        Err(Errno::ENOENT) => Ok(0),
        Err(errno) => Err(errno),
    }
}

/// As many names as one batch holds: enough that a call costs little of each, few enough to share among threads.
const BATCH: usize = 16 << 10;

/// The longest record: a name of 255 bytes.
const LONGEST: usize = (HEADER + 256).next_multiple_of(8);

/// The position in a directory whose descriptor may be closed and opened again between reads.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    position: i64,
    /// The descriptor is another than that of the last call.
    moved: bool,
}

impl Listing {
    /// Replaces the content of `buffer` by the next names; `false` if they are the last.
    ///
    /// Reads until the kernel returns no more names, so that one call is enough for most directories.
    pub(crate) fn fill(&mut self, fd: BorrowedFd<'_>, buffer: &mut Vec<u8>) -> Result<bool, Errno> {
        if std::mem::take(&mut self.moved) {
            let to = u64::try_from(self.position).map_err(|_| Errno::EOVERFLOW)?;
            crate::sys::seek_to(fd, to)?;
        }
        buffer.resize(BATCH, 0);
        let mut used = 0_usize;
        let more = loop {
            let Some(room) = buffer.get_mut(used..).filter(|room| room.len() >= LONGEST) else { break true };
            match getdents64(fd, room) {
                Ok(0) => break false,
                Ok(got) => {
                    self.position = last_offset(room.get(..got).unwrap_or_default(), self.position);
                    used = used.saturating_add(got);
                }
                // The names that were read are returned first; the next call fails again.
                Err(_) if used > 0 => break true,
                Err(errno) => return Err(errno),
            }
        };
        buffer.truncate(used);
        Ok(more)
    }

    /// The next call will have another descriptor of the same directory.
    pub(crate) fn resume(&mut self) {
        self.moved = true;
    }

    /// The next call begins at the first name.
    pub(crate) fn rewind(&mut self) {
        self.position = 0;
        self.moved = true;
    }
}

/// Where the directory goes on behind the last of these records.
fn last_offset(bytes: &[u8], before: i64) -> i64 {
    let (mut at, mut offset) = (0_usize, before);
    while let Some(record) = bytes.get(at..).and_then(Record::parse) {
        at = at.saturating_add(record.length);
        offset = record.offset;
    }
    offset
}
