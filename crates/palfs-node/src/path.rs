//! Paths, names and values as they cross: a string, or bytes that need not be UTF-8.
#![expect(unsafe_code, reason = "napi's own conversions would allocate a String and a reference per call")]

use std::ffi::OsString;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::ptr;

use napi::bindgen_prelude::FromNapiValue;
use napi::{Error, Result, Status, sys};
use palfs::{Errno, FsError};

use crate::node_api::{Elements, elements};

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

/// The number of an open file.
pub struct FdArgument(pub RawFd);

impl FdArgument {
    /// The open file. Whether it is one is the caller's business, as with every call of node:fs that takes a number.
    pub fn borrow(&self) -> std::result::Result<BorrowedFd<'_>, FsError> {
        borrow(&self.0)
    }

    /// The open file, to be closed.
    pub fn take(self) -> std::result::Result<OwnedFd, FsError> {
        self.borrow()?;
        // SAFETY: not -1, and the caller gives it away. Where it is not open, close(2) says so.
        Ok(unsafe { OwnedFd::from_raw_fd(self.0) })
    }
}

impl FromNapiValue for FdArgument {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        // SAFETY: the caller vouches for `env` and `value`.
        unsafe { RawFd::from_napi_value(env, value) }.map(Self)
    }
}

/// The open file that has this number.
pub fn borrow(fd: &RawFd) -> std::result::Result<BorrowedFd<'_>, FsError> {
    // The facade refuses these; here they would be undefined behaviour.
    if *fd < 0 {
        return Err(FsError::new(Errno::EBADF, "fcntl"));
    }
    // SAFETY: not -1. Where it is not open the kernel answers EBADF, and nothing here owns or closes it.
    Ok(unsafe { BorrowedFd::borrow_raw(*fd) })
}

/// A whole number or a BigInt, neither negative nor of more than 63 bits; `None` for null.
pub struct WholeArgument(pub Option<u64>);

impl FromNapiValue for WholeArgument {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        let mut number = 0;
        // SAFETY: the caller vouches for `env` and `value`; what is no number is refused.
        let status = unsafe { sys::napi_get_value_int64(env, value, &raw mut number) };
        if status == sys::Status::napi_ok {
            return Ok(Self(u64::try_from(number).ok()));
        }
        let (mut number, mut is_lossless) = (0, false);
        // SAFETY: as above.
        let status =
            unsafe { sys::napi_get_value_bigint_uint64(env, value, &raw mut number, &raw mut is_lossless) };
        Ok(Self((status == sys::Status::napi_ok && is_lossless).then_some(number)))
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
    // SAFETY: the caller vouches for both handles.
    let Elements { data, length, kind } = unsafe { elements(env, value) }?;
    if kind != sys::TypedarrayType::uint8_array {
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
