//! Facts about the platform at compile time.
//!
//! Each `HAS_*` means that the platform has the call, not that a given filesystem or kernel offers it: see
//! [`get_platform_capabilities`](super::get_platform_capabilities).

/// The platform's name: `linux`, `macos`, `freebsd`, `openbsd` or `netbsd`.
pub const PLATFORM: &str = std::env::consts::OS;

/// Extended attributes: everywhere but on OpenBSD.
pub const HAS_XATTR: bool =
    cfg!(any(target_os = "linux", target_os = "macos", target_os = "freebsd", target_os = "netbsd"));

/// splice(2).
pub const HAS_SPLICE: bool = cfg!(target_os = "linux");

/// sendfile(2). Into a file it writes on Linux alone; elsewhere it only serves sockets, so no copy goes by it there.
pub const HAS_SENDFILE: bool = cfg!(any(target_os = "linux", target_os = "macos", target_os = "freebsd"));

/// copy_file_range(2): Linux from 4.5 on, FreeBSD from 13 on.
pub const HAS_COPY_FILE_RANGE: bool = cfg!(any(target_os = "linux", target_os = "freebsd"));

/// clonefile(2).
pub const HAS_CLONEFILE: bool = cfg!(target_os = "macos");

/// flock(2).
pub const HAS_FLOCK: bool = cfg!(unix);

/// inotify(7).
pub const HAS_INOTIFY: bool = cfg!(target_os = "linux");

/// kqueue(2).
pub const HAS_KQUEUE: bool =
    cfg!(any(target_os = "macos", target_os = "freebsd", target_os = "openbsd", target_os = "netbsd"));
