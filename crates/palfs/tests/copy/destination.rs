use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};

use palfs::Control;
use palfs::copy::{CopyOptions, Method, Replace, copy_file};

use crate::scratch::{Scratch, copy};

fn replacing(replace: Replace) -> CopyOptions {
    CopyOptions::default().with_replace(replace)
}

#[test]
fn a_rename_replaces_the_inode_and_in_place_keeps_it() {
    for (replace, keeps) in [(Replace::Auto, false), (Replace::Atomic, false), (Replace::InPlace, true)] {
        let scratch = Scratch::new();
        let (src, dest) = (scratch.file("src", b"new"), scratch.file("dest", b"old and longer"));
        let link = scratch.path("link");
        fs::hard_link(&dest, &link).unwrap();
        let before = fs::metadata(&dest).unwrap().ino();
        copy(&src, &dest, &replacing(replace)).unwrap();
        assert_eq!(fs::read(&dest).unwrap(), b"new");
        assert_eq!(fs::metadata(&dest).unwrap().ino() == before, keeps);
        let other: &[u8] = if keeps { b"new" } else { b"old and longer" };
        assert_eq!(fs::read(&link).unwrap(), other);
        assert!(scratch.temporaries().is_empty());
    }
}

#[test]
fn a_live_link_is_written_through_and_a_dangling_one_replaced() {
    for replace in [Replace::Auto, Replace::Atomic, Replace::InPlace] {
        let scratch = Scratch::new();
        let (src, target) = (scratch.file("src", b"new"), scratch.file("target", b"old"));
        let (live, dangling) = (scratch.path("live"), scratch.path("dangling"));
        symlink("./target", &live).unwrap();
        symlink("nowhere", &dangling).unwrap();
        copy(&src, &live, &replacing(replace)).unwrap();
        assert!(fs::symlink_metadata(&live).unwrap().is_symlink());
        assert_eq!(fs::read(&target).unwrap(), b"new");
        copy(&src, &dangling, &replacing(replace)).unwrap();
        assert!(fs::symlink_metadata(&dangling).unwrap().is_file());
        assert!(!scratch.path("nowhere").exists());
    }
}

#[test]
fn the_same_file_under_another_name_is_left_alone() {
    let scratch = Scratch::new();
    let src = scratch.file("src", b"content");
    let (hard, soft) = (scratch.path("hard"), scratch.path("soft"));
    fs::hard_link(&src, &hard).unwrap();
    symlink("src", &soft).unwrap();
    let dotted = scratch.path("./src");
    for dest in [&src, &hard, &soft, &dotted] {
        let result = copy(&src, dest, &CopyOptions::default()).unwrap();
        assert_eq!((result.method, result.skipped, result.bytes), (Method::None, 1, 0));
        assert_eq!(fs::read(&src).unwrap(), b"content");
    }
}

#[test]
fn exclusive_takes_no_name_that_exists() {
    for replace in [Replace::Auto, Replace::Atomic, Replace::InPlace] {
        let scratch = Scratch::new();
        let (src, dest, link) =
            (scratch.file("src", b"new"), scratch.file("dest", b"old"), scratch.path("link"));
        symlink("nowhere", &link).unwrap();
        let options = replacing(replace).with_exclusive(true);
        for taken in [&dest, &link, &src] {
            let error = copy(&src, taken, &options).unwrap_err();
            assert_eq!(error.code(), Some("EEXIST"));
            assert_eq!((error.path(), error.dest()), (Some(src.as_path()), Some(taken.as_path())));
        }
        copy(&src, &scratch.path("free"), &options).unwrap();
        assert_eq!(fs::read(&dest).unwrap(), b"old");
        assert!(scratch.temporaries().is_empty());
    }
}

