//! Whole files read and written, and memory that direct I/O accepts.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use napi::bindgen_prelude::Uint8ArraySlice;
use napi::{Env, Result};
use napi_derive::napi;
use palfs::io::{ReadOptions, WriteOptions};
use palfs::{Control, FsError, PLATFORM_IO};

use crate::call::Call;
use crate::environment::Environment;
use crate::outcome::{Value, guard};
use crate::path::{BytesArgument, PathArgument};

/// The bits of the options number of a call. No bit set means every default.
#[napi]
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IoBit {
    /// Past the page cache.
    Direct = 0x1,
    /// The old file is written over.
    NotAtomic = 0x2,
    /// No fsync.
    NotDurable = 0x4,
}

fn has(bits: u32, bit: IoBit) -> bool {
    bits & bit as u32 != 0
}

fn writing(bits: u32) -> WriteOptions {
    WriteOptions {
        atomic: !has(bits, IoBit::NotAtomic),
        durable: !has(bits, IoBit::NotDurable),
        direct: has(bits, IoBit::Direct),
    }
}

enum Action {
    Read(ReadOptions),
    /// Returns whether direct I/O was used.
    Write(Vec<u8>, WriteOptions),
    ChunkSize,
}

/// A call on a whole file.
struct WholeFile(PathBuf, Action);

impl Call for WholeFile {
    type Output = Value;
    const NAME: &'static str = "openat";

    fn run(self, control: &Arc<Control>) -> std::result::Result<Value, FsError> {
        let Self(path, action) = self;
        match action {
            Action::Read(options) => PLATFORM_IO.read_file(&path, options, control).map(Value::Content),
            Action::Write(data, options) => {
                let direct = PLATFORM_IO.write_file(&path, &data, options, control)?;
                Ok(Value::Count(direct.into()))
            }
            Action::ChunkSize => PLATFORM_IO.optimal_chunk_size(&path).map(|size| Value::Count(size as u64)),
        }
    }

    fn paths(&self) -> (Option<&Path>, Option<&Path>) {
        (Some(&self.0), None)
    }
}

fn reading(limit: f64, bits: u32) -> Action {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates, and NaN is 0; the facade gives a whole number"
    )]
    let limit = limit as u64;
    Action::Read(ReadOptions { direct: has(bits, IoBit::Direct), limit })
}

/// The content of a file of at most `limit` bytes.
#[napi(catch_unwind)]
pub fn read_file_sync(
    env: Env,
    #[napi(ts_arg_type = "string | Uint8Array")] path: PathArgument,
    limit: f64,
    bits: u32,
) -> Result<Option<f64>> {
    Ok(Environment::of(env)?.run_blocking(WholeFile(path.into_path(), reading(limit, bits))))
}

/// The content of a file of at most `limit` bytes, read on the pool.
#[napi(catch_unwind)]
pub fn read_file(
    env: Env,
    #[napi(ts_arg_type = "string | Uint8Array")] path: PathArgument,
    limit: f64,
    bits: u32,
) -> Result<u32> {
    Environment::of(env)?.spawn(WholeFile(path.into_path(), reading(limit, bits)))
}

/// Writes a file, straight from the caller's memory. Returns 1 if the bytes went past the page cache. No other thread may write to that
/// memory during the call: the facade copies memory that other threads can reach.
#[napi(catch_unwind)]
pub fn write_file_sync(
    env: Env,
    #[napi(ts_arg_type = "string | Uint8Array")] path: PathArgument,
    data: Uint8ArraySlice<'_>,
    bits: u32,
) -> Result<Option<f64>> {
    let environment = Environment::of(env)?;
    let path = path.into_path();
    let outcome = guard(environment.panic, || {
        let direct = PLATFORM_IO.write_file(&path, &data, writing(bits), &Control::new())?;
        Ok(Value::Count(direct.into()))
    });
    Ok(environment.answer(outcome))
}

/// Writes a file on the pool, from a copy of the bytes that is made now.
#[napi(catch_unwind)]
pub fn write_file(
    env: Env,
    #[napi(ts_arg_type = "string | Uint8Array")] path: PathArgument,
    #[napi(ts_arg_type = "string | Uint8Array")] data: BytesArgument,
    bits: u32,
) -> Result<u32> {
    Environment::of(env)?.spawn(WholeFile(path.into_path(), Action::Write(data.0, writing(bits))))
}

/// How much to read or write at a time on the filesystem of `path`.
#[napi(catch_unwind)]
pub fn chunk_size_sync(
    env: Env,
    #[napi(ts_arg_type = "string | Uint8Array")] path: PathArgument,
) -> Result<Option<f64>> {
    Ok(Environment::of(env)?.run_blocking(WholeFile(path.into_path(), Action::ChunkSize)))
}

/// How much to read or write at a time on the filesystem of `path`, asked on the pool.
#[napi(catch_unwind)]
pub fn chunk_size(env: Env, #[napi(ts_arg_type = "string | Uint8Array")] path: PathArgument) -> Result<u32> {
    Environment::of(env)?.spawn(WholeFile(path.into_path(), Action::ChunkSize))
}

/// The offset in `memory` of the first address that is a multiple of `alignment`, a power of two.
#[napi(catch_unwind)]
#[must_use]
pub fn bytes_before_aligned(memory: Uint8ArraySlice<'_>, alignment: u32) -> f64 {
    crate::abi::number(memory.as_ptr().align_offset(alignment as usize) as u64)
}
