//! getdents64(2) into a buffer that the caller owns: readdir(3) allocates one for each directory, and musl's holds 2 KiB.

use std::ffi::CStr;
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use super::{RawEntry, format};
use crate::errno::Errno;
use crate::sys::result::{check_offset, retry};

/// The name that errors carry.
pub(crate) const READ_CALL: &str = "getdents64";

/// Directories of some thousand entries come in few calls, and small ones touch no more pages than they fill.
const BUFFER: usize = 64 << 10;

/// Bytes before the name in a `linux_dirent64`: inode, offset, length of the record, type.
const HEADER: usize = 8 + 8 + 2 + 1;

/// A directory that is being read.
pub(crate) struct Directory {
    fd: OwnedFd,
    buffer: Vec<u8>,
    /// What is in the buffer and has not been given out.
    unread: Range<usize>,
}

impl Directory {
    /// Reads `fd`, which is open for reading, through `buffer`, whose content does not matter.
    #[expect(clippy::unnecessary_wraps, reason = "readdir(3)'s twin can fail, and callers are the same")]
    pub(crate) fn new(fd: OwnedFd, mut buffer: Vec<u8>) -> Result<Self, Errno> {
        buffer.resize(BUFFER, 0);
        Ok(Self { fd, buffer, unread: 0..0 })
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

    /// `getdents64(fd, buffer)`. A directory that was removed meanwhile says ENOENT, and has no names.
    fn fill(&mut self) -> Result<usize, Errno> {
        let (fd, ptr, len) = (self.fd.as_raw_fd(), self.buffer.as_mut_ptr(), self.buffer.len());
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
}

/// The fixed part of one record, without a borrow of the buffer.
struct Record {
    inode: u64,
    length: usize,
    format: u32,
    is_dots: bool,
}

impl Record {
    /// `None` for what no kernel writes: a record that is cut short, or of no length.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let (inode, rest) = bytes.split_first_chunk()?;
        let (_offset, rest) = rest.split_first_chunk::<8>()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (kind, name) = rest.split_first()?;
        let length = usize::from(u16::from_ne_bytes(*length));
        if length <= HEADER {
            return None;
        }
        Some(Self {
            inode: u64::from_ne_bytes(*inode),
            length,
            format: format(*kind),
            is_dots: name.starts_with(b".\0") || name.starts_with(b"..\0"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record as linux/dirent.h lays it out.
    fn record(inode: u64, length: u16, kind: u8, name: &[u8]) -> Vec<u8> {
        let offset = 0_u64.to_ne_bytes();
        [&inode.to_ne_bytes()[..], &offset, &length.to_ne_bytes(), &[kind], name].concat()
    }

    #[test]
    fn a_record_gives_inode_type_and_length() {
        let parsed = Record::parse(&record(7, 24, libc::DT_DIR, b"abc\0\0")).unwrap();
        assert_eq!((parsed.inode, parsed.length, parsed.format), (7, 24, libc::S_IFDIR));
        assert!(!parsed.is_dots);
        assert!(Record::parse(&record(7, 24, libc::DT_DIR, b"..\0\0\0")).unwrap().is_dots);
        assert!(!Record::parse(&record(7, 24, libc::DT_REG, b"...\0\0")).unwrap().is_dots);
    }

    #[test]
    fn what_no_kernel_writes_is_refused_and_never_read_for_ever() {
        assert!(Record::parse(b"").is_none());
        assert!(Record::parse(&record(7, 0, 0, b"a\0")).is_none());
        assert!(Record::parse(&record(7, 19, 0, b"")).is_none());
        assert!(Record::parse(&[1; 18]).is_none());
    }
}
