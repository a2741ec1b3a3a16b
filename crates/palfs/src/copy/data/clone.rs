//! FICLONE: the whole file in one atomic step, storage shared. On FreeBSD copy_file_range that must share.

use super::Transfer;
#[cfg(target_os = "linux")]
use super::fallback::Fallback;
#[cfg(target_os = "linux")]
use super::{fallback, method_order};
use crate::copy::method::Method;
use crate::copy::options::Reflink;
#[cfg(target_os = "linux")]
use crate::copy::options::Sparse;
use crate::errno::Errno;
#[cfg(any(target_os = "linux", target_os = "freebsd"))]
use crate::error::Destination;
use crate::error::{Fact, FsError};
#[cfg(any(target_os = "linux", target_os = "freebsd"))]
use crate::sys;
#[cfg(target_os = "linux")]
use crate::sys::{InodeFlags, STAT_CALL};

#[cfg(target_os = "linux")]
impl Transfer<'_> {
    /// Shares the source's storage. `false`: not here, copy instead. Under `reflink: 'always'` that is the error.
    pub(super) fn clone(&mut self) -> Result<bool, FsError> {
        let always = self.options.reflink == Reflink::Always;
        let pays = always || method_order::clone_pays(self.pair, self.src_stat.size);
        let known_not = !always && self.pair.lacks(Method::Clone);
        if !self.may_share() || !self.options.methods.has(Method::Clone) || known_not || !pays {
            if always {
                return Err(self
                    .fail(Errno::EOPNOTSUPP, Method::Clone.call())
                    .with_fact(Fact::NothingWritten));
            }
            return Ok(false);
        }
        match sys::ficlone(self.src, self.dest) {
            Ok(()) if self.clone_is_whole()? => Ok(true),
            // Shorter than the source: OpenZFS up to 2.2.2 does this to dirty files (openzfs/zfs#15728).
            Ok(()) => {
                sys::ftruncate(self.dest, 0).map_err(|errno| self.fail(errno, "ftruncate"))?;
                self.offset = 0;
                if always { Err(self.fail(Errno::EIO, STAT_CALL)) } else { Ok(false) }
            }
            Err(Errno::EINVAL) if self.is_tail_refused() => self.clone_over_longer(),
            Err(errno) => {
                let fallback_action = fallback::of_clone(errno);
                if fallback_action == Fallback::NextForPair {
                    self.pair.learn_unsupported(Method::Clone);
                }
                if always || fallback_action == Fallback::Surface {
                    return Err(self.fail(errno, Method::Clone.call()).with_fact(Fact::NothingWritten));
                }
                Ok(false)
            }
        }
    }

    /// The last block of a source, if it is not full, can only be shared when it becomes the last block of the
    /// destination: EINVAL over a longer one. The other reasons for EINVAL are looked for, because what follows cuts
    /// the old file: NOCOW against COW on btrfs, and a limit on file sizes.
    fn is_tail_refused(&self) -> bool {
        let flags = |fd| sys::get_inode_flags(fd).map(|flags| flags.and(InodeFlags::STORAGE));
        self.dest_stat.size > self.src_stat.size
            && !self.src_stat.size.is_multiple_of(self.src_stat.blksize.clamp(512, 4096))
            && flags(self.src).is_ok_and(|of_source| flags(self.dest) == Ok(of_source))
            && sys::file_size_limit() >= self.src_stat.size
    }

    /// Cuts an old file that is longer, and shares then.
    fn clone_over_longer(&mut self) -> Result<bool, FsError> {
        let cut =
            sys::ftruncate(self.dest, self.src_stat.size).map_err(|errno| self.fail(errno, "ftruncate"));
        let cloned = cut.and_then(|()| {
            sys::ficlone(self.src, self.dest).map_err(|errno| self.fail(errno, Method::Clone.call()))
        });
        cloned.map_err(|error| error.with_destination(Destination::Torn))?;
        self.clone_is_whole()
    }

    /// Compares sizes after a clone: the destination must not be shorter than the source was, unless that shrank.
    fn clone_is_whole(&mut self) -> Result<bool, FsError> {
        let cloned = sys::fstat(self.dest).map_err(|errno| self.fail(errno, STAT_CALL))?.size;
        if cloned < self.src_stat.size {
            let source = sys::fstat(self.src).map_err(|errno| self.fail(errno, STAT_CALL))?.size;
            if cloned < source {
                return Ok(false);
            }
        }
        // An old file in place that was longer keeps its tail through a clone.
        if self.dest_stat.size > self.src_stat.size && cloned > self.src_stat.size {
            let whole = sys::fstat(self.src).map_err(|errno| self.fail(errno, STAT_CALL))?.size;
            sys::ftruncate(self.dest, whole).map_err(|errno| self.fail(errno, "ftruncate"))?;
            self.advance(Method::Clone, whole);
            return Ok(true);
        }
        self.advance(Method::Clone, cloned);
        self.last = Method::Clone;
        Ok(true)
    }

    /// Whether storage may be shared at all.
    fn may_share(&self) -> bool {
        match self.options.reflink {
            Reflink::Always => true,
            Reflink::Auto => self.options.sparse == Sparse::Auto,
            Reflink::Never => false,
        }
    }
}

