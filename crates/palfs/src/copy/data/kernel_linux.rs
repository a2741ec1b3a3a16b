//! Linux: copy_file_range, splice and sendfile, each until the source's known end.

use super::fallback::Fallback;
use super::{Step, Transfer, fallback};
use crate::copy::method::Method;
use crate::errno::Errno;
use crate::error::FsError;
use crate::sys;

impl Transfer<'_> {
    /// Moves up to `end` (or the size seen before the copy) by `method`.
    pub(super) fn attempt(&mut self, method: Method, end: Option<u64>) -> Result<Step, FsError> {
        let known_end = self.known_end(end);
        match method {
            Method::CopyFileRange => self.copy_file_range(known_end),
            Method::Splice => self.splice(known_end),
            Method::Sendfile => self.sendfile(known_end),
            Method::ReadWrite => self.read_write(end),
            _ => Ok(Step::Unsupported(Errno::ENOTSUP)),
        }
    }

    fn copy_file_range(&mut self, end: u64) -> Result<Step, FsError> {
        const CALL: &str = "copy_file_range";
        while self.offset < end {
            self.checkpoint(CALL)?;
            let asked = self.chunk(end);
            match sys::copy_file_range(self.src, self.src_at(), self.dest, self.dest_at(), asked) {
                // Not the end of the file: procfs, overlay and FUSE say 0 of files that have content.
                Ok(0) => return Ok(Step::Unsupported(Errno::EIO)),
                // With kernels before the stable releases of September 2025 a FUSE server could report more than was requested.
                Ok(moved) if moved > asked => return Err(self.fail(Errno::EIO, CALL)),
                Ok(moved) => self.advance(Method::CopyFileRange, moved as u64),
                Err(errno) => {
                    let fallback_action = fallback::of_copy_file_range(
                        errno,
                        self.offset == 0,
                        self.pair.has_odd_copy_errnos(),
                    );
                    return self.follow(fallback_action, errno, Method::CopyFileRange);
                }
            }
        }
        Ok(Step::Reached)
    }

    fn sendfile(&mut self, end: u64) -> Result<Step, FsError> {
        while self.offset < end {
            self.checkpoint("sendfile")?;
            if self.position != self.offset {
                sys::seek_to(self.dest, self.offset).map_err(|errno| self.fail(errno, "lseek"))?;
                self.position = self.offset;
            }
            match sys::sendfile(self.src, self.dest, self.offset, self.chunk(end)) {
                // sysfs returns 23 bytes for a size of 4096, then 0. A read shows whether that is the end.
                Ok(0) => return Ok(Step::Unsupported(Errno::EIO)),
                Ok(moved) => {
                    self.advance(Method::Sendfile, moved as u64);
                    self.position = self.offset;
                }
                Err(errno) => {
                    let fallback_action = fallback::of_sendfile(errno, self.offset == 0);
                    return self.follow(fallback_action, errno, Method::Sendfile);
                }
            }
        }
        Ok(Step::Reached)
    }

    /// Through a private pipe. What is left in the pipe after an error is dropped with it: the offset counts only what
    /// has arrived, so the next method reads those bytes again.
    fn splice(&mut self, end: u64) -> Result<Step, FsError> {
        let pipe = match self.pipe.take().map_or_else(sys::pipe, Ok) {
            Ok(pipe) => pipe,
            // No descriptors or no memory for a pipe is no reason to fail a copy that does not need one.
            Err(errno) => return Ok(Step::Unsupported(errno)),
        };
        let step = self.splice_through(&pipe, end)?;
        if matches!(step, Step::Reached) {
            // Empty again, and of use to the next segment.
            self.pipe = Some(pipe);
        }
        Ok(step)
    }

    fn splice_through(&mut self, pipe: &sys::Pipe, end: u64) -> Result<Step, FsError> {
        while self.offset < end {
            self.checkpoint("splice")?;
            let asked = self.chunk(end).min(pipe.capacity());
            let held = match sys::splice(self.src, Some(self.src_at()), pipe.writer(), None, asked) {
                Ok(0) => return Ok(Step::Unsupported(Errno::EIO)),
                Ok(held) => held,
                Err(errno) => {
                    let fallback_action = fallback::of_sendfile(errno, self.offset == 0);
                    return self.follow(fallback_action, errno, Method::Splice);
                }
            };
            let mut left = held;
            while left > 0 {
                match sys::splice(pipe.reader(), None, self.dest, Some(self.dest_at()), left) {
                    Ok(0) => return Ok(Step::Unsupported(Errno::EIO)),
                    Ok(moved) => {
                        left = left.saturating_sub(moved);
                        self.advance(Method::Splice, moved as u64);
                    }
                    Err(errno) => {
                        let fallback_action = fallback::of_sendfile(errno, self.offset == 0);
                        return self.follow(fallback_action, errno, Method::Splice);
                    }
                }
            }
        }
        Ok(Step::Reached)
    }

    fn follow(&self, fallback_action: Fallback, errno: Errno, method: Method) -> Result<Step, FsError> {
        match fallback_action {
            Fallback::Surface => Err(self.fail(errno, method.call())),
            Fallback::Next => Ok(Step::Unsupported(errno)),
            Fallback::NextForPair => {
                self.pair.learn_unsupported(method);
                Ok(Step::Unsupported(errno))
            }
        }
    }
}
