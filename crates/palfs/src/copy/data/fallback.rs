//! Which errors mean "try another way" and which mean "failed".
//!
//! Seccomp profiles, FUSE servers and network filesystems return errnos that are about the method, not about the file. The plain read
//! and write comes last, and its errno is about the file. Errors of a method that is supported and failed (EIO, ENOSPC, EDQUOT,
//! ENOMEM ...) are never followed by another attempt.

use crate::errno::Errno;

/// What follows from an error of one method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::copy) enum Fallback {
    /// The next method, for this file.
    Next,
    /// The next method, and this one is not tried again between these mounts.
    NextForPair,
    /// The copy has failed.
    Surface,
}

/// ioctl(FICLONE).
pub(super) fn of_clone(errno: Errno) -> Fallback {
    match errno {
        // EOPNOTSUPP: no reflink here. ENOTTY, ENOSYS: no such ioctl here. EXDEV: another superblock, or another mount
        // of the same one before Linux 5.18.
        Errno::EOPNOTSUPP | Errno::ENOTTY | Errno::ENOSYS | Errno::EXDEV => Fallback::NextForPair,
        Errno::EIO | Errno::ENOMEM | Errno::ENOSPC | Errno::EDQUOT => Fallback::Surface,
        Errno::EISDIR | Errno::EROFS | Errno::ESTALE | Errno::ETIMEDOUT => Fallback::Surface,
        // EINVAL: btrfs NOCOW against COW, RLIMIT_FSIZE. EBADF: append-only. EAGAIN: OpenZFS dirty blocks. EPERM,
        // EACCES: seccomp, SELinux, immutable. ETXTBSY: swap file. Unknown ones: the plain copy will tell.
        _ => Fallback::Next,
    }
}

/// copy_file_range(2). `first`: no byte has been moved yet. `odd_errnos`:
/// on either side errnos say something else than elsewhere (SMB).
pub(super) fn of_copy_file_range(errno: Errno, first: bool, odd_errnos: bool) -> Fallback {
    match errno {
        // EXDEV: two superblocks. EOPNOTSUPP: kernel 5.19 and up, RHEL 7 on NFS. Both speak of the mounts.
        Errno::EXDEV | Errno::EOPNOTSUPP => Fallback::NextForPair,
        // ENOSYS: no such call, or a FUSE server without it. EINVAL: pipes, devices, eCryptfs. EPERM: seccomp profiles
        // older than the call, CIFS. EOVERFLOW: length against offset. EFBIG: Linux 6.17 near 2^63; a real one comes
        // back from write.
        Errno::ENOSYS | Errno::EINVAL | Errno::EPERM | Errno::EOVERFLOW | Errno::EFBIG => Fallback::Next,
        // EACCES: CephFS before 4.20, Android. EBADF: O_APPEND. ETXTBSY: swap file. ENOENT: CIFS, now and then.
        Errno::EACCES | Errno::EBADF | Errno::ETXTBSY | Errno::ENOENT if first => Fallback::Next,
        // EAGAIN has no meaning for a regular file; the plain copy waits properly.
        Errno::EAGAIN => Fallback::Next,
        Errno::EIO if odd_errnos => Fallback::Next,
        _ => Fallback::Surface,
    }
}

/// sendfile(2) and splice(2): sources without splice support give EINVAL, sandboxes ENOSYS and EPERM.
pub(in crate::copy) fn of_sendfile(errno: Errno, first: bool) -> Fallback {
    match errno {
        Errno::EINVAL | Errno::ENOSYS | Errno::EPERM | Errno::EAGAIN => Fallback::Next,
        // Nothing was moved: a read shows whether the error is about the file or about the method.
        Errno::EOVERFLOW | Errno::EIO if first => Fallback::Next,
        _ => Fallback::Surface,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_never_answered_by_a_second_attempt() {
        for errno in [Errno::ENOSPC, Errno::EDQUOT, Errno::ENOMEM, Errno::EROFS, Errno::ESTALE] {
            assert_eq!(of_clone(errno), Fallback::Surface, "{errno}");
            for first in [true, false] {
                assert_eq!(of_copy_file_range(errno, first, true), Fallback::Surface, "{errno}");
                assert_eq!(of_sendfile(errno, first), Fallback::Surface, "{errno}");
            }
        }
    }

    #[test]
    fn a_read_error_on_cifs_alone_is_worth_a_second_way() {
        assert_eq!(of_copy_file_range(Errno::EIO, true, false), Fallback::Surface);
        assert_eq!(of_copy_file_range(Errno::EIO, true, true), Fallback::Next);
    }
}
