//! Copies on the temporary directory, whatever filesystem that is. The matrix of filesystems and the injected faults
//! are in `__test__`; here is what must hold for Rust callers, on glibc and musl alike.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod content;
mod destination;
mod metadata;
mod refusals;
mod scratch;
