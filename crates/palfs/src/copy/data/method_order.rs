//! Which method is tried first, by filesystem and size. Each choice is a measurement (docs/performance.md).

use super::mount_pair::MountPair;
use crate::copy::method::Method;
use crate::copy::options::{CopyOptions, Reflink, Sparse};
use crate::sys::FsFamily;

/// Below this size sharing does not pay on xfs: a clone takes longer than reading and writing the few pages.
#[cfg(target_os = "linux")]
const XFS_CLONE_PAYS: u64 = 32 << 10;

/// Whether sharing storage is faster than copying, where both work and `reflink` is `auto`.
#[cfg(target_os = "linux")]
pub(super) fn clone_pays(pair: &MountPair, size: u64) -> bool {
    match pair.dest.family {
        FsFamily::Xfs => size >= XFS_CLONE_PAYS,
        _ => size > 0,
    }
}

/// Up to this size the set-up of a pipe or of reserved blocks costs more than it saves.
const SMALL: u64 = 64 << 10;

/// Up to this size a read and a write take less than a sendfile and the read that confirms the end: 3 % of a tree of such
/// files. At 16 KiB it is the other way round.
const TINY: u64 = 8 << 10;

/// From which size on reserving blocks makes a dense copy faster: where blocks are mapped on write (ext4, and xfs for
/// large files), not where data is written to new places anyway (btrfs) or there are no blocks (tmpfs).
pub(super) fn preallocates(pair: &MountPair, size: u64) -> bool {
    match pair.dest.family {
        FsFamily::Ext => size > SMALL,
        FsFamily::Xfs => size >= 16 << 20,
        _ => false,
    }
}

/// The methods to try for a range, which nothing has tried to share before: where copy_file_range can, it does.
pub(super) fn of_range(options: &CopyOptions, pair: &MountPair, size: u64) -> &'static [Method] {
    let shares =
        matches!(pair.dest.family, FsFamily::Xfs | FsFamily::Btrfs) && options.reflink != Reflink::Never;
    if shares && size > 0 && options.sparse == Sparse::Auto {
        return &[Method::CopyFileRange, Method::Splice, Method::ReadWrite];
    }
    of(options, pair, size)
}

/// The methods to try, first to last.
pub(super) fn of(options: &CopyOptions, pair: &MountPair, size: u64) -> &'static [Method] {
    use Method::{CopyFileRange, FCopyFile, ReadWrite, Sendfile, Splice};
    if options.sparse == Sparse::Always || size == 0 {
        // Zeros must be seen to become holes; a size of 0 may be a lie (procfs), which only reading can tell.
        return &[ReadWrite];
    }
    // copy_file_range shares storage where it can, and no flag of the kernel's forbids it.
    let never_shares = options.reflink == Reflink::Never || options.sparse != Sparse::Auto;
    if cfg!(target_os = "macos") {
        return &[FCopyFile, ReadWrite];
    }
    if cfg!(target_os = "freebsd") {
        return if never_shares { &[ReadWrite] } else { &[CopyFileRange, ReadWrite] };
    }
    let local = pair.dest.is_local;
    match (never_shares, size <= SMALL) {
        // Its splicing costs more than the copy through our memory saves: 20,000 files of 4 KiB take a fifth longer.
        (false, true) if pair.dest.family == FsFamily::Xfs => &[ReadWrite, Sendfile, CopyFileRange, Splice],
        (true, true) if pair.dest.family == FsFamily::Xfs => &[ReadWrite, Sendfile, Splice],
        (true, true) => &[Sendfile, ReadWrite, Splice],
        (true, false) => &[Splice, Sendfile, ReadWrite],
        // The read that brings the bytes finds the end as well.
        (false, true) if local && size <= TINY => &[ReadWrite, Sendfile, CopyFileRange, Splice],
        // One call instead of two, and no copy through our memory.
        (false, true) if local => &[Sendfile, ReadWrite, CopyFileRange, Splice],
        // A pipe of 1 MiB moves more at a time than the 64 KiB that the kernel's own splicing in the others does.
        (false, false) if local => &[Splice, CopyFileRange, Sendfile, ReadWrite],
        // Network and stacked filesystems may copy on the server, or below.
        (false, true) => &[CopyFileRange, ReadWrite, Sendfile, Splice],
        (false, false) => &[CopyFileRange, Splice, Sendfile, ReadWrite],
    }
}
