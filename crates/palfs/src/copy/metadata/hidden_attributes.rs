//! Attributes that a filesystem keeps and does not list. ntfs-3g (2022.10.3) lists those of `user.` alone; the others are found only
//! by their names.

use std::cell::Cell;
use std::ffi::CStr;
use std::os::fd::BorrowedFd;

use super::posix_acl;
use crate::copy::options::Preserve;
use crate::sys;
use crate::sys::xattr::XattrTarget;
use crate::sys::{Stat, xattr};

/// Adds to the `names` of an open file or directory those that others hang on: file capabilities and ACLs.
pub(in crate::copy) fn add_hidden(names: &mut Vec<u8>, fd: BorrowedFd<'_>, stat: &Stat, preserve: Preserve) {
    if !may_hide(fd, stat) {
        return;
    }
    let candidates: [(&CStr, bool); 3] = [
        (c"security.capability", stat.is_file() && preserve.has(Preserve::XATTR)),
        (c"system.posix_acl_access", preserve.has(Preserve::ACL)),
        (c"system.posix_acl_default", stat.is_dir() && preserve.has(Preserve::ACL)),
    ];
    for (name, is_wanted) in candidates {
        let is_listed = names.split(|byte| *byte == 0).any(|listed| listed == name.to_bytes());
        if !is_wanted || is_listed {
            continue;
        }
        // What cannot be read by name, either, is not there.
        let value = xattr::get(XattrTarget::Fd(fd), name).ok().flatten();
        if value.is_some_and(|value| !posix_acl::says_only_the_mode(&value)) {
            names.extend_from_slice(name.to_bytes_with_nul());
        }
    }
}

/// Whether the filesystem hides attributes from its list. Only a change of the device costs a system call. If a device gets another
/// filesystem, a few attributes are asked for in vain, or only the listed ones.
fn may_hide(fd: BorrowedFd<'_>, stat: &Stat) -> bool {
    thread_local! {
        static LAST: Cell<Option<(u64, bool)>> = const { Cell::new(None) };
    }
    // Servers that read another directory or a network have no block device, and list what they have.
    if !sys::is_block_device(stat.dev) {
        return false;
    }
    match LAST.get() {
        Some((last, may_hide)) if last == stat.dev => may_hide,
        _ => {
            let may_hide = sys::fstatfs(fd).is_ok_and(|info| info.fs_type.hides_attributes);
            LAST.set(Some((stat.dev, may_hide)));
            may_hide
        }
    }
}
