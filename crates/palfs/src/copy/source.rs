//! Opening the source: a regular file is opened, everything else is judged by its type without being opened.

use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

#[cfg(target_os = "linux")]
use super::metadata::hidden_attributes::add_hidden;
use super::options::{CopyOptions, Preserve, SpecialFiles};
use crate::control::Control;
use crate::errno::Errno;
use crate::error::{During, ErrorKind, Fact, FsError};
use crate::sys;
use crate::sys::xattr::XattrTarget;
use crate::sys::{Follow, InodeFlags, OpenFlags, STAT_CALL, Stat, xattr};

/// How long to wait before an open that met a lease is tried again.
const LEASE_PAUSE: Duration = Duration::from_millis(10);

/// How often: a minute long, more than any lease lives.
const LEASE_TRIES: u32 = 6000;

/// A name in a directory that is held open (or the current one).
#[derive(Clone, Copy)]
pub(crate) struct PathAt<'a> {
    pub(crate) dir: BorrowedFd<'a>,
    pub(crate) name: &'a CStr,
}

/// An open regular file and what it was when the copy began.
pub(crate) struct Source {
    pub(crate) fd: OwnedFd,
    pub(crate) stat: Stat,
    pub(crate) extras: SourceExtras,
}

/// The kind of the source.
pub(crate) enum SourceKind {
    /// A regular file: procfs and sysfs files too.
    File(Source),
    /// A FIFO, socket or device that will be made anew; not opened.
    Node(Stat),
    /// A FIFO or device, read as a stream.
    Stream(Source),
    /// Nothing, by the caller's choice.
    Skipped,
}

/// The stat of a source that the caller named.
fn look_up(src: PathAt<'_>) -> Result<Stat, FsError> {
    sys::fstatat(src.dir, src.name, Follow::Yes).map_err(|errno| {
        let error = FsError::new(errno, STAT_CALL);
        if errno == Errno::ENOENT { error.with_fact(Fact::MissingSource) } else { error }
    })
}

/// Looks first and opens then: opening a FIFO wakes its writer, opening a device may start a motor or a watchdog.
pub(crate) fn open(src: PathAt<'_>, options: &CopyOptions, control: &Control) -> Result<SourceKind, FsError> {
    let seen = look_up(src)?;
    if seen.is_file() || seen.is_dir() {
        return open_seen(src, &seen, options, control).map(SourceKind::File);
    }
    match options.special_files {
        SpecialFiles::Error => Err(refuse_special(&seen)),
        SpecialFiles::Skip => Ok(SourceKind::Skipped),
        SpecialFiles::Copy => Ok(SourceKind::Node(seen)),
        // A socket has no content that open(2) could reach: ENXIO, from the kernel.
        SpecialFiles::Content => {
            let fd = sys::openat(src.dir, src.name, OpenFlags::READ, 0).during("openat")?;
            Ok(SourceKind::Stream(Source { fd, stat: seen, extras: SourceExtras::default() }))
        }
    }
}

/// Opens a regular file; everything else is refused without being opened.
pub(crate) fn open_regular(
    src: PathAt<'_>,
    preserve: Preserve,
    control: &Control,
) -> Result<Source, FsError> {
    let seen = look_up(src)?;
    open_seen(src, &seen, &CopyOptions { preserve, ..CopyOptions::default() }, control)
}

/// Opens an entry that its directory lists as a regular file. `None`: the entry is of another kind by now.
pub(crate) fn open_entry(
    src: PathAt<'_>,
    follow: Follow,
    options: &CopyOptions,
    control: &Control,
) -> Result<Option<Source>, FsError> {
    let flags = if follow == Follow::Yes { OpenFlags::READ } else { OpenFlags::TREE_FILE };
    let fd = match open_file(src, flags, control) {
        Ok(fd) => fd,
        // ELOOP: a link. ENXIO: a socket.
        Err(error) if matches!(error.errno(), Errno::ELOOP | Errno::ENXIO) => return Ok(None),
        Err(error) => return Err(error),
    };
    let stat = first_stat(&fd, options)?;
    if !stat.is_file() {
        return Ok(None);
    }
    let extras = SourceExtras::of(fd.as_fd(), &stat, options.preserve);
    Ok(Some(Source { fd, stat, extras }))
}

