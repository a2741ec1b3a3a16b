//! What TypeScript calls. Each function converts its arguments, hands over, and converts back.

use std::time::Duration;

use napi::bindgen_prelude::{BufferSlice, JsValue, Unknown};
use napi::{Env, Error, Result};
use napi_derive::napi;
use palfs::Control;
use palfs::copy::Method;

use crate::environment::{Environment, SYNC_SLOT};
use crate::job::{Copy, Listener, News, Operation, Value};
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

/// Copies on the calling thread. The result is in the first record.
#[napi(catch_unwind)]
pub fn copy_file_sync(
    env: Env,
    #[napi(ts_arg_type = "string | Uint8Array")] src: PathArgument,
    #[napi(ts_arg_type = "string | Uint8Array")] dest: PathArgument,
    bits: u32,
) -> Result<Status> {
    let environment = Environment::of(env)?;
    let outcome = prepare(environment, src, dest, bits).run(&Control::new());
    Ok(environment.write(SYNC_SLOT, outcome, environment.array()))
}

/// Starts a copy on the pool and gives its slot; the end comes through `onRecords`.
#[napi(catch_unwind)]
pub fn copy_file(
    env: Env,
    #[napi(ts_arg_type = "string | Uint8Array")] src: PathArgument,
    #[napi(ts_arg_type = "string | Uint8Array")] dest: PathArgument,
    bits: u32,
) -> Result<u32> {
    start(env, src, dest, bits, Listener::Callback)
}

/// Starts a copy on the pool and gives its slot; the caller learns of the end from `wait`.
#[napi(catch_unwind)]
pub fn copy_file_pumped(
    env: Env,
    #[napi(ts_arg_type = "string | Uint8Array")] src: PathArgument,
    #[napi(ts_arg_type = "string | Uint8Array")] dest: PathArgument,
    bits: u32,
) -> Result<u32> {
    start(env, src, dest, bits, Listener::Caller)
}

/// Blocks until the operation has ended or asks something, `milliseconds` at most. Null if nothing happened; at the end
/// the first record holds the result.
#[napi(catch_unwind)]
pub fn wait(env: Env, slot: u32, milliseconds: u32) -> Result<Option<Status>> {
    let environment = Environment::of(env)?;
    let limit = Duration::from_millis(milliseconds.into());
    let news = environment.job(slot).and_then(|job| job.wait(limit));
    Ok(news.map(|news| match news {
        News::Ended(outcome) => environment.end(slot, *outcome, environment.array()),
        News::Asked => Status::Asked,
    }))
}

/// Asks the operation to stop. Its end is still to come.
#[napi(catch_unwind)]
pub fn cancel(env: Env, slot: u32) -> Result<()> {
    let environment = Environment::of(env)?;
    if let Some(job) = environment.job(slot) {
        environment.hold(slot);
        job.cancel();
    }
    Ok(())
}

/// Nobody waits for the end of this operation any more: the event loop may end before, and a caller that pumped hears of it
/// through `onRecords`.
#[napi(catch_unwind)]
pub fn abandon(env: Env, slot: u32) -> Result<()> {
    Environment::of(env)?.abandon(slot);
    Ok(())
}

/// Writes the counters of a running operation into the first record, and gives the path of the entry below its root that
/// it works on; null before the first.
#[napi(catch_unwind)]
pub fn read_progress(env: Env, slot: u32) -> Result<Option<String>> {
    let environment = Environment::of(env)?;
    let Some(job) = environment.job(slot) else { return Ok(None) };
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
    Ok(Environment::of(env)?.take_failures(slot.unwrap_or(SYNC_SLOT)))
}

/// Above this a Buffer takes over the memory itself: copying would hold the JavaScript thread.
const WORTH_NO_COPY: usize = 64 << 10;

/// The bytes that an operation gave; without a slot, those of the last synchronous call that did not fit.
#[napi(catch_unwind)]
pub fn take_bytes(env: Env, slot: Option<u32>) -> Result<BufferSlice<'static>> {
    match Environment::of(env)?.take_value(slot.unwrap_or(SYNC_SLOT)) {
        // Only where the event loop turns: Node frees such memory there and not before, so that a loop of synchronous
        // calls would fill the machine.
        Some(Value::Bytes(bytes)) if slot.is_some() && bytes.len() > WORTH_NO_COPY => {
            BufferSlice::from_data(&env, bytes)
        }
        Some(Value::Bytes(bytes)) => BufferSlice::copy_from(&env, bytes),
        _ => Err(Error::from_reason("no bytes wait here")),
    }
}

fn prepare(environment: &Environment, src: PathArgument, dest: PathArgument, bits: u32) -> Copy {
    Copy {
        src: src.into_path(),
        dest: dest.into_path(),
        options: unpack(bits, environment.methods),
        panic: environment.panic,
    }
}

fn start(env: Env, src: PathArgument, dest: PathArgument, bits: u32, listener: Listener) -> Result<u32> {
    let environment = Environment::of(env)?;
    let copy = prepare(environment, src, dest, bits);
    environment.start(copy, listener)
}
