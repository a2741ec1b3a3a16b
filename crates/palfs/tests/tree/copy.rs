//! What a copied tree is.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;

use palfs::copy::{CopyOptions, CopyResult, OnError, Preserve, SpecialFiles};
use palfs::tree::{Dereference, Existing, TreeOptions, copy_tree};
use palfs::{Control, ErrorKind, FsError};

use crate::scratch::{Scratch, noise};

pub fn recursive() -> TreeOptions {
    TreeOptions::default().with_recursive(true)
}

fn all() -> TreeOptions {
    let file = CopyOptions::default().with_preserve(Preserve::ALL);
    recursive().with_file(file).with_verbatim_symlinks(true)
}

pub fn copy(src: &Path, dest: &Path, options: &TreeOptions) -> Result<CopyResult, FsError> {
    copy_tree(src, dest, options, None, &Arc::new(Control::new()))
}

#[test]
fn files_directories_and_links_arrive_and_are_counted() {
    let scratch = Scratch::new();
    let (src, dest) = (scratch.path("src"), scratch.path("a/b/dest"));
    fs::create_dir_all(src.join("one/two")).unwrap();
    fs::write(src.join("one/file"), noise(5000)).unwrap();
    fs::write(src.join("one/two/large"), noise(3 << 20)).unwrap();
    symlink("file", src.join("one/link")).unwrap();
    let result = copy(&src, &dest, &all()).unwrap();
    assert_eq!((result.files, result.directories, result.symlinks), (2, 3, 1));
    assert_eq!(result.bytes, 5000 + (3 << 20));
    assert_eq!(fs::read(dest.join("one/two/large")).unwrap(), noise(3 << 20));
    assert_eq!(fs::read_link(dest.join("one/link")).unwrap(), Path::new("file"));
}

#[test]
fn a_flat_directory_is_shared_among_threads_and_loses_nothing() {
    let scratch = Scratch::new();
    let src = scratch.path("src");
    fs::create_dir(&src).unwrap();
    for number in 0..5000 {
        fs::write(src.join(format!("{number}")), number.to_string()).unwrap();
    }
    let result = copy(&src, &scratch.path("dest"), &recursive()).unwrap();
    assert_eq!(result.files, 5000);
    for number in 0..5000 {
        let copied = fs::read_to_string(scratch.path("dest").join(format!("{number}"))).unwrap();
        assert_eq!(copied, number.to_string());
    }
}

#[test]
fn names_of_one_inode_are_names_of_one_inode_again() {
    let scratch = Scratch::new();
    let src = scratch.path("src");
    for directory in 0..20 {
        fs::create_dir_all(src.join(format!("{directory}"))).unwrap();
        for group in 0..10 {
            let first = src.join(format!("0/{group}"));
            let name = src.join(format!("{directory}/{group}"));
            if directory == 0 {
                fs::write(name, group.to_string()).unwrap();
            } else {
                fs::hard_link(first, name).unwrap();
            }
        }
    }
    let result = copy(&src, &scratch.path("dest"), &all()).unwrap();
    assert_eq!((result.files, result.bytes), (200, 10));
    for group in 0..10 {
        let inodes = (0..20).map(|directory| {
            fs::metadata(scratch.path("dest").join(format!("{directory}/{group}"))).unwrap()
        });
        let inodes: Vec<_> = inodes.map(|stat| (stat.ino(), stat.nlink())).collect();
        assert!(inodes.iter().all(|inode| *inode == (inodes[0].0, 20)), "{inodes:?}");
    }
}

#[test]
fn directories_keep_their_times_and_modes_although_they_are_filled() {
    let scratch = Scratch::new();
    let (src, dest) = (scratch.path("src"), scratch.path("dest"));
    fs::create_dir_all(src.join("locked")).unwrap();
    fs::write(src.join("locked/file"), "x").unwrap();
    fs::set_permissions(src.join("locked"), fs::Permissions::from_mode(0o555)).unwrap();
    let before = fs::metadata(src.join("locked")).unwrap();
    copy(&src, &dest, &all()).unwrap();
    let after = fs::metadata(dest.join("locked")).unwrap();
    assert_eq!(after.mode(), before.mode());
    assert_eq!((after.mtime(), after.mtime_nsec()), (before.mtime(), before.mtime_nsec()));
}

#[test]
fn a_directory_is_not_copied_into_itself_under_any_name() {
    let scratch = Scratch::new();
    let src = scratch.path("src");
    fs::create_dir_all(src.join("inner")).unwrap();
    symlink(src.join("inner"), scratch.path("way")).unwrap();
    for dest in [src.join("inner/dest"), scratch.path("way/dest"), scratch.path("way/new/dest")] {
        let error = copy(&src, &dest, &recursive()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::IntoItself, "{}", dest.display());
    }
    assert_eq!(fs::read_dir(src.join("inner")).unwrap().count(), 0);
}

