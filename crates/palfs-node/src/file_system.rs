//! The operations of the crate's `FileSystemOps`, each by its number: on the calling thread, or on the pool.
//!
//! The synchronous form gives a count, or the size of a value (its bytes are in the shared array, or wait for `takeBytes`
//! where they do not fit; an inode is in the first record), and null where it failed. The asynchronous form gives its slot.

use napi::bindgen_prelude::{JsValue, Unknown};
use napi::{Env, Error, Result};
use napi_derive::napi;
use palfs::{Control, Errno, ErrorKind, FsError};

use crate::environment::Environment;
use crate::file_action::{Action, Arguments, FILE_SYSTEM, count};
use crate::job::{Operation, Outcome, Value, guard};
use crate::node_api::lent_bytes;
use crate::path::FdArgument;

/// The operations, with their arguments in order.
#[napi]
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileOperation {
    /// Path, flags, mode.
    Open = 0,
    /// Descriptor.
    Close = 1,
    /// Descriptor, buffer (its length on the pool), offset or null.
    Read = 2,
    /// Descriptor, bytes, offset or null.
    Write = 3,
    /// Descriptor.
    Fsync = 4,
    /// Descriptor, size.
    Ftruncate = 5,
    /// Path, whether numbers are exact.
    Stat = 6,
    /// Path, whether numbers are exact.
    Lstat = 7,
    /// Descriptor, whether numbers are exact.
    Fstat = 8,
    /// Path, seconds and nanoseconds of access, and of modification. Nanoseconds: -1 is now, -2 leaves the time as it is.
    Utimes = 9,
    /// Path, mode.
    Chmod = 10,
    /// Path, owner, group; -1 leaves one as it is.
    Chown = 11,
    /// Path, mode.
    Mkdir = 12,
    /// Path.
    Rmdir = 13,
    /// Path, new path.
    Link = 14,
    /// Path.
    Unlink = 15,
    /// Target, path.
    Symlink = 16,
    /// Path.
    Readlink = 17,
    /// Path, new path.
    Rename = 18,
    /// Descriptor, descriptor, length, offset or null, offset or null.
    CopyFileRange = 19,
}

/// An operation on its way to the pool.
struct FileWork {
    action: Action,
    panic: bool,
}

impl Operation for FileWork {
    fn run(self, control: &Control) -> Outcome {
        guard(self.panic, || self.action.act(control))
    }

    fn cancelled(&self) -> FsError {
        FsError::new(Errno::ECANCELED, "file system").with_kind(ErrorKind::Cancelled)
    }
}

/// An operation on the calling thread.
#[napi(catch_unwind)]
pub fn file_operation_sync(
    env: Env,
    operation: FileOperation,
    first: Unknown<'_>,
    second: Unknown<'_>,
    third: Unknown<'_>,
    fourth: Unknown<'_>,
    fifth: Unknown<'_>,
) -> Result<Option<f64>> {
    let environment = Environment::of(env)?;
    let given = Arguments { env, values: [first, second, third, fourth, fifth] };
    let (fs, panic) = (&**FILE_SYSTEM, environment.panic);
    let outcome = match operation {
        // Here the caller's own buffer will do: no JavaScript runs meanwhile.
        FileOperation::Read => {
            let (fd, bytes, offset) = (given.get::<FdArgument>(0)?, lent(env, second)?, given.whole(2)?);
            guard(panic, || fs.read(fd.borrow()?, bytes, offset).map(count))
        }
        FileOperation::Write => {
            let (fd, bytes, offset) = (given.get::<FdArgument>(0)?, lent(env, second)?, given.whole(2)?);
            guard(panic, || fs.write(fd.borrow()?, bytes, offset).map(count))
        }
        _ => {
            let action = Action::of(operation, &given, environment.methods)?;
            FileWork { action, panic }.run(&Control::new())
        }
    };
    Ok(environment.answer(outcome))
}

/// An operation on the pool.
#[napi(catch_unwind)]
pub fn file_operation(
    env: Env,
    operation: FileOperation,
    first: Unknown<'_>,
    second: Unknown<'_>,
    third: Unknown<'_>,
    fourth: Unknown<'_>,
    fifth: Unknown<'_>,
) -> Result<u32> {
    let environment = Environment::of(env)?;
    let given = Arguments { env, values: [first, second, third, fourth, fifth] };
    let action = Action::of(operation, &given, environment.methods)?;
    environment.start(FileWork { action, panic: environment.panic })
}

/// Copies the bytes that an operation read to the beginning of `buffer`, which no other thread has; false where there is no
/// room for them any more.
#[napi(catch_unwind)]
pub fn take_bytes_into(
    env: Env,
    slot: u32,
    #[napi(ts_arg_type = "Uint8Array")] buffer: Unknown<'_>,
) -> Result<bool> {
    let Some(Value::Bytes(bytes)) = Environment::of(env)?.answers.take_value(slot) else {
        return Err(Error::from_reason("no bytes wait here"));
    };
    let place = lent(env, buffer)?.get_mut(..bytes.len());
    Ok(place.map(|place| place.copy_from_slice(&bytes)).is_some())
}

/// The bytes of a buffer that was passed, until JavaScript runs again.
#[expect(unsafe_code, reason = "handles of the running call")]
fn lent(env: Env, buffer: Unknown<'_>) -> Result<&mut [u8]> {
    // SAFETY: an argument of the running call. The facade lends no buffer that other threads share, and one at a time.
    unsafe { lent_bytes(env.raw(), buffer.raw()) }
}
