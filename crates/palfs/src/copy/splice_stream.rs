//! Linux: splice(2) between a pipe or socket and a file, so that the bytes need not pass through this process.
//!
//! A page that went from a file into a pipe or socket is the file's own until it is read there: who writes to the
//! source meanwhile changes what the reader gets. That is splice's nature (and sendfile's), not a fault of this copy.

use super::data::fallback::Fallback;
use super::data::{Buffer, fallback};
use super::stream::Stream;
use crate::errno::Errno;
use crate::error::FsError;
use crate::sys;

/// The most that one call is asked for; a pipe holds no more than this unless root made it larger.
const CHUNK: usize = 1 << 20;

impl Stream<'_> {
    /// Moves by splice for as long as that works; what is left is for reads and writes, which also tell a source's end.
    pub(super) fn splice(&mut self) -> Result<(), FsError> {
        let is_pipe = |fd| sys::fstat(fd).is_ok_and(|stat| stat.is_fifo());
        let pipe = if is_pipe(self.src.fd) || is_pipe(self.dest.fd) {
            None
        } else {
            // One side of every splice is a pipe. No descriptors for one is no reason to fail.
            let Ok(pipe) = sys::pipe() else { return Ok(()) };
            Some(pipe)
        };
        while self.left > 0 {
            self.wait_readable()?;
            self.wait_writable()?;
            let asked = usize::try_from(self.left).unwrap_or(usize::MAX).min(CHUNK);
            let works = match &pipe {
                None => self.splice_directly(asked)?,
                Some(pipe) => self.splice_through(pipe, asked)?,
            };
            if !works {
                return Ok(());
            }
        }
        Ok(())
    }

    fn splice_directly(&mut self, asked: usize) -> Result<bool, FsError> {
        match sys::splice(self.src.fd, self.src.at, self.dest.fd, self.dest.at, asked) {
            Ok(0) => Ok(false),
            Ok(moved) => {
                self.src.advance(moved);
                self.dest.advance(moved);
                self.arrived(moved);
                Ok(true)
            }
            Err(errno) => self.follow(errno),
        }
    }

    fn splice_through(&mut self, pipe: &sys::Pipe, asked: usize) -> Result<bool, FsError> {
        let asked = asked.min(pipe.capacity());
        let mut held = match sys::splice(self.src.fd, self.src.at, pipe.writer(), None, asked) {
            Ok(0) => return Ok(false),
            Ok(held) => held,
            Err(errno) => return self.follow(errno),
        };
        self.src.advance(held);
        while held > 0 {
            match sys::splice(pipe.reader(), None, self.dest.fd, self.dest.at, held) {
                Ok(moved) if moved > 0 => {
                    held = held.saturating_sub(moved);
                    self.dest.advance(moved);
                    self.arrived(moved);
                }
                refused => {
                    let works = refused.map_or_else(|errno| self.follow(errno), |_| Ok(false))?;
                    self.drain(pipe, held)?;
                    return Ok(works);
                }
            }
        }
        Ok(true)
    }

    /// What a socket has given cannot be read from it again, so what the pipe still holds is written out.
    fn drain(&mut self, pipe: &sys::Pipe, mut held: usize) -> Result<(), FsError> {
        let mut buffer = Buffer::take();
        while held > 0 {
            let room = held.min(buffer.bytes().len());
            let room = buffer.bytes().get_mut(..room).unwrap_or_default();
            let got = sys::read(pipe.reader(), room).map_err(|errno| self.fail(errno, "read"))?;
            if got == 0 {
                return Err(self.fail(Errno::EIO, "read"));
            }
            held = held.saturating_sub(got);
            self.write_all(buffer.bytes().get(..got).unwrap_or_default())?;
        }
        Ok(())
    }

    /// `false`: reads and writes may do what this error says splice cannot.
    fn follow(&self, errno: Errno) -> Result<bool, FsError> {
        match fallback::of_sendfile(errno, self.moved == 0) {
            Fallback::Surface => Err(self.fail(errno, "splice")),
            Fallback::Next | Fallback::NextForPair => Ok(false),
        }
    }
}
