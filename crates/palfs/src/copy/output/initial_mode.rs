//! Which permission bits a new file is created with, and which it has in the end.

use std::os::fd::BorrowedFd;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use super::sample::new_file_in;
use crate::copy::options::{CopyOptions, Preserve};
use crate::copy::source::Source;
use crate::error::{During, FsError};
use crate::sys;
use crate::sys::{STAT_CALL, Stat};

/// Read and write for the owner: what a file needs while it is filled, on servers that open it again by name too.
const OWNER_READ_WRITE: u32 = 0o600;

/// The plan for a new file's permission bits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewMode {
    /// For open(2): the final bits where nothing else will change, else 0600, so that the file is never wider than in
    /// the end. Set-id bits come last, once owner and content are settled.
    pub(crate) create: u32,
    /// Whether `create` has been narrowed and the file must be widened at the end.
    pub(crate) narrowed: bool,
}

impl NewMode {
    pub(crate) fn plan(source: &Source, options: &CopyOptions) -> Self {
        let (source, extras) = (&source.stat, &source.extras);
        // An ACL grants and denies more than the bits, and is set last.
        let acl = options.preserve.has(Preserve::ACL) && (extras.may_have_acl() || !options.no_default_acl);
        let wanted = requested(source, options);
        let narrowed = acl || wanted & OWNER_READ_WRITE != OWNER_READ_WRITE || changes_owner(source, options);
        Self { create: if narrowed { OWNER_READ_WRITE } else { wanted }, narrowed }
    }

    /// The same plan without the expected bits of the new file.
    pub(crate) fn narrow() -> Self {
        Self { create: OWNER_READ_WRITE, narrowed: true }
    }

    /// Whether a file created by this plan was open to the wrong people for a moment: its directory gave it a group
    /// (set-group-id, BSD rules) that it will not keep.
    pub(crate) fn was_too_wide(self, created: &Stat, source: &Stat, options: &CopyOptions) -> bool {
        !self.narrowed
            && options.preserve.wants_owner()
            && (created.gid != source.gid || created.uid != source.uid)
            && created.permissions() & 0o077 != 0
    }
}

/// The final bits, as open(2) takes them.
pub(crate) fn requested(source: &Stat, options: &CopyOptions) -> u32 {
    if options.ordinary_mode { 0o666 } else { source.permissions() & 0o777 }
}

/// Whether the new file will get another owner than the caller.
pub(in crate::copy) fn changes_owner(source: &Stat, options: &CopyOptions) -> bool {
    options.preserve.wants_owner() && both(source.uid, source.gid) != expected_owner()
}

/// Whom new files are expected to belong to, user and group in one number. Asking costs two system calls, which count
/// for small files, and a process rarely changes its ids; a file that came out otherwise is noticed
/// ([`NewMode::was_too_wide`]), so a stale answer costs time, never safety.
static EXPECTED_OWNER: AtomicU64 = AtomicU64::new(NOBODY);

/// No id is (uid_t) -1.
const NOBODY: u64 = u64::MAX;

fn both(uid: u32, gid: u32) -> u64 {
    u64::from(uid) << 32 | u64::from(gid)
}

fn expected_owner() -> u64 {
    let known = EXPECTED_OWNER.load(Relaxed);
    if known != NOBODY {
        return known;
    }
    let asked = both(sys::geteuid(), sys::getegid());
    EXPECTED_OWNER.store(asked, Relaxed);
    asked
}

/// Compares the expectation with a new file, and drops it if it was wrong.
pub(crate) fn learn_owner(created: &Stat) {
    if EXPECTED_OWNER.load(Relaxed) != both(created.uid, created.gid) {
        EXPECTED_OWNER.store(NOBODY, Relaxed);
    }
}

/// What `mode` becomes for a new file in `dir`: the umask's work, or that of the directory's default ACL. umask(2) can only be
/// read by setting it, for all threads.
pub(crate) fn as_created_in(dir: BorrowedFd<'_>, mode: u32) -> Result<u32, FsError> {
    new_file_in(dir, mode, |fd| Ok(sys::fstat(fd).during(STAT_CALL)?.permissions()))
}
