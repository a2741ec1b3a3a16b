//! The way of one directory of a copy: open both sides, create the destination, read and copy the names, set the metadata.

use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::SystemTime;

#[cfg(target_os = "linux")]
use super::flush::flush_tree;
use super::self_copy::ensure_is_our_directory;
use super::{CopyStats, TreeCopy, conflict};
use crate::copy::{
    CopyResult, Inode, Losses, Metadata, MetadataKind, PathAt, Preserve, SourceExtras, Target, add_flags,
    apply_error_policy, fs_type_of, gives_acl,
};
use crate::errno::Errno;
use crate::error::{During, ErrorKind, FsError};
use crate::sys;
use crate::sys::{Follow, InodeFlags, OpenFlags, STAT_CALL, Stat, identity};
use crate::tree::options::Dereference;
use crate::tree::walk::case_collisions::NameLock;
use crate::tree::walk::directory::{DestInfo, DirFds, Directory, source_flags};
use crate::tree::walk::scheduler::{Scheduler, TreeJob};

/// A destination directory.
pub(in crate::tree) struct CreatedDir {
    fd: OwnedFd,
    found: DestInfo,
}

impl TreeCopy {
    /// Copies the directory `name` of `parent`.
    pub(in crate::tree) fn enter(
        &self,
        parent: Arc<Directory>,
        name: &CStr,
        scheduler: &Arc<Scheduler<Self>>,
    ) {
        match self.retry_on_emfile(scheduler, || self.open_pair(&parent, name)) {
            Ok((directory, descends)) => self.begin(directory, descends, scheduler),
            Err(error) => {
                self.operation.fail_entry(self.locate(&parent, name, error));
                self.end_task(parent, scheduler);
            }
        }
    }

    /// Counts a directory that is open on both sides, and reads it.
    pub(in crate::tree) fn begin(
        &self,
        directory: Arc<Directory>,
        descends: bool,
        scheduler: &Arc<Scheduler<Self>>,
    ) {
        if directory.is_fresh {
            self.operation.control.add_directory();
            let mut stats = CopyStats::default();
            stats.add(&CopyResult { directories: 1, ..CopyResult::default() });
            self.add_stats(&stats);
        }
        if descends { self.read(directory, scheduler) } else { self.end_task(directory, scheduler) }
    }

    fn open_pair(&self, parent: &Arc<Directory>, name: &CStr) -> Result<(Arc<Directory>, bool), FsError> {
        let held = parent.hold(&self.operation.descriptors)?;
        let follows = self.follow_below() == Follow::Yes;
        let flags = source_flags(self.follow_below());
        let src = sys::openat(held.src.as_fd(), name, flags, 0).during("openat")?;
        let stat = sys::fstat(src.as_fd()).during(STAT_CALL)?;
        if self.guard.has(&stat) {
            return Err(FsError::new(Errno::EINVAL, STAT_CALL).with_kind(ErrorKind::IntoItself));
        }
        if follows && is_above(parent, &stat) {
            return Err(FsError::new(Errno::ELOOP, "openat"));
        }
        self.refuse_directory_that_stays(src.as_fd(), &stat)?;
        let turn = parent.aliases.turn(held.dest(), name);
        turn.as_ref().map_or(Ok(()), NameLock::refuse_alias)?;
        let made = self.make((held.dest(), name), Some(parent), Follow::No, &stat)?;
        if let Some(turn) = turn {
            turn.made();
        }
        let same_mount = (stat.dev, stat.mount) == (parent.stat.dev, parent.stat.mount);
        let descends = same_mount || !self.options.one_file_system;
        let parent = Some(Arc::clone(parent));
        Ok((self.pair(parent, name, src, stat, made), descends))
    }

    /// Whether links below the root are followed.
    pub(in crate::tree) fn follow_below(&self) -> Follow {
        if self.options.dereference == Dereference::Always { Follow::Yes } else { Follow::No }
    }

    pub(in crate::tree) fn pair(
        &self,
        parent: Option<Arc<Directory>>,
        name: &CStr,
        src: OwnedFd,
        stat: Stat,
        made: CreatedDir,
    ) -> Arc<Directory> {
        self.guard.add(&made.found, &stat, parent.as_deref(), self.follow_below() == Follow::Yes);
        let held = DirFds { src, dest: Some(made.fd) };
        Directory::new(
            parent,
            (name, self.follow_below()),
            held,
            stat,
            Some(made.found),
            &self.operation.descriptors,
        )
    }

