//! The Node-API binding of palfs: convert, dispatch, convert. Nothing here decides anything about files.

mod abi;
mod call;
mod completion_queue;
pub mod copy;
mod dir_batch;
mod environment;
mod fast_calls;
mod file_stat;
pub mod file_system;
mod filter;
mod filter_requests;
mod job;
mod job_table;
pub mod lifecycle;
mod node_api;
mod open_directories;
mod options;
mod outcome;
mod path;
pub mod platform;
pub mod platform_io;
pub mod readdir;
mod results;
pub mod tree;
pub mod xattr;

use napi::bindgen_prelude::Object;
use napi::{Env, Result};
use napi_derive::napi;

use copy::{CopyFile, CopyFileSync};
use fast_calls::register;
use xattr::{GetSync, SetSync};

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

/// The functions that are registered by hand, by their names.
#[napi(ts_return_type = "{
  copyFile(src: string | Uint8Array, dest: string | Uint8Array, bits: number): number
  copyFileSync(src: string | Uint8Array, dest: string | Uint8Array, bits: number): Status
  xattrGetSync(file: string | Uint8Array | number, name: string | Uint8Array, bits: number): number | null
  xattrSetSync(file: string | Uint8Array | number, name: string | Uint8Array, value: string | Uint8Array, bits: number): number | null
}")]
pub fn direct_functions(env: Env) -> Result<Object<'static>> {
    let mut functions = Object::new(&env)?;
    register::<CopyFile, 3>(env, &mut functions)?;
    register::<CopyFileSync, 3>(env, &mut functions)?;
    register::<GetSync, 3>(env, &mut functions)?;
    register::<SetSync, 4>(env, &mut functions)?;
    Ok(functions)
}
