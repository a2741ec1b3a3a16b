//! Extended attributes and ACLs: set on a probe file, or only read from an existing one.

use std::ffi::CStr;
use std::os::fd::BorrowedFd;

use super::report::PlatformCapabilities;
use crate::errno::Errno;
#[cfg(not(any(target_os = "netbsd", target_os = "openbsd")))]
use crate::sys;
use crate::sys::xattr::{self, SetMode, XattrTarget};

/// What one namespace's attribute can be called; no program uses it.
#[cfg(target_os = "linux")]
const NAMESPACES: &[(&str, &CStr)] =
    &[("security", c"security.palfs"), ("trusted", c"trusted.palfs"), ("user", c"user.palfs")];
#[cfg(any(target_os = "freebsd", target_os = "netbsd"))]
const NAMESPACES: &[(&str, &CStr)] = &[("system", c"system.palfs"), ("user", c"user.palfs")];
/// OpenBSD has no extended attributes.
#[cfg(target_os = "openbsd")]
const NAMESPACES: &[(&str, &CStr)] = &[];
/// macOS has no namespaces: the name of this one is not reported.
#[cfg(target_os = "macos")]
const NAMESPACES: &[(&str, &CStr)] = &[("", c"palfs")];

/// Whether a namespace is kept: `None` when the kernel hides that from this process.
fn kept(answer: Result<(), Errno>) -> Option<bool> {
    match answer {
        Ok(()) => Some(true),
        Err(errno) if errno == Errno::EOPNOTSUPP || errno == Errno::ENOTSUP => Some(false),
        Err(Errno::ENOSYS) => Some(false),
        Err(_) => None,
    }
}

/// Sets an attribute and reads it back: ntfs-3g without the option `acl` takes an ACL and keeps none. The value is not empty,
/// which SMB would take for a removal.
fn set_and_get(target: XattrTarget<'_>, name: &CStr, value: &[u8]) -> Result<(), Errno> {
    xattr::set(target, name, value, SetMode::Any)?;
    match xattr::get(target, name) {
        Ok(None) => Err(Errno::EOPNOTSUPP),
        other => other.map(drop),
    }
}

/// Sets one attribute of each namespace on `fd`, a probe file. If that needs privilege, the attribute is read instead.
pub(super) fn try_on(fd: BorrowedFd<'_>, found: &mut PlatformCapabilities) {
    let target = XattrTarget::Fd(fd);
    let answers = NAMESPACES.iter().map(|(space, name)| {
        let answer = kept(set_and_get(target, name, b"palfs"));
        (*space, answer.or_else(|| if *space == "trusted" { None } else { ask(target, name) }))
    });
    settle(answers.collect(), (try_acl(target, fd), is_nfs4(target)), found);
}

/// Reads an attribute of each namespace from `target`, an existing file or directory. That changes nothing.
pub(super) fn ask_of(
    target: XattrTarget<'_>,
    fd: BorrowedFd<'_>,
    absence_believed: bool,
    found: &mut PlatformCapabilities,
) {
    let answers: Vec<_> = NAMESPACES
        .iter()
        .map(|(space, name)| match (*space, ask(target, name)) {
            ("trusted", Some(true)) => ("trusted", absence_believed.then_some(true)),
            (space, answer) => (space, answer),
        })
        .collect();
    let acl = match acl(target, fd) {
        Some(true) if cfg!(target_os = "linux") && !absence_believed => None,
        other => other,
    };
    settle(answers, (acl, is_nfs4(target)), found);
}

/// "There is no such attribute" is the answer of a filesystem that could have it.
fn ask(target: XattrTarget<'_>, name: &CStr) -> Option<bool> {
    kept(xattr::get(target, name).map(drop))
}

