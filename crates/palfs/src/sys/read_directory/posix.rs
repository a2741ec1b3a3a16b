//! readdir(3), where there is no system call that is promised to stay.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd, IntoRawFd, OwnedFd};
use std::ptr::NonNull;

use super::{RawEntry, format};
use crate::errno::{Errno, clear_errno, get_last_errno};

/// The name that errors carry.
pub(crate) const READ_CALL: &str = "readdir";

/// A directory that is being read.
pub(crate) struct Directory {
    stream: NonNull<libc::DIR>,
    /// The caller's buffer. Only other systems read into it.
    buffer: Vec<u8>,
}

// SAFETY: a DIR belongs to no thread; it must not be used by two at once, and `next_entry` takes `&mut self`.
unsafe impl Send for Directory {}

impl Directory {
    /// `fdopendir(fd)`: reads `fd`, which is open for reading. `buffer` is kept for the next directory.
    pub(crate) fn new(fd: OwnedFd, buffer: Vec<u8>) -> Result<Self, Errno> {
        // SAFETY: `fd` is open. On success the stream owns it, and closes it.
        let stream = unsafe { libc::fdopendir(fd.as_raw_fd()) };
        match NonNull::new(stream) {
            Some(stream) => {
                let _owned_by_the_stream = fd.into_raw_fd();
                Ok(Self { stream, buffer })
            }
            None => Err(Errno::last()),
        }
    }

    /// The directory itself.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        // SAFETY: the stream is open.
        let fd = unsafe { libc::dirfd(self.stream.as_ptr()) };
        // SAFETY: the descriptor lives as long as the stream, which `self` owns.
        unsafe { BorrowedFd::borrow_raw(fd) }
    }

    /// The buffer, for the next directory.
    pub(crate) fn take_buffer(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.buffer)
    }

    /// The next name, or `None` at the end. Null means "error" only if errno was cleared before.
    pub(crate) fn next_entry(&mut self) -> Result<Option<RawEntry<'_>>, Errno> {
        loop {
            clear_errno();
            // SAFETY: the stream is open and used by this thread alone.
            let entry = unsafe { libc::readdir(self.stream.as_ptr()) };
            if entry.is_null() {
                return match get_last_errno() {
                    0 => Ok(None),
                    raw if raw == Errno::EINTR.raw() => continue,
                    raw => Err(Errno::from_raw(raw)),
                };
            }
            // The record may be shorter than the struct, so only its fields are touched, never the whole.
            // SAFETY: the entry is valid until the next call on this stream, which `&mut self` holds off.
            let name = unsafe { &raw const (*entry).d_name };
            // SAFETY: d_name is NUL-terminated within the record.
            let name = unsafe { CStr::from_ptr(name.cast()) };
            if name == c"." || name == c".." {
                continue;
            }
            // SAFETY: as above.
            let kind = unsafe { (*entry).d_type };
            #[cfg(target_os = "macos")]
            // SAFETY: as above.
            let inode = unsafe { (*entry).d_ino };
            #[cfg(not(target_os = "macos"))]
            // SAFETY: as above.
            let inode = unsafe { (*entry).d_fileno };
            return Ok(Some(RawEntry { dir: self.fd(), name, inode: widen(inode), format: format(kind) }));
        }
    }
}

/// The bindings of some FreeBSD releases say 32 bits.
fn widen<T: TryInto<u64>>(value: T) -> u64 {
    value.try_into().unwrap_or(0)
}

impl Drop for Directory {
    fn drop(&mut self) {
        // SAFETY: the stream is open and not used again. Its one error, EBADF, cannot happen.
        unsafe { libc::closedir(self.stream.as_ptr()) };
    }
}

/// How many bytes of names one batch holds.
const BATCH: usize = 16 << 10;

/// A directory's names in batches. The stream has a descriptor of its own, so the caller's may be closed.
#[derive(Default)]
pub(crate) struct Listing {
    stream: Option<Directory>,
    /// The end was seen.
    done: bool,
}

impl Listing {
    /// Replaces the content of `buffer` by the next names; `false` if they are the last.
    pub(crate) fn fill(&mut self, fd: BorrowedFd<'_>, buffer: &mut Vec<u8>) -> Result<bool, Errno> {
        buffer.clear();
        if self.done {
            return Ok(false);
        }
        let mut stream = if let Some(stream) = self.stream.take() {
            stream
        } else {
            let own = crate::sys::openat(fd, c".", crate::sys::OpenFlags::DIRECTORY, 0)?;
            Directory::new(own, Vec::new())?
        };
        while buffer.len() < BATCH {
            let Some(entry) = stream.next_entry()? else {
                self.done = true;
                return Ok(false);
            };
            let kind = u8::try_from(entry.format >> 12).unwrap_or(0);
            super::records::encode(buffer, entry.inode, kind, entry.name);
        }
        self.stream = Some(stream);
        Ok(true)
    }

    /// The next call will have another descriptor of the same directory: nothing to do, the stream has its own.
    #[expect(clippy::unused_self, reason = "Linux's twin has something to remember")]
    pub(crate) fn resume(&mut self) {}

    /// The next call begins at the first name.
    pub(crate) fn rewind(&mut self) {
        *self = Self::default();
    }
}
