//! The table of hard-link groups.

use std::os::fd::AsFd;
use std::path::Path;

use super::*;
use crate::sys;
use crate::sys::OpenFlags;
use crate::tree::walk::directory::{DirFds, FdBudget};
use crate::tree::walk::paths::as_text;

#[test]
fn values_keep_their_numbers_over_the_ends_of_pieces() {
    let mut chunks = Chunks::default();
    let mut numbers = Vec::new();
    for value in 0..40_000_u32 {
        numbers.push((chunks.push(&[value, value + 1]).unwrap(), value));
    }
    for (at, value) in numbers {
        assert_eq!((chunks.get(at), chunks.get(at + 1)), (Some(value), Some(value + 1)));
    }
    assert_eq!(chunks.get(80_000), None);
}

/// Some open directory, that names can be said to be in.
fn directory() -> Arc<Directory> {
    let temporary = as_text(Path::new("/"));
    let src = sys::openat(sys::CWD, &temporary, OpenFlags::DIRECTORY, 0).unwrap();
    let stat = sys::fstat(src.as_fd()).unwrap();
    let held = DirFds { src, dest: None };
    Directory::new(None, (c"", Follow::No), held, stat, None, &FdBudget::new())
}

#[test]
fn a_name_that_could_not_be_linked_and_comes_again_is_counted_once() {
    let (links, directory) = (Links::default(), directory());
    let inode = Inode { id: (1, 2), since: 3 };
    let waiting = || Deferred { directory: Arc::clone(&directory), name: c"waiting".into() };
    let claim = || links.claim(inode, waiting);
    assert!(matches!(claim(), Claim::First));
    let first = LinkTarget { directory: Arc::clone(&directory), name: c"first".into(), id: (4, 5) };
    // Three names in all; each of the further ones fails once.
    assert!(links.publish(inode, Some(first), 2).is_empty());
    for _ in 0..2 {
        let Claim::Link(first) = claim() else { panic!("not a link") };
        links.give_back(inode, &first);
        let Claim::Link(first) = claim() else { panic!("not a link") };
        assert_eq!((first.name.as_c_str(), first.id), (c"first", (4, 5)));
    }
    // The last one was met: what has the number now is another file.
    assert!(matches!(claim(), Claim::First));
}
