//! The copy of one file: on the calling thread, on the pool, and on the pool while the calling thread waits.

use std::ffi::CStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use napi::{Env, Result};
use napi_derive::napi;
use palfs::copy::{CopyOptions, CopyResult, Method, copy_file};
use palfs::{Control, FsError};

use crate::call::Call;
use crate::environment::{Environment, SYNC_SLOT};
use crate::fast_calls::{Argument, Direct};
use crate::job::Listener;
use crate::options::unpack;
use crate::outcome::guard;
use crate::path::PathArgument;

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
        let status = environment.results.write(SYNC_SLOT, outcome, environment.array());
        Ok(Some(f64::from(status as u32)))
    }
}

/// `copyFile(src, dest, bits)`: starts a copy on the pool and returns its slot; the outcome goes to `onRecords`.
pub struct CopyFile;

impl Direct<3> for CopyFile {
    const NAME: &'static CStr = c"copyFile";

    fn call(environment: &Environment, [src, dest, bits]: [Argument; 3]) -> Result<Option<f64>> {
        let copy = Copy::new(environment, src.path()?, dest.path()?, bits.bits()?);
        environment.spawn(copy).map(|slot| Some(slot.into()))
    }
}

/// Starts a copy on the pool and returns its slot; the caller gets the outcome from `wait`.
#[napi(catch_unwind)]
pub fn copy_file_pumped(
    env: Env,
    #[napi(ts_arg_type = "string | Uint8Array")] src: PathArgument,
    #[napi(ts_arg_type = "string | Uint8Array")] dest: PathArgument,
    bits: u32,
) -> Result<u32> {
    let environment = Environment::of(env)?;
    let copy = Copy::new(environment, src.into_path(), dest.into_path(), bits);
    environment.jobs()?.start(copy, Listener::Caller)
}

struct Copy {
    src: PathBuf,
    dest: PathBuf,
    options: CopyOptions,
}

impl Copy {
    fn new(environment: &Environment, src: PathBuf, dest: PathBuf, bits: u32) -> Self {
        Self { src, dest, options: unpack(bits, environment.methods) }
    }
}

impl Call for Copy {
    type Output = CopyResult;
    const NAME: &'static str = "copy_file";

    fn run(self, control: &Arc<Control>) -> std::result::Result<CopyResult, FsError> {
        copy_file(&self.src, &self.dest, &self.options, control)
    }

    fn paths(&self) -> (Option<&Path>, Option<&Path>) {
        (Some(&self.src), Some(&self.dest))
    }
}