fn settle(
    mut answers: Vec<(&'static str, Option<bool>)>,
    (acl, is_nfs4): (Option<bool>, bool),
    found: &mut PlatformCapabilities,
) {
    found.acl = acl;
    if cfg!(target_os = "linux") {
        // ACLs, of either kind, are the attributes of the namespace `system`.
        answers.push(("system", if is_nfs4 { Some(true) } else { acl }));
    }
    let any = answers.iter().any(|(_, kept)| *kept == Some(true));
    let none = answers.iter().filter(|(space, _)| *space != "trusted").all(|(_, kept)| *kept == Some(false));
    found.xattr_available = if any { Some(true) } else { none.then_some(false) };
    let mut names: Vec<_> = answers
        .into_iter()
        .filter(|(space, kept)| *kept == Some(true) && !space.is_empty())
        .map(|(space, _)| space)
        .collect();
    names.sort_unstable();
    found.xattr_namespaces = found.xattr_available.map(|_| names);
}

/// Sets an ACL that the mode alone could not keep: it names the caller, who owns the file.
#[cfg(target_os = "linux")]
fn try_acl(target: XattrTarget<'_>, _fd: BorrowedFd<'_>) -> Option<bool> {
    // acl(5) in the form of linux/posix_acl_xattr.h: version 2, then (tag, permissions, id) of owner, a user, group, mask and
    // others.
    const NOBODY: u32 = u32::MAX;
    let mut list = 2_u32.to_le_bytes().to_vec();
    let entries = [
        (0x01_u16, 6_u16, NOBODY),
        (0x02, 4, sys::geteuid()),
        (0x04, 0, NOBODY),
        (0x10, 4, NOBODY),
        (0x20, 0, NOBODY),
    ];
    for (tag, permissions, id) in entries {
        list.extend_from_slice(&tag.to_le_bytes());
        list.extend_from_slice(&permissions.to_le_bytes());
        list.extend_from_slice(&id.to_le_bytes());
    }
    kept(set_and_get(target, c"system.posix_acl_access", &list))
}

/// pathconf(2) needs no privilege, so it is asked on a probe file, too.
#[cfg(not(target_os = "linux"))]
fn try_acl(target: XattrTarget<'_>, fd: BorrowedFd<'_>) -> Option<bool> {
    acl(target, fd)
}

/// POSIX's ACLs.
#[cfg(target_os = "linux")]
fn acl(target: XattrTarget<'_>, _fd: BorrowedFd<'_>) -> Option<bool> {
    ask(target, c"system.posix_acl_access")
}

/// An NFSv4 server makes up an ACL for every file, so "absent" means that it has none.
#[cfg(target_os = "linux")]
fn is_nfs4(target: XattrTarget<'_>) -> bool {
    xattr::get(target, c"system.nfs4_acl").is_ok_and(|value| value.is_some())
}

/// Of either kind, an ACL is no attribute here.
#[cfg(not(target_os = "linux"))]
fn is_nfs4(_target: XattrTarget<'_>) -> bool {
    false
}

/// The answer of pathconf(2).
#[cfg(target_os = "macos")]
fn acl(_target: XattrTarget<'_>, fd: BorrowedFd<'_>) -> Option<bool> {
    sys::fpathconf(fd, sys::Limit::Acl).ok().flatten().map(|value| value > 0)
}

/// OpenBSD has no ACLs.
#[cfg(target_os = "openbsd")]
#[expect(clippy::unnecessary_wraps, reason = "other systems may not be able to tell")]
fn acl(_target: XattrTarget<'_>, _fd: BorrowedFd<'_>) -> Option<bool> {
    Some(false)
}

/// NetBSD has ACLs from version 10 on, and no pathconf(2) name for them in the bindings.
#[cfg(target_os = "netbsd")]
fn acl(_target: XattrTarget<'_>, _fd: BorrowedFd<'_>) -> Option<bool> {
    None
}

/// The answer of pathconf(2) for either kind of ACL.
#[cfg(target_os = "freebsd")]
fn acl(_target: XattrTarget<'_>, fd: BorrowedFd<'_>) -> Option<bool> {
    let ask = |limit| sys::fpathconf(fd, limit).ok().flatten().map(|value| value > 0);
    match (ask(sys::Limit::Acl), ask(sys::Limit::AclNfs4)) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}
