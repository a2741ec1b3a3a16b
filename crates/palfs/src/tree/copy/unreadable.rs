//! Metadata of a destination directory that was there before and may not be read (0333, 0300): it is held by a descriptor that
//! opens nothing, by which no metadata can be set.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::TreeCopy;
use crate::copy::{
    Inode, Losses, Metadata, MetadataKind, Preserve, SourceExtras, Target, apply_error_policy, fs_type_of,
    sync_directory,
};
use crate::errno::Errno;
use crate::error::FsError;
use crate::sys;
use crate::sys::{Follow, InodeFlags, OpenFlags, Stat};
use crate::tree::walk::directory::{DirFds, Directory};

/// A directory that its owner may read, until this is dropped.
struct OpenedUp {
    fd: OwnedFd,
    /// The permission bits that it had.
    bits: u32,
    has_final_mode: bool,
}

impl OpenedUp {
    /// EPERM: it is another user's.
    fn open(dir: BorrowedFd<'_>, stat: &Stat) -> Result<Self, Errno> {
        let bits = stat.permissions();
        sys::fchmodat(dir, c".", bits | READABLE, Follow::Yes)?;
        let opened = sys::openat(dir, c".", OpenFlags::DIRECTORY, 0).inspect_err(|_| {
            let _first_error_counts = sys::fchmodat(dir, c".", bits, Follow::Yes);
        });
        opened.map(|fd| Self { fd, bits, has_final_mode: false })
    }
}

impl Drop for OpenedUp {
    fn drop(&mut self) {
        if !self.has_final_mode {
            // They could be changed a moment ago, so they can be changed back.
            let _as_before = sys::fchmod(self.fd.as_fd(), self.bits);
        }
    }
}

/// Read permission of the owner.
const READABLE: u32 = 0o400;

impl TreeCopy {
    /// Sets what is to be preserved: as its owner, after making the directory readable; else it is lost.
    pub(in crate::tree) fn unreadable_metadata(
        &self,
        (directory, dest_stat): (&Directory, &Stat),
        held: &DirFds,
        extras: &SourceExtras,
        preserve: Preserve,
    ) -> Result<(), FsError> {
        if preserve.without(Preserve::LINKS) != Preserve::NOTHING {
            let lost = match OpenedUp::open(held.dest(), dest_stat) {
                Ok(mut opened) => {
                    let stat = Stat { mode: dest_stat.mode | READABLE, ..*dest_stat };
                    let target = Target {
                        inode: Inode::Open(opened.fd.as_fd()),
                        fs_type: fs_type_of(opened.fd.as_fd(), dest_stat),
                        stat: &stat,
                        is_old: true,
                        cloned: false,
                        may_inherit_acl: true,
                        ordinary_mode: None,
                    };
                    let source = (held.src.as_fd(), &directory.stat, extras);
                    let policy = self.options.file.metadata_errors;
                    let lost = Metadata::new(source, target, preserve, policy).apply()?;
                    opened.has_final_mode = preserve.wants_mode() && lost.counts.mode == 0;
                    lost
                }
                Err(errno) => self.lost_of((&directory.stat, extras), dest_stat, preserve, errno)?,
            };
            self.add_losses(directory, lost);
        }
        if self.options.file.durable { sync_directory(held.dest()) } else { Ok(()) }
    }

    /// What of `preserve` the directory does not have already, as `metadata_errors` counts or refuses it.
    fn lost_of(
        &self,
        (src, extras): (&Stat, &SourceExtras),
        dest: &Stat,
        preserve: Preserve,
        errno: Errno,
    ) -> Result<Losses, FsError> {
        let owner_differs = (src.uid, src.gid) != (dest.uid, dest.gid);
        let mode_differs = src.permissions() != dest.permissions();
        let times_differ = (src.atime, src.mtime) != (dest.atime, dest.mtime);
        let has_flags = !extras.flags(InodeFlags::AFTER_DATA).is_empty();
        let differing = [
            (owner_differs && preserve.has(Preserve::OWNERSHIP), MetadataKind::Ownership, "fchown"),
            (
                extras.has_attributes() && preserve.has(Preserve::XATTR),
                MetadataKind::PrivilegedXattr,
                "fsetxattr",
            ),
            (extras.may_have_acl() && preserve.has(Preserve::ACL), MetadataKind::Acl, "fsetxattr"),
            (mode_differs && preserve.has(Preserve::MODE), MetadataKind::Mode, "fchmod"),
            (times_differ && preserve.has(Preserve::TIMESTAMPS), MetadataKind::Timestamps, "futimens"),
            (has_flags && preserve.has(Preserve::FLAGS), MetadataKind::Flags, sys::SET_FLAGS_CALL),
        ];
        let mut lost = Losses::default();
        for (_, piece, call) in differing.into_iter().filter(|(differs, ..)| *differs) {
            apply_error_policy(self.options.file.metadata_errors, piece, errno, call, &mut lost)?;
        }
        Ok(lost)
    }
}
