//! Extended attributes and ACLs, carried from one file to another.

use std::ffi::{CStr, CString};
use std::os::fd::BorrowedFd;

use super::policy::{MetadataKind, apply_error_policy, count_loss, is_unsupported};
#[cfg(target_os = "linux")]
use super::{nfs4_acl, posix_acl};
use crate::copy::options::MetadataErrors;
use crate::copy::result::Losses;
use crate::errno::Errno;
use crate::error::{During, ErrorKind, FsError};
use crate::sys;
use crate::sys::xattr::{Operation, SetMode, XattrTarget};
use crate::sys::{Stat, xattr};

/// Where Linux keeps POSIX ACLs. Not plain attributes: setting one changes the mode, and they are preserved apart.
#[cfg(target_os = "linux")]
const POSIX_ACLS: [&CStr; 2] = [c"system.posix_acl_access", DEFAULT_ACL];

/// A file of NFSv4 has one always; that of a new file is its server's choice.
const NFS4_ACL: &CStr = c"system.nfs4_acl";

/// What new files of a directory get; nothing else has one.
#[cfg(target_os = "linux")]
const DEFAULT_ACL: &CStr = c"system.posix_acl_default";

/// How xfs lists the same ACLs a second time, to root.
const ACLS_AGAIN: [&[u8]; 2] = [b"trusted.SGI_ACL_FILE", b"trusted.SGI_ACL_DEFAULT"];

/// FreeBSD's `system.` attributes are where the kernel keeps ACLs and labels: not files' data, and root's to see alone.
const SYSTEM_IS_PRIVATE: bool = cfg!(any(target_os = "freebsd", target_os = "netbsd"));

/// How names of attributes begin that decide how data is stored: compression, replicas. They are taken over where they can be.
const STORAGE: [&[u8]; 2] = [b"btrfs.", b"bcachefs."];

/// bcachefs lists for each inode the options that it has inherited. They cannot be set.
const INHERITED: &[u8] = b"bcachefs_effective.";

/// Rights for every user who runs the file: kept only if owner and group are kept.
pub(in crate::copy) const CAPABILITY: &CStr = c"security.capability";

/// Copies attributes, and counts the losses.
pub(in crate::copy) struct Xattrs<'a> {
    pub(in crate::copy) src: XattrTarget<'a>,
    pub(in crate::copy) dest: XattrTarget<'a>,
    /// Something on the destination's filesystem, to ask how full it is.
    pub(in crate::copy) filesystem: BorrowedFd<'a>,
    /// What the source is.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux's ACLs are attributes"))]
    pub(in crate::copy) stat: &'a Stat,
    /// What the source lists.
    pub(in crate::copy) names: Result<&'a [u8], Errno>,
    #[cfg_attr(
        not(target_os = "linux"),
        expect(dead_code, reason = "elsewhere ACLs are copied as they are")
    )]
    pub(in crate::copy) may_inherit_acl: bool,
    /// A call on the destination's filesystem may succeed and do nothing.
    pub(in crate::copy) is_doubted: bool,
    pub(in crate::copy) policy: MetadataErrors,
    /// The file capabilities that were set where they may be lost again: they are compared last.
    pub(in crate::copy) capability_set: &'a mut Option<Vec<u8>>,
    pub(in crate::copy) lost: &'a mut Losses,
}

