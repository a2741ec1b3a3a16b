//! Paths, names and values as they cross: a string, or bytes that need not be UTF-8.
#![expect(unsafe_code, reason = "napi's own conversions would allocate a String and a reference per call")]

use std::ffi::OsString;
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::ptr;

use napi::bindgen_prelude::FromNapiValue;
use napi::{Error, Result, Status, sys};

/// A path argument, copied when the call is made: what the caller does to its buffer later changes nothing.
pub struct PathArgument(PathBuf);

impl PathArgument {
    /// The path, for a job that outlives the call.
    pub fn into_path(self) -> PathBuf {
        self.0
    }
}

impl FromNapiValue for PathArgument {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        // SAFETY: the caller vouches for `env` and `value`.
        let bytes = match unsafe { string_bytes(env, value) } {
            Some(bytes) => bytes,
            // SAFETY: as above.
            None => unsafe { array_bytes(env, value, MORE_THAN_ANY_PATH) }?,
        };
        Ok(Self(OsString::from_vec(bytes).into()))
    }
}

/// Bytes of any number, or a string's UTF-8, copied when the call is made.
pub struct BytesArgument(pub Vec<u8>);

impl FromNapiValue for BytesArgument {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        // SAFETY: the caller vouches for `env` and `value`.
        match unsafe { string_bytes(env, value) } {
            Some(bytes) => Ok(Self(bytes)),
            // SAFETY: as above.
            None => unsafe { array_bytes(env, value, usize::MAX) }.map(Self),
        }
    }
}

/// A path, or the number of an open file.
pub enum FileArgument {
    Path(PathBuf),
    Fd(RawFd),
}

impl FromNapiValue for FileArgument {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        // SAFETY: the caller vouches for `env` and `value`.
        if let Some(bytes) = unsafe { string_bytes(env, value) } {
            return Ok(Self::Path(OsString::from_vec(bytes).into()));
        }
        let mut fd = -1;
        // SAFETY: as above; what is no number is refused.
        let status = unsafe { sys::napi_get_value_int32(env, value, &raw mut fd) };
        if status == sys::Status::napi_ok {
            return Ok(Self::Fd(fd));
        }
        // SAFETY: as above.
        let bytes = unsafe { array_bytes(env, value, MORE_THAN_ANY_PATH) }?;
        Ok(Self::Path(OsString::from_vec(bytes).into()))
    }
}

/// What is longer is refused by the kernel (ENAMETOOLONG) whether it is cut here or not, and a huge buffer costs nothing.
const MORE_THAN_ANY_PATH: usize = 1 << 20;

/// Room for nearly every path, so that one call fetches it.
const FIRST_GUESS: usize = 512;

/// The UTF-8 bytes of a string; `None` where the value is no string.
unsafe fn string_bytes(env: sys::napi_env, value: sys::napi_value) -> Option<Vec<u8>> {
    let mut bytes = Vec::<u8>::with_capacity(FIRST_GUESS);
    // SAFETY: the caller vouches for both handles.
    let length = unsafe { fill(env, value, &mut bytes) }?;
    // Node-API stops at the last whole character that fits and leaves room for a NUL: a result near the end may be cut.
    if length + 4 >= FIRST_GUESS {
        let mut whole = 0;
        // SAFETY: a null buffer asks for the length alone.
        let status =
            unsafe { sys::napi_get_value_string_utf8(env, value, ptr::null_mut(), 0, &raw mut whole) };
        if status != sys::Status::napi_ok {
            return None;
        }
        bytes = Vec::with_capacity(whole + 1);
        // SAFETY: the caller vouches for both handles.
        unsafe { fill(env, value, &mut bytes) }?;
    }
    Some(bytes)
}

/// Fills the spare room of an empty vector, less one byte for the NUL that Node-API appends.
unsafe fn fill(env: sys::napi_env, value: sys::napi_value, bytes: &mut Vec<u8>) -> Option<usize> {
    let mut length = 0;
    let room = bytes.capacity();
    // SAFETY: the buffer has `room` bytes; Node-API writes at most that many.
    let status = unsafe {
        sys::napi_get_value_string_utf8(env, value, bytes.as_mut_ptr().cast(), room, &raw mut length)
    };
    if status != sys::Status::napi_ok {
        return None;
    }
    // SAFETY: the first `length` bytes were written, and `length < room`.
    unsafe { bytes.set_len(length) };
    Some(length)
}

/// A copy of the bytes of a typed array, of `most` at most.
unsafe fn array_bytes(env: sys::napi_env, value: sys::napi_value, most: usize) -> Result<Vec<u8>> {
    let mut kind = 0;
    let mut length = 0;
    let mut data = ptr::null_mut();
    // SAFETY: the caller vouches for both handles; the two results that are not asked for may be null.
    let status = unsafe {
        sys::napi_get_typedarray_info(
            env,
            value,
            &raw mut kind,
            &raw mut length,
            &raw mut data,
            ptr::null_mut(),
            ptr::null_mut(),
        )
    };
    if status != sys::Status::napi_ok || kind != sys::TypedarrayType::uint8_array {
        return Err(Error::new(Status::InvalidArg, "neither string nor Uint8Array"));
    }
    if data.is_null() || length == 0 {
        return Ok(Vec::new());
    }
    let length = length.min(most);
    let mut bytes = Vec::<u8>::new();
    if bytes.try_reserve_exact(length).is_err() {
        return Err(Error::new(Status::GenericFailure, "no memory for a copy of the bytes"));
    }
    // SAFETY: Node-API vouches for `length` readable bytes; no JavaScript runs on this thread meanwhile, and where a
    // shared buffer is written by another, the bytes are only copied, never borrowed.
    unsafe { ptr::copy_nonoverlapping(data.cast::<u8>(), bytes.as_mut_ptr(), length) };
    // SAFETY: there is room for `length` bytes, which have been written.
    unsafe { bytes.set_len(length) };
    Ok(bytes)
}
