//! What a removal tries again, and how long it waits.

use std::time::Duration;

use super::crew::{Crew, Work};
use super::removal::TreeRemoval;
use crate::errno::Errno;

/// How long a thread that waits for its next try sleeps before it looks whether it still should.
const NAP: Duration = Duration::from_millis(20);

impl TreeRemoval {
    /// Does `attempt` again: while descriptors are short, and as often as the caller wants it of what may pass.
    /// ECANCELED when the operation was cancelled meanwhile.
    pub(super) fn patiently<T>(
        &self,
        crew: &Crew<Self>,
        mut attempt: impl FnMut() -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        let mut tries = 0_u32;
        loop {
            let company = || !self.is_stopped() && crew.has_company();
            let errno = match self.descriptors.patiently(company, &mut attempt) {
                Err(errno) if may_pass(errno) => errno,
                other => return other,
            };
            if tries >= self.options.max_retries || self.is_stopped() {
                return Err(errno);
            }
            tries = tries.saturating_add(1);
            let delay = self.options.retry_delay.unwrap_or(100).saturating_mul(tries);
            self.sleep(Duration::from_millis(u64::from(delay)));
            if self.control.is_cancelled() {
                return Err(Errno::ECANCELED);
            }
        }
    }

    /// Waits, but not when the operation is stopped.
    fn sleep(&self, whole: Duration) {
        let mut left = whole;
        while !left.is_zero() && !self.is_stopped() {
            let part = left.min(NAP);
            std::thread::sleep(part);
            left = left.saturating_sub(part);
        }
    }
}

/// The errnos that `fs.rm` tries again.
pub(super) fn may_pass(errno: Errno) -> bool {
    matches!(errno, Errno::EBUSY | Errno::EMFILE | Errno::ENFILE | Errno::ENOTEMPTY | Errno::EPERM)
}
