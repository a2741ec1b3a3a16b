//! FICLONE: the whole file in one atomic step, storage shared.

use super::Transfer;
use crate::error::FsError;

#[cfg(target_os = "linux")]
impl Transfer<'_> {
    /// Shares the source's storage. `false`: not here, copy instead. Under `reflink: 'always'` that is the error.
    pub(super) fn clone(&mut self) -> Result<bool, FsError> {
        use super::super::method::Method;
        use super::super::options::Reflink;
        use super::fallback::{self, Verdict};
        use super::order;
        use crate::sys;

        let always = self.options.reflink == Reflink::Always;
        let pays = always || order::clone_pays(self.pair, self.src_stat.size);
        let known_not = !always && self.pair.lacks(Method::Clone);
        if !self.may_share() || !self.options.methods.has(Method::Clone) || known_not || !pays {
            if always {
                return Err(self.fail(crate::Errno::EOPNOTSUPP, "ioctl(FICLONE)"));
            }
            return Ok(false);
        }
        match sys::ficlone(self.src, self.dest) {
            Ok(()) if self.clone_is_whole()? => Ok(true),
            // Shorter than the source: OpenZFS up to 2.2.2 does this to dirty files (openzfs/zfs#15728).
            Ok(()) => {
                sys::ftruncate(self.dest, 0).map_err(|errno| self.fail(errno, "ftruncate"))?;
                self.offset = 0;
                if always { Err(self.fail(crate::Errno::EIO, "ioctl(FICLONE)")) } else { Ok(false) }
            }
            Err(errno) => {
                let verdict = fallback::of_clone(errno);
                if verdict == Verdict::NextForPair {
                    self.pair.learn_unsupported(Method::Clone);
                }
                if always || verdict == Verdict::Surface {
                    return Err(self.fail(errno, "ioctl(FICLONE)"));
                }
                Ok(false)
            }
        }
    }

    /// Compares sizes after a clone: the destination must not be shorter than the source was, unless that shrank.
    fn clone_is_whole(&mut self) -> Result<bool, FsError> {
        use super::super::method::Method;
        use crate::sys::{self, STAT_CALL};

        let cloned = sys::fstat(self.dest).map_err(|errno| self.fail(errno, STAT_CALL))?.size;
        if cloned < self.src_stat.size {
            let source = sys::fstat(self.src).map_err(|errno| self.fail(errno, STAT_CALL))?.size;
            if cloned < source {
                return Ok(false);
            }
        }
        self.advance(Method::Clone, cloned);
        self.last = Method::Clone;
        Ok(true)
    }

    /// Whether storage may be shared at all.
    fn may_share(&self) -> bool {
        use super::super::options::{Reflink, Sparse};

        match self.options.reflink {
            Reflink::Always => true,
            Reflink::Auto => self.options.sparse == Sparse::Auto,
            Reflink::Never => false,
        }
    }
}

#[cfg(not(target_os = "linux"))]
impl Transfer<'_> {
    /// No call here clones into an open file: macOS clones by name (see `place`), FreeBSD inside copy_file_range.
    pub(super) fn clone(&mut self) -> Result<bool, FsError> {
        if self.options.reflink == super::super::options::Reflink::Always {
            return Err(self.fail(crate::Errno::EOPNOTSUPP, "clonefile"));
        }
        Ok(false)
    }
}
