//! lstat(2) of many names in one directory: on several cores, because most of its time is waiting for memory.

use std::ffi::CStr;
use std::iter::Zip;
use std::os::fd::BorrowedFd;
use std::slice::{Chunks, ChunksMut};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use super::types::FileStat;
use crate::errno::Errno;
use crate::pool;
use crate::sys::{self, Follow};

/// Names that a thread takes at a time: few, so that none is waited for at the end.
const SHARE: usize = 32;

/// Below so many names a thread takes longer to make than it saves.
const WORTH_A_THREAD: usize = 512;

/// Threads that look up names need little stack; the default of glibc is 8 MiB.
const STACK: usize = 128 << 10;

type Shares<'n, 's> = Zip<Chunks<'n, &'n CStr>, ChunksMut<'s, Option<FileStat>>>;

/// The work, and at which name it failed.
struct Work<'n, 's> {
    dir: BorrowedFd<'n>,
    left: Mutex<Shares<'n, 's>>,
    failed: Mutex<Option<(Errno, &'n CStr)>>,
}

/// Looks at each of `names` in `dir`; `None` for one that is gone. With `alone` on this thread, else on others too, as
/// far as there are cores and names for them. An error comes with one of the names that have it.
pub(super) fn look_up<'a>(
    dir: BorrowedFd<'a>,
    names: &'a [&'a CStr],
    alone: bool,
) -> Result<Vec<Option<FileStat>>, (Errno, &'a CStr)> {
    let mut stats = vec![None; names.len()];
    let left = Mutex::new(names.chunks(SHARE).zip(stats.chunks_mut(SHARE)));
    let work = Work { dir, left, failed: Mutex::new(None) };
    let threads =
        if alone { 1 } else { (names.len() / WORTH_A_THREAD + 1).min(pool::threads_for(pool::Work::LookUp)) };
    thread::scope(|scope| {
        for _ in 1..threads {
            // Where there can be no thread this one does it all.
            let thread = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || work.run());
            if thread.is_err() {
                break;
            }
        }
        work.run();
    });
    let failed = lock(&work.failed).take();
    failed.map_or(Ok(stats), Err)
}

impl Work<'_, '_> {
    fn run(&self) {
        loop {
            let share = lock(&self.left).next();
            let Some((names, stats)) = share else { return };
            for (name, place) in names.iter().zip(stats) {
                match sys::fstatat(self.dir, name, Follow::No) {
                    Ok(stat) => *place = Some(stat.into()),
                    Err(Errno::ENOENT) => {}
                    Err(errno) => {
                        lock(&self.failed).get_or_insert((errno, *name));
                        return;
                    }
                }
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
