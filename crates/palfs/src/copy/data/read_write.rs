//! read(2) and write(2): the method that works everywhere, and the only one that finds the true end of a file.

use std::cell::Cell;
use std::time::Duration;

use super::{Step, Transfer};
use crate::copy::method::Method;
use crate::errno::Errno;
use crate::error::FsError;
use crate::sys;

/// GNU cp measured this size on eleven machines; pages that a small file does not reach are never touched.
const BUFFER: usize = 256 << 10;

/// How often, and after which pause, a read or write that failed with EAGAIN is repeated.
const PATIENCE: u32 = 100;
const PAUSE: Duration = Duration::from_millis(10);

thread_local! {
    /// Kept between files: musl's allocator is slow, and a fresh mapping faults on every page.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// This thread's buffer, given back when dropped.
pub(crate) struct Buffer(Vec<u8>);

impl Buffer {
    pub(crate) fn take() -> Self {
        let mut bytes = SPARE.take();
        if bytes.len() != BUFFER {
            bytes = vec![0; BUFFER];
        }
        Self(bytes)
    }

    pub(crate) fn bytes(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        SPARE.set(std::mem::take(&mut self.0));
    }
}

impl Transfer<'_> {
    /// Moves from the offset up to `end`, or until a read returns zero bytes.
    pub(super) fn read_write(&mut self, end: Option<u64>) -> Result<Step, FsError> {
        let mut buffer = Buffer::take();
        let bytes = buffer.bytes();
        self.last = Method::ReadWrite;
        loop {
            let left = end.unwrap_or(u64::MAX).saturating_sub(self.offset);
            if left == 0 {
                return Ok(Step::Reached);
            }
            self.checkpoint("pread")?;
            let room = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
            let Some(room) = bytes.get_mut(..room) else { return Ok(Step::Reached) };
            let (asked, got) = (room.len(), self.read(room)?);
            if got == 0 {
                return Ok(Step::EndOfFile);
            }
            let Some(content) = room.get(..got) else { return Err(self.fail(Errno::EIO, "pread")) };
            if self.passes_zeros {
                self.write_data_only(content)?;
            } else {
                self.write_all(content)?;
            }
            if got < asked && self.is_all_read() {
                return Ok(Step::EndOfFile);
            }
        }
    }

    /// Whether a short read was the last: it is on this machine's own filesystems once the size has been reached, where
    /// they read on to the end or an error (filemap_read). Others may give less than there is at any time.
    fn is_all_read(&self) -> bool {
        self.offset >= self.size && self.pair.source.is_local
    }

    fn read(&self, room: &mut [u8]) -> Result<usize, FsError> {
        match self.patiently("pread", || sys::pread(self.src, room, self.src_at())) {
            // A few files of procfs and debugfs cannot be read at a position. When a whole file is copied, nothing else
            // has moved this descriptor's, and it moves with each read as the offset does.
            Err(error) if error.errno() == Errno::ESPIPE && !self.ranged => {
                self.patiently("read", || sys::read(self.src, room))
            }
            other => other,
        }
    }

    fn write(&self, content: &[u8]) -> Result<usize, FsError> {
        match self.patiently("pwrite", || sys::pwrite(self.dest, content, self.dest_at())) {
            // The same of writing: /proc/self/comm, for one. rclone answers so of a write that leaves a gap, for which the
            // descriptor's own position is the wrong one.
            Err(error) if error.errno() == Errno::ESPIPE && !self.ranged && self.may_write_on() => {
                self.patiently("write", || sys::write(self.dest, content))
            }
            other => other,
        }
    }

    /// Whether the destination's descriptor stands where the next byte goes, or has no position.
    fn may_write_on(&self) -> bool {
        sys::position(self.dest).map_or(true, |position| position == self.dest_at())
    }

    /// Repeats a call after EAGAIN, which some FUSE servers return under load although it has no meaning for a regular file.
    /// poll(2) reports every regular file as ready, so this sleeps between the tries, for one second in all.
    fn patiently(
        &self,
        call: &'static str,
        mut attempt: impl FnMut() -> Result<usize, Errno>,
    ) -> Result<usize, FsError> {
        for _ in 0..PATIENCE {
            match attempt() {
                Err(Errno::EAGAIN) => std::thread::sleep(PAUSE),
                other => return other.map_err(|errno| self.fail(errno, call)),
            }
            self.checkpoint(call)?;
        }
        Err(self.fail(Errno::EAGAIN, call))
    }

    fn write_all(&mut self, mut content: &[u8]) -> Result<(), FsError> {
        while !content.is_empty() {
            let written = self.write(content)?;
            // A device that takes nothing and reports nothing would keep us here for ever.
            if written == 0 {
                return Err(self.fail(Errno::EIO, "pwrite"));
            }
            self.advance(Method::ReadWrite, written as u64);
            content = content.get(written..).unwrap_or_default();
        }
        Ok(())
    }

    /// Blocks of zeros are passed over; the destination is empty there, so they become holes.
    fn write_data_only(&mut self, content: &[u8]) -> Result<(), FsError> {
        // A hole smaller than the destination's blocks cannot be. Network filesystems name transfer sizes as their
        // block size, hence the bound.
        let unit = usize::try_from(self.dest_stat.blksize.clamp(512, 4096)).unwrap_or(4096);
        let mut rest = content;
        while !rest.is_empty() {
            let zeros = rest.chunks(unit).take_while(|block| is_zero(block)).map(<[u8]>::len).sum();
            let (hole, after) = rest.split_at_checked(zeros).unwrap_or((rest, &[]));
            if !hole.is_empty() {
                self.advance(Method::ReadWrite, hole.len() as u64);
            }
            let data = after.chunks(unit).take_while(|block| !is_zero(block)).map(<[u8]>::len).sum();
            let (data, after) = after.split_at_checked(data).unwrap_or((after, &[]));
            self.write_all(data)?;
            rest = after;
        }
        Ok(())
    }
}

/// Compared sixteen bytes at a time, which the compiler turns into vector instructions.
fn is_zero(block: &[u8]) -> bool {
    let (wide, rest) = block.as_chunks::<16>();
    wide.iter().all(|chunk| u128::from_ne_bytes(*chunk) == 0) && rest.iter().all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bit_anywhere_makes_a_block_data() {
        let mut block = vec![0_u8; 4099];
        assert!(is_zero(&block));
        for at in [0, 15, 16, 4095, 4096, 4098] {
            block[at] = 1;
            assert!(!is_zero(&block), "bit at {at}");
            block[at] = 0;
        }
    }
}
