//! Random bytes for names that cannot be guessed.

use crate::errno::Errno;

/// 128 random bits from the kernel.
#[cfg(target_os = "linux")]
pub(crate) fn random_bytes() -> Result<[u8; 16], Errno> {
    let mut bytes = [0_u8; 16];
    // The raw call: the wrapper is younger (glibc 2.25) than the oldest glibc that the addon loads on.
    let filled = super::result::retry(|| {
        // SAFETY: the kernel writes at most 16 bytes into `bytes`.
        super::result::check_offset(unsafe {
            libc::syscall(libc::SYS_getrandom, bytes.as_mut_ptr(), bytes.len(), 0)
        })
    })?;
    // Up to 256 bytes come whole once the pool is initialised (getrandom(2)).
    if filled == 16 { Ok(bytes) } else { Err(Errno::EAGAIN) }
}

/// 128 random bits from the C library's own generator, which cannot fail.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "Linux's twin can fail, and callers are the same")]
pub(crate) fn random_bytes() -> Result<[u8; 16], Errno> {
    let mut bytes = [0_u8; 16];
    // SAFETY: the call writes exactly 16 bytes into `bytes`.
    unsafe { libc::arc4random_buf(bytes.as_mut_ptr().cast(), bytes.len()) };
    Ok(bytes)
}
