//! Extended attributes: five operations, each on the calling thread and on the pool.
//!
//! The synchronous ones give the size of their value (its bytes are in the shared array, or wait for `takeBytes` where they
//! do not fit) or null where they failed. The asynchronous ones give their slot. A list is its names, each with a NUL.

use std::ffi::CStr;
use std::path::Path;
use std::sync::Arc;

use napi::{Env, Result};
use napi_derive::napi;
use palfs::xattr::{self, SetMode, Target};
use palfs::{Control, FsError};

use crate::call::Call;
use crate::environment::Environment;
use crate::fast_calls::{Argument, Direct, FileRef};
use crate::outcome::{Value, guard};
use crate::path::{BytesArgument, FileArgument, borrow};

/// The bits of the options number of a call. No bit set means every default.
#[napi]
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum XattrBit {
    /// A link's own attributes.
    NoFollow = 0x1,
    /// Only if it is absent.
    Create = 0x2,
    /// Only if it is there.
    Replace = 0x4,
}

/// One operation on the attributes of `file`.
struct Attributes {
    file: FileArgument,
    action: Action,
    bits: u32,
}

enum Action {
    Get(BytesArgument),
    List,
    Set(BytesArgument, BytesArgument),
    Remove(BytesArgument),
    Copy(FileArgument),
}

fn has(bits: u32, bit: XattrBit) -> bool {
    bits & bit as u32 != 0
}

fn path_target(path: &Path, bits: u32) -> Target<'_> {
    if has(bits, XattrBit::NoFollow) { Target::path_nofollow(path) } else { Target::path(path) }
}

fn set_mode(bits: u32) -> SetMode {
    if has(bits, XattrBit::Create) {
        SetMode::Create
    } else if has(bits, XattrBit::Replace) {
        SetMode::Replace
    } else {
        SetMode::Any
    }
}

impl Attributes {
    fn target<'a>(&self, file: &'a FileArgument) -> std::result::Result<Target<'a>, FsError> {
        match file {
            FileArgument::Path(path) => Ok(path_target(path, self.bits)),
            FileArgument::Open(fd) => fd.borrow().map(Target::fd),
        }
    }

    fn act(&self) -> std::result::Result<Value, FsError> {
        let file = self.target(&self.file)?;
        match &self.action {
            Action::Get(name) => xattr::get(file, &name.0).map(Value::Bytes),
            Action::List => xattr::list(file).map(|names| Value::Bytes(joined(&names))),
            Action::Set(name, value) => {
                xattr::set(file, &name.0, &value.0, set_mode(self.bits)).map(|()| Value::Nothing)
            }
            Action::Remove(name) => xattr::remove(file, &name.0).map(|()| Value::Nothing),
            Action::Copy(to) => xattr::copy(file, self.target(to)?).map(Value::Count),
        }
    }
}

fn joined(names: &[Vec<u8>]) -> Vec<u8> {
    let mut joined = Vec::with_capacity(names.iter().map(|name| name.len() + 1).sum());
    for name in names {
        joined.extend_from_slice(name);
        joined.push(0);
    }
    joined
}

impl Call for Attributes {
    type Output = Value;
    const NAME: &'static str = "xattr";

    fn run(self, _control: &Arc<Control>) -> std::result::Result<Value, FsError> {
        self.act()
    }
}

fn run(env: Env, file: FileArgument, bits: u32, action: Action) -> Result<Option<f64>> {
    Ok(Environment::of(env)?.run_blocking(Attributes { file, action, bits }))
}

fn start(env: Env, file: FileArgument, bits: u32, action: Action) -> Result<u32> {
    Environment::of(env)?.spawn(Attributes { file, action, bits })
}

/// `xattrGetSync(file, name, bits)`: the value of an attribute.
pub struct GetSync;

impl Direct<3> for GetSync {
    const NAME: &'static CStr = c"xattrGetSync";

    fn call(environment: &Environment, [file, name, bits]: [Argument; 3]) -> Result<Option<f64>> {
        let bits = bits.bits()?;
        name.with(|name| on(environment, file, bits, |file| xattr::get(file, name).map(Value::Bytes)))
    }
}

/// `xattrSetSync(file, name, value, bits)`: sets an attribute.
pub struct SetSync;