#[test]
fn links_that_lead_round_in_circles_end_when_they_are_followed() {
    let scratch = Scratch::new();
    let src = scratch.path("src");
    fs::create_dir_all(src.join("inner")).unwrap();
    symlink("..", src.join("inner/up")).unwrap();
    let options = recursive().with_dereference(Dereference::Always);
    let error = copy(&src, &scratch.path("dest"), &options).unwrap_err();
    assert_eq!(error.code(), Some("ELOOP"));
    assert_eq!(error.path(), Some(src.join("inner/up").as_path()));
}

#[test]
fn under_collect_everything_else_is_copied() {
    let scratch = Scratch::new();
    let (src, dest) = (scratch.path("src"), scratch.path("dest"));
    for name in ["a", "b", "c"] {
        fs::create_dir_all(src.join(name)).unwrap();
        fs::write(src.join(name).join("file"), name).unwrap();
    }
    // In the way: a directory where a file is to be, and a file where a directory is.
    fs::create_dir_all(dest.join("a/file")).unwrap();
    fs::write(dest.join("b"), "old").unwrap();
    let options = recursive().with_on_error(OnError::Collect);
    let result = copy(&src, &dest, &options).unwrap();
    assert_eq!((result.error_count, result.files), (2, 1));
    let mut kinds: Vec<_> = result.errors.iter().map(|error| error.code().unwrap()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["ERR_FS_CP_DIR_TO_NON_DIR", "ERR_FS_CP_NON_DIR_TO_DIR"]);
    assert_eq!(fs::read_to_string(dest.join("c/file")).unwrap(), "c");
}

#[test]
fn a_cancelled_copy_says_so_and_leaves_no_temporaries() {
    let scratch = Scratch::new();
    let src = scratch.path("src");
    fs::create_dir(&src).unwrap();
    fs::write(src.join("file"), "x").unwrap();
    let control = Arc::new(Control::new());
    control.cancel();
    let error = copy_tree(&src, scratch.path("dest"), &recursive(), None, &control).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(!scratch.path("dest").exists());
}

#[test]
fn update_and_force_false_keep_links_and_special_files_that_are_there() {
    let scratch = Scratch::new();
    let (src, dest) = (scratch.path("src"), scratch.path("dest"));
    for tree in [&src, &dest] {
        fs::create_dir(tree).unwrap();
        // The destination's are newer.
        symlink(tree.file_name().unwrap(), tree.join("link")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(tree.join("fifo")).status().unwrap().success());
    }
    let old = fs::symlink_metadata(dest.join("fifo")).unwrap().ino();
    let special = |update| CopyOptions::default().with_special_files(SpecialFiles::Copy).with_update(update);
    let update = recursive().with_file(special(true)).with_verbatim_symlinks(true);
    let result = copy(&src, &dest, &update).unwrap();
    assert_eq!((result.skipped, result.others, result.symlinks), (2, 0, 0));
    assert_eq!(fs::read_link(dest.join("link")).unwrap(), Path::new("dest"));
    let kept = recursive()
        .with_file(special(false))
        .with_existing(Existing::Keep)
        .with_links_replace(true)
        .with_verbatim_symlinks(true);
    let result = copy(&src, &dest, &kept).unwrap();
    // Links obey no `force`, as in node:fs.
    assert_eq!((result.skipped, result.others, result.symlinks), (1, 0, 1));
    assert_eq!(fs::symlink_metadata(dest.join("fifo")).unwrap().ino(), old);
}

#[test]
fn a_linked_file_replaces_a_dangling_link_when_links_are_followed() {
    let scratch = Scratch::new();
    let (src, dest) = (scratch.path("src"), scratch.path("dest"));
    for tree in [&src, &dest] {
        fs::create_dir(tree).unwrap();
    }
    fs::write(src.join("a"), "content").unwrap();
    fs::hard_link(src.join("a"), src.join("b")).unwrap();
    for name in ["a", "b"] {
        symlink("nowhere", dest.join(name)).unwrap();
    }
    let options = all().with_dereference(Dereference::Always).with_verbatim_symlinks(false);
    assert_eq!(copy(&src, &dest, &options).unwrap().files, 2);
    let inode = |name| fs::symlink_metadata(dest.join(name)).unwrap().ino();
    assert_eq!(inode("a"), inode("b"));
    assert!(!dest.join("nowhere").exists());
}
