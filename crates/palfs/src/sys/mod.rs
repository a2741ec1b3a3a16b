//! System calls as typed functions: owned descriptors in, numbers and [`Errno`] out. The only unsafe code of the crate.
//!
//! One file per family of calls. `EINTR` is retried here, so nothing above has to know of it. Where glibc's and musl's
//! wrappers differ, or a wrapper is younger than glibc 2.17, the raw system call is made instead.
#![expect(unsafe_code, reason = "the one module that talks to the kernel; each block says why it is sound")]

#[cfg(not(target_pointer_width = "64"))]
compile_error!("palfs supports 64-bit targets only: off_t and time_t are 64 bits wide throughout");

mod data;
mod directory;
mod fcntl;
mod ids;
mod inode_flags;
#[cfg(target_os = "linux")]
mod kernel_copy;
#[cfg(target_os = "freebsd")]
mod kernel_copy_freebsd;
#[cfg(target_os = "macos")]
mod kernel_copy_macos;
mod open;
mod owner;
mod random;
mod result;
mod stat;
mod statfs;
mod stream;
mod time;
pub(crate) mod xattr;

#[cfg(target_os = "linux")]
pub(crate) use data::seek_to;
pub(crate) use data::{fallocate, fsync, ftruncate, pread, pwrite, seek_data, seek_hole};
pub(crate) use directory::{linkat, mknodat, readlinkat, renameat, renameat_noreplace, unlinkat};
pub(crate) use fcntl::close;
pub(crate) use ids::{getegid, geteuid};
pub(crate) use inode_flags::{InodeFlags, get_inode_flags, set_inode_flags};
#[cfg(target_os = "linux")]
pub(crate) use kernel_copy::{copy_file_range, ficlone, pipe, sendfile, splice_from_pipe, splice_to_pipe};
#[cfg(target_os = "freebsd")]
pub(crate) use kernel_copy_freebsd::copy_file_range;
#[cfg(target_os = "macos")]
pub(crate) use kernel_copy_macos::{fclonefileat, fcopyfile_data};
pub(crate) use open::{CWD, OpenFlags, openat};
pub(crate) use owner::{fchmod, fchmodat, fchown, fchownat};
pub(crate) use random::random_bytes;
pub(crate) use result::cstring;
pub(crate) use stat::{Follow, STAT_CALL, Stat, fstat, fstatat};
pub(crate) use statfs::{FsType, fstatfs};
pub(crate) use stream::{poll_readable, poll_writable, read, write};
pub(crate) use time::{futimens, futimens_now, utimensat};
