//! A shared library that panics and catches it: what `scripts/build-targets.sh` loads to prove that the unwinder which is
//! linked into the addon works there. The addon itself can only be driven by Node.
#![expect(unsafe_code, reason = "the C program that loads this finds the function by its plain name")]

use std::os::raw::c_int;
use std::panic::{catch_unwind, set_hook};

/// Panics `rounds` times and counts the panics that were caught.
#[unsafe(no_mangle)]
pub extern "C" fn panics_caught(rounds: c_int) -> c_int {
    set_hook(Box::new(|_| ())); // messages about panics would look like faults in a build log
    (0..rounds).map(|number| c_int::from(catch_unwind(|| panic_with(number)).is_err())).sum()
}

/// Unwinds through a frame that has something to drop.
fn panic_with(number: c_int) {
    let dropped_on_the_way = number.to_string();
    assert!(dropped_on_the_way.is_empty(), "on purpose");
}
