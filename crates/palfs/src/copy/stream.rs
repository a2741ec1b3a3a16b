//! FIFOs and devices as streams, for the command line: cp(1) without `-r` reads them, and writes to them.
//!
//! Both ends are opened without blocking and waited for in short steps, so that a cancel is heard at any time.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use super::data::Buffer;
use super::source::At;
use crate::control::Control;
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys::{self, OpenFlags, Stat};

/// How long one wait lasts before the cancel flag is looked at.
const WAIT_MS: u16 = 50;

/// Moves everything from `src` to `dest`, from where their positions are; gives the bytes moved.
pub(super) fn pump(src: BorrowedFd<'_>, dest: BorrowedFd<'_>, control: &Control) -> Result<u64, FsError> {
    let mut buffer = Buffer::take();
    let mut moved = 0_u64;
    // A FIFO without a writer reads as empty; poll says when one has come, or come and gone.
    wait(control, "poll", || sys::poll_readable(src, WAIT_MS))?;
    loop {
        let got = match sys::read(src, buffer.bytes()) {
            Ok(0) => return Ok(moved),
            Ok(got) => got,
            Err(Errno::EAGAIN) => {
                wait(control, "poll", || sys::poll_readable(src, WAIT_MS))?;
                continue;
            }
            Err(errno) => return Err(FsError::new(errno, "read").with_bytes(moved)),
        };
        let content = buffer.bytes().get(..got).unwrap_or_default();
        write_all(dest, content, control).map_err(|error| error.with_bytes(moved))?;
        moved = moved.saturating_add(got as u64);
        control.add_bytes(got as u64);
        check(control, "read")?;
    }
}

fn write_all(dest: BorrowedFd<'_>, mut content: &[u8], control: &Control) -> Result<(), FsError> {
    while !content.is_empty() {
        match sys::write(dest, content) {
            Ok(0) => return Err(FsError::new(Errno::EIO, "write")),
            Ok(written) => content = content.get(written..).unwrap_or_default(),
            Err(Errno::EAGAIN) => wait(control, "poll", || sys::poll_writable(dest, WAIT_MS))?,
            Err(errno) => return Err(FsError::new(errno, "write")),
        }
    }
    Ok(())
}

/// Opens an existing FIFO or device to write to. A FIFO without a reader is waited for, as open(2) would.
pub(super) fn open_special(dest: At<'_>, stat: &Stat, control: &Control) -> Result<OwnedFd, FsError> {
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
    dest: At<'_>,
    stat: &Stat,
    control: &Control,
) -> Result<u64, FsError> {
    let dest = open_special(dest, stat, control)?;
    let moved = pump(src.as_fd(), dest.as_fd(), control)?;
    sys::close(dest).during("close")?;
    Ok(moved)
}

fn wait(
    control: &Control,
    call: &'static str,
    mut ready: impl FnMut() -> Result<bool, Errno>,
) -> Result<(), FsError> {
    loop {
        check(control, call)?;
        if ready().during(call)? {
            return Ok(());
        }
    }
}

fn check(control: &Control, call: &'static str) -> Result<(), FsError> {
    if control.is_cancelled() {
        return Err(control.cancelled_during(call));
    }
    Ok(())
}