impl Xattrs<'_> {
    /// Copies every attribute that is no ACL.
    pub(in crate::copy) fn plain(&mut self, owner_kept: bool) -> Result<(), FsError> {
        let names = match self.names {
            Ok(names) => names,
            // A filesystem, or a sandbox, without attributes has none to lose.
            Err(errno) if is_unsupported(errno) => return Ok(()),
            // macOS: files, directories and links have attributes, nodes have none.
            Err(Errno::EPERM) if cfg!(target_os = "macos") => return Ok(()),
            Err(errno) => {
                let errno = self.without_odd_eio(errno, self.src);
                return self.apply_error_policy(MetadataKind::Xattr, errno, self.src.call(Operation::List));
            }
        };
        for name in names.split(|byte| *byte == 0).filter(|name| is_plain(name, SYSTEM_IS_PRIVATE)) {
            if name == CAPABILITY.to_bytes() && !owner_kept {
                self.apply_error_policy(
                    MetadataKind::PrivilegedXattr,
                    Errno::EPERM,
                    self.dest.call(Operation::Set),
                )?;
            } else if let Ok(name) = CString::new(name) {
                self.one(&name)?;
            }
        }
        Ok(())
    }

    fn one(&mut self, name: &CStr) -> Result<(), FsError> {
        let value = match xattr::get(self.src, name) {
            Ok(Some(value)) => value,
            // Removed between list and get: it is no longer the source's.
            Ok(None) => return Ok(()),
            Err(errno) => {
                let errno = self.without_odd_eio(errno, self.src);
                return self.apply_error_policy(MetadataKind::Xattr, errno, self.src.call(Operation::Get));
            }
        };
        let starts_with = |prefix: &&[u8]| name.to_bytes().starts_with(prefix);
        if STORAGE.iter().any(starts_with) {
            // No loss where the destination stores in its own way.
            let _another_way = xattr::set(self.dest, name, &value, SetMode::Any);
            return Ok(());
        }
        let piece =
            if is_privileged(name.to_bytes()) { MetadataKind::PrivilegedXattr } else { MetadataKind::Xattr };
        self.set(name, &value, piece)
    }

    /// Elsewhere ACLs are no attributes: acl(3) of open files. Nodes are not opened, and have none that would be used.
    #[cfg(any(target_os = "macos", target_os = "freebsd"))]
    pub(in crate::copy) fn other_acls(&mut self) -> Result<(), FsError> {
        let (XattrTarget::Fd(src), XattrTarget::Fd(dest)) = (self.src, self.dest) else { return Ok(()) };
        match sys::copy_acl(src, dest) {
            Ok(()) => Ok(()),
            Err(errno) => self.apply_error_policy(MetadataKind::Acl, errno, "acl_set_fd_np"),
        }
    }

    /// Not carried over, which is counted: whether there is one is not known.
    #[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "freebsd")))]
    pub(in crate::copy) fn other_acls(&mut self) -> Result<(), FsError> {
        self.apply_error_policy(MetadataKind::Acl, Errno::EOPNOTSUPP, "acl_get_fd")
    }

    /// An NFSv4 server makes its list from the mode, so this comes after it.
    #[cfg(target_os = "linux")]
    pub(in crate::copy) fn other_acls(&mut self) -> Result<(), FsError> {
        self.acl(NFS4_ACL).map(drop)
    }

    /// There are none that are attributes.
    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "Linux's twin has work to do")]
    pub(in crate::copy) fn posix_acls(&mut self) -> Result<bool, FsError> {
        Ok(false)
    }

    /// Copies the ACLs; where the source has none, removes what the new file inherited from its directory. Returns whether an ACL
    /// was removed, which may have changed the permission bits (ntfs-3g: to 0700).
    #[cfg(target_os = "linux")]
    pub(in crate::copy) fn posix_acls(&mut self) -> Result<bool, FsError> {
        let is_directory = self.stat.is_dir();
        let lost_before = (self.lost.counts.acl, self.lost.errors.len());
        let mut is_removed = false;
        for name in POSIX_ACLS.into_iter().filter(|name| is_directory || *name != DEFAULT_ACL) {
            if !self.acl(name)? {
                is_removed |= self.drop_inherited(name)?;
            }
        }
        // A directory has two of them, and is one file.
        self.lost.counts.acl = self.lost.counts.acl.min(lost_before.0.saturating_add(1));
        self.lost.errors.truncate(lost_before.1.saturating_add(1));
        Ok(is_removed)
    }

    /// `false`: the source has no such list, or one that equals the mode.
    #[cfg(target_os = "linux")]
    fn acl(&mut self, name: &CStr) -> Result<bool, FsError> {
        // A name that is not listed is absent: one call for all of them. Without a list, each name is asked for.
        let is_listed = |names: &[u8]| names.split(|byte| *byte == 0).any(|known| known == name.to_bytes());
        if self.names.map_or_else(is_unsupported, |names| !is_listed(names)) {
            return Ok(false);
        }
        // The loss was counted with the POSIX list: a file has one list of either kind.
        if name == NFS4_ACL && self.names.is_err_and(|errno| self.without_odd_eio(errno, self.src) != errno) {
            return Ok(false);
        }
        let stat = self.stat;
        match xattr::get(self.src, name) {
            // The destination has a mode, and makes its own list of it if it is NFS.
            Ok(Some(value))
                if name == NFS4_ACL && nfs4_acl::says_only_the_mode(&value, stat.mode, stat.is_dir()) =>
            {
                return Ok(false);
            }
            Ok(Some(value)) => self.set(name, &value, MetadataKind::Acl)?,
            Ok(None) => return Ok(false),
            // Of another kind of list than this filesystem's.
            Err(errno) if self.names.is_err() && is_unsupported(errno) => return Ok(false),
            Err(errno) => {
                let errno = self.without_odd_eio(errno, self.src);
                self.apply_error_policy(MetadataKind::Acl, errno, self.src.call(Operation::Get))?;
            }
        }
        Ok(true)
    }

    /// Returns whether there was such a list.
    #[cfg(target_os = "linux")]
    fn drop_inherited(&mut self, name: &CStr) -> Result<bool, FsError> {
        // Removing an absent list is EIO on rclone, and changes the bits on ntfs-3g. A list that cannot be read was not inherited.
        let is_there = |list: &[u8]| !posix_acl::says_only_the_mode(list);
        if !self.may_inherit_acl
            || self.is_doubted
                && !xattr::get(self.dest, name).is_ok_and(|list| list.as_deref().is_some_and(is_there))
        {
            return Ok(false);
        }
        match xattr::remove(self.dest, name) {
            Ok(is_removed) => Ok(is_removed),
            Err(Errno::ENOTSUP | Errno::ENOSYS) => Ok(false),
            // Linux checks the owner of the file (EPERM) before it checks whether there is a list.
            Err(Errno::EPERM) if xattr::get(self.dest, name) == Ok(None) => Ok(false),
            Err(errno) => {
                self.apply_error_policy(MetadataKind::Acl, errno, self.dest.call(Operation::Remove))?;
                Ok(false)
            }
        }
    }

    fn set(&mut self, name: &CStr, value: &[u8], piece: MetadataKind) -> Result<(), FsError> {
        if name == CAPABILITY {
            self.flush()?;
        }
        let call = self.dest.call(Operation::Set);
        let Err(errno) = xattr::set(self.dest, name, value, SetMode::Any) else {
            return self.compare(name, value, piece);
        };
        if !self.is_too_large(errno) {
            let errno = self.without_odd_eio(errno, self.dest);
            return self.apply_error_policy(piece, errno, call);
        }
        // What the target cannot hold is "not supported" for the policy, and its own error for the caller.
        if self.policy == MetadataErrors::Error {
            let error = FsError::new(errno, call).with_kind(ErrorKind::XattrTooLarge);
            return Err(error.with_unpreserved(piece.name()));
        }
        self.apply_error_policy(piece, Errno::ENOTSUP, call)
    }

    /// A FUSE server gets the pages that the kernel has cached by write(2), which takes file capabilities away (mergerfs with
    /// cache.writeback=true, fuse-overlayfs by default). So the pages go first.
    fn flush(&self) -> Result<(), FsError> {
        match self.dest {
            XattrTarget::Fd(fd) if self.is_doubted => sys::fsync(fd).during("fsync"),
            _ => Ok(()),
        }
    }

    /// ntfs-3g without the option `acl` takes ACLs and keeps none; SMB takes an empty value for a removal.
    fn compare(&mut self, name: &CStr, value: &[u8], piece: MetadataKind) -> Result<(), FsError> {
        if !self.is_doubted {
            return Ok(());
        }
        if name == CAPABILITY {
            *self.capability_set = Some(value.to_vec());
            return Ok(());
        }
        let is_often_lost = piece == MetadataKind::Acl || value.is_empty();
        if is_often_lost { self.compare_now(name, value, piece) } else { Ok(()) }
    }

    /// Compares file capabilities after the last call that could take them away.
    pub(in crate::copy) fn compare_capability(&mut self, value: &[u8]) -> Result<(), FsError> {
        self.compare_now(CAPABILITY, value, MetadataKind::PrivilegedXattr)
    }

    fn compare_now(&mut self, name: &CStr, value: &[u8], piece: MetadataKind) -> Result<(), FsError> {
        let is_kept = xattr::get(self.dest, name).is_ok_and(|kept| kept.is_some_and(|kept| kept == value));
        if is_kept {
            return Ok(());
        }
        let call = self.dest.call(Operation::Set);
        count_loss(self.policy, piece, Errno::EOPNOTSUPP, call, &mut self.lost.counts)
    }

    /// EOPNOTSUPP for the EIO of a server without attributes, so that the loss is counted. Safe after a real read error, too: the
    /// loss is counted all the same, and the content is read by other calls. The caller of `metadataErrors: 'error'` gets the EIO.
    fn without_odd_eio(&self, errno: Errno, target: XattrTarget<'_>) -> Errno {
        let XattrTarget::Fd(fd) = target else { return errno };
        let is_odd = errno == Errno::EIO
            && self.policy != MetadataErrors::Error
            && sys::fstatfs(fd).is_ok_and(|info| info.fs_type.lacks_calls_with_eio);
        if is_odd { Errno::EOPNOTSUPP } else { errno }
    }

    /// ext4 returns ENOSPC for a value larger than its block (btrfs for one larger than its leaf), even on an empty disk.
    fn is_too_large(&self, errno: Errno) -> bool {
        match errno {
            Errno::E2BIG | Errno::ERANGE => true,
            Errno::ENOSPC => sys::fstatfs(self.filesystem).is_ok_and(|info| info.room > 0),
            _ => false,
        }
    }

    fn apply_error_policy(
        &mut self,
        piece: MetadataKind,
        errno: Errno,
        call: &'static str,
    ) -> Result<(), FsError> {
        apply_error_policy(self.policy, piece, errno, call, self.lost)
    }
}

