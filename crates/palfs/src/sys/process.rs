//! The ids and limits of this process. These calls do not fail with valid arguments.

/// `geteuid()`.
pub(crate) fn geteuid() -> u32 {
    // SAFETY: takes nothing, cannot fail.
    unsafe { libc::geteuid() }
}

/// `geteuid(2)` of the kernel, past a preloaded library (fakeroot returns 0).
pub(crate) fn kernel_euid() -> u32 {
    // SAFETY: takes nothing, cannot fail.
    #[cfg(target_os = "linux")]
    return u32::try_from(unsafe { libc::syscall(libc::SYS_geteuid) }).unwrap_or(u32::MAX);
    #[cfg(not(target_os = "linux"))]
    geteuid()
}

/// `getrlimit(RLIMIT_FSIZE)`: the largest file that this process may write, in bytes.
#[cfg(target_os = "linux")]
pub(crate) fn file_size_limit() -> u64 {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the call writes one rlimit, and cannot fail for a limit that exists.
    let asked = unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut limit) };
    if asked == 0 { limit.rlim_cur } else { u64::MAX }
}

/// `getegid()`.
pub(crate) fn getegid() -> u32 {
    // SAFETY: takes nothing, cannot fail.
    unsafe { libc::getegid() }
}

/// `getrlimit(RLIMIT_NOFILE)`: how many descriptors this process may have open.
pub(crate) fn descriptor_limit() -> u64 {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the call writes one rlimit, and cannot fail for a limit that exists.
    let asked = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    // FreeBSD's are signed.
    #[cfg(target_os = "freebsd")]
    let soft = u64::try_from(limit.rlim_cur).unwrap_or(u64::MAX);
    #[cfg(not(target_os = "freebsd"))]
    let soft = limit.rlim_cur;
    if asked == 0 { soft } else { 256 }
}
