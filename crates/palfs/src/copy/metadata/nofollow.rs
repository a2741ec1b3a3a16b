//! Metadata of inodes that are not opened: links, FIFOs, sockets and devices that this call has just created.

#[cfg(not(target_os = "macos"))]
use std::ffi::{CStr, CString};
#[cfg(target_os = "macos")]
use std::os::fd::AsFd;
#[cfg(not(target_os = "macos"))]
use std::os::fd::{AsRawFd, BorrowedFd};

use super::followed_links::are_followed;
use super::inode::Inode;
use super::pinned_node::PinnedNode;
use super::{Metadata, Target};
use crate::copy::data::mount_pair::fs_type_of;
use crate::copy::options::{CopyOptions, Preserve};
use crate::copy::output::initial_mode;
use crate::copy::result::Losses;
use crate::copy::source::{PathAt, SourceExtras};
#[cfg(target_os = "linux")]
use crate::errno::Errno;
#[cfg(target_os = "macos")]
use crate::error::During;
use crate::error::FsError;
use crate::sys;
#[cfg(not(target_os = "macos"))]
use crate::sys::Follow;
use crate::sys::xattr::XattrTarget;
use crate::sys::{Stat, xattr};

/// Copies the metadata of one name, and counts the losses.
pub(in crate::copy) struct ByName<'a> {
    pub(in crate::copy) src: PathAt<'a>,
    pub(in crate::copy) source: &'a Stat,
    /// What gets the metadata.
    pub(in crate::copy) dest: &'a PinnedNode<'a>,
    /// The destination as the caller wrote it, should there be no /proc to reach `dest` by.
    #[cfg_attr(target_os = "macos", expect(dead_code, reason = "links are opened there"))]
    pub(in crate::copy) written: Option<PathAt<'a>>,
    pub(in crate::copy) options: &'a CopyOptions,
}

impl ByName<'_> {
    pub(in crate::copy) fn apply(self) -> Result<Losses, FsError> {
        let preserve = self.options.preserve;
        // A node is made without the bits of others where its owner changes; without the source's mode it gets them now.
        let as_created =
            || initial_mode::as_created_in(self.dest.at().dir, self.source.permissions() & 0o777);
        let is_narrow = preserve.wants_owner() && !preserve.wants_mode();
        let fs_type = fs_type_of(self.dest.filesystem(), &self.dest.stat);
        let gets_calls = preserve.has(Preserve::OWNERSHIP) || preserve.has(Preserve::TIMESTAMPS);
        let is_followed =
            self.source.is_symlink() && gets_calls && are_followed(self.dest.at(), &self.dest.stat, fs_type)?;
        let target = Target {
            inode: if is_followed { Inode::Followed(self.dest) } else { Inode::Held(self.dest) },
            fs_type,
            stat: &self.dest.stat,
            is_old: false,
            cloned: false,
            may_inherit_acl: !self.options.no_default_acl,
            ordinary_mode: if is_narrow { Some(&as_created) } else { None },
        };
        let wants_attributes = preserve.has(Preserve::XATTR) || preserve.has(Preserve::ACL);
        let (from, to) = if wants_attributes { self.attributes()? } else { (None, None) };
        let xattrs = (from.as_ref().map(Reached::target), to.as_ref().map(Reached::target));
        #[cfg(target_os = "linux")]
        let xattrs = if wants_attributes { or_by_name(xattrs, self.src, self.dest.at()) } else { xattrs };
        let names = xattrs.0.map_or(Ok(Vec::new()), xattr::list);
        let extras = SourceExtras::of_names(names);
        let policy = self.options.metadata_errors;
        Metadata::with_xattrs((self.source, &extras), xattrs, target, preserve, policy).apply()
    }

    /// Where the attributes of source and destination are reached. `None`: there are none, or no way to them.
    #[cfg(not(target_os = "macos"))]
    #[expect(clippy::unnecessary_wraps, reason = "on macOS both are opened")]
    fn attributes(&self) -> Result<(Option<Reached>, Option<Reached>), FsError> {
        if !cfg!(target_os = "linux") && !self.source.is_symlink() {
            return Ok((None, None)); // FreeBSD's nodes have no attributes, and no ACLs that would be used.
        }
        // A path of the caller's may lead through a link to the node; a name in a tree may not.
        let is_named = is_current(self.src.dir) && !self.source.is_symlink();
        let follow = if is_named { Follow::Yes } else { Follow::No };
        let from = reach(self.src, None).map(|path| Reached::Path(path, follow));
        let held = self.dest.path().map(|path| Reached::Path(path, Follow::Yes));
        let named = || reach(self.dest.at(), self.written).map(|path| Reached::Path(path, Follow::No));
        let to = held.or_else(named);
        Ok((from, to))
    }

    /// A link itself can be opened, so nothing has to be reached by a path. Nodes have no attributes, and no ACLs that would be
    /// used.
    #[cfg(target_os = "macos")]
    fn attributes(&self) -> Result<(Option<Reached>, Option<Reached>), FsError> {
        if !self.source.is_symlink() {
            return Ok((None, None));
        }
        let open = |at: PathAt<'_>| sys::openat(at.dir, at.name, sys::OpenFlags::LINK, 0).during("openat");
        Ok((Some(Reached::Link(open(self.src)?)), Some(Reached::Link(open(self.dest.at())?))))
    }
}

/// The target for attribute calls on an inode that is not open for reading: a path, or on macOS the open link itself.
enum Reached {
    #[cfg(not(target_os = "macos"))]
    Path(CString, Follow),
    #[cfg(target_os = "macos")]
    Link(std::os::fd::OwnedFd),
}

impl Reached {
    fn target(&self) -> XattrTarget<'_> {
        match self {
            #[cfg(not(target_os = "macos"))]
            Self::Path(path, follow) => XattrTarget::Path(path, *follow),
            #[cfg(target_os = "macos")]
            Self::Link(fd) => XattrTarget::Fd(fd.as_fd()),
        }
    }
}

/// The same, by name where nothing is mounted on /proc. `None`: listxattrat(2) is younger than the kernel (ENOSYS) or than the
/// seccomp profile (EPERM). What cannot be read is no loss of the copy's.
#[cfg(target_os = "linux")]
fn or_by_name<'a>(
    (from, to): (Option<XattrTarget<'a>>, Option<XattrTarget<'a>>),
    src: PathAt<'a>,
    dest: PathAt<'a>,
) -> (Option<XattrTarget<'a>>, Option<XattrTarget<'a>>) {
    let named = |at: PathAt<'a>| XattrTarget::At(at.dir, at.name);
    let has_call =
        |target: &XattrTarget<'_>| !matches!(xattr::list(*target), Err(Errno::ENOSYS | Errno::EPERM));
    (from.or_else(|| Some(named(src)).filter(has_call)), to.or_else(|| Some(named(dest)).filter(has_call)))
}

/// A path to a name in an open directory, for calls that have no form with a directory before Linux 6.13: by the
/// descriptor, or where there is no /proc through the directory of `written`. Only one that is seen to lead there.
#[cfg(not(target_os = "macos"))]
fn reach(at: PathAt<'_>, written: Option<PathAt<'_>>) -> Option<CString> {
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

#[cfg(not(target_os = "macos"))]
fn is_current(dir: BorrowedFd<'_>) -> bool {
    dir.as_raw_fd() == sys::CWD.as_raw_fd()
}

/// The path up to its last slash.
#[cfg(not(target_os = "macos"))]
fn directory_of(path: &CStr) -> &[u8] {
    let path = path.to_bytes();
    let end = path.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash.saturating_add(1));
    path.get(..end).unwrap_or_default()
}
