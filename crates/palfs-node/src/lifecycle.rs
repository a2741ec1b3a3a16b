//! The life of calls, as TypeScript handles it: open an environment, wait for a call, cancel or abandon it, read its progress,
//! and take what it left.

use std::time::Duration;

use napi::bindgen_prelude::{BufferSlice, JsValue, Unknown};
use napi::{Env, Error, Result};
use napi_derive::napi;

use crate::abi::{Failure, Status, number};
use crate::environment::{Environment, SYNC_SLOT};
use crate::job::Event;
use crate::outcome::Value;

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

/// Blocks until the call has ended or its filter has a request, `milliseconds` at most. Null after a timeout. At the end the first
/// record holds the result.
#[napi(catch_unwind)]
pub fn wait(env: Env, slot: u32, milliseconds: u32) -> Result<Option<Status>> {
    let environment = Environment::of(env)?;
    let limit = Duration::from_millis(milliseconds.into());
    let event = environment.jobs()?.get(slot).and_then(|job| job.wait(limit));
    Ok(event.map(|event| match event {
        Event::Ended(outcome) => environment.end(slot, *outcome, environment.array()),
        Event::HasRequests => Status::Asked,
    }))
}

/// Cancels a call. Its outcome still follows.
#[napi(catch_unwind)]
pub fn cancel(env: Env, slot: u32) -> Result<()> {
    let environment = Environment::of(env)?;
    if let Some(job) = environment.jobs()?.get(slot) {
        environment.jobs()?.hold(slot);
        job.cancel();
    }
    Ok(())
}

/// Detaches a call. It no longer keeps the event loop alive; its outcome is delivered to `onRecords` and dropped.
#[napi(catch_unwind)]
pub fn abandon(env: Env, slot: u32) -> Result<()> {
    Environment::of(env)?.jobs()?.abandon(slot);
    Ok(())
}

/// The progress of a running job.
#[napi(object, object_from_js = false)]
pub struct JobProgress {
    /// Bytes of content copied so far.
    pub bytes: f64,
    /// Files completed so far.
    pub files: f64,
    /// Directories created so far.
    pub directories: f64,
    /// Bytes in total. Absent: not known yet.
    pub total_bytes: Option<f64>,
    /// Files in total. Absent: not known yet.
    pub total_files: Option<f64>,
    /// An entry that is being copied or removed. Absent: before the first entry below the root.
    pub path: Option<String>,
}

/// The progress of a running job; null if it has ended. Called ten times a second, so a new object each time is no cost.
#[napi(catch_unwind)]
pub fn read_progress(env: Env, slot: u32) -> Result<Option<JobProgress>> {
    let Some(job) = Environment::of(env)?.jobs()?.get(slot) else { return Ok(None) };
    let control = &job.control;
    let known = |total: u64| (total > 0).then(|| number(total));
    Ok(Some(JobProgress {
        bytes: number(control.bytes()),
        files: number(control.files()),
        directories: number(control.directories()),
        total_bytes: known(control.total_bytes()),
        total_files: known(control.total_files()),
        path: control.path().map(|path| path.to_string_lossy().into_owned()),
    }))
}

/// The failures of an operation that ended with another status than `Done`; without a slot, of the last synchronous call.
#[napi(catch_unwind)]
pub fn take_failures(env: Env, slot: Option<u32>) -> Result<Vec<Failure>> {
    Ok(Environment::of(env)?.results.take_failures(slot.unwrap_or(SYNC_SLOT)))
}

/// Above this a Buffer takes over the memory itself: copying would hold the JavaScript thread.
const WORTH_NO_COPY: usize = 64 << 10;

/// The bytes that an operation gave; without a slot, those of the last synchronous call that did not fit.
#[napi(catch_unwind)]
pub fn take_bytes(env: Env, slot: Option<u32>) -> Result<BufferSlice<'static>> {
    match Environment::of(env)?.results.take_value(slot.unwrap_or(SYNC_SLOT)) {
        // Only where the event loop turns: Node frees such memory there and not before, so that a loop of synchronous
        // calls would fill the machine.
        Some(Value::Bytes(bytes)) if slot.is_some() && bytes.len() > WORTH_NO_COPY => {
            BufferSlice::from_data(&env, bytes)
        }
        Some(Value::Bytes(bytes)) => BufferSlice::copy_from(&env, bytes),
        _ => Err(Error::from_reason("no bytes wait here")),
    }
}
