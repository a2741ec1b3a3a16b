//! Trees deeper than paths, stacks and descriptor tables.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use palfs::Control;
use palfs::tree::{RemoveOptions, remove_tree};

use crate::copy::{copy, recursive};
use crate::scratch::Scratch;

const LEVELS: usize = 2500;

/// What a native thread may have on musl. A walk that recursed would be at its end after some hundred levels.
const STACK: usize = 128 << 10;

/// A chain of directories, each with a file and a directory beside the next one. Built from its end, so that no path is
/// ever long.
fn chain(scratch: &Scratch, root: &Path) {
    let (above, below) = (scratch.path("above"), scratch.path("below"));
    fs::create_dir(&below).unwrap();
    for _ in 0..LEVELS {
        fs::create_dir_all(above.join("leaf")).unwrap();
        fs::write(above.join("file"), "x").unwrap();
        fs::rename(&below, above.join("next")).unwrap();
        fs::rename(&above, &below).unwrap();
    }
    fs::rename(below, root).unwrap();
}

/// Takes the chain apart from its beginning, and counts its levels.
fn levels(scratch: &Scratch, root: &Path) -> usize {
    let (here, below) = (scratch.path("here"), scratch.path("rest"));
    fs::rename(root, &here).unwrap();
    let mut count = 0;
    while here.join("next").exists() {
        assert!(here.join("leaf").is_dir());
        assert_eq!(fs::read(here.join("file")).unwrap(), b"x");
        fs::rename(here.join("next"), &below).unwrap();
        fs::remove_dir_all(&here).unwrap();
        fs::rename(&below, &here).unwrap();
        count += 1;
    }
    count
}

/// Runs it on a thread whose stack is [`STACK`].
fn in_little_stack<T: Send>(operation: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, operation).unwrap();
        thread.join().unwrap()
    })
}

#[test]
fn a_tree_deeper_than_any_path_is_copied_and_removed() {
    let scratch = Scratch::new();
    let (src, dest) = (scratch.path("src"), scratch.path("dest"));
    chain(&scratch, &src);
    let result = in_little_stack(|| copy(&src, &dest, &recursive()).unwrap());
    assert_eq!((result.directories, result.files), (2 * LEVELS as u64 + 1, LEVELS as u64));
    let options = RemoveOptions::default().with_recursive(true);
    let removed = in_little_stack(|| remove_tree(&src, &options, &Arc::new(Control::new())).unwrap());
    assert_eq!((removed.directories, removed.files), (2 * LEVELS as u64 + 1, LEVELS as u64));
    assert!(!src.exists());
    assert_eq!(levels(&scratch, &dest), LEVELS);
}