impl Direct<4> for SetSync {
    const NAME: &'static CStr = c"xattrSetSync";

    fn call(environment: &Environment, [file, name, value, bits]: [Argument; 4]) -> Result<Option<f64>> {
        let bits = bits.bits()?;
        let mode = set_mode(bits);
        name.with(|name| {
            value.with(|value| {
                on(environment, file, bits, |file| {
                    xattr::set(file, name, value, mode).map(|()| Value::Nothing)
                })
            })
        })
    }
}

/// Does something with the attributes of `file`, now.
fn on(
    environment: &Environment,
    file: Argument,
    bits: u32,
    act: impl FnOnce(Target<'_>) -> std::result::Result<Value, FsError>,
) -> Result<Option<f64>> {
    let outcome = file.with_file(|file| {
        guard(environment.panic, || match file {
            FileRef::Path(path) => act(path_target(path, bits)),
            FileRef::Fd(fd) => borrow(&fd).map(Target::fd).and_then(act),
        })
    })?;
    Ok(environment.answer(outcome))
}

/// The value of an attribute, on the pool.
#[napi(catch_unwind)]
pub fn xattr_get(
    env: Env,
    #[napi(ts_arg_type = "string | Uint8Array | number | object")] file: FileArgument,
    #[napi(ts_arg_type = "string | Uint8Array")] name: BytesArgument,
    bits: u32,
) -> Result<u32> {
    start(env, file, bits, Action::Get(name))
}

/// The names of all attributes.
#[napi(catch_unwind)]
pub fn xattr_list_sync(
    env: Env,
    #[napi(ts_arg_type = "string | Uint8Array | number")] file: FileArgument,
    bits: u32,
) -> Result<Option<f64>> {
    run(env, file, bits, Action::List)
}

/// The names of all attributes, on the pool.
#[napi(catch_unwind)]
pub fn xattr_list(
    env: Env,
    #[napi(ts_arg_type = "string | Uint8Array | number | object")] file: FileArgument,
    bits: u32,
) -> Result<u32> {
    start(env, file, bits, Action::List)
}

/// Sets an attribute, on the pool.
#[napi(catch_unwind)]
pub fn xattr_set(
    env: Env,
    #[napi(ts_arg_type = "string | Uint8Array | number | object")] file: FileArgument,
    #[napi(ts_arg_type = "string | Uint8Array")] name: BytesArgument,
    #[napi(ts_arg_type = "string | Uint8Array")] value: BytesArgument,
    bits: u32,
) -> Result<u32> {
    start(env, file, bits, Action::Set(name, value))
}

/// Removes an attribute.
#[napi(catch_unwind)]
pub fn xattr_remove_sync(
    env: Env,
    #[napi(ts_arg_type = "string | Uint8Array | number")] file: FileArgument,
    #[napi(ts_arg_type = "string | Uint8Array")] name: BytesArgument,
    bits: u32,
) -> Result<Option<f64>> {
    run(env, file, bits, Action::Remove(name))
}

/// Removes an attribute, on the pool.
#[napi(catch_unwind)]
pub fn xattr_remove(
    env: Env,
    #[napi(ts_arg_type = "string | Uint8Array | number | object")] file: FileArgument,
    #[napi(ts_arg_type = "string | Uint8Array")] name: BytesArgument,
    bits: u32,
) -> Result<u32> {
    start(env, file, bits, Action::Remove(name))
}

/// Sets the attributes of `file` on another and returns how many there were.
#[napi(catch_unwind)]
pub fn xattr_copy_sync(
    env: Env,
    #[napi(ts_arg_type = "string | Uint8Array | number")] file: FileArgument,
    #[napi(ts_arg_type = "string | Uint8Array | number")] dest: FileArgument,
    bits: u32,
) -> Result<Option<f64>> {
    run(env, file, bits, Action::Copy(dest))
}

/// Sets the attributes of `file` on another and returns how many there were, on the pool.
#[napi(catch_unwind)]
pub fn xattr_copy(
    env: Env,
    #[napi(ts_arg_type = "string | Uint8Array | number | object")] file: FileArgument,
    #[napi(ts_arg_type = "string | Uint8Array | number | object")] dest: FileArgument,
    bits: u32,
) -> Result<u32> {
    start(env, file, bits, Action::Copy(dest))
}
