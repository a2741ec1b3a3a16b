//! The operations of the crate's `FileSystemOps`, each by its number: on the calling thread, or on the pool.
//!
//! The synchronous form returns a count, or the size of a value, and null if it failed. The bytes of a value are in the shared array,
//! or are kept for `takeBytes` if they do not fit; a stat is in the first record. The asynchronous form returns its slot.

use std::os::fd::{IntoRawFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use napi::bindgen_prelude::{FromNapiValue, JsValue, Unknown};
use napi::{Env, Error, Result};
use napi_derive::napi;
use palfs::copy::{CopyOffsets, MethodSet, copy_range};
use palfs::ops::{FileSystemOps, SetTime, Timestamp};
use palfs::platform::create_platform_filesystem;
use palfs::{Control, Errno, FsError};

use crate::call::Call;
use crate::environment::Environment;
use crate::file_stat::Form;
use crate::node_api::lent_bytes;
use crate::outcome::{Value, guard};
use crate::path::{BytesArgument, FdArgument, PathArgument, WholeArgument};

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

/// The platform's operations.
static FILE_SYSTEM: LazyLock<Arc<dyn FileSystemOps<Error = FsError>>> =
    LazyLock::new(create_platform_filesystem);

/// One operation and its arguments.
enum Action {
    Open(PathBuf, i32, u32),
    Close(FdArgument),
    Read(FdArgument, usize, Option<u64>),
    Write(FdArgument, Vec<u8>, Option<u64>),
    Fsync(FdArgument),
    Ftruncate(FdArgument, u64),
    Stat(PathBuf, Form),
    Lstat(PathBuf, Form),
    Fstat(FdArgument, Form),
    Utimes(PathBuf, SetTime, SetTime),
    Chmod(PathBuf, u32),
    Chown(PathBuf, Option<u32>, Option<u32>),
    Mkdir(PathBuf, u32),
    Rmdir(PathBuf),
    Link(PathBuf, PathBuf),
    Unlink(PathBuf),
    Symlink(PathBuf, PathBuf),
    Readlink(PathBuf),
    Rename(PathBuf, PathBuf),
    CopyFileRange(FdArgument, FdArgument, u64, CopyOffsets, MethodSet),
}

/// The arguments of the call; each is converted when it is used.
struct Arguments<'a> {
    env: Env,
    values: [Unknown<'a>; 5],
}

impl Arguments<'_> {
    /// One of them.
    #[expect(unsafe_code, reason = "napi converts handles of the running call, which these are")]
    fn get<T: FromNapiValue>(&self, index: usize) -> Result<T> {
        let value = self.values.get(index).ok_or_else(|| Error::from_reason("no such argument"))?;
        // SAFETY: handles of the running call in its environment.
        unsafe { T::from_napi_value(self.env.raw(), value.raw()) }
    }

    fn path(&self, index: usize) -> Result<PathBuf> {
        self.get::<PathArgument>(index).map(PathArgument::into_path)
    }

    /// A number that may be left out.
    fn whole(&self, index: usize) -> Result<Option<u64>> {
        self.get::<WholeArgument>(index).map(|whole| whole.0)
    }

    /// A number that is always given.
    fn count(&self, index: usize) -> Result<u64> {
        self.whole(index)?.ok_or_else(|| Error::from_reason("a whole number is needed"))
    }

    fn form(&self, index: usize) -> Result<Form> {
        self.get::<bool>(index).map(Form::of)
    }

    /// An owner or a group; -1 is none.
    fn id(&self, index: usize) -> Result<Option<u32>> {
        self.get::<i64>(index).map(|id| u32::try_from(id).ok())
    }

    fn time(&self, index: usize) -> Result<SetTime> {
        let seconds = self.get::<i64>(index)?;
        Ok(match self.get::<i32>(index + 1)? {
            -1 => SetTime::Now,
            -2 => SetTime::Leave,
            nanoseconds => {
                let nanoseconds = u32::try_from(nanoseconds).unwrap_or(u32::MAX);
                SetTime::At(Timestamp { seconds, nanoseconds })
            }
        })
    }
}

impl Action {
    /// Converts the arguments of `operation`.
    fn of(operation: FileOperation, given: &Arguments<'_>, methods: MethodSet) -> Result<Self> {
        Ok(match operation {
            FileOperation::Open => Self::Open(given.path(0)?, given.get(1)?, given.get(2)?),
            FileOperation::Close => Self::Close(given.get(0)?),
            FileOperation::Read => {
                let length = usize::try_from(given.count(1)?).unwrap_or(usize::MAX);
                Self::Read(given.get(0)?, length, given.whole(2)?)
            }
            FileOperation::Write => {
                Self::Write(given.get(0)?, given.get::<BytesArgument>(1)?.0, given.whole(2)?)
            }
            FileOperation::Fsync => Self::Fsync(given.get(0)?),
            FileOperation::Ftruncate => Self::Ftruncate(given.get(0)?, given.count(1)?),
            FileOperation::Stat => Self::Stat(given.path(0)?, given.form(1)?),
            FileOperation::Lstat => Self::Lstat(given.path(0)?, given.form(1)?),
            FileOperation::Fstat => Self::Fstat(given.get(0)?, given.form(1)?),
            FileOperation::Utimes => Self::Utimes(given.path(0)?, given.time(1)?, given.time(3)?),
            FileOperation::Chmod => Self::Chmod(given.path(0)?, given.get(1)?),
            FileOperation::Chown => Self::Chown(given.path(0)?, given.id(1)?, given.id(2)?),
            FileOperation::Mkdir => Self::Mkdir(given.path(0)?, given.get(1)?),
            FileOperation::Rmdir => Self::Rmdir(given.path(0)?),
            FileOperation::Link => Self::Link(given.path(0)?, given.path(1)?),
            FileOperation::Unlink => Self::Unlink(given.path(0)?),
            FileOperation::Symlink => Self::Symlink(given.path(0)?, given.path(1)?),
            FileOperation::Readlink => Self::Readlink(given.path(0)?),
            FileOperation::Rename => Self::Rename(given.path(0)?, given.path(1)?),
            FileOperation::CopyFileRange => {
                let at = CopyOffsets { src: given.whole(3)?, dest: given.whole(4)? };
                Self::CopyFileRange(given.get(0)?, given.get(1)?, given.count(2)?, at, methods)
            }
        })
    }
}

