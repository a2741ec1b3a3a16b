//! What is removed, and what is not.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;

use palfs::tree::{RemoveOptions, Removed, remove_tree};
use palfs::{Control, ErrorKind, FsError};

use crate::scratch::Scratch;

fn remove(path: &Path, recursive: bool, force: bool) -> Result<Removed, FsError> {
    let options = RemoveOptions::default().with_recursive(recursive).with_force(force);
    remove_tree(path, &options, &Arc::new(Control::new()))
}

#[test]
fn links_go_and_what_they_lead_to_stays() {
    let scratch = Scratch::new();
    let (tree, outside) = (scratch.path("tree"), scratch.path("outside"));
    fs::create_dir_all(tree.join("a/b")).unwrap();
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("kept"), "x").unwrap();
    symlink(&outside, tree.join("a/link")).unwrap();
    fs::write(tree.join("a/b/file"), "x").unwrap();
    assert_eq!(remove(&tree, true, false).unwrap(), Removed { files: 2, directories: 3 });
    assert!(!tree.exists());
    assert!(outside.join("kept").exists());
}

#[test]
fn a_link_as_root_goes_alone() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("dir")).unwrap();
    symlink("dir", scratch.path("link")).unwrap();
    assert_eq!(remove(&scratch.path("link"), true, false).unwrap(), Removed { files: 1, directories: 0 });
    assert!(scratch.path("dir").exists());
}

#[test]
fn a_directory_needs_recursive_and_nothing_needs_force() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("dir")).unwrap();
    assert_eq!(remove(&scratch.path("dir"), false, true).unwrap_err().kind(), ErrorKind::IsDirectory);
    assert_eq!(remove(&scratch.path("none"), true, false).unwrap_err().code(), Some("ENOENT"));
    assert_eq!(remove(&scratch.path("none"), true, true).unwrap(), Removed::default());
}

#[test]
fn a_flat_directory_is_emptied_by_all_threads() {
    let scratch = Scratch::new();
    let tree = scratch.path("tree");
    fs::create_dir(&tree).unwrap();
    for number in 0..5000 {
        fs::write(tree.join(number.to_string()), "").unwrap();
    }
    assert_eq!(remove(&tree, true, false).unwrap(), Removed { files: 5000, directories: 1 });
    assert!(!tree.exists());
}

#[test]
fn a_slash_behind_a_link_does_not_make_it_the_directory_that_it_leads_to() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("dir")).unwrap();
    fs::write(scratch.path("dir/kept"), "x").unwrap();
    symlink("dir", scratch.path("link")).unwrap();
    assert_eq!(remove(&scratch.path("link/"), true, true).unwrap_err().code(), Some("ENOTDIR"));
    assert!(scratch.path("dir/kept").exists() && scratch.path("link").exists());
    assert_eq!(remove(&scratch.path("dir//"), true, false).unwrap(), Removed { files: 1, directories: 1 });
    let file = scratch.file("file", b"x");
    assert_eq!(remove(&scratch.path("file/"), true, true).unwrap_err().code(), Some("ENOTDIR"));
    assert!(file.exists());
}

#[test]
fn a_directory_that_cannot_be_removed_under_this_name_is_not_emptied_first() {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.path("dir/inner")).unwrap();
    for (name, code) in [("dir/.", "EINVAL"), ("dir/./", "EINVAL"), ("dir/inner/..", "ENOTEMPTY")] {
        assert_eq!(remove(&scratch.path(name), true, true).unwrap_err().code(), Some(code), "{name}");
        assert!(scratch.path("dir/inner").exists(), "{name}");
    }
}

#[test]
fn a_cancel_ends_the_wait_for_the_next_try() {
    let scratch = Scratch::new();
    let file = scratch.file("file", b"x");
    let attribute = |flag: &str| {
        let changed = std::process::Command::new("chattr").arg(flag).arg(&file).status();
        changed.is_ok_and(|status| status.success())
    };
    if !attribute("+i") {
        eprintln!("skipped: no file can be made immutable here");
        return;
    }
    let control = Arc::new(Control::new());
    let options = RemoveOptions::default()
        .with_recursive(true)
        .with_max_retries(10)
        .with_retry_delay(Some(i32::MAX.cast_unsigned()));
    let (done, ends) = std::sync::mpsc::channel();
    let (path, shared) = (file.clone(), Arc::clone(&control));
    std::thread::spawn(move || done.send(remove_tree(&path, &options, &shared).unwrap_err().kind()));
    std::thread::sleep(std::time::Duration::from_millis(100));
    control.cancel();
    let ended = ends.recv_timeout(std::time::Duration::from_secs(30));
    assert!(attribute("-i"));
    assert_eq!(ended, Ok(ErrorKind::Cancelled));
}
