//! The metadata of one inode, after its content: owner -> xattrs -> ACL -> mode -> times -> flags, then a look at the result.
//!
//! The kernel dictates the order. chown clears set-id bits and file capabilities, even for the same owner. `user.` attributes need
//! write permission by mode. The group bits of the mode are the mask of the ACL: without the ACL they would grant the group more than
//! its own entry. All of them change ctime.

pub(super) mod followed_links;
#[cfg(target_os = "linux")]
pub(super) mod hidden_attributes;
pub(super) mod inode;
#[cfg(target_os = "linux")]
pub(super) mod nfs4_acl;
pub(super) mod nofollow;
pub(super) mod pinned_node;
pub(super) mod policy;
#[cfg(target_os = "linux")]
pub(super) mod posix_acl;
pub(super) mod stored_time;
pub(super) mod xattr;

use std::os::fd::BorrowedFd;

use super::options::{MetadataErrors, Preserve};
use super::result::Losses;
use super::source::SourceExtras;
use crate::errno::Errno;
use crate::error::{During, FsError};
use crate::sys;
use crate::sys::xattr::XattrTarget;
use crate::sys::{FsType, InodeFlags, STAT_CALL, Stat};
use inode::Inode;
pub(crate) use policy::{MetadataKind, apply_error_policy};
use policy::{count_loss, is_unsupported, may_not};
use stored_time::is_stored_form;
use xattr::{CAPABILITY, Xattrs};

/// Set-user-id and set-group-id.
pub(super) const SET_ID: u32 = 0o6000;

/// What gets the metadata.
pub(crate) struct Target<'a> {
    pub(crate) inode: Inode<'a>,
    pub(crate) fs_type: &'static FsType,
    /// What it was when it was made or found.
    pub(crate) stat: &'a Stat,
    /// The inode existed before. It keeps the metadata that the copy was not asked to change.
    pub(crate) is_old: bool,
    /// It came into being with its content, and with the source's times (macOS).
    pub(crate) cloned: bool,
    /// Its directory may have given it an ACL.
    pub(crate) may_inherit_acl: bool,
    /// The final bits if the source's are not asked for. `None`: the bits are right already.
    pub(crate) ordinary_mode: Option<&'a dyn Fn() -> Result<u32, FsError>>,
}

/// Copies the metadata of one inode, and counts the losses.
pub(crate) struct Metadata<'a> {
    src_stat: &'a Stat,
    extras: &'a SourceExtras,
    /// Where the attributes of source and target are read and set. `None`: they cannot be reached.
    xattrs: (Option<XattrTarget<'a>>, Option<XattrTarget<'a>>),
    target: Target<'a>,
    preserve: Preserve,
    policy: MetadataErrors,
    /// The permission bits that a call has set, where the source's were asked for.
    mode_set: Option<u32>,
    /// The permission bits of the target, unless the removal of an ACL has changed them.
    mode_now: u32,
    /// An ACL was removed, so the permission bits may be others.
    acl_removed: bool,
    /// The file capabilities that a call has set.
    capability_set: Option<Vec<u8>>,
    lost: Losses,
}

