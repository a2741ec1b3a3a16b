//! What a new file comes out as, known from the one that was made before it.

use std::cell::Cell;

use crate::sys::Stat;

/// The last file that one thread made in one directory: the bits it asked for, and what fstat(2) said then.
///
/// In a directory of our own, on a filesystem of this machine, owner, group, bits and mount of a new file follow from the
/// bits that open(2) is asked for. The next file with the same bits is not looked at: a system call in nine, 6 to 10 %
/// of the time that a tree of small files takes. It is for one batch of names: if this process changes its umask
/// meanwhile, what is left of the batch lacks the bits that the new one takes. No file is wider than its source.
#[derive(Default)]
pub(crate) struct NewFileStatCache(Cell<Option<(u32, Stat)>>);

impl NewFileStatCache {
    /// What a file made with these bits is, but for its inode and times.
    pub(in crate::copy) fn get(&self, bits: u32) -> Option<Stat> {
        self.0.get().filter(|(asked, _)| *asked == bits).map(|(_, stat)| stat)
    }

    /// Such a file was made and looked at.
    pub(in crate::copy) fn store(&self, bits: u32, stat: Stat) {
        self.0.set(Some((bits, stat)));
    }
}
