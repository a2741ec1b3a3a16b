//! Extended attributes and ACLs of a regular file, carried over by descriptor.

use std::ffi::{CStr, CString};

use super::metadata::{Metadata, Piece};
use super::options::MetadataErrors;
use crate::errno::Errno;
use crate::error::{ErrorKind, FsError};
use crate::sys;

/// Where Linux keeps ACLs. Not plain attributes: setting one changes the mode, and they are preserved apart.
const ACLS: [&CStr; 2] = [c"system.posix_acl_access", c"system.nfs4_acl"];

/// Belong to one inode's content and would be wrong, or refused, on another.
const OF_ONE_INODE: [&[u8]; 2] = [b"security.ima", b"security.evm"];

/// Rights lent to whoever runs the file: kept only where owner and group are.
const CAPABILITY: &[u8] = b"security.capability";

impl Metadata<'_> {
    /// Copies every attribute that is no ACL.
    pub(super) fn xattrs(&mut self, owner_kept: bool) -> Result<(), FsError> {
        let names = match sys::flistxattr(self.src) {
            Ok(names) => names,
            // A filesystem without attributes has none to lose.
            Err(Errno::ENOTSUP) => return Ok(()),
            Err(errno) => return Err(FsError::new(errno, "flistxattr")),
        };
        for name in names.split(|byte| *byte == 0).filter(|name| is_plain(name)) {
            if name == CAPABILITY && !owner_kept {
                self.judge(Piece::PrivilegedXattr, Errno::EPERM, "fsetxattr")?;
            } else if let Ok(name) = CString::new(name) {
                self.xattr(&name)?;
            }
        }
        Ok(())
    }

    fn xattr(&mut self, name: &CStr) -> Result<(), FsError> {
        let value = match sys::fgetxattr(self.src, name) {
            Ok(Some(value)) => value,
            // Removed between list and get: it is no longer the source's.
            Ok(None) => return Ok(()),
            Err(errno) => return Err(FsError::new(errno, "fgetxattr")),
        };
        let bytes = name.to_bytes();
        let privileged = bytes.starts_with(b"trusted.") || bytes.starts_with(b"security.");
        let piece = if privileged { Piece::PrivilegedXattr } else { Piece::Xattr };
        self.set(name, &value, piece)
    }

    /// Copies the access ACL; where the source has none, removes what the new file inherited from its directory.
    pub(super) fn acl(&mut self) -> Result<(), FsError> {
        for name in ACLS {
            match sys::fgetxattr(self.src, name) {
                Ok(Some(value)) => self.set(name, &value, Piece::Acl)?,
                Ok(None) => self.drop_inherited(name)?,
                // This kind of ACL does not exist at the source: nothing to keep, but perhaps something inherited.
                Err(Errno::ENOTSUP) => self.drop_inherited(name)?,
                Err(errno) => return Err(FsError::new(errno, "fgetxattr")),
            }
        }
        Ok(())
    }

    fn drop_inherited(&mut self, name: &CStr) -> Result<(), FsError> {
        match sys::fremovexattr(self.dest, name) {
            Ok(_) | Err(Errno::ENOTSUP) => Ok(()),
            Err(errno) => self.judge(Piece::Acl, errno, "fremovexattr"),
        }
    }

    fn set(&mut self, name: &CStr, value: &[u8], piece: Piece) -> Result<(), FsError> {
        const CALL: &str = "fsetxattr";
        let Err(errno) = sys::fsetxattr(self.dest, name, value) else {
            return Ok(());
        };
        if !self.is_too_large(errno) {
            return self.judge(piece, errno, CALL);
        }
        // What the target cannot hold is "not supported" for the policy, and its own error for the caller.
        if self.policy() == MetadataErrors::Error {
            return Err(FsError::new(errno, CALL).with_kind(ErrorKind::XattrTooLarge));
        }
        self.judge(piece, Errno::ENOTSUP, CALL)
    }

    /// ext4 says ENOSPC of a value beyond its block (btrfs of one beyond its leaf), whatever room the disk has.
    fn is_too_large(&self, errno: Errno) -> bool {
        match errno {
            Errno::E2BIG | Errno::ERANGE => true,
            Errno::ENOSPC => self.has_room(),
            _ => false,
        }
    }
}

fn is_plain(name: &[u8]) -> bool {
    !name.is_empty()
        && !name.starts_with(b"system.posix_acl_")
        && !ACLS.iter().any(|acl| acl.to_bytes() == name)
        && !OF_ONE_INODE.contains(&name)
}
