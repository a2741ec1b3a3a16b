//! Node-API by hand, where napi has no safe form of it: a pinned array, a thread-safe function that carries nothing.
#![expect(unsafe_code, reason = "raw handles of the running call, each checked by its status")]

use std::ffi::c_void;
use std::ptr;
use std::slice;

use napi::{Error, Result, check_status, sys};

/// A number that an array shared with JavaScript holds.
pub trait Element: Copy {
    /// The array's type.
    const KIND: sys::napi_typedarray_type;
}

impl Element for f64 {
    const KIND: sys::napi_typedarray_type = sys::TypedarrayType::float64_array;
}

impl Element for u8 {
    const KIND: sys::napi_typedarray_type = sys::TypedarrayType::uint8_array;
}

/// Where the elements of a typed array are, their number and their kind; null if the memory was taken from it.
pub struct Elements {
    pub data: *mut c_void,
    pub length: usize,
    pub kind: sys::napi_typedarray_type,
}

/// The elements of a typed array; an error for any other value.
///
/// # Safety
/// `array` belongs to the running call in `env`.
pub unsafe fn elements(env: sys::napi_env, array: sys::napi_value) -> Result<Elements> {
    let (mut kind, mut length, mut data) = (0, 0, ptr::null_mut());
    // SAFETY: the caller vouches for both handles; the two results that are not asked for may be null.
    let status = unsafe {
        sys::napi_get_typedarray_info(
            env,
            array,
            &raw mut kind,
            &raw mut length,
            &raw mut data,
            ptr::null_mut(),
            ptr::null_mut(),
        )
    };
    check_status!(status, "a typed array is needed")?;
    Ok(Elements { data, length, kind })
}

/// The bytes of a Uint8Array where they are; none if the memory was taken from it.
///
/// # Safety
/// `array` belongs to the running call in `env`; the bytes are used before JavaScript runs again, by one borrower at a time,
/// and no other thread has them.
pub unsafe fn lent_bytes<'a>(env: sys::napi_env, array: sys::napi_value) -> Result<&'a mut [u8]> {
    // SAFETY: the caller vouches for both handles.
    let Elements { data, length, kind } = unsafe { elements(env, array) }?;
    if kind != u8::KIND {
        return Err(Error::from_reason("a Uint8Array is needed"));
    }
    if data.is_null() {
        return Ok(&mut []);
    }
    // SAFETY: Node-API vouches for `length` bytes; the caller for the rest.
    Ok(unsafe { slice::from_raw_parts_mut(data.cast(), length) })
}

/// The memory of a typed array, kept where it is for as long as the environment lives.
pub struct Pinned<T> {
    data: *mut T,
    length: usize,
}

impl<T: Element> Pinned<T> {
    /// Pins an argument of the running call.
    pub fn new(env: sys::napi_env, array: sys::napi_value) -> Result<Self> {
        // SAFETY: `array` is an argument of the running call.
        let Elements { data, length, kind } = unsafe { elements(env, array) }?;
        if kind != T::KIND || data.is_null() {
            return Err(Error::from_reason("a typed array of another kind is needed"));
        }
        let mut reference = ptr::null_mut();
        // The reference is never given back: it goes with the environment.
        // SAFETY: as above.
        check_status!(unsafe { sys::napi_create_reference(env, array, 1, &raw mut reference) })?;
        Ok(Self { data: data.cast(), length })
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.length
    }

    /// The numbers, on the thread that owns them.
    #[expect(
        clippy::mut_from_ref,
        reason = "the array is JavaScript's; each caller writes and returns before JavaScript runs"
    )]
    pub fn get(&self) -> &mut [T] {
        // SAFETY: pinned, of that length and kind; only the environment's thread touches it, one call at a time.
        unsafe { slice::from_raw_parts_mut(self.data, self.length) }
    }
}

/// The thread-safe function, which does not keep the event loop alive by itself.
///
/// `context` is what `on_wake` gets; it must outlive the function, which Node finalizes in a cleanup hook.
pub fn make_wake(
    env: sys::napi_env,
    callback: sys::napi_value,
    context: *mut c_void,
    on_wake: sys::napi_threadsafe_function_call_js,
) -> Result<sys::napi_threadsafe_function> {
    let mut name = ptr::null_mut();
    // SAFETY: the text is five bytes long.
    check_status!(unsafe { sys::napi_create_string_utf8(env, c"palfs".as_ptr(), 5, &raw mut name) })?;
    let mut wake = ptr::null_mut();
    // SAFETY: `callback` is an argument of the running call; the caller vouches for `context`.
    let status = unsafe {
        sys::napi_create_threadsafe_function(
            env,
            callback,
            ptr::null_mut(),
            name,
            0,
            1,
            ptr::null_mut(),
            None,
            context,
            on_wake,
            &raw mut wake,
        )
    };
    check_status!(status)?;
    // SAFETY: just made, on this thread.
    check_status!(unsafe { sys::napi_unref_threadsafe_function(env, wake) })?;
    Ok(wake)
}

/// The event loop of an environment, which lives on for as long as its thread-safe function is held.
pub struct EventLoop {
    env: sys::napi_env,
    wake: sys::napi_threadsafe_function,
}

impl EventLoop {
    /// The one that `wake`, of [`make_wake`], belongs to.
    pub fn new(env: sys::napi_env, wake: sys::napi_threadsafe_function) -> Self {
        Self { env, wake }
    }

    /// It does not end before [`EventLoop::release`].
    pub fn hold(&self) {
        // SAFETY: on the environment's thread, before its end: only running calls come here.
        unsafe { sys::napi_ref_threadsafe_function(self.env, self.wake) };
    }

    /// It may end.
    pub fn release(&self) {
        // SAFETY: as above.
        unsafe { sys::napi_unref_threadsafe_function(self.env, self.wake) };
    }
}

/// Calls a JavaScript function with one number, from inside a wake-up.
pub fn call_with_count(env: sys::napi_env, callback: sys::napi_value, count: usize) {
    let (mut this, mut argument, mut result) = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
    // SAFETY: on the environment's thread, inside the handle scope of the wake-up.
    unsafe { sys::napi_get_undefined(env, &raw mut this) };
    let count = u32::try_from(count).unwrap_or(0);
    // SAFETY: as above.
    unsafe { sys::napi_create_uint32(env, count, &raw mut argument) };
    // SAFETY: as above; one argument is passed and one is declared.
    let status =
        unsafe { sys::napi_call_function(env, this, callback, 1, &raw const argument, &raw mut result) };
    if status == sys::Status::napi_pending_exception {
        let mut exception = ptr::null_mut();
        // The facade's callback does not throw; a termination of the worker ends here, too.
        // SAFETY: as above.
        unsafe { sys::napi_get_and_clear_last_exception(env, &raw mut exception) };
        // SAFETY: as above.
        unsafe { sys::napi_fatal_exception(env, exception) };
    }
}