#[test]
fn update_passes_over_what_is_as_new() {
    let scratch = Scratch::new();
    let (src, dest) = (scratch.file("src", b"new"), scratch.file("dest", b"old"));
    let options = CopyOptions::default().with_update(true);
    assert_eq!(copy(&src, &dest, &options).unwrap().skipped, 1);
    let later = fs::metadata(&dest).unwrap().modified().unwrap() + std::time::Duration::from_micros(1);
    fs::File::options().append(true).open(&src).unwrap().set_modified(later).unwrap();
    assert_eq!(copy(&src, &dest, &options).unwrap().files, 1);
    assert_eq!(fs::read(&dest).unwrap(), b"new");
}

#[test]
fn a_cancelled_copy_leaves_the_old_file_and_nothing_else() {
    let scratch = Scratch::new();
    let (src, dest) = (scratch.file("src", b"new"), scratch.file("dest", b"old"));
    let control = Control::new();
    control.cancel();
    let error = copy_file(&src, &dest, &CopyOptions::default(), &control).unwrap_err();
    assert_eq!(error.code(), Some("ABORT_ERR"));
    assert_eq!(fs::read(&dest).unwrap(), b"old");
    copy_file(&src, scratch.path("absent"), &CopyOptions::default(), &control).unwrap_err();
    assert!(!scratch.path("absent").exists());
    assert!(scratch.temporaries().is_empty());
}

#[test]
fn durable_and_atomic_copies_to_a_free_name_leave_no_temporary() {
    let scratch = Scratch::new();
    let src = scratch.file("src", b"content");
    let dest = scratch.path("dest");
    copy(&src, &dest, &replacing(Replace::Atomic).with_durable(true)).unwrap();
    copy(&src, &scratch.path("other"), &CopyOptions::default().with_durable(true)).unwrap();
    assert_eq!(fs::read(&dest).unwrap(), b"content");
    assert!(scratch.temporaries().is_empty());
}

#[test]
fn replace_name_replaces_the_link_itself_and_a_second_name_of_the_source() {
    let scratch = Scratch::new();
    let (src, target) = (scratch.file("src", b"new"), scratch.file("target", b"old"));
    let (soft, hard) = (scratch.path("soft"), scratch.path("hard"));
    symlink("target", &soft).unwrap();
    fs::hard_link(&src, &hard).unwrap();
    for replace in [Replace::Auto, Replace::Atomic, Replace::InPlace] {
        let options = replacing(replace).with_replace_name(true);
        for dest in [&soft, &hard] {
            assert_eq!(copy(&src, dest, &options).unwrap().files, 1);
            assert!(fs::symlink_metadata(dest).unwrap().is_file());
            assert_ne!(fs::metadata(dest).unwrap().ino(), fs::metadata(&src).unwrap().ino());
            assert_eq!(fs::read(dest).unwrap(), b"new");
        }
    }
    assert_eq!(fs::read(&target).unwrap(), b"old");
    assert!(scratch.temporaries().is_empty());
}

#[test]
#[cfg(target_os = "linux")]
fn a_link_of_proc_leads_to_the_open_file_and_not_to_what_its_text_names() {
    use std::os::fd::AsRawFd;
    let scratch = Scratch::new();
    let src = scratch.file("src", b"new");
    let target = scratch.file("target", b"old");
    let open = fs::File::options().read(true).write(true).open(&target).unwrap();
    fs::remove_file(&target).unwrap();
    // What the link's text says once the file has no name.
    let bystander = scratch.file("target (deleted)", b"bystander");
    let link = std::path::PathBuf::from(format!("/proc/self/fd/{}", open.as_raw_fd()));
    copy(&src, &link, &replacing(Replace::Auto)).unwrap();
    assert_eq!(fs::read(&link).unwrap(), b"new");
    assert_eq!(fs::read(&bystander).unwrap(), b"bystander");
    let error = copy(&src, &link, &replacing(Replace::Atomic)).unwrap_err();
    assert_eq!(error.code(), Some("ENOENT"));
    assert_eq!(fs::read(&bystander).unwrap(), b"bystander");
    assert!(scratch.temporaries().is_empty());
}
