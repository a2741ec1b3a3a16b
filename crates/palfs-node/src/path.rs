//! Paths, names and values as they cross: a string, or bytes that need not be UTF-8.
#![expect(unsafe_code, reason = "napi's own conversions would allocate a String and a reference per call")]

use std::ffi::OsString;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::ptr;
use std::slice;

use napi::bindgen_prelude::FromNapiValue;
use napi::{Error, Result, Status, check_status, sys};
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

/// A path, or an open file.
pub enum FileArgument {
    Path(PathBuf),
    Open(FdArgument),
}

impl FromNapiValue for FileArgument {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        // SAFETY: the caller vouches for `env` and `value`.
        if let Some(bytes) = unsafe { string_bytes(env, value) } {
            return Ok(Self::Path(OsString::from_vec(bytes).into()));
        }
        // SAFETY: as above.
        if let Ok(bytes) = unsafe { array_bytes(env, value, MORE_THAN_ANY_PATH) } {
            return Ok(Self::Path(OsString::from_vec(bytes).into()));
        }
        // SAFETY: as above.
        unsafe { FdArgument::from_napi_value(env, value) }.map(Self::Open)
    }
}

/// The number of an open file, where the value is a number.
pub unsafe fn fd_of(env: sys::napi_env, value: sys::napi_value) -> Option<RawFd> {
    // SAFETY: the caller vouches for both handles.
    if !unsafe { is_number(env, value) } {
        return None;
    }
    let mut fd = -1;
    // SAFETY: as above.
    let status = unsafe { sys::napi_get_value_int32(env, value, &raw mut fd) };
    (status == sys::Status::napi_ok).then_some(fd)
}

/// Asked before `napi_get_value_int32` and its kin, which in Deno take strings, arrays and null for 0.
unsafe fn is_number(env: sys::napi_env, value: sys::napi_value) -> bool {
    let mut found = sys::ValueType::napi_undefined;
    // SAFETY: the caller vouches for both handles.
    let status = unsafe { sys::napi_typeof(env, value, &raw mut found) };
    status == sys::Status::napi_ok && found == sys::ValueType::napi_number
}

/// An open file.
pub enum FdArgument {
    /// Its number: that it stays open is the caller's business, as with every call of node:fs that takes one.
    Number(RawFd),
    /// A FileHandle, which may be closed at any moment: a number of our own, or why there is none.
    Handle(std::result::Result<OwnedFd, Errno>),
}

impl FdArgument {
    /// The open file.
    pub fn borrow(&self) -> std::result::Result<BorrowedFd<'_>, FsError> {
        match self {
            Self::Number(fd) => borrow(fd),
            Self::Handle(Ok(fd)) => Ok(fd.as_fd()),
            Self::Handle(Err(errno)) => Err(FsError::new(*errno, "fcntl")),
        }
    }

    /// The open file, to be closed.
    pub fn take(self) -> std::result::Result<OwnedFd, FsError> {
        self.borrow()?;
        match self {
            // SAFETY: not -1, and the caller gives it up. If it is not open, close(2) returns EBADF.
            Self::Number(fd) => Ok(unsafe { OwnedFd::from_raw_fd(fd) }),
            Self::Handle(kept) => kept.map_err(|errno| FsError::new(errno, "fcntl")),
        }
    }
}

impl FromNapiValue for FdArgument {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        // SAFETY: the caller vouches for `env` and `value`.
        if let Some(fd) = unsafe { fd_of(env, value) } {
            return Ok(Self::Number(fd));
        }
        let mut property = ptr::null_mut();
        // SAFETY: as above; the name ends with a NUL.
        check_status!(unsafe {
            sys::napi_get_named_property(env, value, c"fd".as_ptr(), &raw mut property)
        })?;
        // SAFETY: as above.
        let fd =
            unsafe { fd_of(env, property) }.ok_or_else(|| Error::from_reason("an open file is needed"))?;
        Ok(Self::Handle(kept(fd)))
    }
}

/// Another number of an open file.
fn kept(fd: RawFd) -> std::result::Result<OwnedFd, Errno> {
    let fd = borrow(&fd).map_err(|error| error.errno())?;
    fd.try_clone_to_owned().map_err(|error| error.raw_os_error().map_or(Errno::EBADF, Errno::from_raw))
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
        // SAFETY: the caller vouches for `env` and `value`.
        if unsafe { is_number(env, value) } {
            let mut number = 0;
            // SAFETY: as above.
            check_status!(unsafe { sys::napi_get_value_int64(env, value, &raw mut number) })?;
            return Ok(Self(u64::try_from(number).ok()));
        }
        let (mut number, mut is_lossless) = (0, false);
        // SAFETY: as above.
        let status =
            unsafe { sys::napi_get_value_bigint_uint64(env, value, &raw mut number, &raw mut is_lossless) };
        Ok(Self((status == sys::Status::napi_ok && is_lossless).then_some(number)))
    }
}

/// Longer paths are cut here; the kernel refuses them in any case (ENAMETOOLONG), so a huge buffer costs nothing.
pub const MORE_THAN_ANY_PATH: usize = 1 << 20;

