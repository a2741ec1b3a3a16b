//! OpenBSD has no extended attributes: every call is ENOTSUP.

use std::ffi::CStr;

use super::{SetMode, XattrTarget};
use crate::errno::Errno;

pub(super) const ABSENT: Errno = Errno::ENOATTR;

pub(super) fn get(_target: XattrTarget<'_>, _name: &CStr) -> Result<Vec<u8>, Errno> {
    Err(Errno::ENOTSUP)
}

pub(super) fn set(
    _target: XattrTarget<'_>,
    _name: &CStr,
    _value: &[u8],
    _mode: SetMode,
) -> Result<(), Errno> {
    Err(Errno::ENOTSUP)
}

pub(super) fn remove(_target: XattrTarget<'_>, _name: &CStr) -> Result<(), Errno> {
    Err(Errno::ENOTSUP)
}

pub(super) fn list(_target: XattrTarget<'_>) -> Result<Vec<u8>, Errno> {
    Err(Errno::ENOTSUP)
}
