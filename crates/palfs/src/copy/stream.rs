//! FIFOs, sockets and devices as streams: for the command line (cp(1) without `-r` reads them, and writes to them) and
//! for ranges between descriptors.
//!
//! Both ends are waited for in short steps, so that a cancel is heard at any time.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use super::data::Buffer;
use super::source::PathAt;
use crate::control::Control;
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys;
use crate::sys::{OpenFlags, Stat};

/// How long one wait lasts before the cancel flag is looked at.
const WAIT_MS: u16 = 50;

/// One side of a stream: a place in a file that is kept here, or a descriptor that keeps its own.
pub(super) struct End<'a> {
    pub(super) fd: BorrowedFd<'a>,
    pub(super) at: Option<u64>,
}

impl End<'_> {
    pub(super) fn advance(&mut self, bytes: usize) {
        self.at = self.at.map(|at| at.saturating_add(bytes as u64));
    }

    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Errno> {
        let got = match self.at {
            Some(at) => sys::pread(self.fd, buf, at),
            None => sys::read(self.fd, buf),
        }?;
        self.advance(got);
        Ok(got)
    }

    fn write(&mut self, content: &[u8]) -> Result<usize, Errno> {
        let written = match self.at {
            Some(at) => sys::pwrite(self.fd, content, at),
            None => sys::write(self.fd, content),
        }?;
        self.advance(written);
        Ok(written)
    }
}

/// Bytes on their way between two ends of which at least one has no positions.
pub(super) struct Stream<'a> {
    pub(super) src: End<'a>,
    pub(super) dest: End<'a>,
    /// How many may still be moved.
    pub(super) left: u64,
    /// How many have arrived.
    pub(super) moved: u64,
    pub(super) control: &'a Control,
}

impl Stream<'_> {
    /// Moves until nothing is left to move or a read gives zero bytes.
    pub(super) fn read_write(&mut self) -> Result<(), FsError> {
        let mut buffer = Buffer::take();
        // A FIFO without a writer reads as empty; poll says when one has come, or come and gone.
        self.wait_readable()?;
        while self.left > 0 {
            let limit = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.bytes().len());
            let got = match self.src.read(buffer.bytes().get_mut(..limit).unwrap_or_default()) {
                Ok(0) => return Ok(()),
                Ok(got) => got,
                Err(Errno::EAGAIN) => {
                    self.wait_readable()?;
                    continue;
                }
                Err(errno) => return Err(self.fail(errno, "read")),
            };
            self.write_all(buffer.bytes().get(..got).unwrap_or_default())?;
            self.check("read")?;
        }
        Ok(())
    }

    pub(super) fn write_all(&mut self, mut content: &[u8]) -> Result<(), FsError> {
        while !content.is_empty() {
            match self.dest.write(content) {
                Ok(0) => return Err(self.fail(Errno::EIO, "write")),
                Ok(written) => {
                    self.arrived(written);
                    content = content.get(written..).unwrap_or_default();
                }
                Err(Errno::EAGAIN) => self.wait_writable()?,
                Err(errno) => return Err(self.fail(errno, "write")),
            }
        }
        Ok(())
    }

    /// Account of `bytes` more at the destination.
    pub(super) fn arrived(&mut self, bytes: usize) {
        let bytes = bytes as u64;
        self.moved = self.moved.saturating_add(bytes);
        self.left = self.left.saturating_sub(bytes);
        self.control.add_bytes(bytes);
    }

    pub(super) fn fail(&self, errno: Errno, call: &'static str) -> FsError {
        FsError::new(errno, call).with_bytes(self.moved)
    }

    pub(super) fn wait_readable(&self) -> Result<(), FsError> {
        self.wait(|| sys::poll_readable(self.src.fd, WAIT_MS))
    }

    pub(super) fn wait_writable(&self) -> Result<(), FsError> {
        self.wait(|| sys::poll_writable(self.dest.fd, WAIT_MS))
    }

    fn wait(&self, mut ready: impl FnMut() -> Result<bool, Errno>) -> Result<(), FsError> {
        loop {
            self.check("poll")?;
            if ready().map_err(|errno| self.fail(errno, "poll"))? {
                return Ok(());
            }
        }
    }

    fn check(&self, call: &'static str) -> Result<(), FsError> {
        check(self.control, call).map_err(|error| error.with_bytes(self.moved))
    }
}

/// Moves everything from `src` to `dest`, from where their positions are; gives the bytes moved.
pub(super) fn pump(src: BorrowedFd<'_>, dest: BorrowedFd<'_>, control: &Control) -> Result<u64, FsError> {
    let (src, dest) = (End { fd: src, at: None }, End { fd: dest, at: None });
    let mut stream = Stream { src, dest, left: u64::MAX, moved: 0, control };
    stream.read_write()?;
    Ok(stream.moved)
}

/// Opens an existing FIFO or device to write to. A FIFO without a reader is waited for, as open(2) would.
pub(super) fn open_special(dest: PathAt<'_>, stat: &Stat, control: &Control) -> Result<OwnedFd, FsError> {
    loop {
        match sys::openat(dest.dir, dest.name, OpenFlags::WRITE, 0) {
            Err(Errno::ENXIO) if stat.is_fifo() => {
                check(control, "openat")?;
                std::thread::sleep(Duration::from_millis(u64::from(WAIT_MS)));
            }
            other => return other.during("openat"),
        }
    }
}

/// Writes a source of any kind to an existing FIFO or device; gives the bytes moved.
pub(super) fn write_to_special(
    src: &OwnedFd,
    dest: PathAt<'_>,
    stat: &Stat,
    control: &Control,
) -> Result<u64, FsError> {
    let dest = open_special(dest, stat, control)?;
    let moved = pump(src.as_fd(), dest.as_fd(), control)?;
    sys::close(dest).during("close")?;
    Ok(moved)
}

fn check(control: &Control, call: &'static str) -> Result<(), FsError> {
    if control.is_cancelled() {
        return Err(control.cancelled_during(call));
    }
    Ok(())
}
