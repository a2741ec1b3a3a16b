//! What a source has beside its content and what stat(2) tells: asked once, however many steps need it.

use std::os::fd::BorrowedFd;

#[cfg(target_os = "linux")]
use super::hidden_attributes::add_hidden;
use super::options::Preserve;
use crate::errno::Errno;
use crate::sys::xattr::{self, XattrTarget};
use crate::sys::{self, InodeFlags, Stat};

/// How the names of ACLs begin, where they are listed with the attributes.
const ACL_NAMES: [&[u8]; 2] = [b"system.posix_acl_", b"system.nfs4_acl"];

/// Inode flags and the names of attributes, as far as they are to be kept.
#[derive(Default)]
pub(crate) struct Traits {
    flags: Option<InodeFlags>,
    names: Option<Result<Vec<u8>, Errno>>,
}

impl Traits {
    /// Asks an open file or directory, whose fstat(2) is `stat`, for what `preserve` names.
    pub(crate) fn of(
        fd: BorrowedFd<'_>,
        #[cfg_attr(not(target_os = "linux"), expect(unused_variables, reason = "only Linux hides names"))]
        stat: &Stat,
        preserve: Preserve,
    ) -> Self {
        let attributes = preserve.has(Preserve::XATTR) || preserve.has(Preserve::ACL);
        let list = || {
            #[cfg_attr(not(target_os = "linux"), expect(unused_mut, reason = "only Linux hides names"))]
            let mut names = xattr::list(XattrTarget::Fd(fd))?;
            #[cfg(target_os = "linux")]
            add_hidden(&mut names, fd, stat, preserve);
            Ok(names)
        };
        Self {
            // A filesystem without flags has none to lose.
            flags: preserve.has(Preserve::FLAGS).then(|| sys::get_inode_flags(fd).ok()).flatten(),
            names: attributes.then(list),
        }
    }

    /// Of an inode that is not opened, and so has no flags to be read.
    pub(super) fn of_names(names: Result<Vec<u8>, Errno>) -> Self {
        Self { flags: None, names: Some(names) }
    }

    /// Those of `set` that the source has and that were asked for.
    pub(crate) fn flags(&self, set: InodeFlags) -> InodeFlags {
        self.flags.map_or(InodeFlags::NONE, |flags| flags.and(set))
    }

    /// Every attribute's name with a NUL behind it, as the source lists them.
    pub(super) fn names(&self) -> Result<&[u8], Errno> {
        match &self.names {
            Some(Ok(names)) => Ok(names),
            Some(Err(errno)) => Err(*errno),
            None => Ok(&[]),
        }
    }

    /// Whether the source lists an attribute of this name.
    pub(super) fn lists(&self, name: &[u8]) -> bool {
        self.names().is_ok_and(|names| names.split(|byte| *byte == 0).any(|known| known == name))
    }

    /// Whether there is an ACL, as far as names can tell: only Linux lists them.
    pub(crate) fn may_have_acl(&self) -> bool {
        !cfg!(target_os = "linux") || self.names().map_or(true, lists_acl)
    }

    /// Whether there are attributes that are no ACLs.
    pub(crate) fn has_attributes(&self) -> bool {
        let is_attribute = |name: &[u8]| !name.is_empty() && !is_acl(name);
        self.names().is_ok_and(|names| names.split(|byte| *byte == 0).any(is_attribute))
    }
}

fn lists_acl(names: &[u8]) -> bool {
    names.split(|byte| *byte == 0).any(is_acl)
}

fn is_acl(name: &[u8]) -> bool {
    ACL_NAMES.iter().any(|acl| name.starts_with(acl))
}

/// Whether new files in this directory get an ACL from it.
pub(crate) fn gives_acl(directory: BorrowedFd<'_>) -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    match xattr::list(XattrTarget::Fd(directory)) {
        Ok(names) => lists_acl(&names),
        // No attributes, no ACLs.
        Err(errno) => errno != Errno::ENOTSUP,
    }
}
