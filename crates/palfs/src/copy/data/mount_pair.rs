//! Facts about a pair of mounts: their filesystems, and the methods that do not work between them.

use std::cell::Cell;
use std::collections::HashMap;
use std::ops::Deref;
use std::os::fd::BorrowedFd;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU16, AtomicU64};
use std::sync::{LazyLock, RwLock};
use std::time::Instant;

use crate::copy::method::{Method, MethodSet};
use crate::sys;
use crate::sys::{FsType, Stat};

/// Knowledge of one (source mount, destination mount), learned from real attempts.
///
/// Only errnos that speak of the mounts are remembered (EOPNOTSUPP, EXDEV, ENOTTY, ENOSYS), never those of one file.
/// Device numbers would not do as key: btrfs subvolumes differ in them and share storage, bind mounts do the reverse.
#[derive(Debug)]
pub(crate) struct MountPair {
    unsupported: AtomicU16,
    /// When the first of them was learned: milliseconds since the first pair of this process.
    learned: AtomicU64,
    pub(crate) source: &'static FsType,
    pub(crate) dest: &'static FsType,
}

/// How long a "not supported" counts for later calls. It may be true of one file only (a DAX or realtime file on xfs), so the method
/// is tried again after this time; a failed FICLONE costs about a microsecond.
const RETRY_UNSUPPORTED_AFTER_MS: u64 = 1000;

/// The most pairs that are kept, more than any real process has. Facts about further pairs last for one file.
const CAPACITY: usize = 256;

/// Pairs are kept as long as the process: they are few, and every file needs one.
type Table = HashMap<(u64, u64), &'static MountPair>;

static KNOWN: LazyLock<RwLock<Table>> = LazyLock::new(RwLock::default);

thread_local! {
    /// The pair that this thread used last: the files of a tree all have the same one.
    static LAST: Cell<Option<((u64, u64), &'static MountPair)>> = const { Cell::new(None) };
}

/// The facts about a pair, for the time that one file takes.
pub(crate) enum Known {
    Kept(&'static MountPair),
    /// For mounts without a number, or beyond the most that are kept.
    Own(MountPair),
}

impl Deref for Known {
    type Target = MountPair;

    fn deref(&self) -> &MountPair {
        match self {
            Self::Kept(pair) => pair,
            Self::Own(pair) => pair,
        }
    }
}

impl MountPair {
    /// The facts about the mounts of these two files. Mounts have no lasting number before Linux 6.8: there each call starts anew.
    pub(crate) fn of(src: (BorrowedFd<'_>, &Stat), dest: (BorrowedFd<'_>, &Stat)) -> Known {
        let Some(key) = src.1.mount.zip(dest.1.mount) else {
            return Known::Own(Self::ask(src.0, dest.0));
        };
        let pair = match LAST.get() {
            Some((last, pair)) if last == key => pair,
            _ => match Self::look_up(key, src.0, dest.0) {
                Some(pair) => pair,
                None => return Known::Own(Self::ask(src.0, dest.0)),
            },
        };
        LAST.set(Some((key, pair)));
        pair.forget_what_is_old();
        Known::Kept(pair)
    }

    /// `None`: the table is full.
    fn look_up(key: (u64, u64), src: BorrowedFd<'_>, dest: BorrowedFd<'_>) -> Option<&'static Self> {
        if let Some(pair) = KNOWN.read().ok()?.get(&key) {
            return Some(pair);
        }
        let asked = Self::ask(src, dest);
        let mut known = KNOWN.write().ok()?;
        if known.len() >= CAPACITY && !known.contains_key(&key) {
            return None;
        }
        Some(known.entry(key).or_insert_with(|| Box::leak(Box::new(asked))))
    }

    fn ask(src: BorrowedFd<'_>, dest: BorrowedFd<'_>) -> Self {
        // The type only decides what is tried first, so a failed fstatfs means "unknown filesystem".
        let fs_type = |fd| sys::fstatfs(fd).map_or(&sys::UNKNOWN_FS_TYPE, |info| info.fs_type);
        Self {
            unsupported: AtomicU16::new(MethodSet::EMPTY.bits()),
            learned: AtomicU64::new(0),
            source: fs_type(src),
            dest: fs_type(dest),
        }
    }

    /// Starts again with nothing known once a belief is [`RETRY_UNSUPPORTED_AFTER_MS`] long.
    fn forget_what_is_old(&self) {
        let unsupported = self.unsupported.load(Relaxed);
        if unsupported != MethodSet::EMPTY.bits()
            && now().saturating_sub(self.learned.load(Relaxed)) > RETRY_UNSUPPORTED_AFTER_MS
        {
            self.unsupported.store(MethodSet::EMPTY.bits(), Relaxed);
        }
    }

    /// Whether `method` is known not to work between these mounts.
    pub(crate) fn lacks(&self, method: Method) -> bool {
        MethodSet::from_bits(self.unsupported.load(Relaxed)).has(method)
    }

    /// Remembers that `method` does not work between these mounts.
    #[cfg(target_os = "linux")]
    pub(crate) fn learn_unsupported(&self, method: Method) {
        let before = self.unsupported.fetch_or(MethodSet::EMPTY.with(method).bits(), Relaxed);
        if before == MethodSet::EMPTY.bits() {
            self.learned.store(now(), Relaxed);
        }
    }

    /// Whether copy_file_range(2) fails on either side with errnos that say something else on other filesystems.
    #[cfg(target_os = "linux")]
    pub(crate) fn has_odd_copy_errnos(&self) -> bool {
        self.source.has_odd_copy_errnos || self.dest.has_odd_copy_errnos
    }
}

/// The row of the filesystem that `fd`, whose fstat(2) is `stat`, is on. Only the first of a run of calls for one mount costs a
/// system call, and each call before Linux 6.8, where mounts have no lasting number.
pub(crate) fn fs_type_of(fd: BorrowedFd<'_>, stat: &Stat) -> &'static FsType {
    thread_local! {
        static LAST: Cell<Option<(u64, &'static FsType)>> = const { Cell::new(None) };
    }
    match LAST.get() {
        Some((last, fs_type)) if Some(last) == stat.mount => fs_type,
        _ => {
            let Ok(info) = sys::fstatfs(fd) else { return &sys::UNKNOWN_FS_TYPE };
            LAST.set(stat.mount.map(|mount| (mount, info.fs_type)));
            info.fs_type
        }
    }
}

/// Milliseconds since this was first called.
fn now() -> u64 {
    static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(BEGINNING.elapsed().as_millis()).unwrap_or(u64::MAX)
}
