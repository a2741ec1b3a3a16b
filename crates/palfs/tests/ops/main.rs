//! `FileSystemOps` on the temporary directory, each operation beside what std::fs sees. Tests named `correction_NN_...`
//! hold one defect each of the sketch that this layer began as, so that none comes back.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod descriptors;
mod directories;
mod leaks;
mod links;
mod metadata;
mod paths;
mod platform;
mod range_refusals;
mod ranges;
#[path = "../copy/scratch.rs"]
#[expect(dead_code, reason = "the copy tests use the rest of it")]
mod scratch;
mod sources;
mod streams;
mod xattrs;

use std::sync::Arc;

use palfs::FsError;
use palfs::ops::{FileSystemOps, StdFileSystemOps};
use palfs::platform::create_platform_filesystem;

type Ops = Arc<dyn FileSystemOps<Error = FsError>>;

/// This platform's operations and the generic ones, which must not differ.
fn every_implementation() -> [Ops; 2] {
    [create_platform_filesystem(), Arc::new(StdFileSystemOps)]
}

fn code<T>(result: Result<T, FsError>) -> &'static str {
    result.err().and_then(|error| error.code()).unwrap_or("success")
}