/// Whether an ordinary caller may be refused to set it on a file of their own: macOS protects some of its own names.
fn is_privileged(name: &[u8]) -> bool {
    [&b"trusted."[..], b"security.", b"com.apple."].iter().any(|prefix| name.starts_with(prefix))
}

fn is_plain(name: &[u8], system_is_private: bool) -> bool {
    let is_acl = name.starts_with(b"system.posix_acl_") || name == NFS4_ACL.to_bytes();
    let is_private = system_is_private && name.starts_with(b"system.");
    let is_acl = is_acl || ACLS_AGAIN.contains(&name);
    !(name.is_empty() || is_acl || is_private || name.starts_with(INHERITED) || xattr::is_of_one_inode(name))
}

#[cfg(test)]
mod tests {
    use super::{is_plain, is_privileged};

    #[test]
    fn what_belongs_to_one_inode_or_to_the_kernel_is_not_copied() {
        for private in [false, true] {
            for name in [
                "",
                "security.ima",
                "trusted.SGI_ACL_FILE",
                "system.nfs4_acl",
                "system.posix_acl_default",
                "bcachefs_effective.compression",
                "com.apple.macl",
            ] {
                assert!(!is_plain(name.as_bytes(), private), "{name}");
            }
            for name in ["user.a", "security.selinux", "com.apple.ResourceFork", "com.apple.quarantine"] {
                assert!(is_plain(name.as_bytes(), private), "{name}");
            }
        }
        // FreeBSD keeps ACLs there; on Linux a filesystem may have attributes of its own.
        assert!(!is_plain(b"system.posix1e.acl_access", true));
        assert!(is_plain(b"system.cifs_acl", false));
    }

    #[test]
    fn names_that_a_system_protects_are_counted_when_refused() {
        assert!(is_privileged(b"com.apple.rootless") && is_privileged(b"trusted.a"));
        assert!(!is_privileged(b"user.com.apple.x") && !is_privileged(b"net.example"));
    }
}
