//! The directories that one environment reads: those of the pool by their ids, and the one of the calling thread.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use napi::{Error, Result, sys};
use palfs::ops::ReadDirectory;
use palfs::{Errno, FsError};

use crate::dir_batch::{Request, Room};
use crate::node_api::Pinned;
use crate::outcome::Value;

/// How far a directory on the pool has been read.
pub enum Reading {
    Unopened(PathBuf),
    Open(ReadDirectory),
    Ended,
}

pub type Shared = Arc<Mutex<Reading>>;

/// The directories that one environment reads, and the shared arrays for their names.
pub struct Directories {
    pub numbers: Pinned<f64>,
    pub names: Pinned<u8>,
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

    pub fn room(&self) -> Room<'_> {
        Room { numbers: self.numbers.get(), names: self.names.get() }
    }

    pub fn add(&self, path: PathBuf) -> Result<u32> {
        let reading = Some(Arc::new(Mutex::new(Reading::Unopened(path))));
        let mut all = self.on_pool.borrow_mut();
        let place = all.iter().position(Option::is_none).unwrap_or(all.len());
        match all.get_mut(place) {
            Some(free) => *free = reading,
            None => all.push(reading),
        }
        u32::try_from(place).map_err(|_| Error::from_reason("too many directories"))
    }

    pub fn find(&self, id: u32) -> Result<Shared> {
        let all = self.on_pool.borrow();
        let found = all.get(id as usize).and_then(Option::as_ref).map(Arc::clone);
        found.ok_or_else(|| Error::from_reason("this directory is closed"))
    }

    pub fn remove(&self, id: u32) {
        if let Some(place) = self.on_pool.borrow_mut().get_mut(id as usize) {
            *place = None;
        }
    }

    /// The next names of `path`, or of the directory of the last call.
    pub fn read_here(&self, path: Option<PathBuf>, request: Request) -> std::result::Result<Value, FsError> {
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