#[cfg(target_os = "freebsd")]
impl Transfer<'_> {
    /// `reflink: Always`: shares the source's storage or fails. Otherwise copy_file_range, which shares where it can, is
    /// one of the ways to copy.
    pub(super) fn clone(&mut self) -> Result<bool, FsError> {
        const CALL: &str = Method::Clone.call();
        if self.options.reflink != Reflink::Always {
            return Ok(false);
        }
        if !self.options.methods.has(Method::Clone) {
            return Err(self.fail(Errno::EOPNOTSUPP, CALL).with_fact(Fact::NothingWritten));
        }
        let size = self.src_stat.size;
        while self.offset < size {
            self.checkpoint(CALL).map_err(|error| self.as_torn(error))?;
            let left = usize::try_from(size.saturating_sub(self.offset)).unwrap_or(usize::MAX);
            match sys::clone_range(self.src, self.dest, self.offset, left) {
                Ok(0) => break, // The source has shrunk.
                Ok(shared) => self.advance(Method::Clone, shared as u64),
                // FreeBSD before 15 does not know the flag.
                Err(Errno::EINVAL) if self.offset == 0 => return Err(self.fail(Errno::EOPNOTSUPP, CALL)),
                Err(errno) => return Err(self.as_torn(self.fail(errno, CALL))),
            }
        }
        self.last = Method::Clone;
        if self.dest_stat.size > self.offset {
            // An old file in place that was longer.
            let cut = sys::ftruncate(self.dest, self.offset);
            cut.map_err(|errno| self.as_torn(self.fail(errno, "ftruncate")))?;
        }
        Ok(true)
    }

    /// After a part has been shared, an old file in place is neither old nor new; one that was empty is so again.
    fn as_torn(&self, error: FsError) -> FsError {
        if self.offset == 0 {
            return error.with_fact(Fact::NothingWritten);
        }
        let is_as_before = self.dest_stat.size == 0 && sys::ftruncate(self.dest, 0).is_ok();
        if is_as_before {
            error.with_fact(Fact::NothingWritten)
        } else {
            error.with_destination(Destination::Torn)
        }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "freebsd")))]
impl Transfer<'_> {
    /// No call here clones into an open file: macOS clones by name (see `clone_by_name`).
    pub(super) fn clone(&mut self) -> Result<bool, FsError> {
        if self.options.reflink == Reflink::Always {
            return Err(self.fail(Errno::EOPNOTSUPP, Method::Clone.call()).with_fact(Fact::NothingWritten));
        }
        Ok(false)
    }
}