impl Call for Action {
    type Output = Value;
    const NAME: &'static str = "file system";

    fn run(self, control: &Arc<Control>) -> std::result::Result<Value, FsError> {
        let fs = &**FILE_SYSTEM;
        match self {
            Self::Open(path, flags, mode) => fs.open(&path, flags, mode).map(number_of),
            Self::Close(fd) => done(fs.close(fd.take()?)),
            Self::Read(fd, length, offset) => {
                let mut bytes = zeroed(length)?;
                let got = fs.read(fd.borrow()?, &mut bytes, offset)?;
                bytes.truncate(got);
                Ok(Value::Bytes(bytes))
            }
            Self::Write(fd, bytes, offset) => fs.write(fd.borrow()?, &bytes, offset).map(count),
            Self::Fsync(fd) => done(fs.fsync(fd.borrow()?)),
            Self::Ftruncate(fd, size) => done(fs.ftruncate(fd.borrow()?, size)),
            Self::Stat(path, form) => fs.stat(&path).map(|stat| Value::Stat(stat, form)),
            Self::Lstat(path, form) => fs.lstat(&path).map(|stat| Value::Stat(stat, form)),
            Self::Fstat(fd, form) => fs.fstat(fd.borrow()?).map(|stat| Value::Stat(stat, form)),
            Self::Utimes(path, atime, mtime) => done(fs.utimes(&path, atime, mtime)),
            Self::Chmod(path, mode) => done(fs.chmod(&path, mode)),
            Self::Chown(path, uid, gid) => done(fs.chown(&path, uid, gid)),
            Self::Mkdir(path, mode) => done(fs.mkdir(&path, mode)),
            Self::Rmdir(path) => done(fs.rmdir(&path)),
            Self::Link(path, new) => done(fs.link(&path, &new)),
            Self::Unlink(path) => done(fs.unlink(&path)),
            Self::Symlink(target, path) => done(fs.symlink(&target, &path)),
            Self::Readlink(path) => fs.readlink(&path).map(|to| Value::Bytes(to.into_os_string().into_vec())),
            Self::Rename(path, new) => done(fs.rename(&path, &new)),
            // Not by the trait: a long copy must be cancellable, so that the process can exit.
            Self::CopyFileRange(src, dest, length, at, methods) => {
                copy_range(src.borrow()?, dest.borrow()?, length, at, methods, control).map(Value::Count)
            }
        }
    }
}

fn done(end: std::result::Result<(), FsError>) -> std::result::Result<Value, FsError> {
    end.map(|()| Value::Nothing)
}

/// A count of bytes.
fn count(count: usize) -> Value {
    Value::Count(count as u64)
}

/// The number of an open file; from here on it is JavaScript's.
fn number_of(fd: OwnedFd) -> Value {
    Value::Count(u64::try_from(fd.into_raw_fd()).unwrap_or(0))
}

fn zeroed(length: usize) -> std::result::Result<Vec<u8>, FsError> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).map_err(|_| FsError::new(Errno::ENOMEM, "read"))?;
    bytes.resize(length, 0);
    Ok(bytes)
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
        // The caller's own buffer is safe here: no JavaScript runs during the call.
        FileOperation::Read => {
            let (fd, bytes, offset) = (given.get::<FdArgument>(0)?, lent(env, second)?, given.whole(2)?);
            guard(panic, || fs.read(fd.borrow()?, bytes, offset).map(count))
        }
        FileOperation::Write => {
            let (fd, bytes, offset) = (given.get::<FdArgument>(0)?, lent(env, second)?, given.whole(2)?);
            guard(panic, || fs.write(fd.borrow()?, bytes, offset).map(count))
        }
        _ => {
            return Ok(environment.run_blocking(Action::of(operation, &given, environment.methods)?));
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
    environment.spawn(action)
}

/// Copies the bytes that an operation read to the beginning of `buffer`, which no other thread has; false where there is no
/// room for them any more.
#[napi(catch_unwind)]
pub fn take_bytes_into(
    env: Env,
    slot: u32,
    #[napi(ts_arg_type = "Uint8Array")] buffer: Unknown<'_>,
) -> Result<bool> {
    let Some(Value::Bytes(bytes)) = Environment::of(env)?.results.take_value(slot) else {
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