impl<'a> Metadata<'a> {
    /// Of a file or directory, open on both sides.
    pub(crate) fn new(
        (src, src_stat, extras): (BorrowedFd<'a>, &'a Stat, &'a SourceExtras),
        target: Target<'a>,
        preserve: Preserve,
        policy: MetadataErrors,
    ) -> Self {
        let dest = match target.inode {
            Inode::Open(fd) => Some(XattrTarget::Fd(fd)),
            Inode::Held(_) | Inode::Followed(_) => None,
        };
        let xattrs = (Some(XattrTarget::Fd(src)), dest);
        Self::with_xattrs((src_stat, extras), xattrs, target, preserve, policy)
    }

    /// Of any inode, with attributes that are reached in this way.
    pub(super) fn with_xattrs(
        (src_stat, extras): (&'a Stat, &'a SourceExtras),
        xattrs: (Option<XattrTarget<'a>>, Option<XattrTarget<'a>>),
        target: Target<'a>,
        preserve: Preserve,
        policy: MetadataErrors,
    ) -> Self {
        let mode_now = target.stat.permissions();
        Self {
            src_stat,
            extras,
            xattrs,
            target,
            preserve,
            policy,
            mode_set: None,
            mode_now,
            acl_removed: false,
            capability_set: None,
            lost: Losses::default(),
        }
    }

    /// Everything but the flags that would forbid the rename.
    pub(crate) fn apply(mut self) -> Result<Losses, FsError> {
        let preserve = self.preserve;
        let owner_kept = self.ownership()?;
        // A clone has them all.
        if preserve.has(Preserve::XATTR) && !self.target.cloned {
            self.xattrs().map_or(Ok(()), |mut xattrs| xattrs.plain(owner_kept))?;
        }
        // A link has no ACL.
        let list = preserve.has(Preserve::ACL) && !self.src_stat.is_symlink();
        // Set the ACL before the mode. A POSIX ACL includes the permission bits, so the later chmod only adds set-id bits. In the
        // other order, or with an inherited ACL, users denied by the source's ACL could read the file for a moment.
        let list_first = list && preserve.wants_mode();
        if list_first {
            self.posix_acls()?;
        }
        if !self.src_stat.is_symlink() {
            self.mode(owner_kept)?;
        }
        if list && !list_first {
            self.posix_acls()?;
            self.restore_mode()?;
        }
        if list {
            self.xattrs().map_or(Ok(()), |mut xattrs| xattrs.other_acls())?;
        }
        if preserve.has(Preserve::TIMESTAMPS) {
            self.timestamps()?;
        } else if let Inode::Open(fd) = self.target.inode
            && self.target.cloned
        {
            // A clone has the source's times, which were not asked for.
            sys::futimens_now(fd).during("futimens")?;
        }
        if preserve.has(Preserve::FLAGS) {
            self.flags()?;
        }
        self.compare()?;
        Ok(self.lost)
    }

    /// Sets owner and group if they differ. Returns whether both are the source's in the end.
    fn ownership(&mut self) -> Result<bool, FsError> {
        let (from, to) = (self.src_stat, self.target.stat);
        let uid = (from.uid != to.uid).then_some(from.uid);
        let gid = (from.gid != to.gid).then_some(from.gid);
        if uid.is_none() && gid.is_none() {
            return Ok(true);
        }
        let preserve = self.preserve;
        let asked = preserve.has(Preserve::OWNERSHIP);
        // In place the old file keeps its owner, unless `preserve` names the ownership. Node 26 does not change the owner of links.
        let is_left = self.target.is_old || from.is_symlink();
        if !asked && (is_left || !preserve.wants_owner()) {
            return Ok(false);
        }
        let inode = self.target.inode;
        let Err(errno) = inode.chown(uid, gid) else {
            return self.owner_is_kept();
        };
        // An ordinary user may still give the file to a group of theirs.
        if uid.is_some() && gid.is_some() && may_not(errno) {
            let _counted_below = inode.chown(None, gid);
        }
        let call = inode.calls().chown;
        if asked {
            self.apply_error_policy(MetadataKind::Ownership, errno, call)?;
        } else if !may_not(errno) && !is_unsupported(errno) {
            return Err(FsError::new(errno, call));
        }
        Ok(false)
    }

    /// Checks the owner again only if rights depend on it: set-id bits and capabilities are for the owner.
    fn owner_is_kept(&self) -> Result<bool, FsError> {
        let lends_rights = self.src_stat.mode & SET_ID != 0
            || (self.preserve.has(Preserve::XATTR) && self.extras.lists(CAPABILITY.to_bytes()));
        if !lends_rights {
            return Ok(true);
        }
        let now = self.target.inode.stat().during(STAT_CALL)?;
        Ok((now.uid, now.gid) == (self.src_stat.uid, self.src_stat.gid))
    }

    fn mode(&mut self, owner_kept: bool) -> Result<(), FsError> {
        let (preserve, inode) = (self.preserve, self.target.inode);
        let call = inode.calls().chmod;
        let source = self.src_stat.permissions();
        let wanted = if preserve.wants_mode() {
            // Without the owner, a set-id bit would grant the rights of the user who copies.
            if owner_kept { source } else { source & !SET_ID }
        } else if let Some(ordinary_mode) = self.target.ordinary_mode {
            ordinary_mode()?
        } else {
            return Ok(());
        };
        if wanted != source && preserve.has(Preserve::MODE) {
            self.count_loss(MetadataKind::Mode, Errno::EPERM, call)?;
        }
        let now = self.target.stat.permissions();
        // Writing and chown may have cleared set-id bits that the old file had.
        if wanted == now && now & SET_ID == 0 && !self.acl_removed {
            return Ok(());
        }
        match inode.chmod(wanted) {
            Ok(true) => {
                self.mode_now = wanted;
                self.mode_set = preserve.wants_mode().then_some(wanted);
                self.confirm_set_group_id(wanted)
            }
            Ok(false) if preserve.has(Preserve::MODE) => {
                self.count_loss(MetadataKind::Mode, Errno::EPERM, call)
            }
            Ok(false) => Ok(()),
            // There are no permission bits to change; libuv ignores it on CIFS, too.
            Err(Errno::EPERM | Errno::EACCES)
                if self.policy != MetadataErrors::Error && self.target.fs_type.lacks_mode_bits =>
            {
                self.lost.counts.mode = self.lost.counts.mode.saturating_add(1);
                Ok(())
            }
            Err(errno)
                if preserve.has(Preserve::MODE) || self.policy.never_fail() || is_unsupported(errno) =>
            {
                self.apply_error_policy(MetadataKind::Mode, errno, call)
            }
            Err(errno) => Err(FsError::new(errno, call)),
        }
    }

    fn posix_acls(&mut self) -> Result<(), FsError> {
        if let Some(mut xattrs) = self.xattrs() {
            self.acl_removed = xattrs.posix_acls()?;
        }
        Ok(())
    }

    /// Restores the permission bits that the removal of an inherited ACL cleared, if no other bits were asked for.
    fn restore_mode(&mut self) -> Result<(), FsError> {
        if !self.acl_removed || self.target.fs_type.keeps_metadata {
            return Ok(());
        }
        // Writing has cleared the set-id bits of an old file.
        let bits = if self.src_stat.is_dir() { self.mode_now } else { self.mode_now & !SET_ID };
        let inode = self.target.inode;
        match inode.chmod(bits) {
            Ok(_) => Ok(()),
            Err(errno) => self.apply_error_policy(MetadataKind::Mode, errno, inode.calls().chmod),
        }
    }

    /// The kernel drops set-group-id without a word when the caller is not in the group (chmod(2)).
    fn confirm_set_group_id(&mut self, wanted: u32) -> Result<(), FsError> {
        let inode = self.target.inode;
        if wanted & 0o2000 != 0 && inode.stat().during(STAT_CALL)?.mode & 0o2000 == 0 {
            self.count_loss(MetadataKind::Mode, Errno::EPERM, inode.calls().chmod)?;
        }
        Ok(())
    }

    fn timestamps(&mut self) -> Result<(), FsError> {
        let inode = self.target.inode;
        match inode.utimens(self.src_stat.atime, self.src_stat.mtime) {
            Ok(()) => Ok(()),
            Err(errno) => self.apply_error_policy(MetadataKind::Timestamps, errno, inode.calls().utimens),
        }
    }

    fn flags(&mut self) -> Result<(), FsError> {
        let Inode::Open(fd) = self.target.inode else { return Ok(()) };
        // Files have got these before their content.
        let storage = self.extras.flags(InodeFlags::STORAGE);
        if self.src_stat.is_dir() && !storage.is_empty() {
            let _another_way = add_flags(fd, storage, self.target.fs_type);
        }
        let wanted = self.extras.flags(InodeFlags::AFTER_DATA).without(InodeFlags::LOCKING);
        match add_flags(fd, wanted, self.target.fs_type) {
            Ok(()) => Ok(()),
            Err(errno) => self.apply_error_policy(MetadataKind::Flags, errno, sys::SET_FLAGS_CALL),
        }
    }

    /// Counts changes that a call reported as done and that were not kept. Filesystems without owners, modes or flags, with a narrower
    /// range of times, or with a server that leaves out the impossible, return 0 for changes that they ignore (vfat, SMB, ntfs-3g,
    /// rclone, NFSv3).
    ///
    /// Of the times the modification time is compared, to the filesystem's step. The access time is kept by the day (FAT), is the
    /// modification time (rclone), and changes with the next reader.
    fn compare(&mut self) -> Result<(), FsError> {
        if let Some(value) = self.capability_set.take() {
            self.xattrs().map_or(Ok(()), |mut xattrs| xattrs.compare_capability(&value))?;
        }
        let (preserve, asked) = (self.preserve, self.src_stat);
        let fs_type = self.target.fs_type;
        let is_doubted = !fs_type.keeps_metadata;
        let owner = is_doubted && preserve.has(Preserve::OWNERSHIP) && self.lost.counts.ownership == 0;
        let mode = self.mode_set.filter(|_| is_doubted && self.lost.counts.mode == 0);
        let time = !fs_type.keeps_time(asked.mtime.seconds)
            && preserve.has(Preserve::TIMESTAMPS)
            && self.lost.counts.timestamps == 0;
        if !owner && mode.is_none() && !time {
            return Ok(());
        }
        let inode = self.target.inode;
        let (now, calls) = (inode.stat().during(STAT_CALL)?, inode.calls());
        if owner && (now.uid, now.gid) != (asked.uid, asked.gid) {
            self.count_loss(MetadataKind::Ownership, Errno::EOPNOTSUPP, calls.chown)?;
        }
        if mode.is_some_and(|mode| mode != now.permissions()) {
            self.count_loss(MetadataKind::Mode, Errno::EOPNOTSUPP, calls.chmod)?;
        }
        if time && !is_stored_form(asked.mtime, now.mtime) {
            self.count_loss(MetadataKind::Timestamps, Errno::EOPNOTSUPP, calls.utimens)?;
        }
        Ok(())
    }

    /// `None`: the attributes cannot be reached.
    fn xattrs(&mut self) -> Option<Xattrs<'_>> {
        let (Some(src), Some(dest)) = self.xattrs else { return None };
        Some(Xattrs {
            src,
            dest,
            filesystem: self.target.inode.filesystem(),
            stat: self.src_stat,
            names: self.extras.names(),
            may_inherit_acl: self.target.may_inherit_acl,
            is_doubted: !self.target.fs_type.keeps_metadata,
            policy: self.policy,
            capability_set: &mut self.capability_set,
            lost: &mut self.lost,
        })
    }