/// Room for nearly every path, so that one call fetches it.
const FIRST_GUESS: usize = 512;

/// Calls `body` with the bytes of a string or of a typed array, `most` of this at most, on the stack where they are few.
pub unsafe fn with_bytes<T>(
    env: sys::napi_env,
    value: sys::napi_value,
    most: usize,
    body: impl FnOnce(&[u8]) -> Result<T>,
) -> Result<T> {
    let mut short = [const { MaybeUninit::uninit() }; FIRST_GUESS];
    // SAFETY: the caller vouches for both handles.
    if let Some(text) = unsafe { fill(env, value, &mut short) } {
        if is_whole(text) {
            return body(text);
        }
        // SAFETY: as above.
        let long = unsafe { string_bytes(env, value) };
        return long.ok_or_else(neither).and_then(|long| body(&long));
    }
    // SAFETY: as above.
    let (data, length) = unsafe { array_place(env, value) }?;
    if length > FIRST_GUESS {
        // SAFETY: Node-API vouches for that many bytes.
        return body(&unsafe { copied(data, length.min(most)) }?);
    }
    // SAFETY: Node-API vouches for that many bytes, and there is room for them.
    unsafe { ptr::copy_nonoverlapping(data, short.as_mut_ptr().cast(), length) };
    // SAFETY: they were written just now.
    body(unsafe { slice::from_raw_parts(short.as_ptr().cast(), length) })
}

/// Node-API stops at the last whole character that fits and leaves room for a NUL: a result near the end may be cut.
fn is_whole(text: &[u8]) -> bool {
    text.len() + 4 < FIRST_GUESS
}

fn neither() -> Error {
    Error::new(Status::InvalidArg, "neither string nor Uint8Array")
}

/// The UTF-8 bytes of a string; `None` where the value is no string.
unsafe fn string_bytes(env: sys::napi_env, value: sys::napi_value) -> Option<Vec<u8>> {
    let mut short = [const { MaybeUninit::<u8>::uninit() }; FIRST_GUESS];
    // SAFETY: the caller vouches for both handles.
    let text = unsafe { fill(env, value, &mut short) }?;
    if is_whole(text) {
        return Some(text.to_vec());
    }
    let mut whole = 0;
    // SAFETY: a null buffer asks for the length alone.
    let status = unsafe { sys::napi_get_value_string_utf8(env, value, ptr::null_mut(), 0, &raw mut whole) };
    if status != sys::Status::napi_ok {
        return None;
    }
    let mut long = Vec::<u8>::with_capacity(whole + 1);
    // SAFETY: the caller vouches for both handles.
    let length = unsafe { fill(env, value, long.spare_capacity_mut()) }?.len();
    // SAFETY: the first `length` bytes were written.
    unsafe { long.set_len(length) };
    Some(long)
}

/// Fills `room`, less one byte for the NUL that Node-API appends, and returns the written part.
unsafe fn fill(env: sys::napi_env, value: sys::napi_value, room: &mut [MaybeUninit<u8>]) -> Option<&[u8]> {
    let mut length = 0;
    // SAFETY: Node-API writes at most as many bytes as there is room for.
    let status = unsafe {
        sys::napi_get_value_string_utf8(env, value, room.as_mut_ptr().cast(), room.len(), &raw mut length)
    };
    if status != sys::Status::napi_ok {
        return None;
    }
    // SAFETY: the first `length` bytes of the room were written.
    Some(unsafe { slice::from_raw_parts(room.as_ptr().cast(), length) })
}

/// A copy of the bytes of a typed array, of `most` at most.
unsafe fn array_bytes(env: sys::napi_env, value: sys::napi_value, most: usize) -> Result<Vec<u8>> {
    // SAFETY: the caller vouches for both handles.
    let (data, length) = unsafe { array_place(env, value) }?;
    // SAFETY: Node-API vouches for `length` bytes.
    unsafe { copied(data, length.min(most)) }
}

/// Where the bytes of a typed array are, and how many. Of no bytes the place is any.
unsafe fn array_place(env: sys::napi_env, value: sys::napi_value) -> Result<(*const u8, usize)> {
    // SAFETY: the caller vouches for both handles.
    let Elements { data, length, kind } = unsafe { elements(env, value) }?;
    if kind != sys::TypedarrayType::uint8_array {
        return Err(neither());
    }
    if data.is_null() || length == 0 {
        return Ok((ptr::dangling(), 0));
    }
    Ok((data.cast_const().cast(), length))
}

/// A copy of bytes. No JavaScript on this thread can change them during the copy. A buffer that another thread may write is only
/// copied, never borrowed.
unsafe fn copied(data: *const u8, length: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::<u8>::new();
    if bytes.try_reserve_exact(length).is_err() {
        return Err(Error::new(Status::GenericFailure, "no memory for a copy of the bytes"));
    }
    // SAFETY: the caller vouches for `length` readable bytes; there is room for as many.
    unsafe { ptr::copy_nonoverlapping(data, bytes.as_mut_ptr(), length) };
    // SAFETY: they have been written.
    unsafe { bytes.set_len(length) };
    Ok(bytes)
}