/// With `verify_source`, the stat without the kernel's cache: FUSE filesystems with an inode per name (mergerfs, bindfs) show the time
/// before the last link(2) for a second, and a later stat would look like a change.
fn first_stat(fd: &OwnedFd, options: &CopyOptions) -> Result<Stat, FsError> {
    let stat = if options.verify_source { sys::fstat_uncached(fd.as_fd()) } else { sys::fstat(fd.as_fd()) };
    stat.during(STAT_CALL)
}

fn open_seen(
    src: PathAt<'_>,
    seen: &Stat,
    options: &CopyOptions,
    control: &Control,
) -> Result<Source, FsError> {
    if seen.is_dir() {
        return Err(FsError::new(Errno::EISDIR, STAT_CALL));
    }
    if !seen.is_file() {
        return Err(refuse_special(seen));
    }
    let fd = open_file(src, OpenFlags::READ, control)?;
    // The open file is what will be read, so it is what counts, should the name have changed hands in between.
    let stat = first_stat(&fd, options)?;
    let extras = SourceExtras::of(fd.as_fd(), &stat, options.preserve);
    if stat.is_file() { Ok(Source { fd, stat, extras }) } else { Err(refuse_special(&stat)) }
}

/// Opens a regular file. If another process holds a lease on it (fcntl(2), F_SETLEASE: Samba's oplocks), a non-blocking open is EAGAIN
/// and breaks the lease: the holder releases it, or the kernel ends it after 45 s.
pub(crate) fn open_file(at: PathAt<'_>, flags: OpenFlags, control: &Control) -> Result<OwnedFd, FsError> {
    for _ in 0..LEASE_TRIES {
        match sys::openat(at.dir, at.name, flags, 0) {
            Err(Errno::EAGAIN) if control.is_cancelled() => return Err(control.cancelled_during("openat")),
            Err(Errno::EAGAIN) => std::thread::sleep(LEASE_PAUSE),
            other => return other.during("openat"),
        }
    }
    Err(FsError::new(Errno::EAGAIN, "openat"))
}

/// The error that node:fs's `cp` has for each kind of special file.
pub(crate) fn refuse_special(stat: &Stat) -> FsError {
    let kind = if stat.is_fifo() {
        ErrorKind::Fifo
    } else if stat.is_socket() {
        ErrorKind::Socket
    } else {
        ErrorKind::Unknown
    };
    FsError::new(Errno::EINVAL, STAT_CALL).with_kind(kind)
}

impl Source {
    /// `verify_source`: the file is still what it was, and the name still means this file.
    pub(crate) fn verify_unchanged(&self, src: PathAt<'_>) -> Result<(), FsError> {
        let now = sys::fstat_uncached(self.fd.as_fd()).during(STAT_CALL)?;
        let named = sys::fstatat(src.dir, src.name, Follow::Yes);
        let same_content =
            (now.size, now.mtime, now.ctime) == (self.stat.size, self.stat.mtime, self.stat.ctime);
        if same_content && named.is_ok_and(|named| named.same_inode(&self.stat)) {
            return Ok(());
        }
        Err(FsError::new(Errno::EBUSY, STAT_CALL).with_kind(ErrorKind::SourceChanged))
    }
}

/// How the names of ACLs begin, where they are listed with the attributes.
const ACL_NAMES: [&[u8]; 2] = [b"system.posix_acl_", b"system.nfs4_acl"];

/// Inode flags and the names of attributes, as far as they are to be kept.
#[derive(Default)]
pub(crate) struct SourceExtras {
    flags: Option<InodeFlags>,
    names: Option<Result<Vec<u8>, Errno>>,
}

impl SourceExtras {
    /// Reads the metadata that `preserve` names from an open file or directory with this `stat`.
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
