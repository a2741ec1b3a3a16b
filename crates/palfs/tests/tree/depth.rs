//! Trees deeper than paths, stacks and descriptor tables.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use palfs::Control;
use palfs::tree::{RemoveOptions, remove_tree};

use crate::copy::{copy, recursive};
use crate::scratch::Scratch;

const LEVELS: usize = 2500;

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

#[test]
fn a_tree_deeper_than_any_path_is_copied_and_removed() {
    let scratch = Scratch::new();
    let (src, dest) = (scratch.path("src"), scratch.path("dest"));
    chain(&scratch, &src);
    let result = copy(&src, &dest, &recursive()).unwrap();
    assert_eq!((result.directories, result.files), (2 * LEVELS as u64 + 1, LEVELS as u64));
    let options = RemoveOptions { recursive: true, ..RemoveOptions::default() };
    let removed = remove_tree(&src, &options, &Arc::new(Control::new())).unwrap();
    assert_eq!((removed.directories, removed.files), (2 * LEVELS as u64 + 1, LEVELS as u64));
    assert!(!src.exists());
    assert_eq!(levels(&scratch, &dest), LEVELS);
}
