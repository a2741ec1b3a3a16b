//! Metadata of what is not opened: links, FIFOs, sockets and devices that this call has just made, from the name of another.
//!
//! Owner -> xattrs -> ACL -> mode -> times, as for files.

use std::ffi::{CStr, CString};
#[cfg(target_os = "macos")]
use std::os::fd::AsFd;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::made::Made;
use super::metadata::{self, Piece, SET_ID};
use super::mode;
use super::options::{CopyOptions, Preserve};
use super::result::Unpreserved;
use super::source::At;
use super::xattrs::Xattrs;
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys::xattr::{self, XattrTarget};
use crate::sys::{self, Follow, SetTime, Stat};

/// Carries the metadata of one name over, and counts what is lost.
pub(super) struct ByName<'a> {
    pub(super) src: At<'a>,
    pub(super) source: &'a Stat,
    /// What gets the metadata.
    pub(super) dest: &'a Made<'a>,
    /// The destination as the caller wrote it, should there be no /proc to reach `dest` by.
    pub(super) written: Option<At<'a>>,
    pub(super) options: &'a CopyOptions,
    pub(super) lost: Unpreserved,
}

impl ByName<'_> {
    pub(super) fn apply(mut self) -> Result<Unpreserved, FsError> {
        let preserve = self.options.preserve;
        self.owner()?;
        let attributes = preserve.has(Preserve::XATTR) || preserve.has(Preserve::ACL);
        let list_first = preserve.wants_mode();
        if attributes && list_first {
            self.attributes()?;
        }
        if !self.source.is_symlink() {
            self.mode()?;
        }
        if attributes && !list_first {
            self.attributes()?;
        }
        if preserve.has(Preserve::TIMESTAMPS) {
            let (atime, mtime) = (SetTime::At(self.source.atime), SetTime::At(self.source.mtime));
            self.judge(Piece::Timestamps, self.dest.date(atime, mtime), "utimensat")?;
        }
        Ok(self.lost)
    }

    fn owner(&mut self) -> Result<(), FsError> {
        let preserve = self.options.preserve;
        // Node 26 leaves the owner of links alone.
        let asked = preserve.has(Preserve::OWNERSHIP);
        if !asked && (self.source.is_symlink() || !preserve.wants_owner()) {
            return Ok(());
        }
        let own = |uid| self.dest.own(uid, Some(self.source.gid));
        let owned = own(Some(self.source.uid));
        if owned.is_err() {
            // An ordinary user may still give it to a group of theirs.
            let _counted_below = own(None);
        }
        if asked { self.judge(Piece::Ownership, owned, "fchownat") } else { Ok(()) }
    }

    fn owner_is_kept(&self) -> bool {
        self.dest.look().is_ok_and(|now| (now.uid, now.gid) == (self.source.uid, self.source.gid))
    }

    fn mode(&mut self) -> Result<(), FsError> {
        let preserve = self.options.preserve;
        if preserve.wants_mode() {
            let wanted = self.source.permissions();
            let bits = if wanted & SET_ID == 0 || self.owner_is_kept() { wanted } else { wanted & !SET_ID };
            if bits != wanted && preserve.has(Preserve::MODE) {
                self.judge(Piece::Mode, Err(Errno::EPERM), "fchmodat")?;
            }
            self.judge(Piece::Mode, self.dest.permit(bits), "fchmodat")?;
        } else if preserve.wants_owner() {
            let widened = mode::as_created_in(self.dest.at().dir, self.source.permissions() & 0o777)?;
            self.dest.permit(widened).during("fchmodat")?;
        }
        Ok(())
    }

    fn attributes(&mut self) -> Result<(), FsError> {
        let preserve = self.options.preserve;
        #[cfg(target_os = "macos")]
        if self.source.is_symlink() {
            return if preserve.has(Preserve::XATTR) { self.attributes_of_link() } else { Ok(()) };
        }
        if !cfg!(target_os = "linux") && !self.source.is_symlink() {
            return Ok(()); // Nodes have no attributes there, and no ACLs that would be used.
        }
        let from = reach(self.src, None);
        let held = self.dest.path().map(|path| (path, Follow::Yes));
        let to = held.or_else(|| reach(self.dest.at(), self.written).map(|path| (path, Follow::No)));
        let (Some(from), Some((to, follow_to))) = (from, to) else {
            return self.judge(Piece::Xattr, Err(Errno::EOPNOTSUPP), "lsetxattr");
        };
        // A path of the caller's may lead through a link to the node; a name in a tree may not.
        let follow =
            if is_current(self.src.dir) && !self.source.is_symlink() { Follow::Yes } else { Follow::No };
        let src = XattrTarget::Path(&from, follow);
        let names = xattr::list(src);
        let mut xattrs = Xattrs {
            src,
            dest: XattrTarget::Path(&to, follow_to),
            filesystem: self.dest.at().dir,
            is_directory: false,
            names: names.as_deref().map_err(|errno| *errno),
            may_inherit_acl: !self.options.no_default_acl,
            policy: self.options.metadata_errors,
            lost: &mut self.lost,
        };
        if preserve.has(Preserve::XATTR) {
            // The owner was set or its loss counted; capabilities mean nothing on what cannot be run.
            xattrs.plain(true)?;
        }
        // A link has no ACL.
        if preserve.has(Preserve::ACL) && !self.source.is_symlink() {
            xattrs.posix_acls()?;
            xattrs.other_acls()?;
        }
        Ok(())
    }

    /// macOS opens a link itself, so nothing has to be reached by a path.
    #[cfg(target_os = "macos")]
    fn attributes_of_link(&mut self) -> Result<(), FsError> {
        let open = |at: At<'_>| sys::openat(at.dir, at.name, sys::OpenFlags::LINK, 0).during("openat");
        let (from, to) = (open(self.src)?, open(self.dest.at())?);
        let src = XattrTarget::Fd(from.as_fd());
        let names = xattr::list(src);
        let mut xattrs = Xattrs {
            src,
            dest: XattrTarget::Fd(to.as_fd()),
            filesystem: self.dest.at().dir,
            is_directory: false,
            names: names.as_deref().map_err(|errno| *errno),
            may_inherit_acl: false,
            policy: self.options.metadata_errors,
            lost: &mut self.lost,
        };
        xattrs.plain(true)
    }

    fn judge(&mut self, piece: Piece, result: Result<(), Errno>, call: &'static str) -> Result<(), FsError> {
        match result {
            Ok(()) => Ok(()),
            Err(errno) => metadata::judge(self.options.metadata_errors, piece, errno, call, &mut self.lost),
        }
    }
}

