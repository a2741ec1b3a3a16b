//! System calls as typed functions: owned descriptors in, numbers and [`Errno`] out. The only unsafe code of the crate.
//!
//! One file per family of calls. `EINTR` is retried here, so nothing above has to know of it. Where glibc's and musl's
//! wrappers differ, or a wrapper is younger than glibc 2.17, the raw system call is made instead.
#![expect(unsafe_code, reason = "the one module that talks to the kernel; each block says why it is sound")]

#[cfg(not(target_pointer_width = "64"))]
compile_error!("palfs supports 64-bit targets only: off_t and time_t are 64 bits wide throughout");

#[cfg(any(target_os = "macos", target_os = "freebsd"))]
mod acl;
mod data;
mod directory;
mod errno_table;
mod fcntl;
mod fs_type;
mod inode_flags;
#[cfg(target_os = "linux")]
mod kernel_copy;
#[cfg(target_os = "freebsd")]
mod kernel_copy_freebsd;
#[cfg(target_os = "macos")]
mod kernel_copy_macos;
pub(crate) mod mode;
#[cfg(target_os = "linux")]
mod mount;
#[cfg(target_os = "linux")]
mod o_path;
mod open;
mod owner;
mod pathconf;
#[cfg(target_os = "linux")]
mod preloaded;
mod process;
mod random;
mod read_directory;
mod result;
mod signals;
mod stat;
mod statfs;
mod stream;
mod syscall_probe;
mod time;
pub(crate) mod xattr;

#[cfg(any(target_os = "macos", target_os = "freebsd"))]
pub(crate) use acl::copy_acl;
#[cfg(target_os = "macos")]
pub(crate) use acl::has_acl;
#[cfg(target_os = "linux")]
pub(crate) use data::syncfs;
pub(crate) use data::{
    fallocate, fsync, ftruncate, position, pread, pread_append, pwrite, seek_data, seek_hole, seek_to,
};
pub(crate) use directory::{
    EXCLUSIVE_RENAME_CALL, linkat, mkdirat, mknodat, readlinkat, renameat, renameat_exchange,
    renameat_noreplace, rmdirat, symlinkat, unlinkat,
};
pub(crate) use fcntl::{access, close, duplicate, flock_exclusive, set_direct};
pub(crate) use fs_type::{Abilities, FsFamily, FsType, UNKNOWN as UNKNOWN_FS_TYPE};
pub(crate) use inode_flags::{InodeFlags, SET_FLAGS_CALL, get_inode_flags, set_inode_flags};
#[cfg(target_os = "linux")]
pub(crate) use kernel_copy::{Pipe, copy_file_range, ficlone, pipe, sendfile, splice};
#[cfg(target_os = "freebsd")]
pub(crate) use kernel_copy_freebsd::{clone_range, copy_file_range};
#[cfg(target_os = "macos")]
pub(crate) use kernel_copy_macos::{CloneOwner, fclonefileat, fcopyfile_data};
#[cfg(target_os = "linux")]
pub(crate) use mount::{dio_alignment, xfs_shares_storage};
#[cfg(target_os = "linux")]
pub(crate) use o_path::{chmod_o_path, chown_o_path, utimens_o_path};
pub(crate) use open::{CWD, OpenFlags, openat};
pub(crate) use owner::{
    ACCESS_CALL, can_write_dir, fchmod, fchmod_permitted, fchmodat, fchown, fchownat, may_write,
};
pub(crate) use pathconf::{Limit, fpathconf};
#[cfg(target_os = "linux")]
pub(crate) use process::file_size_limit;
pub(crate) use process::{descriptor_limit, getegid, geteuid, kernel_euid};
pub(crate) use random::random_bytes;
pub(crate) use read_directory::{Directory, Entry, Listing, READ_CALL, RawEntry, encode, entries};
pub(crate) use result::{cstring, with_cstr};
pub(crate) use signals::SigxfszGuard;
pub use stat::Timestamp;
#[cfg(target_os = "linux")]
pub(crate) use stat::is_block_device;
pub(crate) use stat::{
    Follow, Identity, STAT_CALL, Stat, as_kernel_has_it, fstat, fstat_uncached, fstatat, fstatat_uncached,
    identity,
};
pub(crate) use statfs::{FsInfo, MountInfo, fstatfs, mount_info};
pub(crate) use stream::{poll_readable, poll_writable, read, write};
pub(crate) use syscall_probe::{
    has_clonefile, has_copy_file_range, has_flock, has_sendfile, has_splice, has_xattr,
};
pub use time::SetTime;
pub(crate) use time::{futimens, futimens_now, utimensat};
