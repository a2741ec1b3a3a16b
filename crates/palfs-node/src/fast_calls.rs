//! Functions that are called a hundred thousand times a second, registered with Node-API by hand.
//!
//! What napi's macro does around every call (a scope for borrowed arguments is made and taken down) takes 0.3 us, a tenth
//! of setxattr(2) or lstat(2), and of a handover to the pool. Without it arguments are looked at where they are, and only a number comes back.
#![expect(unsafe_code, reason = "callbacks and handles of the running call are raw in Node-API")]

use std::ffi::{CStr, OsStr};
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStrExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::ptr;

use napi::bindgen_prelude::{FromNapiValue, JsValue, Object};
use napi::{Env, Error, JsError, Result, check_status, sys};

use crate::environment::Environment;
use crate::outcome::panic_message;
use crate::path::{MORE_THAN_ANY_PATH, PathArgument, fd_of, with_bytes};

/// One argument of the running call.
#[derive(Clone, Copy)]
pub struct Argument {
    env: sys::napi_env,
    value: sys::napi_value,
}

impl Argument {
    /// Calls `body` with the bytes of a string or a Uint8Array.
    pub fn with<T>(self, body: impl FnOnce(&[u8]) -> Result<T>) -> Result<T> {
        // SAFETY: both handles are of the running call, which does not end before `body` does.
        unsafe { with_bytes(self.env, self.value, usize::MAX, body) }
    }

    /// Calls `body` with a path, or with the number of an open file.
    pub fn with_file<T>(self, body: impl FnOnce(FileRef<'_>) -> T) -> Result<T> {
        // SAFETY: both handles are of the running call.
        if let Some(fd) = unsafe { fd_of(self.env, self.value) } {
            return Ok(body(FileRef::Fd(fd)));
        }
        self.with_path(|path| Ok(body(FileRef::Path(path))))
    }

    /// Calls `body` with a path.
    pub fn with_path<T>(self, body: impl FnOnce(&Path) -> Result<T>) -> Result<T> {
        let body = |path: &[u8]| body(Path::new(OsStr::from_bytes(path)));
        // SAFETY: both handles are of the running call, which does not end before `body` does.
        unsafe { with_bytes(self.env, self.value, MORE_THAN_ANY_PATH, body) }
    }

    /// A path of its own, for a job that outlives the call.
    pub fn path(self) -> Result<PathBuf> {
        // SAFETY: both handles are of the running call.
        unsafe { PathArgument::from_napi_value(self.env, self.value) }.map(PathArgument::into_path)
    }

    /// A number of option bits.
    pub fn bits(self) -> Result<u32> {
        let mut bits = 0;
        // SAFETY: both handles are of the running call.
        check_status!(unsafe { sys::napi_get_value_uint32(self.env, self.value, &raw mut bits) })?;
        Ok(bits)
    }
}

/// Which file an argument names.
pub enum FileRef<'a> {
    /// What the path leads to, or the link itself.
    Path(&'a Path),
    /// An open file.
    Fd(RawFd),
}

/// A function of `N` arguments that returns a number or null.
pub trait Direct<const N: usize> {
    /// Its name in JavaScript.
    const NAME: &'static CStr;

    /// Does it.
    fn call(environment: &Environment, arguments: [Argument; N]) -> Result<Option<f64>>;
}

/// Adds the function `D` to `functions`.
pub fn register<D: Direct<N>, const N: usize>(env: Env, functions: &mut Object<'_>) -> Result<()> {
    let name = D::NAME;
    let length = isize::try_from(name.count_bytes()).unwrap_or_default();
    let mut function = ptr::null_mut();
    // SAFETY: the name has that many bytes; the callback is one of Node-API's form and lives as long as this image, which
    // is retained.
    let status = unsafe {
        let callback = Some(enter::<D, N> as unsafe extern "C" fn(_, _) -> _);
        sys::napi_create_function(
            env.raw(),
            name.as_ptr(),
            length,
            callback,
            ptr::null_mut(),
            &raw mut function,
        )
    };
    check_status!(status)?;
    // SAFETY: both handles were made just now.
    check_status!(unsafe {
        sys::napi_set_named_property(env.raw(), functions.raw(), name.as_ptr(), function)
    })
}

/// What Node calls: nothing unwinds out of it.
unsafe extern "C" fn enter<D: Direct<N>, const N: usize>(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
    // SAFETY: on the environment's thread, inside the handle scope of the call, whose `info` this is.
    match unsafe { call::<D, N>(env, info) } {
        Ok(answer) => answer,
        Err(error) => {
            // SAFETY: as above.
            unsafe { JsError::from(error).throw_into(env) };
            ptr::null_mut()
        }
    }
}

unsafe fn call<D: Direct<N>, const N: usize>(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> Result<sys::napi_value> {
    let (mut values, mut count) = ([ptr::null_mut(); N], N);
    let (this, data) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: there is room for `count` values; those that were not given are `undefined`.
    let status = unsafe { sys::napi_get_cb_info(env, info, &raw mut count, values.as_mut_ptr(), this, data) };
    check_status!(status)?;
    let environment = Environment::of(Env::from_raw(env))?;
    let arguments = values.map(|value| Argument { env, value });
    let answer = catch_unwind(AssertUnwindSafe(|| D::call(environment, arguments)))
        .unwrap_or_else(|payload| Err(Error::from_reason(panic_message(payload.as_ref()))))?;
    let mut result = ptr::null_mut();
    check_status!(match answer {
        // SAFETY: the caller vouches for `env`.
        Some(number) => unsafe { sys::napi_create_double(env, number, &raw mut result) },
        // SAFETY: as above.
        None => unsafe { sys::napi_get_null(env, &raw mut result) },
    })?;
    Ok(result)
}
