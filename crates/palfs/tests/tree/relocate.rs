//! Moves, on one filesystem. Those between two are tested from TypeScript, which mounts them.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use palfs::copy::{CopyResult, Method};
use palfs::tree::{MoveOptions, move_tree};
use palfs::{Control, FsError};

use crate::scratch::Scratch;

fn relocate(src: &Path, dest: &Path, overwrite: bool) -> Result<CopyResult, FsError> {
    let options = MoveOptions { overwrite, ..MoveOptions::default() };
    move_tree(src, dest, &options, &Arc::new(Control::new()))
}

#[test]
fn missing_directories_above_the_destination_are_made() {
    let scratch = Scratch::new();
    let (src, dest) = (scratch.file("src", b"content"), scratch.path("a/b/dest"));
    let result = relocate(&src, &dest, false).unwrap();
    assert_eq!((result.method, result.files), (Method::Rename, 1));
    assert_eq!(fs::read(dest).unwrap(), b"content");
    assert!(!src.exists());
}

#[test]
fn what_is_there_stays_unless_overwrite_is_asked_for() {
    let scratch = Scratch::new();
    let (src, dest) = (scratch.file("src", b"new"), scratch.file("dest", b"old"));
    assert_eq!(relocate(&src, &dest, false).unwrap_err().code(), Some("EEXIST"));
    assert_eq!((fs::read(&src).unwrap(), fs::read(&dest).unwrap()), (b"new".to_vec(), b"old".to_vec()));
    relocate(&src, &dest, true).unwrap();
    assert_eq!(fs::read(&dest).unwrap(), b"new");
}

#[test]
fn a_directory_is_replaced_as_a_whole_and_never_merged() {
    let scratch = Scratch::new();
    let (src, dest) = (scratch.path("src"), scratch.path("dest"));
    for (tree, name) in [(&src, "new"), (&dest, "old")] {
        fs::create_dir(tree).unwrap();
        fs::write(tree.join(name), name).unwrap();
    }
    relocate(&src, &dest, true).unwrap();
    let names: Vec<_> = fs::read_dir(&dest).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["new"]);
    assert!(!src.exists());
    assert_eq!(scratch.temporaries(), Vec::<String>::new());
}

#[test]
fn a_file_and_a_directory_may_replace_each_other() {
    let scratch = Scratch::new();
    let (file, directory) = (scratch.file("file", b"x"), scratch.path("directory"));
    fs::create_dir(&directory).unwrap();
    fs::write(directory.join("inner"), "x").unwrap();
    relocate(&file, &directory, true).unwrap();
    assert_eq!(fs::read(&directory).unwrap(), b"x");
    fs::create_dir(&file).unwrap();
    relocate(&file, &directory, true).unwrap();
    assert!(directory.is_dir());
}

#[test]
fn into_itself_is_refused_and_onto_itself_is_nothing() {
    let scratch = Scratch::new();
    let src = scratch.path("src");
    fs::create_dir(&src).unwrap();
    assert_eq!(relocate(&src, &src.join("a/b"), true).unwrap_err().code(), Some("EINVAL"));
    assert_eq!(fs::read_dir(&src).unwrap().count(), 0);
    assert_eq!(relocate(&src, &src, false).unwrap().skipped, 1);
    let file = scratch.file("file", b"x");
    fs::hard_link(&file, scratch.path("other")).unwrap();
    assert_eq!(relocate(&file, &scratch.path("other"), true).unwrap().skipped, 1);
    assert!(file.exists());
}
