//! How a call ended: a result, a value, an error or a panic.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use palfs::FsError;
use palfs::copy::CopyResult;
use palfs::io::FileContent;
use palfs::ops::FileStat;
use palfs::platform::PlatformCapabilities;
use palfs::tree::Removed;

use crate::abi::Failure;
use crate::dir_batch::OwnBatch;
use crate::file_stat::Form;

/// How an operation ended, as a value.
pub enum Outcome {
    Copied(CopyResult),
    Removed(Removed),
    /// The value of a call that copies no files.
    Gave(Value),
    Failed(FsError),
    Panicked(Failure),
}

/// What crosses back beside the counts of a copy.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Nothing,
    Count(u64),
    Bytes(Vec<u8>),
    Stat(FileStat, Form),
    Batch(Box<OwnBatch>),
    Content(FileContent),
    Capabilities(Box<PlatformCapabilities>),
}

impl From<CopyResult> for Outcome {
    fn from(result: CopyResult) -> Self {
        Self::Copied(result)
    }
}

/// `Nothing` where it has not ended.
impl<T: Into<Self>> From<Option<T>> for Outcome {
    fn from(result: Option<T>) -> Self {
        result.map_or(Self::Gave(Value::Nothing), Into::into)
    }
}

impl From<Removed> for Outcome {
    fn from(removed: Removed) -> Self {
        Self::Removed(removed)
    }
}

impl From<Value> for Outcome {
    fn from(value: Value) -> Self {
        Self::Gave(value)
    }
}

/// Runs `call` and makes its panic an outcome like others: nothing may unwind into Node. `panics`, for tests only
/// (`PALFS_TEST_PANIC`), is a panic instead of the call.
pub fn guard<T: Into<Outcome>>(panics: bool, call: impl FnOnce() -> Result<T, FsError>) -> Outcome {
    let call = || {
        if panics {
            std::panic::resume_unwind(Box::new("panic on request of PALFS_TEST_PANIC"));
        }
        call()
    };
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(result)) => result.into(),
        Ok(Err(error)) => Outcome::Failed(error),
        Err(payload) => Outcome::Panicked(Failure::panic(panic_message(payload.as_ref()))),
    }
}

/// The message of a panic.
pub fn panic_message(payload: &(dyn Any + Send)) -> &str {
    let owned = payload.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("panic")
}
