//! Files with holes: only the data between them is moved.

use super::{Step, Transfer};
use crate::copy::method::Method;
use crate::errno::Errno;
use crate::error::FsError;
use crate::sys;
use crate::sys::STAT_CALL;

/// What lseek(2) reports about a file whose blocks are fewer than its size needs.
enum Told {
    /// There are no holes: the file is compressed or shares storage.
    NoHoles,
    /// There are some, and this is where data begins; `None`: nowhere.
    Holes(Option<u64>),
    /// Nothing that can be relied on.
    Nothing,
}

impl Transfer<'_> {
    /// Copies data segments and leaves holes. `false`: what follows the offset is to be copied plainly.
    pub(super) fn copy_segments(&mut self) -> Result<bool, FsError> {
        // Compression and deduplication make dense files look sparse, so this is only the first of three questions.
        if self.src_stat.blocks.saturating_mul(512) >= self.src_stat.size {
            return Ok(false);
        }
        match self.told() {
            Told::NoHoles => Ok(false),
            Told::Nothing => self.copy_without_zeros(),
            Told::Holes(first) => Ok(self.size_first()? && self.walk_segments(first)?),
        }
    }

    /// An error of lseek(2) is not about the file: Linux's SMB client returns EIO for a file with two ranges, rclone ENXIO for every
    /// file, gVisor's tmpfs and procfs EINVAL. A read will show whether there is a real error.
    fn told(&self) -> Told {
        // APFS has shown holes where data had just been written (GNU bug 61386).
        if cfg!(target_os = "macos") {
            return Told::Nothing;
        }
        let is_exact = self.pair.source.tells_holes;
        match sys::seek_hole(self.src, 0) {
            Ok(Some(hole)) if hole < self.src_stat.size => {}
            // The end of the file is the first hole, or the file has shrunk to nothing.
            Ok(_) if is_exact => return Told::NoHoles,
            // If SEEK_HOLE is not implemented, the kernel returns the size: NFSv3, jfs, ramfs, most of FUSE.
            Ok(_) | Err(_) => return Told::Nothing,
        }
        match sys::seek_data(self.src, 0) {
            // One hole, but blocks are allocated: OpenZFS up to 2.2.1 reports this for fresh data (openzfs/zfs#15526), and may be
            // below an overlay. Elsewhere the blocks hold attributes.
            Ok(None) if self.src_stat.blocks > 0 && !is_exact => Told::Nothing,
            Ok(first) => Told::Holes(first),
            Err(_) => Told::Nothing,
        }
    }

    /// Reads everything that follows the offset, and makes holes of runs of zeros. So compressed files get holes, too.
    fn copy_without_zeros(&mut self) -> Result<bool, FsError> {
        if !self.options.methods.has(Method::ReadWrite) {
            return Ok(false);
        }
        self.passes_zeros = self.size_first()?;
        self.read_write(None)?;
        Ok(true)
    }

    /// Sets the final size of the destination first, so that no write extends the file: xfs would reserve blocks past each end, and
    /// fill the holes. `false`: the size could not be set, so every byte has to be written.
    ///
    /// EPERM: rclone, fusefat. EACCES: Landlock without the right to truncate. The others: no such operation.
    pub(super) fn size_first(&mut self) -> Result<bool, FsError> {
        let size = self.src_stat.size;
        if self.sized == size {
            return Ok(true);
        }
        match sys::ftruncate(self.dest, size) {
            Ok(()) => {
                self.sized = size;
                Ok(true)
            }
            Err(Errno::EPERM | Errno::EACCES | Errno::EINVAL | Errno::ENOSYS | Errno::EOPNOTSUPP) => {
                Ok(false)
            }
            // On the BSDs a number of its own.
            Err(errno) if errno == Errno::ENOTSUP => Ok(false),
            Err(errno) => Err(self.fail(errno, "ftruncate")),
        }
    }

    fn walk_segments(&mut self, first: Option<u64>) -> Result<bool, FsError> {
        let size = self.src_stat.size;
        let mut next = first;
        while let Some(data) = next.filter(|data| *data < size) {
            // Asked again for each segment, and clamped so that it always advances: the file may change during the copy.
            let Ok(hole) = sys::seek_hole(self.src, data) else { return self.copy_without_zeros() };
            let hole = hole.unwrap_or(size).clamp(data.saturating_add(1), size);
            self.pass_hole(data);
            if matches!(self.copy_span(Some(hole))?, Step::EndOfFile) {
                return Ok(true); // The source has shrunk: what was read is the file.
            }
            next = None;
            if hole < size {
                let Ok(data) = sys::seek_data(self.src, hole) else { return self.copy_without_zeros() };
                next = data;
            }
        }
        self.end_in_hole()?;
        Ok(true)
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
}
