//! One file that shows two inode numbers.
//!
//! Where the client makes the numbers up, each name has its own: `ca` and `CA` on SMB with `noserverino`, two hard links on
//! sshfs. A copy from one to the other would empty its own source.

use std::os::fd::AsFd;

use super::data::Buffer;
use super::source;
use super::source::{PathAt, Source};
use crate::control::Control;
use crate::sys;
use crate::sys::{OpenFlags, Stat};

/// Whether `dest`, with the status `old`, has the source's content and may be the source. Times or names only make that
/// likely; where the content is the same, there is nothing to copy even if they are two files.
pub(super) fn may_be_one(
    src: PathAt<'_>,
    source: &Source,
    dest: PathAt<'_>,
    old: &Stat,
    control: &Control,
) -> bool {
    let is_likely = || {
        has_same_times(&source.stat, old)
            || (source.stat.dev == old.dev && differ_in_case_only(src.name.to_bytes(), dest.name.to_bytes()))
    };
    source.stat.size == old.size
        && is_likely()
        && !sys::fstatfs(source.fd.as_fd()).is_ok_and(|info| info.fs_type.is_local)
        && has_same_content(source, dest, control)
}

fn has_same_times(source: &Stat, old: &Stat) -> bool {
    (source.mtime, source.ctime, source.btime) == (old.mtime, old.ctime, old.btime)
}

/// Whether the last names are spelled in different cases, or are one name and the rest of the paths is.
fn differ_in_case_only(one: &[u8], other: &[u8]) -> bool {
    let (last_one, last_other) = (last_name(one), last_name(other));
    let (one, other) = if last_one == last_other { (one, other) } else { (last_one, last_other) };
    let lower = |name| String::from_utf8_lossy(name).to_lowercase();
    one != other && lower(one) == lower(other)
}

fn last_name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}

/// What cannot be read is not the same.
fn has_same_content(source: &Source, dest: PathAt<'_>, control: &Control) -> bool {
    let Ok(dest) = source::open_file(dest, OpenFlags::READ, control) else { return false };
    let mut of_source = Buffer::take();
    let mut of_dest = vec![0; of_source.bytes().len()];
    let mut at = 0;
    while !control.is_cancelled() {
        let Ok(got) = sys::pread(source.fd.as_fd(), of_source.bytes(), at) else { return false };
        let content = of_source.bytes().get(..got).unwrap_or_default();
        if !is_at(&dest, content, &mut of_dest, at) {
            return false;
        }
        if got == 0 {
            return true;
        }
        at = at.saturating_add(got as u64);
    }
    false
}

/// Whether a file has this content at an offset; none: whether it ends there.
fn is_at(fd: &impl AsFd, mut content: &[u8], room: &mut [u8], mut at: u64) -> bool {
    if content.is_empty() {
        return sys::pread(fd.as_fd(), room, at) == Ok(0);
    }
    while !content.is_empty() {
        let most = content.len().min(room.len());
        let Ok(got) = sys::pread(fd.as_fd(), room.get_mut(..most).unwrap_or_default(), at) else {
            return false;
        };
        if got == 0 || room.get(..got) != content.get(..got) {
            return false;
        }
        content = content.get(got..).unwrap_or_default();
        at = at.saturating_add(got as u64);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::differ_in_case_only;

    #[test]
    fn names_differ_in_case_only_if_they_differ_at_all() {
        for (one, other) in [("ca", "CA"), ("/mnt/d/ca", "Ca"), ("ä", "Ä"), ("d/ca", "D/ca")] {
            assert!(differ_in_case_only(one.as_bytes(), other.as_bytes()), "{one} {other}");
        }
        for (one, other) in
            [("ca", "ca"), ("ca", "cb"), ("ca/x", "CA/y"), ("src/f", "dst/f"), ("f", "/mnt/f")]
        {
            assert!(!differ_in_case_only(one.as_bytes(), other.as_bytes()), "{one} {other}");
        }
    }
}
