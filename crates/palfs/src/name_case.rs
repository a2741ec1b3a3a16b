//! Letter case of names, for filesystems on which `a` and `A` are one name.

use std::ffi::{CStr, CString};

/// The name with its ASCII letters in the other case; `None` if it has none.
pub(crate) fn other_case(name: &CStr) -> Option<CString> {
    let swap = |byte: &u8| match byte {
        b'a'..=b'z' => byte.to_ascii_uppercase(),
        other => other.to_ascii_lowercase(),
    };
    let swapped: Vec<u8> = name.to_bytes().iter().map(swap).collect();
    (swapped != name.to_bytes()).then(|| CString::new(swapped).ok()).flatten()
}