/// A path to a name in an open directory, for calls that have no form with a directory before Linux 6.13: by the
/// descriptor, or where there is no /proc through the directory of `written`. Only one that is seen to lead there.
fn reach(at: At<'_>, written: Option<At<'_>>) -> Option<CString> {
    if is_current(at.dir) {
        return Some(at.name.to_owned());
    }
    let seen = sys::fstatat(at.dir, at.name, Follow::No).ok()?;
    let joined = |directory: &[u8]| CString::new([directory, at.name.to_bytes()].concat()).ok();
    let by_descriptor = joined(format!("/proc/self/fd/{}/", at.dir.as_raw_fd()).as_bytes());
    let by_name = written
        .filter(|written| is_current(written.dir))
        .and_then(|written| joined(directory_of(written.name)));
    by_descriptor
        .into_iter()
        .chain(by_name)
        .find(|path| sys::fstatat(sys::CWD, path, Follow::No).is_ok_and(|now| now.same_inode(&seen)))
}

fn is_current(dir: BorrowedFd<'_>) -> bool {
    dir.as_raw_fd() == sys::CWD.as_raw_fd()
}

/// The path up to its last slash.
fn directory_of(path: &CStr) -> &[u8] {
    let path = path.to_bytes();
    let end = path.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash.saturating_add(1));
    path.get(..end).unwrap_or_default()
}
