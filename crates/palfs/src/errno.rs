//! Error numbers: reading them portably, naming them, and saying which C library set them.

use core::fmt;

/// Reads this thread's `errno` without naming any libc's private accessor.
///
/// Only meaningful directly after a call that failed.
#[must_use]
pub fn get_last_errno() -> i32 {
    errno::errno().0
}

/// Sets this thread's `errno` to zero.
///
/// Needed before readdir(3)-style and pathconf(3) calls, where -1 or null means "error" only if errno is set.
pub fn clear_errno() {
    errno::set_errno(errno::Errno(0));
}

/// True when this build is linked against glibc.
pub const IS_GLIBC: bool = cfg!(all(target_os = "linux", target_env = "gnu"));

/// True when this build is linked against musl.
pub const IS_MUSL: bool = cfg!(all(target_os = "linux", target_env = "musl"));

/// A kernel error number.
///
/// A number, not an enum: a kernel may return values that this crate has never heard of.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Errno(i32);

impl Errno {
    /// Wraps a raw error number, as found in `errno`.
    #[must_use]
    pub const fn from_raw(raw: i32) -> Self {
        Self(raw)
    }

    /// The number as the kernel gave it (positive).
    #[must_use]
    pub const fn raw(self) -> i32 {
        self.0
    }

    /// The error number that the last failed call on this thread left behind.
    #[must_use]
    pub fn last() -> Self {
        Self(get_last_errno())
    }
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "errno {}", self.0),
        }
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({self:?})", self.description())
    }
}

impl From<Errno> for std::io::Error {
    fn from(errno: Errno) -> Self {
        Self::from_raw_os_error(errno.0)
    }
}

impl std::error::Error for Errno {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_linux_error_number_has_a_name_and_the_text_of_strerror() {
        for raw in 1..=133 {
            // 41 and 58 are EWOULDBLOCK and EDEADLOCK, which Linux defines as other numbers.
            if cfg!(target_os = "linux") && raw != 41 && raw != 58 {
                assert!(Errno::from_raw(raw).name().is_some(), "errno {raw} has no name");
            }
        }
        assert_eq!(Errno::EDQUOT.name(), Some("EDQUOT"));
        assert_eq!(Errno::from_raw(4000).name(), None);
    }

    #[test]
    fn exactly_one_c_library_is_named_on_linux() {
        assert_eq!(u8::from(IS_GLIBC) + u8::from(IS_MUSL), u8::from(cfg!(target_os = "linux")));
    }

    #[test]
    fn clear_errno_makes_the_next_read_zero() {
        errno::set_errno(errno::Errno(Errno::EIO.raw()));
        assert_eq!(Errno::last(), Errno::EIO);
        clear_errno();
        assert_eq!(get_last_errno(), 0);
    }
}
