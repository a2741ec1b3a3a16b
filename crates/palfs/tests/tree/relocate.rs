//! Moves, on one filesystem. Those between two are tested from TypeScript, which mounts them.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use palfs::copy::{CopyResult, Method};
use palfs::tree::{LinkGroups, MoveOptions, move_tree};
use palfs::{Control, FsError};

use crate::scratch::Scratch;

fn relocate(src: &Path, dest: &Path, overwrite: bool) -> Result<CopyResult, FsError> {
    let options = MoveOptions::default().with_overwrite(overwrite);
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

/// A second directory, on another filesystem if there is one, removed with the value.
struct Elsewhere(PathBuf);

impl Elsewhere {
    fn beside(scratch: &Scratch) -> Option<Self> {
        let path = Path::new("/dev/shm").join(scratch.path("").file_name().unwrap());
        let device = |path: &Path| fs::metadata(path).map(|stat| stat.dev()).ok();
        let is_other = device(Path::new("/dev/shm")) != device(&scratch.path(""));
        (is_other && fs::create_dir(&path).is_ok()).then(|| Self(path))
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

/// Calls `body` with two directories: the same one twice, and two on different filesystems.
fn within_and_across(body: impl Fn(&Path, &Path)) {
    let scratch = Scratch::new();
    let (within, home) = (scratch.path("within"), scratch.path("home"));
    for directory in [&within, &home] {
        fs::create_dir(directory).unwrap();
    }
    body(&within, &within);
    match Elsewhere::beside(&scratch) {
        Some(elsewhere) => body(&home, &elsewhere.0),
        None => eprintln!("not run across filesystems: there is no second one"),
    }
}

#[test]
fn a_file_does_not_replace_a_directory_nor_a_directory_what_is_none() {
    within_and_across(|from, to| {
        let (file, directory) = (from.join("file"), from.join("directory"));
        fs::write(&file, "moved").unwrap();
        fs::create_dir(&directory).unwrap();
        let photos = to.join("photos");
        fs::create_dir(&photos).unwrap();
        fs::write(photos.join("2019"), "only copy").unwrap();
        let (note, link) = (to.join("note"), to.join("link"));
        fs::write(&note, "old").unwrap();
        symlink("photos", &link).unwrap();
        let refused = |src: &Path, dest: &Path, code| {
            assert_eq!(relocate(src, dest, true).unwrap_err().code(), Some(code), "{}", dest.display());
        };
        refused(&file, &photos, "EISDIR");
        refused(&directory, &note, "ENOTDIR");
        refused(&directory, &link, "ENOTDIR");
        assert_eq!(fs::read(photos.join("2019")).unwrap(), b"only copy");
        assert_eq!(
            (fs::read(&note).unwrap(), fs::read(&file).unwrap()),
            (b"old".to_vec(), b"moved".to_vec())
        );
        assert!(link.is_symlink() && directory.is_dir());
        for name in ["photos", "note", "link", "file", "directory"] {
            let _other_half_of_them =
                fs::remove_file(to.join(name)).or_else(|_| fs::remove_dir_all(to.join(name)));
        }
    });
}

#[test]
fn a_slash_or_dots_at_the_end_of_a_path_mean_what_they_mean_to_rename() {
    within_and_across(|from, to| {
        let file = from.join("file");
        fs::create_dir(from.join("directory")).unwrap();
        fs::create_dir(to.join("full")).unwrap();
        for path in [&file, &to.join("full/inner"), &to.join("other")] {
            fs::write(path, path.as_os_str().as_encoded_bytes()).unwrap();
        }
        let at = |directory: &Path, name: &str| PathBuf::from(format!("{}/{name}", directory.display()));
        for (src, dest, code) in [
            ("file", "archive/", "ENOTDIR"),
            ("file", "other/", "ENOTDIR"),
            ("file", "new/archive/", "ENOTDIR"),
            ("file/", "archive", "ENOTDIR"),
            ("file", "full/.", "EBUSY"),
            ("file", "full/..", "EBUSY"),
            ("directory/.", "archive", "EBUSY"),
            ("directory/..", "archive", "EBUSY"),
        ] {
            let error = relocate(&at(from, src), &at(to, dest), true).unwrap_err();
            assert_eq!(error.code(), Some(code), "{src} to {dest}");
        }
        assert_eq!(fs::read(to.join("other")).unwrap(), to.join("other").as_os_str().as_encoded_bytes());
        assert!(file.exists() && to.join("full/inner").exists());
        assert!(!to.join("archive").exists() && !to.join("new").exists());
        relocate(&at(from, "directory/"), &at(to, "new/archive/"), true).unwrap();
        assert!(to.join("new/archive").is_dir());
    });
}

#[test]
fn a_link_does_not_replace_what_it_leads_to() {
    within_and_across(|from, to| {
        let (link, target) = (from.join("link"), to.join("target"));
        fs::write(&target, "content").unwrap();
        symlink(&target, to.join("next")).unwrap();
        symlink(to.join("next"), &link).unwrap();
        assert_eq!(relocate(&link, &target, true).unwrap_err().code(), Some("EINVAL"));
        assert_eq!((fs::read(&target).unwrap(), link.is_symlink()), (b"content".to_vec(), true));
        // The other way round the content has the link's name.
        relocate(&target, &to.join("next"), true).unwrap();
        assert_eq!(fs::read(&link).unwrap(), b"content");
    });
}

#[test]
fn a_directory_does_not_replace_one_that_it_is_in() {
    let scratch = Scratch::new();
    let (outer, inner) = (scratch.path("outer"), scratch.path("outer/middle/inner"));
    fs::create_dir_all(&inner).unwrap();
    fs::write(outer.join("file"), "only copy").unwrap();
    assert_eq!(relocate(&inner, &outer, true).unwrap_err().code(), Some("ENOTEMPTY"));
    assert!(outer.join("file").exists() && inner.exists());
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

#[test]
fn a_hard_link_moved_onto_another_that_differs_by_case_is_no_rename() {
    let scratch = Scratch::new();
    for directory in ["x", "y"] {
        fs::create_dir(scratch.path(directory)).unwrap();
    }
    let file = scratch.file("x/a", b"content");
    for other in [scratch.path("y/A"), scratch.path("x/A")] {
        if fs::hard_link(&file, &other).is_err() {
            eprintln!("skipped: names that differ by case are one here");
            return;
        }
        // rename(2) leaves both where they are.
        let result = relocate(&file, &other, true).unwrap();
        assert_eq!((result.method, result.files, result.skipped), (Method::None, 0, 1));
        assert!(file.exists() && other.exists());
    }
}

#[test]
fn names_of_one_file_that_are_moved_one_after_the_other_stay_that() {
    let scratch = Scratch::new();
    let Some(elsewhere) = Elsewhere::beside(&scratch) else {
        eprintln!("skipped: there is no second filesystem");
        return;
    };
    // So many directories that those of the first tree are closed again.
    let deep = |tree: &str| scratch.path(tree).join("a/b/c");
    for tree in ["one", "two"] {
        fs::create_dir_all(deep(tree)).unwrap();
        for index in 0..300 {
            fs::create_dir(scratch.path(tree).join(format!("other-{index}"))).unwrap();
        }
    }
    let file = scratch.file("file", b"content");
    for other in [scratch.path("twin"), deep("one").join("x"), deep("two").join("y")] {
        fs::hard_link(&file, other).unwrap();
    }
    let groups = LinkGroups::default();
    for name in ["one", "file", "two", "twin"] {
        let options = MoveOptions::default().with_groups(Some(groups.clone()));
        let control = Arc::new(Control::new());
        move_tree(scratch.path(name), elsewhere.0.join(name), &options, &control).unwrap();
    }
    for name in ["one/a/b/c/x", "file", "two/a/b/c/y", "twin"] {
        assert_eq!(fs::metadata(elsewhere.0.join(name)).unwrap().nlink(), 4, "{name}");
    }
    assert_eq!(fs::read_dir(scratch.path("")).unwrap().count(), 0);
}

#[test]
fn a_move_that_fails_leaves_no_copy_though_its_directories_may_not_be_written_to() {
    let scratch = Scratch::new();
    let elsewhere = Path::new("/dev/shm").join(scratch.path("").file_name().unwrap());
    let src = scratch.path("src");
    // At each level either may come first, so some are complete when the file at the bottom fails.
    let levels: Vec<_> = (1..=20).map(|depth| src.join(vec!["next"; depth].join("/"))).collect();
    fs::create_dir_all(levels.last().unwrap()).unwrap();
    let unreadable = levels.last().unwrap().join("unreadable");
    fs::write(&unreadable, "x").unwrap();
    fs::set_permissions(&unreadable, fs::Permissions::from_mode(0o000)).unwrap();
    let is_same =
        fs::metadata("/dev/shm").map(|shm| shm.dev()).ok() == fs::metadata(&src).map(|src| src.dev()).ok();
    if fs::read(&unreadable).is_ok() || is_same || fs::create_dir(&elsewhere).is_err() {
        eprintln!("skipped: the user may read everything, or there is no second filesystem");
        return;
    }
    let locked: Vec<_> = levels.iter().map(|level| level.join("locked")).collect();
    for directory in &locked {
        fs::create_dir(directory).unwrap();
        fs::write(directory.join("file"), "x").unwrap();
        fs::set_permissions(directory, fs::Permissions::from_mode(0o555)).unwrap();
    }
    let moved = relocate(&src, &elsewhere.join("dest"), false);
    let left = fs::read_dir(&elsewhere).unwrap().count();
    for directory in &locked {
        fs::set_permissions(directory, fs::Permissions::from_mode(0o755)).unwrap();
    }
    fs::remove_dir_all(&elsewhere).unwrap();
    assert_eq!(moved.unwrap_err().code(), Some("EACCES"));
    assert_eq!(left, 0);
    assert!(locked.iter().all(|directory| directory.join("file").exists()));
}
