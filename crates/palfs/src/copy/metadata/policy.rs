//! What happens when a piece of metadata cannot be kept: the copy fails, or the loss is counted.

use crate::copy::options::{MetadataErrors, Preserve};
use crate::copy::result::{Losses, Unpreserved};
use crate::errno::Errno;
use crate::error::FsError;
use crate::sys;

/// A kind of metadata that may fail to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MetadataKind {
    Ownership,
    Mode,
    Timestamps,
    /// An attribute of `trusted.` or `security.`, which only the privileged may set.
    PrivilegedXattr,
    Xattr,
    Acl,
    Flags,
}

/// Fails the copy or counts the loss of a piece that `call` could not set; under [`MetadataErrors::Report`] keeps the error.
pub(crate) fn apply_error_policy(
    policy: MetadataErrors,
    piece: MetadataKind,
    errno: Errno,
    call: &'static str,
    lost: &mut Losses,
) -> Result<(), FsError> {
    count_loss(policy, piece, errno, call, &mut lost.counts)?;
    if let MetadataErrors::Report(pieces) = policy
        && is_reported(piece, errno, pieces)
    {
        lost.errors.push(FsError::new(errno, call).with_unpreserved(piece.name()));
    }
    Ok(())
}

/// Fails the copy or counts a loss that cp(1) does not report because no call failed: set-id bits that only the source's owner
/// may have, and what a filesystem accepted and did not keep.
pub(super) fn count_loss(
    policy: MetadataErrors,
    piece: MetadataKind,
    errno: Errno,
    call: &'static str,
    counts: &mut Unpreserved,
) -> Result<(), FsError> {
    let skip = match policy {
        MetadataErrors::Error => false,
        MetadataErrors::Ignore | MetadataErrors::Report(_) => true,
        MetadataErrors::IgnoreUnsupported => is_unsupported(errno) || not_for_this_caller(piece, errno),
    };
    if !skip {
        return Err(FsError::new(errno, call).with_unpreserved(piece.name()));
    }
    let count = match piece {
        MetadataKind::Ownership => &mut counts.ownership,
        MetadataKind::Mode => &mut counts.mode,
        MetadataKind::Timestamps => &mut counts.timestamps,
        MetadataKind::PrivilegedXattr | MetadataKind::Xattr => &mut counts.xattr,
        MetadataKind::Acl => &mut counts.acl,
        MetadataKind::Flags => &mut counts.flags,
    };
    *count = count.saturating_add(1);
    Ok(())
}

/// Whether cp(1) reports that a piece was lost. It does not where an ordinary user may not give a file away.
fn is_reported(piece: MetadataKind, errno: Errno, pieces: Preserve) -> bool {
    match piece {
        MetadataKind::Ownership => {
            pieces.has(Preserve::OWNERSHIP) && (!may_not(errno) || sys::geteuid() == 0)
        }
        MetadataKind::Mode => pieces.has(Preserve::MODE),
        MetadataKind::Timestamps => pieces.has(Preserve::TIMESTAMPS),
        MetadataKind::PrivilegedXattr | MetadataKind::Xattr => pieces.has(Preserve::XATTR),
        MetadataKind::Acl => pieces.has(Preserve::ACL),
        MetadataKind::Flags => pieces.has(Preserve::FLAGS),
    }
}

impl MetadataKind {
    /// Its field in [`Unpreserved`].
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ownership => "ownership",
            Self::Mode => "mode",
            Self::Timestamps => "timestamps",
            Self::PrivilegedXattr | Self::Xattr => "xattr",
            Self::Acl => "acl",
            Self::Flags => "flags",
        }
    }
}

/// The filesystem has no such thing. (ENOTTY, ENOSYS: no such ioctl or call.)
pub(super) fn is_unsupported(errno: Errno) -> bool {
    errno == Errno::ENOTSUP || matches!(errno, Errno::EOPNOTSUPP | Errno::ENOTTY | Errno::ENOSYS)
}

/// How chown refuses: EPERM; EINVAL of an id that this user namespace does not map; EACCES of CIFS.
pub(super) fn may_not(errno: Errno) -> bool {
    matches!(errno, Errno::EPERM | Errno::EINVAL | Errno::EACCES)
}

/// The filesystem has it, but this caller may not set it.
fn not_for_this_caller(piece: MetadataKind, errno: Errno) -> bool {
    match piece {
        MetadataKind::Ownership => may_not(errno),
        MetadataKind::Mode => errno == Errno::EPERM,
        // EINVAL: a time before 1970 (gVisor), or a list with an id that this user namespace does not map.
        MetadataKind::Timestamps | MetadataKind::Acl => matches!(errno, Errno::EPERM | Errno::EINVAL),
        // security.selinux fails with EACCES and EINVAL for labels that the policy forbids to this process.
        MetadataKind::PrivilegedXattr => may_not(errno),
        // EINVAL: a flag that this filesystem does not have. EPERM: CAP_LINUX_IMMUTABLE.
        MetadataKind::Flags => matches!(errno, Errno::EPERM | Errno::EINVAL),
        // EINVAL: a name that the filesystem cannot hold (samba: one with a slash or a colon). EPERM: a seccomp filter, or a file
        // whose attributes this caller may not change.
        MetadataKind::Xattr => matches!(errno, Errno::EPERM | Errno::EINVAL),
    }
}
