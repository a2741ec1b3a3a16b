//! Trees through the crate: what a walk must survive. What is kept, on which filesystems and against which oracles is
//! tested from TypeScript.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

#[path = "../copy/scratch.rs"]
#[expect(dead_code, reason = "shared with the tests of single files, which use all of it")]
mod scratch;

mod concurrency;
mod copy;
mod depth;
#[cfg(target_os = "linux")]
mod faults;
mod filter;
mod relocate;
mod remove;
