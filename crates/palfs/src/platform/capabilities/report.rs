//! The capabilities as they are reported.

/// The capabilities of this kernel or of one filesystem. `None`: it cannot be found out here.
///
/// A capability is a property of the filesystem, [`read_only`](Self::read_only) of its current mount: a filesystem that can share
/// storage is reported so even while it is mounted read-only.
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
