//! What is known of two mounts: which filesystems they are, and which ways of copying do not work between them.

use std::collections::HashMap;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicU16, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, RwLock};
use std::time::{Duration, Instant};

use super::method::{Method, MethodSet};
use crate::sys::{self, FsType, Stat};

/// Knowledge of one (source mount, destination mount), learned from real attempts.
///
/// Only errnos that speak of the mounts are remembered (EOPNOTSUPP, EXDEV, ENOTTY, ENOSYS), never those of one file.
/// Device numbers would not do as key: btrfs subvolumes differ in them and share storage, bind mounts do the reverse.
#[derive(Debug)]
pub(crate) struct Pair {
    unsupported: AtomicU16,
    pub(crate) source: FsType,
    pub(crate) dest: FsType,
}

/// How long a "not supported" is believed across calls. One file may answer for itself alone (a DAX or realtime file on
/// xfs), so each pair is asked again now and then; a failed FICLONE costs about a microsecond.
const BELIEVED: Duration = Duration::from_secs(1);

/// More pairs than any real process has; beyond it the table starts again.
const CAPACITY: usize = 256;

type Table = HashMap<(u64, u64), (Instant, Arc<Pair>)>;

static KNOWN: LazyLock<RwLock<Table>> = LazyLock::new(RwLock::default);

impl Pair {
    /// What is known of the mounts of these two files. Mounts have no lasting number before Linux 6.8: then every call
    /// starts with nothing known.
    pub(crate) fn of(src: (BorrowedFd<'_>, &Stat), dest: (BorrowedFd<'_>, &Stat)) -> Arc<Self> {
        let Some(key) = src.1.mount.zip(dest.1.mount) else {
            return Arc::new(Self::ask(src.0, dest.0));
        };
        let now = Instant::now();
        if let Ok(known) = KNOWN.read()
            && let Some((learned, pair)) = known.get(&key)
            && now.duration_since(*learned) < BELIEVED
        {
            return Arc::clone(pair);
        }
        let pair = Arc::new(Self::ask(src.0, dest.0));
        if let Ok(mut known) = KNOWN.write() {
            if known.len() >= CAPACITY {
                known.clear();
            }
            known.insert(key, (now, Arc::clone(&pair)));
        }
        pair
    }

    fn ask(src: BorrowedFd<'_>, dest: BorrowedFd<'_>) -> Self {
        // The type only chooses what is tried first, so a failed fstatfs is "some other filesystem".
        let kind = |fd| sys::fstatfs(fd).map_or(FsType::Other, |info| info.kind);
        Self { unsupported: AtomicU16::new(MethodSet::EMPTY.bits()), source: kind(src), dest: kind(dest) }
    }

    /// Whether `method` is known not to work between these mounts.
    pub(crate) fn lacks(&self, method: Method) -> bool {
        MethodSet::from_bits(self.unsupported.load(Relaxed)).has(method)
    }

    /// Remembers that `method` does not work between these mounts.
    #[cfg(target_os = "linux")]
    pub(crate) fn learn_unsupported(&self, method: Method) {
        self.unsupported.fetch_or(MethodSet::EMPTY.with(method).bits(), Relaxed);
    }

    /// Whether either side is CIFS, where errnos do not mean what they say elsewhere.
    #[cfg(target_os = "linux")]
    pub(crate) fn has_cifs(&self) -> bool {
        self.source == FsType::Cifs || self.dest == FsType::Cifs
    }
}
