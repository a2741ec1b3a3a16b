//! Capabilities, each beside what a plain attempt with other programs shows, on filesystems that the tests mount
//! themselves. That takes root; without it only the process-wide answers and the temporary directory are looked at.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod attempts;
mod corrections;
mod faults;
mod filesystems;
mod mounts;
mod unwritable;
