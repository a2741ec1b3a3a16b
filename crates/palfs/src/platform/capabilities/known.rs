//! What is true of every filesystem of a type, whatever its age and options. For where nothing may be tried.
//!
//! What depends on how a filesystem was made (reflink of xfs), on the mount (ACLs), or on the kernel (exchange on vfat and
//! ramfs) is not in here.

/// Properties of a type; `None` where its members differ.
#[derive(Clone, Copy, Default)]
pub(super) struct Known {
    pub(super) reflink: Option<bool>,
    pub(super) sparse_files: Option<bool>,
    pub(super) hard_links: Option<bool>,
    pub(super) symlinks: Option<bool>,
    pub(super) tmpfile: Option<bool>,
    pub(super) rename_exchange: Option<bool>,
    /// "No such attribute" means that there could be one: of `trusted.` attributes everybody without privilege is told
    /// so, of ACLs every user of FUSE, whether they are kept or not.
    pub(super) absence_believed: bool,
    /// flock(2), splice(2), sendfile(2) and copy_file_range(2) are the kernel's own affair on it.
    pub(super) kernel_paths: Option<bool>,
}

const YES: Option<bool> = Some(true);
const NO: Option<bool> = Some(false);

/// A local filesystem with all that Unix expects of one.
const UNIX: Known = Known {
    reflink: None,
    sparse_files: YES,
    hard_links: YES,
    symlinks: YES,
    tmpfile: YES,
    rename_exchange: YES,
    absence_believed: true,
    kernel_paths: YES,
};

/// Made once and never written.
const IMAGE: Known = Known { reflink: NO, sparse_files: None, tmpfile: NO, rename_exchange: NO, ..UNIX };

const FAT: Known = Known {
    reflink: NO,
    sparse_files: NO,
    hard_links: NO,
    symlinks: NO,
    tmpfile: NO,
    rename_exchange: None,
    absence_believed: false,
    kernel_paths: YES,
};

/// Files that the kernel makes up.
const KERNEL: Known = Known {
    reflink: NO,
    sparse_files: None,
    hard_links: NO,
    symlinks: None,
    tmpfile: NO,
    rename_exchange: NO,
    absence_believed: false,
    kernel_paths: None,
};

const NOTHING: Known = Known {
    reflink: None,
    sparse_files: None,
    hard_links: None,
    symlinks: None,
    tmpfile: None,
    rename_exchange: None,
    absence_believed: false,
    kernel_paths: None,
};

/// What the type alone tells. Unknown types, FUSE, network filesystems and zfs tell little: their servers decide.
#[cfg(target_os = "linux")]
pub(super) fn of(name: &str) -> Known {
    match name {
        "ext4" | "tmpfs" | "f2fs" => Known { reflink: NO, ..UNIX },
        "xfs" => UNIX,
        "btrfs" | "bcachefs" => Known { reflink: YES, ..UNIX },
        "ramfs" => Known { reflink: NO, rename_exchange: None, absence_believed: false, ..UNIX },
        // The layers decide about the rest.
        "overlay" => Known { hard_links: YES, symlinks: YES, absence_believed: true, ..NOTHING },
        "squashfs" | "erofs" => IMAGE,
        "isofs" => Known { hard_links: None, symlinks: None, absence_believed: false, ..IMAGE },
        "vfat" | "exfat" => FAT,
        "nfs" => Known { tmpfile: NO, rename_exchange: NO, ..NOTHING },
        "proc" | "sysfs" | "cgroup2" | "debugfs" | "tracefs" | "securityfs" => KERNEL,
        _ => NOTHING,
    }
}

/// What the type alone tells.
#[cfg(not(target_os = "linux"))]
pub(super) fn of(name: &str) -> Known {
    match name {
        "apfs" => Known { tmpfile: NO, absence_believed: false, kernel_paths: None, ..UNIX },
        "hfs" => Known {
            sparse_files: NO,
            tmpfile: NO,
            rename_exchange: None,
            absence_believed: false,
            kernel_paths: None,
            reflink: NO,
            ..UNIX
        },
        "ufs" => Known { reflink: NO, tmpfile: NO, rename_exchange: NO, absence_believed: false, ..UNIX },
        "zfs" => Known { tmpfile: NO, rename_exchange: NO, absence_believed: false, ..UNIX },
        "msdos" | "msdosfs" | "exfat" => FAT,
        "cd9660" => IMAGE,
        "procfs" | "devfs" => KERNEL,
        _ => NOTHING,
    }
}
