//! Calls of the C library that a preloaded library answers in its place: fakeroot, fakechroot and pseudo keep owners,
//! modes and device numbers in a list of their own, which chown(2) and mknod(2) write to and stat(2) must be read from.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::sync::LazyLock;

/// statx(2) as a function of C.
pub(super) type Statx = unsafe extern "C" fn(c_int, *const c_char, c_int, c_uint, *mut libc::statx) -> c_int;

static STATX: LazyLock<Option<Statx>> = LazyLock::new(|| {
    let found = symbol(c"statx")?;
    // getauxval(3) stands for the C library: it has no owner or path to lie about.
    if object_of(found)? == object_of(symbol(c"getauxval")?)? {
        return None;
    }
    // SAFETY: every library that defines `statx` defines it with this signature, that of statx(2).
    Some(unsafe { std::mem::transmute::<*mut c_void, Statx>(found) })
});

/// The `statx` of a preloaded library. `None` where there is none: then the C library's own does what the raw system call
/// does, which needs no glibc 2.28.
pub(super) fn statx() -> Option<Statx> {
    *STATX
}

/// Whether a preloaded library keeps owners and modes: system calls that are made raw pass it by.
pub(super) fn keeps_owners_and_modes() -> bool {
    statx().is_some()
}

/// The first definition of a function among the libraries of this process.
fn symbol(name: &CStr) -> Option<*mut c_void> {
    // SAFETY: the name is NUL-terminated. A static binary has no symbols to be found, which is NULL.
    let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    (!found.is_null()).then_some(found)
}

/// Where the library that has this address begins in memory.
fn object_of(address: *mut c_void) -> Option<*mut c_void> {
    let mut info = std::mem::MaybeUninit::<libc::Dl_info>::zeroed();
    // SAFETY: `info` has room for one Dl_info; any address may be asked about.
    let known = unsafe { libc::dladdr(address, info.as_mut_ptr()) };
    // SAFETY: a Dl_info is pointers only, for which the zeros written above are valid.
    (known != 0).then(|| unsafe { info.assume_init() }.dli_fbase)
}

#[cfg(test)]
mod tests {
    #[test]
    fn without_a_preloaded_library_the_system_call_is_made_raw() {
        if std::env::var_os("LD_PRELOAD").is_none() {
            assert!(super::statx().is_none());
        }
    }
}