    /// Creates a directory like `src`, or opens the existing one, through a link only if `follow` allows it. No other user may
    /// write to the new one while it fills.
    pub(in crate::tree) fn make(
        &self,
        (dir, name): (BorrowedFd<'_>, &CStr),
        parent: Option<&Arc<Directory>>,
        follow: Follow,
        src: &Stat,
    ) -> Result<CreatedDir, FsError> {
        let asked = SystemTime::now();
        let is_fresh = match sys::mkdirat(dir, name, self.bits_while_filled(src)) {
            Ok(()) => true,
            Err(Errno::EEXIST) if !parent.is_some_and(|parent| parent.is_fresh) => {
                let old = sys::fstatat(dir, name, follow).during(STAT_CALL)?;
                conflict::overwrite_action(src, &old, PathAt { dir, name }, &self.options)?;
                false
            }
            // In a directory of our own: two names of the source are one here (`a` and `A`).
            Err(errno) => return Err(FsError::new(errno, "mkdirat")),
        };
        let (flags, anchor) = match follow {
            Follow::Yes => (OpenFlags::DIRECTORY, OpenFlags::DIR_PATH),
            Follow::No => (OpenFlags::DIR_NOFOLLOW, OpenFlags::TREE_ANCHOR),
        };
        let mut is_readable = true;
        let mut open = || {
            let fd = match sys::openat(dir, name, flags, 0) {
                // A drop box (0333): to make names in it, search permission is enough.
                Err(Errno::EACCES) if !is_fresh => {
                    is_readable = false;
                    sys::openat(dir, name, anchor, 0)
                }
                opened => opened,
            };
            let fd = fd.during("openat")?;
            let stat = sys::fstat(fd.as_fd()).during(STAT_CALL)?;
            if is_fresh {
                ensure_is_our_directory(
                    (fd.as_fd(), &stat),
                    PathAt { dir, name },
                    parent.map(Arc::as_ref),
                    asked,
                )?;
            }
            Ok((fd, stat))
        };
        let (fd, stat) = open().inspect_err(|error: &FsError| {
            // The directory may be created again when descriptors are free; the first error counts. After ESTALE the name belongs to
            // another directory.
            if is_fresh && error.errno() != Errno::ESTALE {
                let _removed = sys::rmdirat(dir, name);
            }
        })?;
        if !is_fresh && stat.same_inode(src) {
            return Err(FsError::new(Errno::EINVAL, STAT_CALL).with_kind(ErrorKind::SameFile));
        }
        // A new directory has a default ACL only from its parent.
        let asks = self.options.file.preserve.has(Preserve::ACL)
            && parent.is_none_or(|parent| !parent.is_fresh || parent.gives_acl);
        let gives_acl = asks && gives_acl(fd.as_fd());
        Ok(CreatedDir { fd, found: DestInfo { stat, is_fresh, gives_acl, is_readable } })
    }

    /// The permission bits that a new directory is made with, less the umask.
    fn bits(&self, src: &Stat) -> u32 {
        if self.options.file.ordinary_mode { 0o777 } else { src.permissions() & 0o777 }
    }

    fn bits_while_filled(&self, src: &Stat) -> u32 {
        let (bits, preserve) = (self.bits(src), self.options.file.preserve);
        if !preserve.of_directory().wants_mode() {
            return bits | 0o700;
        }
        let moves = preserve.has(Preserve::ACL) || preserve.has(Preserve::OWNERSHIP);
        if moves { 0o700 } else { bits & 0o755 | 0o700 }
    }

    /// Finishes a directory after its last entry: sets its metadata and flushes it if asked.
    pub(in crate::tree) fn finish(&self, directory: &Arc<Directory>) -> Result<(), FsError> {
        let held = directory.hold(&self.operation.descriptors)?;
        let is_root = directory.parent.is_none();
        if is_root && directory.is_fresh && self.options.file.durable {
            self.sync_root_name()?;
        }
        self.metadata(directory, &held)?;
        // Elsewhere each file has been flushed by itself.
        #[cfg(target_os = "linux")]
        if is_root && self.is_move() {
            flush_tree(held.dest())?;
        }
        Ok(())
    }

    fn metadata(&self, directory: &Directory, held: &DirFds) -> Result<(), FsError> {
        let Some(dest_stat) = &directory.dest_stat else { return Ok(()) };
        let (asked, policy) = (self.options.file.preserve, self.options.file.metadata_errors);
        let preserve =
            if directory.is_fresh { asked.of_directory() } else { asked.without(Preserve::DEFAULT) };
        let extras = SourceExtras::of(held.src.as_fd(), &directory.stat, preserve);
        if !directory.is_dest_readable {
            return self.unreadable_metadata((directory, dest_stat), held, &extras, preserve);
        }
        let made = dest_stat.permissions();
        let wanted = self.bits(&directory.stat);
        let ordinary = || Ok(made & (wanted | 0o2000));
        let is_widened = directory.is_fresh && made & 0o777 & !wanted != 0;
        let fs_type = fs_type_of(held.dest(), dest_stat);
        let target = Target {
            inode: Inode::Open(held.dest()),
            fs_type,
            stat: dest_stat,
            is_old: !directory.is_fresh,
            cloned: false,
            may_inherit_acl: directory.gives_acl || !directory.is_fresh,
            ordinary_mode: if is_widened { Some(&ordinary) } else { None },
        };
        let source = (held.src.as_fd(), &directory.stat, &extras);
        let mut lost = Metadata::new(source, target, preserve, policy).apply()?;
        let locking = extras.flags(InodeFlags::LOCKING);
        if !locking.is_empty()
            && let Err(errno) = add_flags(held.dest(), locking, fs_type)
        {
            apply_error_policy(policy, MetadataKind::Flags, errno, sys::SET_FLAGS_CALL, &mut lost)?;
        }
        if self.options.file.durable {
            sys::fsync(held.dest()).during("fsync")?;
        }
        self.add_losses(directory, lost);
        Ok(())
    }

    /// Adds the lost metadata of a directory to the result.
    pub(in crate::tree) fn add_losses(&self, directory: &Directory, lost: Losses) {
        let mut stats = CopyStats::default();
        stats.result.unpreserved = lost.counts;
        self.add_stats(&stats);
        for error in lost.errors {
            self.operation.collect(self.locate(directory, c"", error));
        }
    }
}

/// Whether `stat` is one of the directories that lead to `directory`: following the link again would not end.
fn is_above(directory: &Arc<Directory>, stat: &Stat) -> bool {
    let mut at = Some(directory);
    while let Some(directory) = at {
        if directory.src_id() == identity(stat) {
            return true;
        }
        at = directory.parent.as_ref();
    }
    false
}
