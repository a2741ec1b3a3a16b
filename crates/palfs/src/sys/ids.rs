//! Who this process is. These calls cannot fail.

/// `geteuid()`.
pub(crate) fn geteuid() -> u32 {
    // SAFETY: takes nothing, cannot fail.
    unsafe { libc::geteuid() }
}

/// `getegid()`.
pub(crate) fn getegid() -> u32 {
    // SAFETY: takes nothing, cannot fail.
    unsafe { libc::getegid() }
}
