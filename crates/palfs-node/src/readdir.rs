//! Directories, a batch of names at a time, in arrays shared with JavaScript: on the calling thread written there at once,
//! on the pool into memory of their own, and copied when JavaScript takes them.

use std::cell::RefCell;
use std::sync::{Arc, PoisonError};

use napi::{Env, Error, Result};
use napi_derive::napi;
use palfs::ops::ReadDirectory;
use palfs::{Control, FsError};

use crate::call::Call;
use crate::dir_batch::{OwnBatch, Request, Room};
use crate::environment::Environment;
use crate::open_directories::{Reading, Shared};
use crate::outcome::{Value, guard};
use crate::path::PathArgument;

thread_local! {
    /// What workers read into, kept between batches.
    static SPARE: RefCell<(Vec<f64>, Vec<u8>)> = const { RefCell::new((Vec::new(), Vec::new())) };
}

/// The next names of a directory, on the pool.
struct NextBatch {
    directory: Shared,
    request: Request,
    /// How many numbers, and how many bytes of names, there is room for.
    room: (usize, usize),
}

impl NextBatch {
    fn read(&self) -> std::result::Result<OwnBatch, FsError> {
        let mut reading = self.directory.lock().unwrap_or_else(PoisonError::into_inner);
        // Taken out, so that an error or the end of the directory closes it here and now.
        let mut directory = match std::mem::replace(&mut *reading, Reading::Ended) {
            Reading::Unopened(path) => ReadDirectory::open(&path)?,
            Reading::Open(directory) => directory,
            Reading::Ended => return Ok(OwnBatch::end()),
        };
        SPARE.with_borrow_mut(|(numbers, names)| {
            numbers.resize(self.room.0, 0.0);
            names.resize(self.room.1, 0);
            let mut room = Room { numbers, names };
            let filled = room.read(&mut directory, self.request)?;
            if !filled.has_ended {
                *reading = Reading::Open(directory);
            }
            Ok(OwnBatch::of(&room, filled))
        })
    }
}

impl Call for NextBatch {
    type Output = Value;
    const NAME: &'static str = "readdir";

    fn run(self, _control: &Arc<Control>) -> std::result::Result<Value, FsError> {
        self.read().map(|batch| Value::Batch(Box::new(batch)))
    }
}

/// Opens a directory on the calling thread and writes its first names to the shared arrays; without a path, the next ones
/// of the last directory. Null where it failed.
#[napi(catch_unwind)]
pub fn directory_next_sync(
    env: Env,
    #[napi(ts_arg_type = "string | Uint8Array | null")] path: Option<PathArgument>,
    bits: u32,
) -> Result<Option<f64>> {
    let environment = Environment::of(env)?;
    let path = path.map(PathArgument::into_path);
    let request = Request::new(bits, None);
    let read = || environment.directories.read_here(path, request);
    Ok(environment.answer(guard(environment.panic, read)))
}

/// A directory to be read on the pool; it is opened by the first `directoryNext`.
#[napi(catch_unwind)]
pub fn directory_add(
    env: Env,
    #[napi(ts_arg_type = "string | Uint8Array")] path: PathArgument,
) -> Result<u32> {
    Environment::of(env)?.directories.add(path.into_path())
}

/// Reads the next names, up to `limit` and to what the shared arrays hold, on one thread of the pool.
#[napi(catch_unwind)]
pub fn directory_next(env: Env, directory: u32, bits: u32, limit: u32) -> Result<u32> {
    let environment = Environment::of(env)?;
    let directories = &environment.directories;
    let request = Request::new(bits, Some(limit));
    let next = NextBatch {
        directory: directories.find(directory)?,
        request,
        room: (request.numbers(directories.numbers.len()), directories.names.len()),
    };
    environment.spawn(next)
}

/// Copies the names that the operation of `slot` gave to the shared arrays.
#[napi(catch_unwind)]
pub fn take_batch(env: Env, slot: u32) -> Result<()> {
    let environment = Environment::of(env)?;
    match environment.results.take_value(slot) {
        Some(Value::Batch(batch)) => {
            batch.show(&mut environment.directories.room());
            Ok(())
        }
        _ => Err(Error::from_reason("no names wait here")),
    }
}

/// Closes a directory: at once, or when the operation that reads it ends.
#[napi(catch_unwind)]
pub fn directory_close(env: Env, directory: u32) -> Result<()> {
    Environment::of(env)?.directories.remove(directory);
    Ok(())
}
