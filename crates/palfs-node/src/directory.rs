//! Directories, a batch of names at a time, in arrays shared with JavaScript: on the calling thread written there at once,
//! on the pool into memory of their own, and copied when JavaScript takes them.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use napi::{Env, Error, Result, sys};
use napi_derive::napi;
use palfs::ops::ReadDirectory;
use palfs::{Control, Errno, ErrorKind, FsError};

use crate::batch::{OwnBatch, Request, Room};
use crate::environment::Environment;
use crate::job::{Operation, Outcome, Value, guard};
use crate::node_api::Pinned;
use crate::path::PathArgument;

/// How far a directory on the pool has been read.
enum Reading {
    Unopened(PathBuf),
    Open(ReadDirectory),
    Ended,
}

type Shared = Arc<Mutex<Reading>>;

/// The directories that one environment reads, and the arrays in which it gets their names.
pub struct Directories {
    numbers: Pinned<f64>,
    names: Pinned<u8>,
    on_pool: RefCell<Vec<Option<Shared>>>,
    /// The one of the last synchronous call, while it has not come to its end.
    on_caller: RefCell<Option<ReadDirectory>>,
}

impl Directories {
    /// With the shared arrays that batches are written to.
    pub fn new(env: sys::napi_env, numbers: sys::napi_value, names: sys::napi_value) -> Result<Self> {
        Ok(Self {
            numbers: Pinned::new(env, numbers)?,
            names: Pinned::new(env, names)?,
            on_pool: RefCell::default(),
            on_caller: RefCell::default(),
        })
    }

    fn room(&self) -> Room<'_> {
        Room { numbers: self.numbers.get(), names: self.names.get() }
    }

    fn add(&self, path: PathBuf) -> Result<u32> {
        let reading = Some(Arc::new(Mutex::new(Reading::Unopened(path))));
        let mut all = self.on_pool.borrow_mut();
        let place = all.iter().position(Option::is_none).unwrap_or(all.len());
        match all.get_mut(place) {
            Some(free) => *free = reading,
            None => all.push(reading),
        }
        u32::try_from(place).map_err(|_| Error::from_reason("too many directories"))
    }

    fn find(&self, id: u32) -> Result<Shared> {
        let all = self.on_pool.borrow();
        let found = all.get(id as usize).and_then(Option::as_ref).map(Arc::clone);
        found.ok_or_else(|| Error::from_reason("this directory is closed"))
    }

    fn remove(&self, id: u32) {
        if let Some(place) = self.on_pool.borrow_mut().get_mut(id as usize) {
            *place = None;
        }
    }

    /// The next names of `path`, or of the directory of the last call.
    fn read_here(&self, path: Option<PathBuf>, request: Request) -> std::result::Result<Value, FsError> {
        // Taken out, so that an error closes it.
        let mut directory = match (path, self.on_caller.take()) {
            (Some(path), _) => ReadDirectory::open(&path)?,
            (None, Some(directory)) => directory,
            (None, None) => return Err(FsError::new(Errno::EBADF, "readdir")),
        };
        let filled = self.room().read(&mut directory, request)?;
        if !filled.has_ended {
            self.on_caller.replace(Some(directory));
        }
        Ok(Value::Nothing)
    }
}

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
    panic: bool,
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

impl Operation for NextBatch {
    fn run(self, _control: &Control) -> Outcome {
        guard(self.panic, || self.read().map(|batch| Value::Batch(Box::new(batch))))
    }

    fn cancelled(&self) -> FsError {
        FsError::new(Errno::ECANCELED, "readdir").with_kind(ErrorKind::Cancelled)
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
        panic: environment.panic,
    };
    environment.start(next)
}

/// Copies the names that the operation of `slot` gave to the shared arrays.
#[napi(catch_unwind)]
pub fn take_batch(env: Env, slot: u32) -> Result<()> {
    let environment = Environment::of(env)?;
    match environment.answers.take_value(slot) {
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
