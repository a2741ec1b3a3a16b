use std::fs;
use std::os::unix::net::UnixListener;

use palfs::ErrorKind;
use palfs::copy::{CopyOptions, OnError, Reflink, SpecialFiles};

use crate::scratch::{Scratch, copy};

#[test]
fn directories_are_eisdir_on_either_side() {
    let scratch = Scratch::new();
    let (file, dir) = (scratch.file("file", b"x"), scratch.path("dir"));
    fs::create_dir(&dir).unwrap();
    for (src, dest) in [(&dir, &scratch.path("new")), (&file, &dir)] {
        let error = copy(src, dest, &CopyOptions::default()).unwrap_err();
        assert_eq!(error.code(), Some("EISDIR"));
    }
    assert!(!scratch.path("new").exists());
}

#[test]
fn a_path_with_a_nul_is_refused_before_any_call() {
    let scratch = Scratch::new();
    let file = scratch.file("file", b"x");
    let error = copy(&file, "a\0b".as_ref(), &CopyOptions::default()).unwrap_err();
    assert_eq!(error.code(), Some("EINVAL"));
}

#[test]
fn a_socket_is_refused_skipped_or_made_anew_but_never_opened() {
    let scratch = Scratch::new();
    let socket = scratch.path("socket");
    let _listener = UnixListener::bind(&socket).unwrap();
    let dest = scratch.path("dest");
    let error = copy(&socket, &dest, &CopyOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Socket);
    let skip = CopyOptions::default().with_special_files(SpecialFiles::Skip);
    assert_eq!(copy(&socket, &dest, &skip).unwrap().skipped, 1);
    assert!(!dest.exists());
    let anew = CopyOptions::default().with_special_files(SpecialFiles::Copy);
    assert_eq!(copy(&socket, &dest, &anew).unwrap().others, 1);
    assert!(scratch.temporaries().is_empty());
    let file = scratch.file("file", b"x");
    let error = copy(&file, &dest, &CopyOptions::default()).unwrap_err();
    assert_eq!(error.code(), Some("EINVAL"));
}

#[test]
fn a_forced_clone_that_cannot_be_leaves_nothing_new_and_the_old_file_as_it_was() {
    let scratch = Scratch::new();
    let (src, dest) = (scratch.file("src", &[7; 8192]), scratch.file("dest", b"old"));
    let always = CopyOptions::default().with_reflink(Reflink::Always);
    if copy(&src, &scratch.path("absent"), &always).is_ok() {
        eprintln!("skipped: this filesystem clones");
        return;
    }
    assert!(!scratch.path("absent").exists());
    copy(&src, &dest, &always).unwrap_err();
    assert_eq!(fs::read(&dest).unwrap(), b"old");
    assert!(scratch.temporaries().is_empty());
}

#[test]
fn collected_errors_are_part_of_the_result_but_a_missing_source_is_not() {
    let scratch = Scratch::new();
    let (file, dir) = (scratch.file("file", b"x"), scratch.path("dir"));
    fs::create_dir(&dir).unwrap();
    let collect = CopyOptions::default().with_on_error(OnError::Collect);
    let result = copy(&file, &dir, &collect).unwrap();
    assert_eq!((result.error_count, result.errors.len(), result.files), (1, 1, 0));
    assert_eq!(result.errors[0].dest(), Some(dir.as_path()));
    let error = copy(&scratch.path("missing"), &file, &collect).unwrap_err();
    assert_eq!(error.code(), Some("ENOENT"));
}