    /// Fails the copy or counts the loss, by the option `metadata_errors`.
    fn apply_error_policy(
        &mut self,
        piece: MetadataKind,
        errno: Errno,
        call: &'static str,
    ) -> Result<(), FsError> {
        apply_error_policy(self.policy, piece, errno, call, &mut self.lost)
    }

    /// The same of a loss without a call that failed.
    fn count_loss(&mut self, piece: MetadataKind, errno: Errno, call: &'static str) -> Result<(), FsError> {
        count_loss(self.policy, piece, errno, call, &mut self.lost.counts)
    }
}

/// Adds to the flags that `fd` has: some (EXTENTS, inherited ones) belong to it alone. Where the filesystem refuses them together,
/// each that it has is set, and the first error returned.
pub(crate) fn add_flags(
    fd: BorrowedFd<'_>,
    wanted: InodeFlags,
    fs_type: &'static FsType,
) -> Result<(), Errno> {
    let together = add_flags_together(fd, wanted, fs_type);
    if together.is_err() && wanted.each().count() > 1 {
        for flag in wanted.each() {
            let _first_error_counts = add_flags_together(fd, flag, fs_type);
        }
    }
    together
}

/// EOPNOTSUPP also where the call succeeds and sets nothing (jfs: FS_NODUMP_FL).
fn add_flags_together(fd: BorrowedFd<'_>, wanted: InodeFlags, fs_type: &'static FsType) -> Result<(), Errno> {
    if wanted.is_empty() {
        return Ok(());
    }
    let now = sys::get_inode_flags(fd)?;
    if now.and(wanted) == wanted {
        return Ok(());
    }
    sys::set_inode_flags(fd, now.or(wanted))?;
    let are_set = fs_type.keeps_metadata || sys::get_inode_flags(fd)?.and(wanted) == wanted;
    if are_set { Ok(()) } else { Err(Errno::EOPNOTSUPP) }
}
