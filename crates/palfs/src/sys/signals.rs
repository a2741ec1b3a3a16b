//! SIGXFSZ: Linux sends it to a thread that writes beyond RLIMIT_FSIZE, beside the errno EFBIG.
//!
//! Its default action ends the process, before the operation can remove its temporary files. A library must not change the signal
//! handlers of its process. So threads of the pool block the signal for good, and callers' threads during an operation. Other systems
//! send the signal to the process and not to the thread, where blocking it in one thread has no effect.

#[cfg(target_os = "linux")]
use std::cell::Cell;
use std::marker::PhantomData;

#[cfg(target_os = "linux")]
thread_local! {
    /// Whether this thread blocks the signal for good.
    static HELD: Cell<bool> = const { Cell::new(false) };
}

/// While it lives, a write beyond the limit on file sizes is EFBIG on this thread and no more than that.
#[must_use]
pub(crate) struct SigxfszGuard {
    #[cfg(target_os = "linux")]
    blocked_before: Option<libc::sigset_t>,
    /// A mask is its thread's.
    _not_send: PhantomData<*const ()>,
}

#[cfg(target_os = "linux")]
impl SigxfszGuard {
    /// Blocks the signal where there is a limit at all: to ask takes 0.1 us, to block and unblock 0.4 us.
    pub(crate) fn hold() -> Self {
        let is_harmless = HELD.get() || super::file_size_limit() == libc::RLIM_INFINITY;
        let blocked_before = if is_harmless { None } else { block() };
        Self { blocked_before, _not_send: PhantomData }
    }

    /// Blocks the signal for as long as the thread lives.
    pub(crate) fn hold_for_good() {
        let _mask = block();
        HELD.set(true);
    }
}

/// The mask before it, unless that blocked the signal, too.
#[cfg(target_os = "linux")]
fn block() -> Option<libc::sigset_t> {
    let mut before = std::mem::MaybeUninit::uninit();
    let ours = the_signal();
    // SAFETY: reads one set and writes the other whole where it succeeds; it can only fail for a wrong first argument.
    if unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const ours, before.as_mut_ptr()) } != 0 {
        return None;
    }
    // SAFETY: filled by the call above.
    let before = unsafe { before.assume_init() };
    // SAFETY: reads a set that is initialised.
    let was_blocked = unsafe { libc::sigismember(&raw const before, libc::SIGXFSZ) } == 1;
    (!was_blocked).then_some(before)
}

#[cfg(target_os = "linux")]
fn the_signal() -> libc::sigset_t {
    let mut set = std::mem::MaybeUninit::uninit();
    // SAFETY: writes the whole set, and cannot fail.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    // SAFETY: initialised by the call above.
    let mut set = unsafe { set.assume_init() };
    // SAFETY: adds a signal that exists to a set that is initialised.
    unsafe { libc::sigaddset(&raw mut set, libc::SIGXFSZ) };
    set
}

#[cfg(target_os = "linux")]
impl Drop for SigxfszGuard {
    fn drop(&mut self) {
        let Some(before) = self.blocked_before.take() else { return };
        let (ours, at_once) = (the_signal(), libc::timespec { tv_sec: 0, tv_nsec: 0 });
        // SAFETY: reads the set and the time; null asks for no details. EAGAIN is the usual answer: there was none.
        unsafe { libc::sigtimedwait(&raw const ours, std::ptr::null_mut(), &raw const at_once) };
        // SAFETY: reads a whole set; the old one is not asked for.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut()) };
    }
}

#[cfg(not(target_os = "linux"))]
impl SigxfszGuard {
    pub(crate) fn hold() -> Self {
        Self { _not_send: PhantomData }
    }

    pub(crate) fn hold_for_good() {}
}
