//! The Node-API binding of palfs: convert, dispatch, convert. Nothing here decides anything about files.

mod answers;
mod batch;
mod channel;
pub mod copy;
pub mod direct;
pub mod directory;
mod environment;
mod file_action;
mod file_stat;
pub mod file_system;
mod job;
mod jobs;
mod node_api;
mod options;
mod path;
pub mod platform;
pub mod platform_io;
mod question;
mod record;
pub mod tree;
pub mod xattr;

use napi_derive::napi;

/// The version of this addon; the facade compares it with its own.
#[napi]
#[must_use]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// The C library that this addon is linked against, or null on a system where there is only one.
#[napi(js_name = "libc")]
#[must_use]
pub fn c_library() -> Option<&'static str> {
    if palfs::errno::IS_GLIBC {
        Some("glibc")
    } else if palfs::errno::IS_MUSL {
        Some("musl")
    } else {
        None
    }
}
