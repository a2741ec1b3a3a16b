//! Files with holes: only the data between them is moved.

use super::super::method::Method;
use super::{Step, Transfer};
use crate::errno::Errno;
use crate::error::FsError;
use crate::sys::{self, STAT_CALL};

impl Transfer<'_> {
    /// Copies data segments and leaves holes. `false`: the file has no usable holes, copy it plainly.
    pub(super) fn copy_segments(&mut self) -> Result<bool, FsError> {
        let size = self.src_stat.size;
        // Compression and deduplication make dense files look sparse, so this is only the first of three questions.
        if self.src_stat.blocks.saturating_mul(512) >= size {
            return Ok(false);
        }
        if cfg!(target_os = "macos") {
            return self.copy_without_zeros();
        }
        match sys::seek_hole(self.src, 0) {
            Ok(Some(hole)) if hole < size => {}
            // The first hole is the end of the file, or the file has shrunk to nothing.
            Ok(_) => return Ok(false),
            // No such lseek here.
            Err(Errno::EINVAL | Errno::EOPNOTSUPP | Errno::ENOTTY) => return Ok(false),
            // On the BSDs a number of its own.
            Err(errno) if errno == Errno::ENOTSUP => return Ok(false),
            Err(errno) => return Err(self.fail(errno, "lseek(SEEK_HOLE)")),
        }
        let first = self.seek_data(0)?;
        if first.is_none() && self.src_stat.blocks > 0 && !self.knows_its_holes() {
            // All hole, yet it occupies storage: OpenZFS up to 2.2.1 says so of fresh data (openzfs/zfs#15526), and may be
            // below an overlay. Elsewhere it is storage for attributes.
            return self.copy_without_zeros();
        }
        // Sized first, so that no write extends the file: xfs would reserve blocks past each end, and fill the holes.
        sys::ftruncate(self.dest, size).map_err(|errno| self.fail(errno, "ftruncate"))?;
        self.sized = size;
        self.walk_segments(first)?;
        Ok(true)
    }

    /// Where SEEK_HOLE is not to be believed: APFS has shown holes where data had just been written (GNU bug 61386). What
    /// looks sparse is read whole, and blocks of zeros become holes. So do compressed files, whose storage is small.
    fn copy_without_zeros(&mut self) -> Result<bool, FsError> {
        if !self.options.methods.has(Method::ReadWrite) {
            return Ok(false);
        }
        self.passes_zeros = true;
        self.read_write(None)?;
        Ok(true)
    }

    /// Filesystems whose SEEK_DATA is exact, so that a file of reserved blocks without data is rightly all hole.
    fn knows_its_holes(&self) -> bool {
        self.pair.source.tells_holes
    }

    fn walk_segments(&mut self, first: Option<u64>) -> Result<(), FsError> {
        let size = self.src_stat.size;
        let mut next = first;
        while let Some(data) = next.filter(|data| *data < size) {
            // Asked anew for each segment, and never taken as progress if it is none: the file may change meanwhile.
            let hole = match sys::seek_hole(self.src, data) {
                Ok(hole) => hole.unwrap_or(size).clamp(data.saturating_add(1), size),
                Err(errno) => return Err(self.fail(errno, "lseek(SEEK_HOLE)")),
            };
            self.pass_hole(data);
            if matches!(self.copy_span(Some(hole))?, Step::EndOfFile) {
                return Ok(()); // The source has shrunk: what was read is the file.
            }
            next = if hole < size { self.seek_data(hole)? } else { None };
        }
        self.end_in_hole()
    }

    /// The rest is a hole, up to where the source ends by now. One that grew keeps the length it had: a prefix.
    fn end_in_hole(&mut self) -> Result<(), FsError> {
        let now = sys::fstat(self.src).map_err(|errno| self.fail(errno, STAT_CALL))?.size;
        self.pass_hole(self.src_stat.size.min(now));
        Ok(())
    }

    /// Counts a hole as copied.
    fn pass_hole(&mut self, until: u64) {
        let hole = until.saturating_sub(self.offset);
        self.offset = self.offset.max(until);
        self.control.add_bytes(hole);
    }

    fn seek_data(&self, from: u64) -> Result<Option<u64>, FsError> {
        sys::seek_data(self.src, from).map_err(|errno| self.fail(errno, "lseek(SEEK_DATA)"))
    }
}
