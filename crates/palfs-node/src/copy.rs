//! What TypeScript calls. Each function converts its arguments, hands over, and converts back.

use std::ffi::CStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use napi::bindgen_prelude::{BufferSlice, JsValue, Unknown};
use napi::{Env, Error, Result};
use napi_derive::napi;
use palfs::Control;
use palfs::copy::{Method, copy_file};

use crate::direct::{Argument, Direct};
use crate::environment::{Environment, SYNC_SLOT};
use crate::job::{Copy, Listener, News, Value, guard};
use crate::options::unpack;
use crate::path::PathArgument;
use crate::record::{Failure, Field, Status, set};

/// Prepares this environment, once, before any other call: `records` receives results, `bytes` the values of synchronous
/// calls and the names of directories, `entries` the numbers beside those; `onRecords` is called with how many records there
/// are whenever asynchronous operations have ended.
#[napi(catch_unwind)]
pub fn open(
    env: Env,
    #[napi(ts_arg_type = "Float64Array")] records: Unknown<'_>,
    #[napi(ts_arg_type = "Uint8Array")] bytes: Unknown<'_>,
    #[napi(ts_arg_type = "Float64Array")] entries: Unknown<'_>,
    #[napi(ts_arg_type = "(count: number) => void")] on_records: Unknown<'_>,
) -> Result<()> {
    Environment::open(env, records.raw(), bytes.raw(), entries.raw(), on_records.raw())
}

/// Cancels everything that runs in this environment and waits, 50 ms at most, for temporaries to be removed.
#[napi(catch_unwind)]
pub fn quiesce(env: Env) -> Result<()> {
    Environment::of(env)?.quiesce();
    Ok(())
}

/// The names of the methods, in the order of their numbers.
#[napi]
#[must_use]
pub fn method_names() -> Vec<&'static str> {
    Method::ALL.map(Method::name).to_vec()
}

/// `copyFileSync(src, dest, bits)`: copies on the calling thread. The result is in the first record.
pub struct CopyFileSync;

impl Direct<3> for CopyFileSync {
    const NAME: &'static CStr = c"copyFileSync";

    fn call(environment: &Environment, [src, dest, bits]: [Argument; 3]) -> Result<Option<f64>> {
        let options = unpack(bits.bits()?, environment.methods);
        let copy = |src: &Path, dest: &Path| {
            guard(environment.panic, || copy_file(src, dest, &options, &Control::new()))
        };
        let outcome = src.with_path(|src| dest.with_path(|dest| Ok(copy(src, dest))))?;
        let status = environment.answers.write(SYNC_SLOT, outcome, environment.array());
        Ok(Some(f64::from(status as u32)))
    }
}

/// `copyFile(src, dest, bits)`: starts a copy on the pool and gives its slot; the end comes through `onRecords`.
pub struct CopyFile;

impl Direct<3> for CopyFile {
    const NAME: &'static CStr = c"copyFile";

    fn call(environment: &Environment, [src, dest, bits]: [Argument; 3]) -> Result<Option<f64>> {
        let copy = prepare(environment, src.path()?, dest.path()?, bits.bits()?);
        environment.start(copy).map(|slot| Some(slot.into()))
    }
}

/// Starts a copy on the pool and gives its slot; the caller learns of the end from `wait`.
#[napi(catch_unwind)]
pub fn copy_file_pumped(
    env: Env,
    #[napi(ts_arg_type = "string | Uint8Array")] src: PathArgument,
    #[napi(ts_arg_type = "string | Uint8Array")] dest: PathArgument,
    bits: u32,
) -> Result<u32> {
    let environment = Environment::of(env)?;
    let copy = prepare(environment, src.into_path(), dest.into_path(), bits);
    environment.jobs()?.start(copy, Listener::Caller)
}

/// Blocks until the operation has ended or asks something, `milliseconds` at most. Null if nothing happened; at the end
/// the first record holds the result.
#[napi(catch_unwind)]
pub fn wait(env: Env, slot: u32, milliseconds: u32) -> Result<Option<Status>> {
    let environment = Environment::of(env)?;
    let limit = Duration::from_millis(milliseconds.into());
    let news = environment.jobs()?.get(slot).and_then(|job| job.wait(limit));
    Ok(news.map(|news| match news {
        News::Ended(outcome) => environment.end(slot, *outcome, environment.array()),
        News::Asked => Status::Asked,
    }))
}

/// Asks the operation to stop. Its end is still to come.
#[napi(catch_unwind)]
pub fn cancel(env: Env, slot: u32) -> Result<()> {
    let environment = Environment::of(env)?;
    if let Some(job) = environment.jobs()?.get(slot) {
        environment.jobs()?.hold(slot);
        job.cancel();
    }
    Ok(())
}

/// Nobody waits for the end of this operation any more: the event loop may end before, and a caller that pumped hears of it
/// through `onRecords`.
#[napi(catch_unwind)]
pub fn abandon(env: Env, slot: u32) -> Result<()> {
    Environment::of(env)?.jobs()?.abandon(slot);
    Ok(())
}

/// Writes the counters of a running operation into the first record, and gives the path of the entry below its root that
/// it works on; null before the first.
#[napi(catch_unwind)]
pub fn read_progress(env: Env, slot: u32) -> Result<Option<String>> {
    let environment = Environment::of(env)?;
    let Some(job) = environment.jobs()?.get(slot) else { return Ok(None) };
    let record = environment.array();
    set(record, Field::Bytes, job.control.bytes());
    set(record, Field::Files, job.control.files());
    set(record, Field::Directories, job.control.directories());
    set(record, Field::TotalBytes, job.control.total_bytes());
    set(record, Field::TotalFiles, job.control.total_files());
    Ok(job.control.path().map(|path| path.to_string_lossy().into_owned()))
}

/// The failures of an operation that ended with another status than `Done`; without a slot, of the last synchronous call.
#[napi(catch_unwind)]
pub fn take_failures(env: Env, slot: Option<u32>) -> Result<Vec<Failure>> {
    Ok(Environment::of(env)?.answers.take_failures(slot.unwrap_or(SYNC_SLOT)))
}

/// Above this a Buffer takes over the memory itself: copying would hold the JavaScript thread.
const WORTH_NO_COPY: usize = 64 << 10;

/// The bytes that an operation gave; without a slot, those of the last synchronous call that did not fit.
#[napi(catch_unwind)]
pub fn take_bytes(env: Env, slot: Option<u32>) -> Result<BufferSlice<'static>> {
    match Environment::of(env)?.answers.take_value(slot.unwrap_or(SYNC_SLOT)) {
        // Only where the event loop turns: Node frees such memory there and not before, so that a loop of synchronous
        // calls would fill the machine.
        Some(Value::Bytes(bytes)) if slot.is_some() && bytes.len() > WORTH_NO_COPY => {
            BufferSlice::from_data(&env, bytes)
        }
        Some(Value::Bytes(bytes)) => BufferSlice::copy_from(&env, bytes),
        _ => Err(Error::from_reason("no bytes wait here")),
    }
}

fn prepare(environment: &Environment, src: PathBuf, dest: PathBuf, bits: u32) -> Copy {
    Copy { src, dest, options: unpack(bits, environment.methods), panic: environment.panic }
}
