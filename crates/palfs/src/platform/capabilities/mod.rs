//! What the kernel and one mounted filesystem can do, found by asking them.
//!
//! Never by a kernel version, a fixed name in /tmp, or /proc. Answers come in this order of trust: a real attempt in the
//! asked directory (`probe`, `names`), a question that changes nothing (`attributes`, `passive`), and what is true of
//! every filesystem of that type (`sys/fs_type.rs`). What none of them can tell is `None`.
//!
//! ```
//! use palfs::platform::PlatformCapabilities;
//!
//! let found = PlatformCapabilities::detect_at(&std::env::temp_dir())?;
//! match found.reflink {
//!     Some(true) => println!("copies there can share storage"),
//!     Some(false) => println!("{:?} stores every copy anew", found.filesystem_type),
//!     None => println!("nothing may be tried there, and its type does not tell"),
//! }
//! # Ok::<(), palfs::FsError>(())
//! ```

mod attributes;
mod names;
mod passive;
mod probe;
mod probe_target;

use std::path::Path;
use std::sync::OnceLock;

use crate::error::FsError;
use crate::sys;
pub(crate) use passive::other_case;
use probe_target::ProbeTarget;

/// What can be done, on this kernel or on one filesystem. `None`: it cannot be known here.
///
/// A capability speaks of the filesystem, [`read_only`](Self::read_only) of the present: a filesystem that can share
/// storage can still do so when it is mounted read-only, only nobody can make use of it then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlatformCapabilities {
    /// splice(2) moves bytes between a file and a pipe.
    pub splice_available: Option<bool>,
    /// sendfile(2). On Linux from file to file; elsewhere it serves sockets only, and that is not tried on a mount.
    pub sendfile_available: Option<bool>,
    /// copy_file_range(2) between two files of one filesystem.
    pub copy_file_range_available: Option<bool>,
    /// macOS's clonefile(2) family; false elsewhere. Sharing storage by any means is [`reflink`](Self::reflink).
    pub clonefile_available: Option<bool>,
    /// Extended attributes of any namespace.
    pub xattr_available: Option<bool>,
    /// flock(2).
    pub flock_available: Option<bool>,
    /// Bytes in the longest path that one system call takes, its NUL included.
    pub max_path_length: Option<u64>,
    /// Bytes in the longest name.
    pub max_filename_length: Option<u64>,
    /// Whether `a` and `A` are two names, in the asked directory: on ext4 and others that is a directory's property.
    pub filesystem_case_sensitive: Option<bool>,
    /// The filesystem's name, `ext4` (also for ext2 and ext3) or `apfs`; `None` for a type without a known name.
    pub filesystem_type: Option<String>,
    /// Files can share storage (`cp --reflink=always`).
    pub reflink: Option<bool>,
    /// A hole takes no room.
    pub sparse_files: Option<bool>,
    /// link(2).
    pub hard_links: Option<bool>,
    /// symlink(2).
    pub symlinks: Option<bool>,
    /// The namespaces that are kept, of `security`, `system`, `trusted` and `user`, in this order. `trusted` is seen only
    /// with the privilege to use it or on filesystems known for it; `system` is where ACLs are. On macOS, where names
    /// have no namespaces, empty.
    pub xattr_namespaces: Option<Vec<&'static str>>,
    /// Access control lists; on Linux those of POSIX, which its own filesystems have. NFS version 4 keeps lists of another kind, as
    /// an attribute of `system`.
    pub acl: Option<bool>,
    /// Files without names (O_TMPFILE).
    pub tmpfile: Option<bool>,
    /// Two names can change places in one step (RENAME_EXCHANGE, RENAME_SWAP).
    pub rename_exchange: Option<bool>,
    /// Reads and writes past the page cache.
    pub direct_io: Option<DirectIo>,
    /// Nothing can be changed, by the mount's options or the filesystem's state.
    pub read_only: Option<bool>,
    /// Nanoseconds between two modification times that can be told apart.
    pub timestamp_granularity: Option<u64>,
}

/// Whether and how files can be opened for direct I/O.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectIo {
    /// Not at all.
    Unsupported,
    /// Memory addresses and file offsets (lengths, too) must be multiples of these, in bytes. They suffice; a filesystem
    /// that does not state its own (btrfs, tmpfs) may take smaller ones.
    Aligned {
        /// Of the buffer's address.
        memory: u32,
        /// Of the offset in the file and of the length.
        offset: u32,
    },
}

impl PlatformCapabilities {
    /// The kernel's answers for the calls; lengths, case and type for `/`. Nothing is written anywhere.
    ///
    /// What differs from mount to mount is `None` here: ask [`detect_at`](Self::detect_at).
    #[must_use]
    pub fn detect() -> Self {
        let mut found = Self::calls();
        if let Ok(root) = ProbeTarget::of(Path::new("/")) {
            found.max_path_length = passive::max_path_length(&root);
            found.max_filename_length = passive::max_filename_length(&root);
            found.filesystem_case_sensitive = passive::case_sensitive(&root);
        }
        found
    }

    /// The answers for the filesystem that holds `path` (links are followed).
    ///
    /// Where the directory (`path`, or its parent if it is no directory) can be written to, each is the outcome of an
    /// attempt in it, made with unnamed files and with random names that begin with `.palfs-` and are removed at once;
    /// the directory's own times change by that. Elsewhere, and on read-only mounts, nothing is attempted.
    ///
    /// # Errors
    /// Only if `path` itself cannot be reached.
    pub fn detect_at(path: &Path) -> Result<Self, FsError> {
        let probe_target = ProbeTarget::of(path).map_err(|error| error.with_path(path))?;
        let mut found = Self::default();
        if probe_target.takes_probes() {
            probe::run(&probe_target, &mut found);
            names::run(&probe_target, &mut found);
        }
        if probe_target.fs_type().folds_short_names {
            found.filesystem_case_sensitive = Some(false);
        }
        passive::complete(&probe_target, &mut found);
        found.withdraw_missing_calls();
        Ok(found)
    }

    /// Whether the calls exist.
    fn calls() -> Self {
        Self {
            splice_available: Some(sys::has_splice()),
            sendfile_available: Some(sys::has_sendfile()),
            copy_file_range_available: Some(sys::has_copy_file_range()),
            clonefile_available: Some(sys::has_clonefile()),
            xattr_available: Some(sys::has_xattr()),
            flock_available: Some(sys::has_flock()),
            ..Self::default()
        }
    }

    /// What the kernel does not have works on no filesystem.
    fn withdraw_missing_calls(&mut self) {
        let calls = Self::calls();
        for (found, call) in [
            (&mut self.splice_available, calls.splice_available),
            (&mut self.sendfile_available, calls.sendfile_available),
            (&mut self.copy_file_range_available, calls.copy_file_range_available),
            (&mut self.clonefile_available, calls.clonefile_available),
            (&mut self.xattr_available, calls.xattr_available),
            (&mut self.flock_available, calls.flock_available),
        ] {
            if call == Some(false) {
                *found = call;
            }
        }
    }
}

/// [`PlatformCapabilities::detect`], asked once in the life of the process.
#[must_use]
pub fn get_platform_capabilities() -> &'static PlatformCapabilities {
    static CAPABILITIES: OnceLock<PlatformCapabilities> = OnceLock::new();
    CAPABILITIES.get_or_init(PlatformCapabilities::detect)
}
